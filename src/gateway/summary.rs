//! What somebody is allowed, in words: each statement of their policies, under the service that it speaks of.
//!
//! It is told statement by statement and adds nothing up: what may be done in the end is for the engine to say.

use crate::catalogue::NamedPolicy;
use crate::policy::{Listed, Statement, StatementEffect};
use std::collections::BTreeMap;

pub(super) struct ServiceSummary {
    /// `s3`, or `every service`.
    pub(super) service: String,
    pub(super) lines: Vec<SummaryLine>,
}

pub(super) struct SummaryLine {
    pub(super) allows: bool,
    pub(super) text: String,
}

/// Names that are written out in one line; the policy itself stands below.
const MOST_NAMES: usize = 6;
/// Lines of one service.
const MOST_LINES: usize = 12;
const EVERY_SERVICE: &str = "every service";
/// How the names of actions begin that change nothing.
const READING: [&str; 12] =
    ["Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "Search", "Select", "View", "Lookup", "Read"];

pub(super) fn of(policies: &[NamedPolicy]) -> Vec<ServiceSummary> {
    let mut services: BTreeMap<String, Vec<SummaryLine>> = BTreeMap::new();
    for statement in policies.iter().flat_map(|policy| policy.policy.statements()) {
        let allows = statement.effect() == StatementEffect::Allow;
        for (service, what) in by_service(&statement.listed_actions()) {
            let lines = services.entry(service).or_default();
            if lines.len() < MOST_LINES {
                lines
                    .push(SummaryLine { allows, text: format!("{what}{}{}", place(statement), conditions(statement)) });
            }
        }
    }
    services.into_iter().map(|(service, lines)| ServiceSummary { service, lines }).collect()
}

/// What a statement is about, service by service.
fn by_service(actions: &Listed<'_>) -> Vec<(String, String)> {
    if actions.all_but {
        return vec![(EVERY_SERVICE.to_owned(), format!("do everything but {}", some(&actions.texts)))];
    }
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for action in &actions.texts {
        let (service, name) = action.split_once(':').unwrap_or((EVERY_SERVICE, action));
        services.entry(service).or_default().push(name);
    }
    services.into_iter().map(|(service, names)| (service.to_ascii_lowercase(), verb(&names))).collect()
}

fn verb(names: &[&str]) -> String {
    if names.contains(&"*") {
        return "do everything".to_owned();
    }
    let reads = |name: &&str| READING.iter().any(|verb| name.starts_with(verb));
    let what = if names.iter().all(reads) { "read" } else { "use" };
    format!("{what} ({})", some(names))
}

fn place(statement: &Statement) -> String {
    let Some(resources) = statement.listed_resources() else { return String::new() };
    if resources.all_but {
        return format!(" everywhere but on {}", some(&last_parts(&resources.texts)));
    }
    if resources.texts.contains(&"*") {
        return " everywhere".to_owned();
    }
    format!(" on {}", some(&last_parts(&resources.texts)))
}

/// `files/*` of `arn:aws:s3:::files/*`.
fn last_parts<'a>(arns: &[&'a str]) -> Vec<&'a str> {
    arns.iter().map(|arn| arn.splitn(6, ':').nth(5).unwrap_or(arn)).collect()
}

fn conditions(statement: &Statement) -> String {
    let told = statement.told_conditions().map(|it| format!("{} {} {}", it.operator, it.key, some(&it.values)));
    let all: Vec<String> = told.collect();
    if all.is_empty() { String::new() } else { format!(", if {}", all.join(" and ")) }
}

fn some(texts: &[&str]) -> String {
    match texts.len().checked_sub(MOST_NAMES).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", texts[..MOST_NAMES].join(", ")),
        None => texts.join(", "),
    }
}
