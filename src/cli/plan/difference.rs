//! What becomes of whom: the replies of two configurations, side by side.

use crate::app::Record;
use crate::trust::{Configuration, Occasions, Question, Replies, Reply, Worn};
use crate::words::{RoleArn, SessionTags};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody, by the provider that knows them, if one does, and their name there or their ARN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    pub(super) provider: Option<String>,
    pub(super) name: String,
}

/// What differs, by person and role.
#[derive(Default)]
pub(super) struct Differences {
    pub(super) found: BTreeMap<(Who, RoleArn), Difference>,
    /// Who has each role under the present configuration, or may have it.
    pub(super) worn: BTreeMap<RoleArn, BTreeSet<Who>>,
    /// The ARNs of the users of ours who asked.
    pub(super) users: BTreeSet<String>,
    pub(super) people: BTreeSet<Who>,
    /// Decisions that the present configuration would make otherwise than they were made.
    pub(super) overtaken: usize,
}

pub(super) struct Difference {
    pub(super) change: Change,
    /// How often that was asked, and when last.
    pub(super) count: i64,
    pub(super) last: i64,
}

pub(super) enum Change {
    None,
    /// It cannot be told. Whether they have the role now, for all we know, and might have it then.
    Unknown {
        claims: BTreeSet<String>,
        may_lose: bool,
    },
    Gained(Box<Worn>),
    Altered(Vec<Alteration>),
    Lost {
        code: &'static str,
        sentence: String,
    },
}

/// Something about the session that would be otherwise.
pub(super) struct Alteration {
    pub(super) what: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

impl Differences {
    /// `records` have the latest first.
    pub(super) fn of(records: &[Record], present: &Configuration<'_>, planned: &Configuration<'_>) -> Self {
        let mut differences = Self::default();
        for record in records {
            let question = &record.decided.question;
            let answer = |occasions| (question.put_to(present, occasions), question.put_to(planned, occasions));
            let (now, then) = answer(Occasions::Last);
            let all = (record.count > 1).then(|| answer(Occasions::All));
            let (provider, name) = question.who();
            let who = Who { provider, name };
            let asked = question.role().and_then(|role| role.parse::<RoleArn>().ok());
            if let Some(role) = &asked {
                let given = matches!(now.about(role), Reply::Given(_));
                let unknown = matches!(now.about(role), Reply::Unknown { .. });
                differences.overtaken += usize::from(!unknown && given != record.decided.refused.is_none());
            }
            let roles: BTreeSet<&RoleArn> = now.roles().chain(then.roles()).chain(&asked).collect();
            for role in roles {
                let between =
                    |(now, then): (&Replies, &Replies)| Change::of(role, question, (present, now), (planned, then));
                if !matches!(now.about(role), Reply::Refused { .. }) {
                    differences.worn.entry(role.clone()).or_default().insert(who.clone());
                }
                let last = between((&now, &then));
                let change = match &all {
                    // Lost the last time is lost.
                    Some((now, then)) if !matches!(last, Change::Lost { .. }) => between((now, then)),
                    _ => last,
                };
                differences.add(&who, role, change, record);
            }
            differences.users.extend(question.user().map(str::to_owned));
            differences.people.insert(who);
        }
        differences.found.retain(|_, difference| !matches!(difference.change, Change::None));
        differences
    }

    /// Of several questions about one role, the worst counts. One that cannot be answered for want of a claim does not
    /// count beside a later one that can; for want of what was so on that occasion it does.
    fn add(&mut self, who: &Who, role: &RoleArn, change: Change, record: &Record) {
        let new = Difference { change, count: record.count, last: record.last };
        let key = (who.clone(), role.clone());
        match self.found.get_mut(&key) {
            None => drop(self.found.insert(key, new)),
            Some(known) if new.change.is_superseded(&record.decided.question) && known.change.is_known() => {}
            Some(known) if known.change.rank() == new.change.rank() => known.count += new.count,
            Some(known) if known.change.rank() < new.change.rank() => *known = new,
            Some(_) => {}
        }
    }
}

impl Change {
    /// Of what the configurations say. What neither can tell, but both decide alike, is no change.
    fn of(
        role: &RoleArn,
        question: &Question,
        (present, now): (&Configuration<'_>, &Replies),
        (planned, then): (&Configuration<'_>, &Replies),
    ) -> Self {
        let about = |configuration: &Configuration<'_>, replies: &Replies| match configuration.catalogue.role(role) {
            Some(_) => replies.about(role).clone(),
            None => Reply::no_such_role(role),
        };
        match (about(present, now), about(planned, then)) {
            (Reply::Unknown { .. }, Reply::Unknown { .. }) if question.is_put_alike(role, present, planned) => {
                Self::None
            }
            (now, then) => Self::between(&now, &then),
        }
    }

    fn between(now: &Reply, then: &Reply) -> Self {
        match (now, then) {
            (Reply::Refused { .. }, Reply::Refused { .. }) => Self::None,
            (Reply::Refused { .. }, Reply::Given(worn)) => Self::Gained(worn.clone()),
            (Reply::Given(_), Reply::Refused { code, sentence }) => Self::Lost { code, sentence: sentence.clone() },
            (Reply::Given(now), Reply::Given(then)) => match alterations(now, then) {
                none if none.is_empty() => Self::None,
                some => Self::Altered(some),
            },
            (Reply::Refused { .. }, Reply::Unknown { claims }) | (Reply::Unknown { claims }, Reply::Given(_)) => {
                Self::Unknown { claims: claims.clone(), may_lose: false }
            }
            (Reply::Given(_), Reply::Unknown { claims })
            | (Reply::Unknown { claims }, Reply::Unknown { .. } | Reply::Refused { .. }) => {
                Self::Unknown { claims: claims.clone(), may_lose: true }
            }
        }
    }

    fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }

    /// Whether a later answer about the same person tells what is not known here.
    fn is_superseded(&self, question: &Question) -> bool {
        matches!(self, Self::Unknown { claims, .. } if !claims.iter().any(|it| question.is_of_the_occasion(it)))
    }

    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Unknown { may_lose: false, .. } => 1,
            Self::Gained(_) => 2,
            Self::Altered(_) => 3,
            Self::Unknown { may_lose: true, .. } => 4,
            Self::Lost { .. } => 5,
        }
    }
}

fn alterations(now: &Worn, then: &Worn) -> Vec<Alteration> {
    let duration = |worn: &Worn| format!("{} s", worn.longest.whole_seconds());
    let identity = |worn: &Worn| worn.carried.source_identity.as_ref().map_or("none".into(), ToString::to_string);
    let sides = [
        ("session_name", now.session_name.to_string(), then.session_name.to_string()),
        ("tags", tags(&now.carried.tags), tags(&then.carried.tags)),
        ("source_identity", identity(now), identity(then)),
        ("longest_session", duration(now), duration(then)),
    ];
    let differing = sides.into_iter().filter(|(_, from, to)| from != to);
    differing.map(|(what, from, to)| Alteration { what, from, to }).collect()
}

/// `cost=42 (goes along), team=ops`.
pub(super) fn tags(tags: &SessionTags) -> String {
    let mut all = tags.told();
    all.sort();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
