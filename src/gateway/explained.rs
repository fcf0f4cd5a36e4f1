//! What would become of somebody, as the simulator and a test login show it: `gatehouse explain` on a page. Everything is
//! somebody else's text, and the template escapes it.

use crate::trace::{Outcome, Refusal, Step, clip};
use crate::trust::{Explanation, OnPaper, Ruling, TrustError, Worn};
use crate::words::iso;
use serde_json::Value;

pub(super) struct ExplainedView {
    pub(super) steps: Vec<StepLine>,
    pub(super) people: Vec<PersonView>,
}

pub(super) struct StepLine {
    pub(super) mark: &'static str,
    pub(super) check: String,
    pub(super) said: String,
    /// What goes with a failed check, each with its name.
    pub(super) more: Vec<(&'static str, String)>,
}

pub(super) struct PersonView {
    pub(super) subject: String,
    pub(super) provider: String,
    /// Of a provider that lets nobody in yet.
    pub(super) disabled: bool,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) claims: Vec<ClaimLine>,
    pub(super) rulings: Vec<RulingView>,
    /// Roles that the provider does not even offer, where there are many.
    pub(super) not_given: Vec<String>,
}

pub(super) struct ClaimLine {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    /// As rules read it, where that is something else.
    pub(super) read_as: Option<Vec<String>>,
}

pub(super) struct RulingView {
    pub(super) role: String,
    pub(super) allowed: bool,
    pub(super) lines: Vec<(&'static str, String)>,
    pub(super) conditions: Vec<String>,
}

/// More roles than this that the provider does not give are told in one go.
const FEW: usize = 3;
/// Values of one claim that are shown.
const MOST_VALUES: usize = 100;

impl ExplainedView {
    pub(super) fn of(explanation: &Explanation) -> Self {
        let person = |(place, known): (usize, &OnPaper)| {
            let of_theirs = explanation.rulings.iter().filter(move |(of, _)| *of == place).map(|(_, ruling)| ruling);
            PersonView::of(known, of_theirs.collect())
        };
        Self {
            steps: step_lines(&explanation.trace.steps()),
            people: explanation.known.iter().enumerate().map(person).collect(),
        }
    }
}

pub(super) fn step_lines(steps: &[Step]) -> Vec<StepLine> {
    let line = |step: &Step| StepLine {
        mark: match step.outcome {
            Outcome::Pass => "held",
            Outcome::Fail => "failed",
            Outcome::Note => "note",
        },
        check: step.check.to_string(),
        said: step.sentence.as_ref().or(step.received.as_ref()).cloned().unwrap_or_default(),
        more: match step.outcome {
            Outcome::Pass | Outcome::Note => Vec::new(),
            Outcome::Fail => {
                let (expected, received) = (step.expected.as_deref(), step.received.as_deref());
                let all = [("expected", expected), ("received", received), ("what to do", step.remedy.as_deref())];
                all.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned()))).collect()
            }
        },
    };
    steps.iter().map(line).collect()
}

impl PersonView {
    fn of(known: &OnPaper, rulings: Vec<&Ruling>) -> Self {
        let (told, mut not_given): (Vec<&Ruling>, Vec<&Ruling>) =
            rulings.into_iter().partition(|it| !it.is_not_given());
        let few = if not_given.len() <= FEW { std::mem::take(&mut not_given) } else { Vec::new() };
        let normalised = known.normalised();
        let claim = |(name, value): (&String, &Value)| {
            let after = match (normalised.claims.get(name), normalised.unreadable.get(name.as_str())) {
                (Some(after), _) if after == value => None,
                (Some(after), _) => Some(texts(after)),
                (None, why) => Some(vec![format!("nothing that can be read: {}", why.map_or("", String::as_str))]),
            };
            ClaimLine { name: clip(name), values: texts(value), read_as: after }
        };
        Self {
            subject: clip(known.subject()),
            provider: known.provider().arn.to_string(),
            disabled: !known.provider().enabled,
            facts: known.facts().into_iter().map(|(name, text)| (name, clip(&text))).collect(),
            claims: known.claims().iter().map(claim).collect(),
            rulings: told.into_iter().chain(few).map(RulingView::of).collect(),
            not_given: not_given.iter().map(|ruling| ruling.role.to_string()).collect(),
        }
    }
}

impl RulingView {
    fn of(ruling: &Ruling) -> Self {
        let Ruling { role, verdict, conditions, .. } = ruling;
        let (mut lines, conditions) = match verdict {
            Ok(worn) => (allowed(worn), conditions.clone()),
            Err(error) => (denied(error), conditions.iter().filter(|_| is_deny(error)).cloned().collect()),
        };
        lines.extend(ruling.doubt().map(|doubt| ("certainty", doubt)));
        Self { role: role.to_string(), allowed: verdict.is_ok(), lines, conditions }
    }
}

fn is_deny(error: &TrustError) -> bool {
    matches!(error, TrustError::ExplicitDeny { .. })
}

fn allowed(worn: &Worn) -> Vec<(&'static str, String)> {
    let ends = worn.ends.map(|ends| format!(", and not beyond {}", iso(ends))).unwrap_or_default();
    let all = [
        ("session name", worn.session_name.to_string()),
        ("allowed by", worn.statement.clone()),
        ("given by", worn.given_by.join(", ")),
        ("tags", worn.carried.tags.told().join(", ")),
        ("source identity", worn.carried.source_identity.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("lasts at most", format!("{} s{ends}", worn.longest.whole_seconds())),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn denied(error: &TrustError) -> Vec<(&'static str, String)> {
    let code = error.code();
    vec![("reason", format!("{}: {error}", code.name())), ("what to do", code.remedy().to_owned())]
}

fn texts(value: &Value) -> Vec<String> {
    let one = |value: &Value| clip(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    match value {
        Value::Array(values) => {
            let more = values.len().saturating_sub(MOST_VALUES);
            let told = (more > 0).then(|| format!("and {more} more"));
            values.iter().take(MOST_VALUES).map(one).chain(told).collect()
        }
        other => vec![one(other)],
    }
}
