//! Single logout (SAML profiles §4.4): an identity provider says that a person's session has ended, or is told so.
//!
//! ```text
//! query or form ─decode→ MessageText
//!               ─parse→ UnverifiedMessage        only the issuer can be seen
//!               ─authenticate→ AuthenticMessage  the query's octets, or preflight, signature and second engine
//!               ─confirm→ LogoutRequest or LogoutResponse: for us, for now
//! ```
//!
//! `query` reads the redirect binding's octets as they were sent, `message` finds and proves, `confirm` compares, `write`
//! says what we say ourselves.

mod confirm;
mod error;
mod message;
mod query;
mod write;

pub use confirm::{Addressed, AuthenticRequest, AuthenticResponse, LogoutRequest, LogoutResponse};
pub use error::LogoutError;
pub use message::{AuthenticMessage, Carried, MessageText, UnverifiedMessage};
pub use write::{LogoutAnswer, LogoutCall};
