//! How far a trust policy's answer stands where some condition keys are not known: whoever asks on paper sends no request.

use super::context::Context;
use super::document::Policy;
use super::pattern::Action;
use super::principal::Principal;
use super::statement::{Question, StatementEffect};
use std::collections::BTreeSet;

/// What a policy says whatever is not known may be.
#[derive(Debug, PartialEq, Eq)]
pub enum Settled<'a> {
    Allowed,
    Denied,
    /// It says one thing or the other by these keys, in lower case.
    DependsOn(BTreeSet<&'a str>),
}

/// [`super::evaluate_trust`], where whatever `is_unknown` says of (condition keys in lower case) may have any value or none. A
/// statement may apply if all of its conditions hold that read nothing else; two of them are not held against each other, so
/// that an answer may count as unsettled that is not.
pub fn settled_trust<'a>(
    policy: &'a Policy,
    principal: &'a Principal<'a>,
    action: &'a str,
    context: &'a Context,
    is_unknown: impl Fn(&str) -> bool,
) -> Settled<'a> {
    let question = Question { principal: Some(principal), action: Action::of(action), resource: None, context };
    let (mut denying, mut allowing, mut allowed) = (BTreeSet::new(), BTreeSet::new(), false);
    for statement in policy.statements() {
        let Some(unknown) = statement.may_apply(&question, &is_unknown) else { continue };
        match (statement.effect, unknown.is_empty()) {
            (StatementEffect::Deny, true) => return Settled::Denied,
            (StatementEffect::Deny, false) => denying.extend(unknown),
            (StatementEffect::Allow, true) => allowed = true,
            (StatementEffect::Allow, false) => allowing.extend(unknown),
        }
    }
    match (allowed, denying.is_empty(), allowing.is_empty()) {
        (true, true, _) => Settled::Allowed,
        (true, false, _) => Settled::DependsOn(denying),
        (false, _, true) => Settled::Denied,
        (false, _, false) => {
            denying.extend(allowing);
            Settled::DependsOn(denying)
        }
    }
}
