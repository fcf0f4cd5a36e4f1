//! What Gatehouse knows of its world: accounts, providers, roles, users and policies.
//!
//! One snapshot, immutable but for the signing keys that are kept beside each access key. It is built from a [`Draft`] in one
//! go, with everything compiled and cross-checked: a [`Catalogue`] that exists has no role without its account, no rule that
//! names a missing role, no metadata without a signing key. Looking something up is a hash lookup.

mod account;
mod build;
mod danger;
mod draft;
pub mod expression;
mod logo;
mod normalisation;
mod provider;
mod reads;
mod role;
mod route;
mod rule;
mod rule_index;
mod service;
mod shared_issuer;
mod strange_claims;
mod user;

pub use account::Account;
pub use build::Catalogue;
pub use draft::{Draft, Objection, Origin, Placed};
pub use expression::{Expression, NotAnExpression};
pub use logo::{Face, Kind, Logo, NotALogo};
pub use normalisation::{Normalisation, Normalised};
pub use provider::{Mfa, OidcProvider, Protocol, Provider, SamlProvider, SocialProvider};
pub use reads::{ClaimsRead, RequestKey};
pub use role::{NamedPolicy, Role};
pub use route::{NotARoute, Route};
pub use rule::{RolesOf, Rule};
pub use rule_index::RuleIndex;
pub use service::{Payload, ProxyKind, Service};
pub use user::{AccessKey, MfaDevice, User};
