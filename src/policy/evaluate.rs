//! The decision: every statement is asked, a matching Deny beats every Allow, and silence means no.

use super::context::Context;
use super::document::Policy;
use super::matched::{Matched, StatementRef};
use super::miss::Miss;
use super::principal::{Principal, Via};
use super::statement::{Question, StatementEffect};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    Allow,
    ExplicitDeny,
    ImplicitDeny,
}

/// The answer and the statements that made it.
#[derive(Debug)]
pub struct Decision<'a> {
    pub effect: Effect,
    /// All matching Denies, else all matching Allows.
    pub matched: Matched<'a>,
    /// Of an allowing trust policy: the strongest way in which an Allow spoke of the principal.
    pub via: Option<Via>,
    /// What became of each statement; filled by the `explain_…` functions only.
    pub considered: Vec<StatementReport<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub struct StatementReport<'a> {
    pub statement: StatementRef<'a>,
    pub effect: StatementEffect,
    /// `None`: the statement applies.
    pub miss: Option<Miss<'a>>,
}

/// May `principal` do `action` by this trust policy alone? Statements are reported under the name `trust_policy`.
pub fn evaluate_trust<'a>(
    policy: &'a Policy,
    principal: &'a Principal<'a>,
    action: &'a str,
    context: &'a Context,
) -> Decision<'a> {
    let question = Question::of(Some(principal), action, None, context);
    decide([[(TRUST_POLICY, policy)]], &question, |_| {})
}

/// [`evaluate_trust`], with a report on every statement.
pub fn explain_trust<'a>(
    policy: &'a Policy,
    principal: &'a Principal<'a>,
    action: &'a str,
    context: &'a Context,
) -> Decision<'a> {
    let question = Question::of(Some(principal), action, None, context);
    explain([[(TRUST_POLICY, policy)]], &question)
}

/// May `principal` do `action` on `resource` by the resource's own policy alone? Its statements are reported under the name
/// `resource_policy`.
pub fn evaluate_resource<'a>(
    policy: &'a Policy,
    principal: &'a Principal<'a>,
    action: &'a str,
    resource: &'a str,
    context: &'a Context,
) -> Decision<'a> {
    let question = Question::of(Some(principal), action, Some(resource), context);
    decide([[(RESOURCE_POLICY, policy)]], &question, |_| {})
}

/// The policies that must agree before a principal may do something, each with its name: a Deny in any of them wins, and
/// of each kind that applies at least one must allow (IAM User Guide, "Policy evaluation logic").
#[derive(Default)]
pub struct Permissions<'a> {
    /// `None`: the resource has allowed it to the principal itself, and it needs no permission of its own.
    pub identity: Option<Vec<(&'a str, &'a Policy)>>,
    pub boundary: Option<(&'a str, &'a Policy)>,
    /// Empty: none apply.
    pub session: Vec<(&'a str, &'a Policy)>,
}

/// Do all of them together allow `action` on `resource`?
pub fn evaluate_permissions<'a>(
    permissions: &Permissions<'a>,
    action: &'a str,
    resource: &'a str,
    context: &'a Context,
) -> Decision<'a> {
    let question = Question::of(None, action, Some(resource), context);
    decide(permissions.layers(), &question, |_| {})
}

/// [`evaluate_permissions`], with a report on every statement.
pub fn explain_permissions<'a>(
    permissions: &Permissions<'a>,
    action: &'a str,
    resource: &'a str,
    context: &'a Context,
) -> Decision<'a> {
    let question = Question::of(None, action, Some(resource), context);
    explain(permissions.layers(), &question)
}

impl<'a> Permissions<'a> {
    /// Identity policies alone.
    pub fn of(policies: impl IntoIterator<Item = (&'a str, &'a Policy)>) -> Self {
        Self { identity: Some(policies.into_iter().collect()), ..Self::default() }
    }

    /// Identity policies apply also when there are none of them.
    fn layers(&self) -> impl Iterator<Item = impl Iterator<Item = (&'a str, &'a Policy)>> {
        let further = [self.boundary.as_slice(), &self.session].into_iter().filter(|layer| !layer.is_empty());
        self.identity.iter().map(Vec::as_slice).chain(further).map(|layer| layer.iter().copied())
    }
}

impl<'a> Decision<'a> {
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// The Allow statement that came furthest before it failed, of an explained refusal.
    pub fn nearest_miss(&self) -> Option<&StatementReport<'a>> {
        let allows = self.considered.iter().filter(|report| report.effect == StatementEffect::Allow);
        // `max_by_key` keeps the last of equals; the first one written is the better answer.
        allows.rev().filter(|report| report.miss.is_some()).max_by_key(|report| report.miss.map(|miss| miss.rank()))
    }
}

const TRUST_POLICY: &str = "trust_policy";
const RESOURCE_POLICY: &str = "resource_policy";

fn explain<'a>(
    layers: impl IntoIterator<Item: IntoIterator<Item = (&'a str, &'a Policy)>>,
    question: &Question<'a>,
) -> Decision<'a> {
    let mut considered = Vec::new();
    let decision = decide(layers, question, |report| considered.push(report));
    Decision { considered, ..decision }
}

/// The one evaluator: any Deny wins, and each layer must have an Allow. `seen` hears of every statement; the live path
/// does not listen, and takes no memory while few statements match.
fn decide<'a>(
    layers: impl IntoIterator<Item: IntoIterator<Item = (&'a str, &'a Policy)>>,
    question: &Question<'a>,
    mut seen: impl FnMut(StatementReport<'a>),
) -> Decision<'a> {
    let (mut matched, mut via, mut denied, mut all_allow) = (Matched::default(), None, false, true);
    for layer in layers {
        let mut allows = false;
        for (name, policy) in layer {
            for statement in policy.statements() {
                let reference = StatementRef::of(name, statement);
                let outcome = statement.applies(question);
                seen(StatementReport { statement: reference, effect: statement.effect, miss: outcome.err() });
                match (outcome, statement.effect) {
                    (Ok(_), StatementEffect::Deny) => {
                        if !denied {
                            (denied, matched) = (true, Matched::default());
                        }
                        matched.push(reference);
                    }
                    (Ok(by), StatementEffect::Allow) if !denied => {
                        (allows, via) = (true, via.max(by));
                        matched.push(reference);
                    }
                    (Ok(_), StatementEffect::Allow) | (Err(_), _) => {}
                }
            }
        }
        all_allow &= allows;
    }
    let (effect, matched, via) = match (denied, all_allow) {
        (true, _) => (Effect::ExplicitDeny, matched, None),
        (false, true) => (Effect::Allow, matched, via),
        (false, false) => (Effect::ImplicitDeny, Matched::default(), None),
    };
    Decision { effect, matched, via, considered: Vec::new() }
}
