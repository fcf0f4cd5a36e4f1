//! A compiled statement: to whom, to what and under which conditions it applies.

use super::condition::Condition;
use super::context::Context;
use super::miss::Miss;
use super::operator::Comparison;
use super::pattern::{Action, ActionPattern, Arn, ArnPattern, Written};
use super::principal::{Principal, PrincipalPattern, Via};
use super::template::Style;
use super::unmet::Unmet;
use super::value::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementEffect {
    Allow,
    Deny,
}

/// One statement of a policy. `principals` and `resources` are absent where the kind of document forbids them.
#[derive(Debug, PartialEq)]
pub struct Statement {
    pub(super) sid: Option<Box<str>>,
    pub(super) index: u32,
    pub(super) effect: StatementEffect,
    pub(super) principals: Option<Box<[PrincipalPattern]>>,
    pub(super) actions: Cover<ActionPattern>,
    pub(super) resources: Option<Cover<ArnPattern>>,
    pub(super) conditions: Box<[Condition]>,
}

/// What an element and its Not- form speak of: what is listed, or everything else.
#[derive(Debug, PartialEq)]
pub(super) struct Cover<P> {
    pub(super) patterns: Box<[Written<P>]>,
    pub(super) all_but: bool,
}

impl<P> Cover<P> {
    pub(super) fn only(patterns: Box<[Written<P>]>) -> Self {
        Self { patterns, all_but: false }
    }

    pub(super) fn all_but(patterns: Box<[Written<P>]>) -> Self {
        Self { patterns, all_but: true }
    }

    fn holds(&self, matches: impl Fn(&Written<P>) -> bool) -> bool {
        self.patterns.iter().any(matches) != self.all_but
    }
}

/// Nothing.
impl<P> Default for Cover<P> {
    fn default() -> Self {
        Self::only(Box::default())
    }
}

/// What is asked of a policy: no principal of identity policies, no resource of trust policies.
pub(super) struct Question<'a> {
    pub(super) principal: Option<&'a Principal<'a>>,
    pub(super) action: Action<'a>,
    pub(super) resource: Option<Resource<'a>>,
    pub(super) context: &'a Context,
}

/// Taken apart once, whatever the number of patterns.
pub(super) struct Resource<'a> {
    pub(super) text: &'a str,
    arn: Option<Arn<'a>>,
}

impl<'a> Resource<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, arn: Arn::parse(text) }
    }
}

impl Statement {
    /// `None` when the document gives no Sid.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// The statement's position in its document, from 0.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    pub fn effect(&self) -> StatementEffect {
        self.effect
    }

    /// Whether it says the same, whatever it is called and wherever it stands.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.effect == other.effect
            && self.principals == other.principals
            && self.actions == other.actions
            && self.resources == other.resources
            && self.conditions == other.conditions
    }

    /// The condition keys that it reads, in lower case: those of its conditions, and the variables in its texts.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        let resources =
            self.resources.iter().flat_map(|cover| cover.patterns.iter().flat_map(|it| it.pattern.variables()));
        self.conditions.iter().flat_map(Condition::reads).chain(resources)
    }

    /// Both sides of each of its conditions, whether it holds or not.
    pub fn both_sides<'a>(&'a self, context: &'a Context) -> impl Iterator<Item = Unmet<'a>> {
        self.conditions.iter().map(|condition| condition.unmet(context))
    }

    pub fn covers_action(&self, action: &str) -> bool {
        self.covers(&Action::of(action))
    }

    /// The values that the statement demands of `key`: the request's value must equal one of them, or, where only
    /// StringLike speaks of the key, match one as a pattern. `None` when it demands nothing: a condition that also holds
    /// without the key (negated, IfExists, ForAllValues), or that a claim can bend (a variable), is no demand.
    pub fn required_values(&self, key: &str) -> Option<Vec<&str>> {
        let demands = |condition: &&Condition| {
            matches!(condition.operator.comparison, Comparison::Text(_))
                && condition.operator.requires_a_value()
                && !condition.values.iter().any(Value::has_variables)
        };
        let mut on_key: Vec<&Condition> = self.conditions.iter().filter(|c| c.is_on(key)).filter(demands).collect();
        on_key.sort_by_key(|condition| condition.operator.comparison == Comparison::Text(Style::Pattern));
        on_key.first().map(|condition| condition.values.iter().map(|value| &*value.text).collect())
    }

    pub(super) fn providers(&self) -> impl Iterator<Item = &str> {
        self.principals.iter().flatten().filter_map(PrincipalPattern::as_provider)
    }

    /// Whether it is a Deny for everybody of what people do who come through a provider.
    pub(super) fn denies_everybody(&self) -> bool {
        let everybody = self.principals.iter().flatten().any(|pattern| *pattern == PrincipalPattern::Anyone);
        let of_providers = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"];
        self.effect == StatementEffect::Deny
            && everybody
            && of_providers.iter().any(|action| self.covers_action(action))
    }

    pub(super) fn names_provider(&self, arn_or_alias: &str) -> bool {
        self.principals.iter().flatten().any(|pattern| pattern.names_provider(arn_or_alias))
    }

    /// Whether the statement applies, and how it came to speak of the principal (of identity policies: `None`).
    pub(super) fn applies<'a>(&'a self, question: &Question<'a>) -> Result<Option<Via>, Miss<'a>> {
        let Some(via) = self.covers_principal(question.principal) else {
            return Err(Miss::Principal { statement: self, asks: question.principal });
        };
        if !self.covers(&question.action) {
            return Err(Miss::Action { statement: self, asked: question.action.text });
        }
        if !self.covers_resource(question.resource.as_ref(), question.context) {
            let asked = question.resource.as_ref().map_or("none", |resource| resource.text);
            return Err(Miss::Resource { statement: self, asked });
        }
        match self.conditions.iter().find(|condition| !condition.holds(question.context)) {
            Some(condition) => Err(Miss::Condition(condition.unmet(question.context))),
            None => Ok(via),
        }
    }

    /// The unknown keys that it reads, in lower case, if it applies for some value of theirs; none where it applies anyway.
    /// What it says of resources is told by what is known.
    pub(super) fn may_apply<'a>(
        &'a self,
        question: &Question<'_>,
        is_unknown: impl Fn(&str) -> bool,
    ) -> Option<Vec<&'a str>> {
        self.covers_principal(question.principal)?;
        let covered =
            self.covers(&question.action) && self.covers_resource(question.resource.as_ref(), question.context);
        let (open, closed): (Vec<_>, Vec<_>) =
            self.conditions.iter().partition(|condition| condition.reads().any(&is_unknown));
        let may_apply = covered && closed.iter().all(|condition| condition.holds(question.context));
        may_apply.then(|| open.into_iter().flat_map(Condition::reads).filter(|key| is_unknown(key)).collect())
    }

    fn covers(&self, action: &Action<'_>) -> bool {
        self.actions.holds(|pattern| pattern.covers(action))
    }

    fn covers_principal(&self, principal: Option<&Principal<'_>>) -> Option<Option<Via>> {
        match (&self.principals, principal) {
            (None, None) => Some(None),
            (Some(patterns), Some(principal)) => {
                patterns.iter().filter_map(|pattern| pattern.matches(principal)).max().map(Some)
            }
            _ => None,
        }
    }

    fn covers_resource(&self, resource: Option<&Resource<'_>>, context: &Context) -> bool {
        match (&self.resources, resource) {
            (None, None) => true,
            (Some(cover), Some(resource)) => {
                cover.holds(|it| it.pattern.matches(&it.text, resource.arn.as_ref(), context))
            }
            _ => false,
        }
    }
}
