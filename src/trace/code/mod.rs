//! The stable failure codes. A code is a promise: it names one cause, it never changes its meaning, and it carries
//! the remedy. Documentation, dashboards and tests refer to the text on the left.
//!
//! Each room's are in a file of their own, as `Name = "text", "remedy";`. All of them are one enum.

/// Takes the rooms one by one, each of which adds its codes to the list, and makes the enum of the whole list.
macro_rules! next_room {
    ([$room:ident $($rooms:ident)*] $($listed:tt)*) => { $room! { [$($rooms)*] $($listed)* } };
    ([] $($listed:tt)*) => { codes! { $($listed)* } };
}

macro_rules! codes {
    ($($(#[$group:meta])* $name:ident = $text:literal, $remedy:literal;)*) => {
        /// One cause of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$group])* $name,)* }

        impl Code {
            /// Every code there is, for documentation and tests.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The stable text, as in `saml.audience`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// What to do about it, in one sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)* }
            }
        }
    };
}

#[macro_use]
mod console;
#[macro_use]
mod exchange;
#[macro_use]
mod forward;
#[macro_use]
mod issuer;
#[macro_use]
mod limits;
#[macro_use]
mod oidc;
#[macro_use]
mod outbound;
#[macro_use]
mod policy;
#[macro_use]
mod saml;
#[macro_use]
mod signin;
#[macro_use]
mod sigv4;
#[macro_use]
mod social;
#[macro_use]
mod sts;
#[macro_use]
mod trust;

next_room! { [saml oidc social outbound sigv4 policy trust sts forward exchange issuer signin console limits] }
