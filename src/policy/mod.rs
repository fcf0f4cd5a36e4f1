//! The IAM policy language: a JSON document is read once, compiled, and then asked many times.
//!
//! 1. [`Policy::trust`] and [`Policy::identity`] read a document. `json` keeps its tree as written, repeated members
//!    included; `document` and `condition_block` walk the tree and collect every mistake with its place. What this build
//!    does not act on (an unknown operator, key or variable, a value that the operator cannot read) is such a mistake:
//!    an ignored condition would be a wider door than the one that was written down.
//! 2. What remains is a list of [`Statement`]s whose parts (`pattern`, `principal`, `condition`) know how to match. A
//!    condition is an `operator` of the table and its `value`s: a text (`template`), a `number`, a `network`… A text is kept
//!    once in a document; what was understood of it is where its pieces are (`form`).
//! 3. [`evaluate_trust`] and [`evaluate_permissions`] ask every statement: any matching Deny wins, else any matching
//!    Allow, else the answer is no. [`explain_trust`] and [`explain_permissions`] are the same walk, but keep for each
//!    statement why it did not apply.
//!
//! The first part of a statement that fails is its [`Miss`]; the statement that came furthest is the nearest miss.

mod attribute_keys;
mod condition;
mod condition_block;
mod context;
mod document;
mod error;
mod evaluate;
mod form;
mod gathering;
mod inquiry;
mod json;
mod keys;
mod line;
mod matched;
mod miss;
mod number;
mod operator;
pub mod paper;
mod pattern;
mod principal;
mod reader;
mod settled;
mod statement;
mod template;
mod told;
mod unmet;
mod value;

pub use context::{Context, RepeatedKey, Values};
pub use document::Policy;
pub use error::{Fault, PolicyError};
pub use evaluate::{
    Decision, Effect, Permissions, StatementReport, evaluate_permissions, evaluate_resource, evaluate_trust,
    explain_permissions, explain_trust,
};
pub use gathering::Gathering;
pub use inquiry::{Inquiry, Received, supposed_context};
pub use keys::outlasts_the_token;
pub use matched::{Matched, StatementRef};
pub use miss::Miss;
pub use pattern::{Arn, is_one_action};
pub use principal::{Principal, Via, well_known};
pub use settled::{Settled, settled_trust};
pub use statement::{Statement, StatementEffect};
pub use told::{Listed, ToldCondition};
pub use unmet::Unmet;
