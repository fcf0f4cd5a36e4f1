//! Why a statement does not apply, in words that tell what to change.

use super::principal::{Principal, PrincipalPattern};
use super::statement::{Cover, Statement};
use super::unmet::Unmet;
use std::fmt;

/// The first of a statement's parts, in this order, that does not fit.
#[derive(Debug, Clone, Copy)]
pub enum Miss<'a> {
    Principal { statement: &'a Statement, asks: Option<&'a Principal<'a>> },
    Action { statement: &'a Statement, asked: &'a str },
    Resource { statement: &'a Statement, asked: &'a str },
    Condition(Unmet<'a>),
}

/// Of a long list this many entries are told.
const TOLD: usize = 5;

impl Miss<'_> {
    /// Whether it is a condition on this key that does not hold.
    pub fn is_about(&self, key: &str) -> bool {
        matches!(self, Self::Condition(unmet) if unmet.key().eq_ignore_ascii_case(key))
    }

    /// How far the statement came before it failed.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Principal { .. } => 0,
            Self::Action { .. } => 1,
            Self::Resource { .. } => 2,
            Self::Condition(_) => 3,
        }
    }
}

impl fmt::Display for Miss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal { statement, asks } => principal(statement, *asks, f),
            Self::Action { statement, asked } => uncovered("Action", &statement.actions, asked, f),
            Self::Resource { statement: Statement { resources: Some(resources), .. }, asked } => {
                uncovered("Resource", resources, asked, f)
            }
            Self::Resource { .. } => f.write_str("it speaks of no resource"),
            Self::Condition(unmet) => unmet.fmt(f),
        }
    }
}

fn principal(statement: &Statement, asks: Option<&Principal<'_>>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(named) = &statement.principals else { return f.write_str("it speaks of no principal") };
    let Some(asks) = asks else { return f.write_str("it speaks of principals, and none asks") };
    let is_anyone = |pattern: &PrincipalPattern| matches!(pattern, PrincipalPattern::Anyone);
    match asks {
        Principal::Federated { arn, .. } if named.iter().any(is_anyone) => {
            write!(
                f,
                "its Principal \"*\" covers nobody who comes through an identity provider; name {arn} as Federated"
            )
        }
        Principal::Federated { arn: who, .. } | Principal::Aws { arn: who, .. } | Principal::Service { name: who } => {
            f.write_str("its Principal covers ")?;
            list(named.iter().map(PrincipalPattern::to_string), f)?;
            write!(f, ", not {who}")
        }
    }
}

fn uncovered<P>(element: &str, cover: &Cover<P>, asked: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (not, verb) = if cover.all_but { ("Not", "leaves out") } else { ("", "covers") };
    write!(f, "its {not}{element} {verb} ")?;
    list(cover.patterns.iter().map(|pattern| pattern.text.to_string()), f)?;
    write!(f, "{}{asked}", if cover.all_but { ", and so " } else { ", not " })
}

/// `a, b or c`; `a, b, c, d, e or 7 more`.
fn list(entries: impl ExactSizeIterator<Item = String>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let count = entries.len();
    let shown = if count > TOLD + 1 { TOLD } else { count };
    for (index, entry) in entries.take(shown).enumerate() {
        let comma = match index {
            0 => "",
            last if last + 1 == count => " or ",
            _ => ", ",
        };
        write!(f, "{comma}{entry}")?;
    }
    if count > shown { write!(f, " or {} more", count - shown) } else { Ok(()) }
}
