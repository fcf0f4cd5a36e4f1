//! SAML 2.0 service provider: from a form field to a verified assertion.
//!
//! ```text
//! SAMLResponse ─decode→ ResponseText
//!              ─parse→ UnverifiedResponse         only the issuer can be seen
//!              ─authenticate→ AuthenticResponse   preflight, signature, second_engine, reading
//!              ─confirm→ VerifiedAssertion        conditions: for us, for this request, for now
//! ```
//!
//! An encrypted assertion is opened by `decryption`, if `encryption_shape` finds nothing else in it, and then goes the
//! same way as a document of its own.
//!
//! Before a document is parsed, `white_space` makes its line ends what XML has them be, and `bounds` refuses what its tags
//! would make dear; both find these by `tags`. It is parsed once, and the tree that is checked by `preflight` is the tree
//! that `signature` verifies and `reading` reads. `preflight` and `signature_shape` fix the one shape that is acceptable
//! before any cryptography, so that no engine can be made to fetch, transform or prefer anything. `signature` verifies
//! with registered keys only; `second_engine` lets an unrelated implementation compute the signed bytes again and
//! compares.
//!
//! `logout` ends sessions from either side. `metadata` says which keys those are, `own_metadata` what identity providers
//! should know of us, `request` begins a sign-in, `aws` reads the attributes that name roles, sessions and tags,
//! `attributes` those that are condition keys, `binding` and `sign` send what we say ourselves. Nothing here does I/O, knows the
//! time or remembers: replay is the store's.

mod assertion;
pub mod attributes;
pub mod aws;
mod binding;
mod bounds;
mod canonical;
mod conditions;
mod decryption;
mod decryption_key;
mod encryption_shape;
mod error;
mod facts;
mod key;
pub mod logout;
pub mod metadata;
mod names;
mod own_key;
mod own_metadata;
mod preflight;
mod reading;
pub mod request;
mod response;
mod second_engine;
mod service_provider;
mod sign;
mod signature;
mod signature_method;
mod signature_shape;
mod signed_document;
mod statement;
mod structure;
mod tags;
mod tree;
mod white_space;

pub use assertion::{Attribute, NameId, VerifiedAssertion};
pub use binding::{Binding, Parcel, PostForm};
pub use conditions::{AuthnDemand, Expectation, InResponseTo, REDEEM_WITHIN};
pub use decryption_key::DecryptionKeys;
pub use error::SamlError;
pub use key::{KeyError, KeyFamily, SigningKey};
pub use own_key::{OwnKey, OwnKeyError};
pub use response::{AuthenticResponse, ResponseText, UnverifiedResponse, response_field};
pub use second_engine::{Ask, NoAnswer, SecondEngine, Witness, signed_bytes};
pub use service_provider::ServiceProvider;
pub use sign::{SignError, sign_enveloped};
