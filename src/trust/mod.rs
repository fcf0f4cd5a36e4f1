//! Who may become what.
//!
//! A verified paper becomes a [`FederatedIdentity`] (who, and which claims), a verified signature a [`VerifiedCaller`].
//! For a federated identity the provider's side speaks first: [`offers`] runs the provider's rules or reads the AWS Role
//! attribute, and comes to roles with a session name. Then the role's trust policy has the last word: [`decide`] gives
//! a [`RoleGrant`], which is what `sts` mints from and nothing else can make, or a refusal that names the statement
//! and condition that were nearest.

mod alike;
mod asker;
mod asking;
mod caller;
mod carried;
mod context;
mod counted;
mod decision;
mod denial;
mod doubt;
mod error;
mod federated_user;
mod grant;
mod identity;
mod left_out;
mod mfa;
mod offer;
mod on_paper;
mod permission;
mod permitted;
mod question;
mod reading;
mod reason;
mod replay;
mod rules;
mod session;
mod session_name;
mod session_policies;
mod surroundings;
mod switch;
mod token;
mod token_subject;
mod unsettled;
mod user_identity;
mod worn;

pub use asking::{Asking, Asks};
pub use caller::{Caller, VerifiedCaller};
pub use carried::{Carried, SamlSubject};
pub use counted::Counted;
pub use decision::{Wanted, decide, decide_for_caller, permit};
pub use denial::Denial;
pub use error::{OwnPolicies, TrustError};
pub use federated_user::{FederationGrant, decide_for_federated_user};
pub use grant::{Bearer, RoleGrant};
pub use identity::{FederatedIdentity, Paper};
pub use offer::{Asked, Offer, admits, offers};
pub use on_paper::{Admission, Explanation, OnPaper, Ruling, read_claims, ruling, suppose};
pub use permission::{Permission, ServiceAsks, permission};
pub use permitted::Permitted;
pub use question::Question;
pub use reason::Reason;
pub use replay::{Configuration, Occasions, Replies, Reply};
pub use session::{FederatedSession, RoleSession, Session, UserSession};
pub use session_policies::{NotSessionPolicies, SessionPolicies};
pub use surroundings::Surroundings;
pub use switch::decide_switch;
pub use token::{TokenWish, permit_token, permit_token_about, session_tags};
pub use token_subject::TokenSubject;
pub use user_identity::UserIdentity;
pub use worn::Worn;
