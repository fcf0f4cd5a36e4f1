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

    /// What would have fitted, and what came; `None` where that is no comparison.
    pub fn sides(&self) -> Option<(String, String)> {
        match self.told() {
            Told::Sides { expected, received, .. } => Some((expected, received)),
            Told::Whole(_) => None,
        }
    }

    fn told(&self) -> Told {
        match self {
            Self::Principal { statement, asks } => principal(statement, *asks),
            Self::Action { statement, asked } => uncovered("Action", &statement.actions, asked),
            Self::Resource { statement: Statement { resources: Some(resources), .. }, asked } => {
                uncovered("Resource", resources, asked)
            }
            Self::Resource { .. } => Told::Whole("it speaks of no resource".into()),
            Self::Condition(unmet) => {
                let (expected, received) = unmet.sides();
                Told::Sides { expected, between: unmet.between(), received }
            }
        }
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
        match self.told() {
            Told::Sides { expected, between, received } => write!(f, "{expected}{between}{received}"),
            Told::Whole(sentence) => f.write_str(&sentence),
        }
    }
}

/// A miss in words.
enum Told {
    /// What would have fitted, what came, and what stands between them in a sentence.
    Sides {
        expected: String,
        between: &'static str,
        received: String,
    },
    Whole(String),
}

fn principal(statement: &Statement, asks: Option<&Principal<'_>>) -> Told {
    let Some(named) = &statement.principals else { return Told::Whole("it speaks of no principal".into()) };
    let Some(asks) = asks else { return Told::Whole("it speaks of principals, and none asks".into()) };
    let is_anyone = |pattern: &PrincipalPattern| matches!(pattern, PrincipalPattern::Anyone);
    match asks {
        Principal::Federated { arn, .. } if named.iter().any(is_anyone) => Told::Whole(format!(
            "its Principal \"*\" covers nobody who comes through an identity provider; name {arn} as Federated"
        )),
        Principal::Federated { arn: who, .. } | Principal::Aws { arn: who, .. } | Principal::Service { name: who } => {
            let expected = format!("its Principal covers {}", list(named.iter().map(PrincipalPattern::to_string)));
            Told::Sides { expected, between: ", not ", received: (*who).to_owned() }
        }
    }
}

fn uncovered<P>(element: &str, cover: &Cover<P>, asked: &str) -> Told {
    let (not, verb) = if cover.all_but { ("Not", "leaves out") } else { ("", "covers") };
    let listed = list(cover.patterns.iter().map(|pattern| pattern.text.to_string()));
    let between = if cover.all_but { ", and so " } else { ", not " };
    Told::Sides { expected: format!("its {not}{element} {verb} {listed}"), between, received: asked.to_owned() }
}

/// `a, b or c`; `a, b, c, d, e or 7 more`.
fn list(entries: impl ExactSizeIterator<Item = String>) -> String {
    let (count, mut listed) = (entries.len(), String::new());
    let shown = if count > TOLD + 1 { TOLD } else { count };
    for (index, entry) in entries.take(shown).enumerate() {
        listed.push_str(match index {
            0 => "",
            last if last + 1 == count => " or ",
            _ => ", ",
        });
        listed.push_str(&entry);
    }
    if count > shown {
        listed.push_str(&format!(" or {} more", count - shown));
    }
    listed
}
