//! What a provider's rules come to for somebody's claims.

use super::TrustError;
use super::reading::Reading;
use crate::catalogue::expression::Value;
use crate::catalogue::{Catalogue, Expression, Provider, Rule};
use crate::metrics::Metrics;
use crate::trace::{Outcome, Step, Trace};
use crate::words::{RoleArn, SessionTags, SourceIdentity};
use std::collections::BTreeMap;

/// The roles that the matching rules give, each with the rules that gave it and what else they ask for.
pub(super) struct Given {
    pub(super) roles: BTreeMap<RoleArn, Vec<GivenBy>>,
    /// The first rule that could not be evaluated; it matters only when no other gives a role.
    pub(super) failed: Option<TrustError>,
}

#[derive(Clone)]
pub(super) struct GivenBy {
    pub(super) rule: String,
    pub(super) session_name: Option<String>,
    pub(super) source_identity: Option<SourceIdentity>,
    pub(super) tags: Option<SessionTags>,
}

/// What the rules that gave a role say of one thing. Two that say it differently are a refusal, whichever came first:
/// who somebody is must not hang on the order of the file.
pub(super) fn agreed<'a, T: PartialEq>(
    role: &RoleArn,
    given_by: &'a [GivenBy],
    what: &str,
    said: impl Fn(&'a GivenBy) -> Option<&'a T>,
) -> Result<Option<&'a T>, TrustError> {
    let mut saying = given_by.iter().filter_map(|by| Some((by, said(by)?)));
    let Some((first, value)) = saying.next() else { return Ok(None) };
    match saying.find(|(_, other)| *other != value) {
        Some((second, _)) => Err(TrustError::RulesDiffer {
            role: role.to_string(),
            what: what.to_owned(),
            first: first.rule.clone(),
            second: second.rule.clone(),
        }),
        None => Ok(Some(value)),
    }
}

/// Most ARNs that a computed rule may come to.
const MOST_COMPUTED: usize = 1_000;
/// What all rules of a provider may do for one set of claims: some ten milliseconds.
const MOST_STEPS_TOGETHER: u64 = 1_000_000;
/// Rules that do not match, and rules that fail, of which each has a step of its own in the trace. The rest is counted.
const MOST_TOLD: usize = 50;

/// Each rule that fails is counted in `metrics`, if somebody came and not only asks what would be: what is broken for some
/// people may go unseen, because other rules give them a role.
pub(super) fn run(catalogue: &Catalogue, reading: &Reading<'_>, metrics: Option<&Metrics>, trace: &mut Trace) -> Given {
    let provider = reading.provider;
    let failed = |rule: &Rule, why: String| {
        metrics.inspect(|metrics| metrics.rule_failed(provider.arn.as_str(), &rule.name));
        TrustError::RuleFailed { provider: provider.arn.to_string(), rule: rule.name.clone(), why }
    };
    let mut given = Given { roles: BTreeMap::new(), failed: None };
    let mut telling = Telling::default();
    let mut left = MOST_STEPS_TOGETHER + 1;
    let mut candidates = reading.candidates().into_iter().peekable();
    for (place, rule) in provider.rules.iter().enumerate() {
        let outcome = match candidates.next_if_eq(&place) {
            Some(_) => run_one(rule, reading, &mut left),
            None => Ok(None),
        };
        if left == 0 {
            // Which rules came before must make no difference, so none has given anything.
            let why = format!("the rules of this provider take more than {MOST_STEPS_TOGETHER} steps together");
            let error = failed(rule, why);
            trace.refuse(&error);
            return Given { roles: BTreeMap::new(), failed: Some(error) };
        }
        match outcome {
            Ok(None) => telling.unmatched(rule, trace),
            Ok(Some((computed, by))) => {
                let roles = keep_known(catalogue, provider, rule, &computed, trace);
                trace.pass(format!("rule.{}", rule.name), told(&roles));
                for role in roles {
                    given.roles.entry(role).or_default().push(by.clone());
                }
            }
            Err(why) => {
                let error = failed(rule, why);
                telling.failed(&error, trace);
                given.failed.get_or_insert(error);
            }
        }
    }
    telling.end(trace);
    given
}

fn told(roles: &[RoleArn]) -> String {
    match roles.iter().take(MOST_TOLD).map(RoleArn::as_str).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "matches, and gives no role".to_owned(),
        list => format!("gives {list}"),
    }
}

/// How many rules gave nothing.
#[derive(Default)]
struct Telling {
    unmatched: usize,
    failed: usize,
}

impl Telling {
    fn unmatched(&mut self, rule: &Rule, trace: &mut Trace) {
        self.unmatched += 1;
        if self.unmatched <= MOST_TOLD {
            trace.note(format!("rule.{}", rule.name), format!("does not match: {}", rule.when.text()));
        }
    }

    fn failed(&mut self, error: &TrustError, trace: &mut Trace) {
        self.failed += 1;
        if self.failed <= MOST_TOLD {
            trace.refuse(error);
        }
    }

    fn end(&self, trace: &mut Trace) {
        for (count, what) in [(self.unmatched, "do not match"), (self.failed, "cannot be evaluated")] {
            if count > MOST_TOLD {
                trace.note("rule", format!("{} more rules {what}", count - MOST_TOLD));
            }
        }
    }
}

/// The roles that the rule computes, beside those that it lists; `None` when its condition does not hold.
fn run_one(rule: &Rule, reading: &Reading<'_>, left: &mut u64) -> Result<Option<(Vec<String>, GivenBy)>, String> {
    match reading.evaluate(&rule.when, left)? {
        Value::Bool(true) => {}
        Value::Bool(false) => return Ok(None),
        other => return Err(format!("\"when\" comes to {}, not to true or false", other.kind())),
    }
    let computed = match &rule.roles.computed {
        Some(computed) => strings(reading.evaluate(computed, left)?)?,
        None => Vec::new(),
    };
    let mut text = |key: &str, expression: &Expression| match reading.evaluate(expression, left)? {
        Value::Text(text) => Ok(text.to_string()),
        other => Err(format!("\"{key}\" comes to {}, not to a string", other.kind())),
    };
    let session_name = rule.session_name.as_ref().map(|name| text("session_name", name)).transpose()?;
    let source_identity = rule
        .source_identity
        .as_ref()
        .map(|identity| text("source_identity", identity)?.parse().map_err(|e| format!("\"source_identity\": {e}")))
        .transpose()?;
    let tag = |(key, value): &(String, Expression)| Ok((key.clone(), text("tags", value)?));
    let pairs = rule.tags.iter().map(tag).collect::<Result<Vec<_>, String>>()?;
    let tags = SessionTags::new(pairs, &rule.transitive_tags).map_err(|e| format!("\"tags\": {e}"))?;
    let tags = (!rule.tags.is_empty()).then_some(tags);
    Ok(Some((computed, GivenBy { rule: rule.name.clone(), session_name, source_identity, tags })))
}

/// Computed ARNs that do not exist or are another account's are dropped, and listed in the trace.
fn keep_known(
    catalogue: &Catalogue,
    provider: &Provider,
    rule: &Rule,
    computed: &[String],
    trace: &mut Trace,
) -> Vec<RoleArn> {
    let listed = rule.roles.listed.iter().map(|arn| (Some(arn.clone()), arn.as_str()));
    let computed = computed.iter().map(|text| (text.parse().ok(), text.as_str()));
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for (arn, text) in listed.chain(computed) {
        let known = |arn: &RoleArn| arn.account() == provider.account() && catalogue.role(arn).is_some();
        match arn.filter(known) {
            Some(arn) => kept.push(arn),
            None => dropped.push(text),
        }
    }
    if !dropped.is_empty() {
        let names = &dropped[..dropped.len().min(20)];
        let step = Step::new(format!("rule.{}.roles", rule.name), Outcome::Note);
        trace
            .push(step.expected("roles of this provider's account").received(format!("dropped: {}", names.join(", "))));
    }
    kept
}

fn strings(value: Value<'_>) -> Result<Vec<String>, String> {
    let Value::List(list) = value else {
        return Err(format!("\"roles_from\" comes to {}, not to a list", value.kind()));
    };
    if list.len() > MOST_COMPUTED {
        return Err(format!("\"roles_from\" comes to {} roles; at most {MOST_COMPUTED} are read", list.len()));
    }
    let text = |value: Value| match value {
        Value::Text(text) => Ok(text.to_string()),
        other => Err(format!("\"roles_from\" has {} in its list, not a string", other.kind())),
    };
    list.iter().map(text).collect()
}
