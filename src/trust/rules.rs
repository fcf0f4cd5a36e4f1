//! What a provider's rules come to for somebody's claims.

use super::{FederatedIdentity, TrustError};
use crate::catalogue::expression::{MOST_STEPS, Scope, Value, Work};
use crate::catalogue::{Catalogue, Expression, Provider, Rule};
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

/// Whether an expression of the provider that asks one question holds for these claims.
pub(super) fn holds(
    expression: &Expression,
    provider: &Provider,
    identity: &FederatedIdentity,
) -> Result<bool, String> {
    match evaluate(expression, scope(provider, identity))? {
        Value::Bool(holds) => Ok(holds),
        other => Err(format!("it comes to {}, not to true or false", other.kind())),
    }
}

/// Most ARNs that a computed rule may come to.
const MOST_COMPUTED: usize = 1_000;

pub(super) fn run(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    trace: &mut Trace,
) -> Given {
    let mut given = Given { roles: BTreeMap::new(), failed: None };
    let scope = scope(provider, identity);
    for rule in &provider.rules {
        match run_one(rule, scope) {
            Ok(None) => trace.note(&format!("rule.{}", rule.name), format!("does not match: {}", rule.when.text())),
            Ok(Some((roles, by))) => {
                let roles = keep_known(catalogue, provider, rule, roles, trace);
                let list = roles.iter().map(RoleArn::as_str).collect::<Vec<_>>().join(", ");
                trace.pass(&format!("rule.{}", rule.name), format!("gives {list}"));
                for role in roles {
                    given.roles.entry(role).or_default().push(by.clone());
                }
            }
            Err(why) => {
                let error = TrustError::RuleFailed { provider: provider.arn.to_string(), rule: rule.name.clone(), why };
                trace.refuse(&error);
                given.failed.get_or_insert(error);
            }
        }
    }
    given
}

/// `None` when the rule's condition does not hold.
fn run_one(rule: &Rule, scope: Scope<'_>) -> Result<Option<(Vec<String>, GivenBy)>, String> {
    match evaluate(&rule.when, scope)? {
        Value::Bool(true) => {}
        Value::Bool(false) => return Ok(None),
        other => return Err(format!("\"when\" comes to {}, not to true or false", other.kind())),
    }
    let mut roles: Vec<String> = rule.roles.listed.iter().map(RoleArn::to_string).collect();
    if let Some(computed) = &rule.roles.computed {
        roles.extend(strings(evaluate(computed, scope)?)?);
    }
    let text = |key: &str, expression: &Expression| match evaluate(expression, scope)? {
        Value::Text(text) => Ok(text.to_string()),
        other => Err(format!("\"{key}\" comes to {}, not to a string", other.kind())),
    };
    let session_name = rule.session_name.as_ref().map(|name| text("session_name", name)).transpose()?;
    let source_identity = rule
        .source_identity
        .as_ref()
        .map(|identity| text("source_identity", identity)?.parse().map_err(|e| format!("\"source_identity\": {e}")));
    let tag = |(key, value): &(String, Expression)| Ok((key.clone(), text("tags", value)?));
    let pairs = rule.tags.iter().map(tag).collect::<Result<Vec<_>, String>>()?;
    let tags = SessionTags::new(pairs, &rule.transitive_tags).map_err(|e| format!("\"tags\": {e}"))?;
    let tags = (!rule.tags.is_empty()).then_some(tags);
    let source_identity = source_identity.transpose()?;
    Ok(Some((roles, GivenBy { rule: rule.name.clone(), session_name, source_identity, tags })))
}

/// Computed ARNs that do not exist or are another account's are dropped, and listed in the trace.
fn keep_known(
    catalogue: &Catalogue,
    provider: &Provider,
    rule: &Rule,
    roles: Vec<String>,
    trace: &mut Trace,
) -> Vec<RoleArn> {
    let known = |text: &String| {
        let arn: RoleArn = text.parse().ok()?;
        (arn.account() == provider.account() && catalogue.role(&arn).is_some()).then_some(arn)
    };
    let (kept, dropped): (Vec<_>, Vec<_>) =
        roles.iter().map(|text| (known(text), text)).partition(|(arn, _)| arn.is_some());
    if !dropped.is_empty() {
        let names: Vec<&str> = dropped.iter().take(20).map(|(_, text)| text.as_str()).collect();
        let step = Step::new(&format!("rule.{}.roles", rule.name), Outcome::Note);
        trace
            .push(step.expected("roles of this provider's account").received(format!("dropped: {}", names.join(", "))));
    }
    kept.into_iter().filter_map(|(arn, _)| arn).collect()
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

fn evaluate<'a>(expression: &'a Expression, scope: Scope<'a>) -> Result<Value<'a>, String> {
    expression.evaluate(scope, &mut Work::at_most(MOST_STEPS)).map_err(|fault| fault.to_string())
}

/// What every rule of the provider may read.
fn scope<'a>(provider: &'a Provider, identity: &'a FederatedIdentity) -> Scope<'a> {
    Scope {
        claims: &identity.claims,
        absent_is_empty: provider.saml().is_some(),
        provider: &provider.name,
        account: provider.account(),
        authn_context: &identity.authn_context,
    }
}
