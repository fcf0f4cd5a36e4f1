//! The STS: papers or signatures in, temporary credentials out.
//!
//! A request arrives here as a [`Form`] that names an [`Action`]. [`Sts`] finds the keys for what was presented, has it verified, asks
//! `trust`, and [`mint`](mint)s. Session, redemption and audit record are one visit to the store; the credentials
//! leave only after it is durable. Session tokens are sealed ([`Seals`]): any node opens any of them without the
//! database, and whoever sees one can sign nothing with it, because the secret access key is derived from it under a key
//! that never leaves. The keys themselves come from a [`KeyStore`]; which of them is in use says their [`KeyRing`].

mod access_key_info;
mod action;
mod answer;
mod assertion;
mod assume_role;
mod assume_role_with_saml;
mod assume_role_with_web_identity;
mod audit;
mod authorization_message;
mod caller;
mod credentials;
mod decide;
mod decisions;
mod error;
mod exchange;
mod forward;
mod get_federation_token;
mod get_session_token;
mod get_web_identity_token;
mod heard;
mod key_id;
mod key_ring;
mod keys;
mod known_sessions;
mod lacks;
mod lately;
mod list;
mod mfa;
mod mint;
mod packed;
mod paper;
mod permit;
mod reader;
mod revocation;
mod role_wish;
mod seal;
mod seals;
mod service;
mod token_claims;
mod unverified;
mod verifiers;

pub use action::{Action, Form, Violation};
pub use answer::{Answer, AssumedRole, CallerIdentity, FederatedUser, SamlFacts, WebIdentityFacts};
pub use assertion::{
    Accepted, Addressee, Arrival, AskedKeys, Registration, Solicitation, distinct_keys, in_force, redemption,
    verify_response,
};
pub use audit::{Asker, Event, Who, denial, done, exited, grant, ordered, switched, tested};
pub use credentials::{Credentials, Keys, LONGEST_TOKEN};
pub use decide::{Finding, FoundPrincipal};
pub use decisions::Decided;
pub use error::StsError;
pub use exchange::Exchanged;
pub use forward::{ForwardError, Forwarded};
pub use key_id::is_well_formed as is_session_id;
pub use key_ring::{
    ES384_KEY, KeyKind, KeyRing, KeyState, MOST_KEYS, RS256_KEY, SAML_ENCRYPTION_KEY, SAML_SIGNING_KEY, SESSION_KEY,
    key_name, load_roots,
};
pub use keys::{KeyError, KeyStore, unwrap as unwrap_key};
pub use lacks::{Lacks, Unready};
pub use lately::SealedLately;
pub use mfa::MfaError;
pub use mint::{MOST_DRAWS, Minted, mint};
pub use revocation::{Revocations, Stale};
pub use seals::{Purpose, Root, Row, Seals};
pub use service::{Request, Sts};
pub use unverified::Ending;
pub use verifiers::Verifiers;
