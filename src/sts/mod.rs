//! The STS: papers or signatures in, temporary credentials out.
//!
//! A request arrives here as a [`Form`] that names an [`Action`]. [`Sts`] finds the keys for what was presented, has it verified,
//! asks `trust`, and [`mint`](mint)s. Session, redemption and audit record are one visit to the store; the credentials
//! leave only after it is durable. Session tokens are sealed ([`Seals`]): any node opens any of them without the
//! database, and whoever sees one can sign nothing with it, because the secret access key is derived from it under a key
//! that never leaves. The keys themselves come from a [`KeyStore`]; which of them is in use says their [`KeyRing`].
//!
//! ```text
//! service.rs      one request in, one answer out. action.rs reads the form (by reader.rs and list.rs), answer.rs is what is
//!                 answered, error.rs why not
//! assume_role*.rs, get_*.rs, access_key_info.rs, authorization_message.rs, exchange.rs: an action each. paper.rs is what
//!                 the store knows of a paper, role_wish.rs the way from a verified one to a role's session
//! assertion.rs    from a form field to whom it is about; verifiers.rs has the turns of those who verify, unverified.rs the
//!                 wait of those whose papers do not hold, heard.rs notes how a provider was heard
//! caller.rs       who signed a request; mfa.rs their second factor, permit.rs whether they may do what the house offers
//! decide.rs       whether a request that a service received is genuine and allowed; forward.rs asks the same for a proxy.
//!                 decisions.rs and lately.rs keep what was asked
//! mint.rs         where sessions begin; token_claims.rs is what a token of ours tells of them
//! credentials.rs  access key, secret and token; key_id.rs the form of the ids, packed.rs what is deflated,
//!                 known_sessions.rs those who signed lately, revocation.rs what was ended before its time
//! seals.rs        what is sealed, for what, by which of the keys; seal.rs is the cipher
//! keys.rs         where the keys of the house lie; key_ring.rs what each is for now, lacks.rs which a node is without
//! audit/          what is written in the book of all this
//! ```

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
