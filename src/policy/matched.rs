//! The statements that made a decision.

use super::statement::Statement;
use std::fmt;
use std::ops::Deref;

/// A statement by its policy's name and its Sid or position. Written out it is the Sid, or `policy#index`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatementRef<'a> {
    pub policy: &'a str,
    pub sid: Option<&'a str>,
    pub index: usize,
}

/// A list of statements that takes memory of its own only when there are many, which is rare.
#[derive(Debug, Default, Clone)]
pub struct Matched<'a> {
    few: [StatementRef<'a>; FEW],
    count: usize,
    /// All of them, once they are more than few.
    many: Vec<StatementRef<'a>>,
}

const FEW: usize = 4;

impl<'a> StatementRef<'a> {
    pub(super) fn of(policy: &'a str, statement: &'a Statement) -> Self {
        Self { policy, sid: statement.sid(), index: statement.index() }
    }
}

impl<'a> Matched<'a> {
    pub(super) fn push(&mut self, statement: StatementRef<'a>) {
        match self.few.get_mut(self.count) {
            Some(free) => {
                *free = statement;
                self.count += 1;
            }
            None => {
                if self.many.is_empty() {
                    self.many.reserve(4 * FEW);
                    self.many.extend(self.few);
                }
                self.many.push(statement);
            }
        }
    }
}

impl<'a> Deref for Matched<'a> {
    type Target = [StatementRef<'a>];

    fn deref(&self) -> &[StatementRef<'a>] {
        if self.many.is_empty() { &self.few[..self.count] } else { &self.many }
    }
}

impl PartialEq for Matched<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Display for StatementRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sid {
            Some(sid) => f.write_str(sid),
            None => write!(f, "{}#{}", self.policy, self.index),
        }
    }
}
