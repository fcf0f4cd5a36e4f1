//! What can be wrong with the book.

use crate::store::Entry;

/// The first thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{flaw}", place(.node, *.number, .flaw))]
pub struct Fault {
    pub node: String,
    pub number: i64,
    pub flaw: Flaw,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("it does not come to its hash: it was changed after it was written, or what stood before it was taken out")]
    Edited,
    #[error(
        "the time that it is kept under was changed after it was written: its text, which the hash is over, tells of another"
    )]
    Redated,
    #[error("it is missing, and the chain goes on behind it")]
    Missing,
    #[error("it is not in its place: record {belongs} was written there")]
    Moved { belongs: i64 },
    #[error("it was put in later: record {next} was written to follow record {before}")]
    PutIn { before: i64, next: i64 },
    #[error(
        "the chain was cut off before it: at {at} it had come as far as this record, and now it ends with record {last}"
    )]
    CutOff { at: String, last: i64 },
    #[error("it was written anew, with what comes before or after it: at {at} another record stood there")]
    Rewritten { at: String },
    #[error("what is said to have been signed about it was not signed by this house's key")]
    Unsigned,
    #[error("line {line} of the anchor was not signed by this house's key")]
    UnsignedAnchor { line: usize },
    #[error("it tells of credentials {access_key_id}, and no record shows who was given those")]
    UnrecordedCaller { access_key_id: String },
    #[error("there is a session {access_key_id}, and no record shows who was given it")]
    UnrecordedSession { access_key_id: String },
}

/// Where, unless it is not in a chain.
fn place(node: &str, number: i64, flaw: &Flaw) -> String {
    match flaw {
        Flaw::UnsignedAnchor { .. } | Flaw::UnrecordedSession { .. } => String::new(),
        _ => format!("record {number} of {node}: "),
    }
}

impl Fault {
    pub(super) fn of(entry: &Entry, flaw: Flaw) -> Self {
        Self { node: entry.node.clone(), number: entry.number, flaw }
    }
}
