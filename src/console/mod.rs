//! The console: who is signed in with this browser, which role they wear, and how a program opens it.
//!
//! A browser holds one random id in its cookie; the store holds, under that id's hash, the sealed [`ConsoleSession`]: the
//! original identity with its claims (so that another role can be chosen later without the identity provider) and the
//! role that is worn. A program that has credentials gets in by a sign-in URL: [`Console::signin_token`] gives a token
//! that is good once and for 15 minutes, [`Console::open`] turns it into a session. A user of ours gets in by password and code
//! where that is allowed ([`Console::sign_in_user`]). Every change of identity or role
//! gets a new session id.

mod destination;
mod ends;
mod error;
mod federation;
mod last_used;
mod may;
mod nth;
mod queue;
mod service;
mod session;
mod user_error;
mod user_sign_in;
mod wear;
mod wearer;

pub use destination::Destinations;
pub use ends::SetBy;
pub use error::ConsoleError;
pub use nth::Nth;
pub use service::{Arrived, Console, Next, Wish};
pub use session::{ConsoleSession, Original, SessionId};
pub use user_error::UserSignInError;
pub use user_sign_in::{BreakGlass, Typed};
pub use wear::Choice;
