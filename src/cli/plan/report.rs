//! What is found, told to people and to programs.

use super::difference::{Change, Difference, Differences, Who, tags};
use super::permissions::{Effect, Holder, PermissionChange};
use crate::app::{Record, Records, Unkept};
use crate::cli::answer;
use crate::words::{RoleArn, iso, iso_of};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::process::ExitCode;
use time::OffsetDateTime;

pub(super) struct Report<'a> {
    pub(super) since: OffsetDateTime,
    pub(super) records: &'a Records,
    pub(super) differences: Differences,
    pub(super) permissions: Vec<PermissionChange>,
}

type Found<'a> = (&'a (Who, RoleArn), &'a Difference);

impl Report<'_> {
    pub(super) fn somebody_may_lose(&self) -> bool {
        let loses = |difference: &Difference| {
            matches!(difference.change, Change::Lost { .. } | Change::Unknown { may_lose: true, .. })
        };
        self.records.unreadable > 0
            || !self.records.unkept.is_nothing()
            || self.differences.found.values().any(loses)
            || self.permissions.iter().any(|it| it.effect != Effect::More)
    }

    pub(super) fn print_text(&self) -> Result<(), ExitCode> {
        for (title, wanted) in KINDS {
            let mut last: Option<&Who> = None;
            for ((who, role), difference) in self.of(wanted) {
                if last.is_none() {
                    answer(title)?;
                }
                if last != Some(who) {
                    match &who.provider {
                        Some(provider) => answer(format!("  {} of {provider}", who.name))?,
                        None => answer(format!("  {}", who.name))?,
                    }
                }
                answer(format!("    {role}"))?;
                lines(&difference.change).iter().try_for_each(|line| answer(format!("      {line}")))?;
                answer(format!("      asked {}, last at {}", times(difference.count), iso_of(difference.last)))?;
                last = Some(who);
            }
            if last.is_some() {
                answer("")?;
            }
        }
        if !self.permissions.is_empty() {
            answer("Roles and users that may do something else:")?;
            for change in &self.permissions {
                answer(format!("  {}: {}", change.holder.arn(), change.parts.join(", ")))?;
                let effect = match change.effect {
                    Effect::More => "may do more",
                    Effect::Less => "may do less",
                    Effect::Other => "may do other things; whether somebody misses one cannot be told",
                };
                answer(match change.holder {
                    Holder::Role { worn_by, .. } => {
                        format!("    its sessions {effect}; worn by {worn_by} of those who asked")
                    }
                    Holder::User { .. } => format!("    the user {effect}"),
                })?;
            }
            answer("")?;
        }
        self.print_summary()
    }

    fn print_summary(&self) -> Result<(), ExitCode> {
        let count = |kind| self.people(kind).len();
        answer(format!(
            "{} questions of {} since {}: {} lose, {} gain, {} change, of {} it cannot be told; roles and users that may do something else: {}.",
            self.records.decisions.len(),
            self.differences.people.len(),
            iso(self.since),
            count(Kind::Losses),
            count(Kind::Gains),
            count(Kind::Changes),
            count(Kind::Unknown),
            self.permissions.len()
        ))?;
        if self.differences.overtaken > 0 {
            let overtaken = self.differences.overtaken;
            answer(format!("{overtaken} of them were decided otherwise then: the configuration has changed since."))?;
        }
        if self.records.unreadable > 0 {
            let unreadable = self.records.unreadable;
            answer(format!(
                "Of {unreadable} more it cannot be told: another version of Gatehouse or another key sealed them."
            ))?;
        }
        self.print_unkept()
    }

    /// Whom and what nobody can answer for.
    fn print_unkept(&self) -> Result<(), ExitCode> {
        for Who { provider, name } in self.asked_too_much() {
            let of = provider.map(|provider| format!(" of {provider}")).unwrap_or_default();
            answer(format!(
                "Of {name}{of} it cannot be told what else they asked: as many different questions are kept as are kept of one."
            ))?;
        }
        let Unkept { too_large, lost, of_anybody, .. } = self.records.unkept;
        if too_large > 0 {
            answer(format!(
                "Of {too_large} more it cannot be told: with all their claims they are too large to be kept."
            ))?;
        }
        if lost {
            answer(
                "What else was asked cannot be told: some questions were lost under load, or could not be written.",
            )?;
        }
        if of_anybody {
            answer("What else was asked cannot be told: as many questions are kept as are kept in all.")?;
        }
        Ok(())
    }

    /// Those of whom questions had to make way, for all that is known.
    fn asked_too_much(&self) -> BTreeSet<Who> {
        let who = |record: &Record| {
            let (provider, name) = record.decided.question.who();
            Who { provider, name }
        };
        self.records.decisions.iter().filter(|record| record.asks_too_much).map(who).collect()
    }

    pub(super) fn print_json(&self) -> Result<(), ExitCode> {
        let list = |kind| -> Vec<Value> { self.of(kind).map(as_json).collect() };
        let permission = |change: &PermissionChange| {
            let mut entry = json!({ "effect": change.effect.name(), "parts": change.parts });
            match &change.holder {
                Holder::Role { arn, worn_by } => {
                    entry["role"] = json!(arn.as_str());
                    entry["worn_by"] = json!(worn_by);
                }
                Holder::User { arn } => entry["user"] = json!(arn.as_str()),
            }
            entry
        };
        let count = |kind| self.people(kind).len();
        let Unkept { too_large, lost, of_anybody, .. } = self.records.unkept;
        let who = |who: Who| json!({ "provider": who.provider, "who": who.name });
        let asked_too_much: Vec<Value> = self.asked_too_much().into_iter().map(who).collect();
        answer(json!({
            "since": iso(self.since),
            "losses": list(Kind::Losses),
            "gains": list(Kind::Gains),
            "changes": list(Kind::Changes),
            "unknown": list(Kind::Unknown),
            "permissions": self.permissions.iter().map(permission).collect::<Vec<_>>(),
            "not_kept": {
                "of_people": asked_too_much, "too_large": too_large, "lost": lost, "of_anybody": of_anybody,
            },
            "summary": {
                "questions": self.records.decisions.len(), "people": self.differences.people.len(),
                "lose": count(Kind::Losses), "gain": count(Kind::Gains), "change": count(Kind::Changes),
                "unknown": count(Kind::Unknown), "overtaken": self.differences.overtaken,
                "unreadable": self.records.unreadable, "somebody_may_lose": self.somebody_may_lose(),
            },
        }))
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = Found<'_>> {
        self.differences.found.iter().filter(move |(_, difference)| Kind::of(&difference.change) == Some(kind))
    }

    fn people(&self, kind: Kind) -> BTreeSet<&Who> {
        self.of(kind).map(|((who, _), _)| who).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Losses,
    Gains,
    Changes,
    Unknown,
}

const KINDS: [(&str, Kind); 4] = [
    ("Roles that are lost:", Kind::Losses),
    ("Roles of which it cannot be told:", Kind::Unknown),
    ("Roles that are gained:", Kind::Gains),
    ("Sessions that change:", Kind::Changes),
];

impl Kind {
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::None => None,
            Change::Unknown { .. } => Some(Self::Unknown),
            Change::Gained(_) => Some(Self::Gains),
            Change::Altered(_) => Some(Self::Changes),
            Change::Lost { .. } => Some(Self::Losses),
        }
    }
}

fn lines(change: &Change) -> Vec<String> {
    match change {
        Change::None => Vec::new(),
        Change::Lost { code, sentence } => vec![format!("{code}: {sentence}")],
        Change::Gained(worn) => {
            let by =
                if worn.given_by.is_empty() { String::new() } else { format!(", by {}", worn.given_by.join(", ")) };
            vec![format!("as {}{by}; {} allows it", worn.session_name, worn.statement)]
        }
        Change::Altered(all) => {
            all.iter().map(|it| format!("{}: {} → {}", it.what.replace('_', " "), it.from, it.to)).collect()
        }
        Change::Unknown { claims, may_lose } => {
            let claims = claims.iter().cloned().collect::<Vec<_>>().join(", ");
            let what = if *may_lose { "it may be lost" } else { "it may be gained" };
            vec![format!(
                "{what}: it depends on {claims}, which nothing read when they came, or of which the last alone was kept"
            )]
        }
    }
}

fn as_json(((who, role), difference): Found<'_>) -> Value {
    let mut entry = json!({
        "provider": who.provider, "who": who.name, "role": role.as_str(), "questions": difference.count,
        "last": iso_of(difference.last),
    });
    let more = match &difference.change {
        Change::None => json!({}),
        Change::Lost { code, sentence } => json!({ "code": code, "reason": sentence }),
        Change::Gained(worn) => json!({
            "session_name": worn.session_name.as_str(), "statement": worn.statement, "given_by": worn.given_by,
            "tags": tags(&worn.carried.tags),
        }),
        Change::Altered(all) => {
            let pair =
                |it: &super::difference::Alteration| (it.what.to_owned(), json!({ "from": it.from, "to": it.to }));
            json!({ "changes": all.iter().map(pair).collect::<Map<_, _>>() })
        }
        Change::Unknown { claims, may_lose } => json!({ "claims": claims, "may_be_lost": may_lose }),
    };
    if let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) {
        entry.extend(more);
    }
    entry
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
