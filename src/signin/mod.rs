//! Signing people in with a browser.
//!
//! Each sign-in is an [`Attempt`]: what was asked of which provider, sealed into a cookie of this one browser, with no
//! write to the store. The provider's answer is accepted only together with that cookie, so nobody can be signed in by
//! an answer that was meant for another browser. An answer that nobody asked for is accepted from providers that
//! allow it, and is marked [`Unasked`](Solicited::Unasked): it must not replace an identity without a question. A
//! [`TestLogin`] goes the same way, under a seal of its own, and signs nobody in.

mod attempt;
mod error;
mod logout;
mod oidc;
mod oidc_logout;
mod saml;
mod service;
mod test_login;

pub use attempt::{Attempt, Tester};
pub use error::SignInError;
pub use logout::LoggedOut;
pub use oidc::Callback;
pub use service::{Begun, SignIn, SignedIn, Solicited};
pub use test_login::{Finding, TestLogin, Told};
