//! The IAM policy language: a JSON document is read once, compiled, and then asked many times.
//!
//! 1. [`Policy::trust`] and [`Policy::identity`] read a document. `json` keeps its tree as written, repeated members
//!    included; `document` walks the tree and collects every mistake with its place. What this build does not act on
//!    (another operator, a negated element, a variable, an unknown key) is such a mistake: an ignored condition would
//!    be a wider door than the one that was written down.
//! 2. What remains is a list of [`Statement`]s whose parts (`pattern`, `principal`, `condition`) know how to match.
//! 3. [`evaluate_trust`] and [`evaluate_identity`] ask every statement: any matching Deny wins, else any matching
//!    Allow, else the answer is no. [`explain_trust`] and [`explain_identity`] are the same walk, but keep for each
//!    statement why it did not apply.
//!
//! The first part of a statement that fails is its [`Miss`]; the statement that came furthest is the nearest miss.

mod attribute_keys;
mod condition;
mod context;
mod document;
mod error;
mod evaluate;
mod json;
mod pattern;
mod principal;
mod statement;

pub use condition::Unmet;
pub use context::{Context, RepeatedKey, Values};
pub use document::Policy;
pub use error::{Fault, PolicyError};
pub use evaluate::{
    Decision, Effect, StatementRef, StatementReport, evaluate_identity, evaluate_trust, explain_identity, explain_trust,
};
pub use principal::{Principal, Via};
pub use statement::{Miss, Statement, StatementEffect};
