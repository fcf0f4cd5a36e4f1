//! Access tokens of Facebook and Amazon: opaque texts of which only the network that issued them can say whose they are.
//!
//! ```text
//! text ─SocialNetwork::decode→ UnverifiedAccess: length and alphabet are right; nobody has been asked
//!      ─AccessDesk::verify→ known verdict, or one call at a time for a token, within the network's pace
//!           introspect: whose app is it for, is it in force → confirm: the token itself opens the same person's account
//!      → VerifiedAccess
//! ```
//!
//! Every token costs a stranger's server a request, so none is made for a text of the wrong form, none while the
//! verdict on the same token is known (a minute if it is good, five if it is bad), and no more of them than
//! [`Pace`](super::pace::Pace) allows. An [`AccessDesk`] is one provider of one account and shares nothing with another.

mod amazon;
mod answer;
mod desk;
mod error;
mod facebook;
mod token;
mod verdicts;

pub use amazon::Amazon;
pub use desk::AccessDesk;
pub use error::SocialError;
pub use facebook::Facebook;
pub use token::{SocialNetwork, UnverifiedAccess, VerifiedAccess};
