//! Why policies do not allow something, for those who may read them.

use super::decision::names;
use crate::policy::{Decision, Effect};
use std::fmt;

/// What is said behind a refusal, beginning with `; `, or nothing. Of the statement that came nearest to allowing it has both
/// sides: however long the sentence is that they are part of, neither is cut off by the other.
#[derive(Debug, Clone, Default)]
pub struct Reason {
    told: String,
    pub(super) sides: Option<(String, String)>,
}

impl Reason {
    /// One that is no comparison.
    pub fn said(told: impl Into<String>) -> Box<Self> {
        Box::new(Self { told: told.into(), sides: None })
    }

    /// The statements that denied, or the one that came nearest to allowing; of an explained decision.
    pub(super) fn of(decision: &Decision<'_>) -> Box<Self> {
        if decision.effect == Effect::ExplicitDeny {
            return Self::said(format!("; it is denied by {}", names(decision)));
        }
        let nearest = decision.nearest_miss().and_then(|report| report.miss.map(|miss| (report.statement, miss)));
        let reason = nearest.map(|(statement, miss)| Self {
            told: format!("; the nearest is {statement}: {miss}"),
            sides: miss.sides(),
        });
        Box::new(reason.unwrap_or_default())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}
