//! The console: who is signed in with this browser, which role they wear, and how a program opens it.
//!
//! A browser holds one random id in its cookie; the store holds, under that id's hash, the sealed [`ConsoleSession`]: the
//! original identity with its claims (so that another role can be chosen later without the identity provider) and the
//! role that is worn. A program that has credentials gets in by a sign-in URL: [`Console::signin_token`] gives a token
//! that is good once and for 15 minutes, [`Console::open`] turns it into a session. A user of ours gets in by password and code
//! where that is allowed ([`Console::sign_in_user`]). Whoever is in may switch to another role and come back
//! ([`Console::switch`]). Every change of identity or role
//! gets a new session id.

mod activity;
mod choices;
mod color;
mod destination;
mod draft;
mod end;
mod error;
mod federation;
mod last_used;
mod may;
mod nth;
mod own;
mod queue;
mod service;
mod session;
mod sessions;
mod set_by;
mod simulator;
mod switch;
mod switched;
mod traces;
mod user_error;
mod user_sign_in;
mod wear;
mod wearer;

pub use activity::{ActivityPage, ActivitySearch, Outcome};
pub use choices::Choice;
pub use color::{Color, PALETTE};
pub use destination::{Destinations, Onward};
pub use draft::draft_rules;
pub use end::{MOST_COUNTED, ToEnd, WouldEnd};
pub use error::ConsoleError;
pub use may::{READ_PROVIDER, SIMULATE, provider_resource};
pub use nth::Nth;
pub use own::Browser;
pub use queue::Queue;
pub use service::{Arrived, Console, Next, Wish};
pub use session::{ConsoleSession, Original, SessionId};
pub use sessions::{AccountSessions, OpenBrowser, OwnSessions};
pub use set_by::SetBy;
pub use simulator::{NotSimulated, Simulator, Supposed};
pub use switch::{Returned, SwitchWish, Switching};
pub use switched::{SwitchForm, Switched, Target};
pub use traces::{HELD_BACK, TracePage};
pub use user_error::UserSignInError;
pub use user_sign_in::{BreakGlass, Typed};
