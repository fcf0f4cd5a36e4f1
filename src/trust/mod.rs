//! Who may become what.
//!
//! A verified paper becomes a [`FederatedIdentity`] (who, and which claims), a verified signature a [`VerifiedCaller`].
//! For a federated identity the provider's side speaks first: [`offers`] runs the provider's rules or reads the AWS Role
//! attribute, and comes to roles with a session name. Then the role's trust policy has the last word: [`decide`] gives
//! a [`RoleGrant`], which is what `sts` mints from and nothing else can make, or a refusal that names the statement
//! and condition that were nearest.
//!
//! ```text
//! identity.rs     who somebody is, as their provider says; caller.rs who signed, user_identity.rs a user of ours in a browser,
//!                 session.rs the credentials that are worn, counted.rs who is counted as one
//! offer.rs        the provider's side. rules.rs runs its rules on claims as reading.rs reads them, session_name.rs and
//!                 carried.rs are the name and what else the session gets, left_out.rs claims that nobody may take for empty
//! decision.rs     the role's side. context.rs, mfa.rs and surroundings.rs are what its policy may ask for, grant.rs the
//!                 permission to mint
//! federated_user.rs, switch.rs, token.rs: other things that callers ask for. session_policies.rs is the most that a session
//!                 may do
//! permission.rs   may a principal do what a service asks about? permitted.rs tells people what they may, worn.rs how a role
//!                 would be worn
//! error.rs        why not; reason.rs for those who may read the policies, denial.rs for whoever may read it later
//! on_paper.rs     the same questions on paper; unsettled.rs says what an answer there depends on that nobody knows
//! asking.rs       a question as it is kept (asker.rs: of whom), question.rs as it is read back. replay.rs puts it to another
//!                 configuration; alike.rs and doubt.rs say when the answers must be the same, and when nobody can tell
//! ```

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
