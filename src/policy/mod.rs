//! The IAM policy language: a JSON document is read once, compiled, and then asked many times.
//!
//! 1. [`Policy::trust`] and [`Policy::identity`] read a document. What this build does not act on (an unknown operator, key
//!    or variable, a value that the operator cannot read) is a mistake like any other, told with its place: an ignored
//!    condition would be a wider door than the one that was written down.
//! 2. What remains is a list of [`Statement`]s whose parts know how to match.
//! 3. [`evaluate_trust`] and [`evaluate_permissions`] ask every statement: any matching Deny wins, else any matching
//!    Allow, else the answer is no. [`explain_trust`] and [`explain_permissions`] are the same walk, but keep for each
//!    statement why it did not apply.
//!
//! The first part of a statement that fails is its [`Miss`]; the statement that came furthest is the nearest miss.
//!
//! ```text
//! document.rs     1. From the tree of json.rs (as written, repeated members included) to statements, and condition_block.rs to
//!                 their conditions, read with reader.rs; error.rs is what can be wrong, line.rs where
//! keys.rs, attribute_keys.rs: the condition keys that mean something here
//! statement.rs    2. To whom (principal.rs), to what (pattern.rs), under which conditions (condition.rs) it applies.
//!                 A condition is an operator.rs of the table and its value.rs: a text (template.rs), a number.rs… A text is
//!                 kept once in a document; form.rs knows where its pieces are
//! context.rs      what is known about a request, and gathering.rs how it is brought together
//! evaluate.rs     3. The decision. matched.rs are the statements that made it, miss.rs and unmet.rs say why others did not,
//!                 settled.rs how far it stands where some keys are not known
//! told.rs         a policy, told to people
//! inquiry.rs      what a resource service asks, read as strictly; paper.rs reads questions on paper
//! ```

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
pub use reader::LONGEST_TEXT;
pub use settled::{Settled, settled_trust};
pub use statement::{Statement, StatementEffect};
pub use told::{Listed, ToldCondition};
pub use unmet::Unmet;
