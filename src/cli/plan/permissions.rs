//! What worn roles may do: policies side by side.
//!
//! Whether a changed policy permits more or less is told only where the statements themselves show it: Allows were added,
//! or Denies taken away, and nothing else. Whatever cannot be told so counts as something else, by which somebody may
//! lose.

use super::difference::Who;
use crate::catalogue::{Catalogue, NamedPolicy, Role};
use crate::policy::{Policy, Statement, StatementEffect};
use crate::words::RoleArn;
use std::collections::{BTreeMap, BTreeSet};

/// A role that people wear, and whose sessions would be permitted something else.
pub(super) struct PermissionChange {
    pub(super) role: RoleArn,
    pub(super) effect: Effect,
    /// `policy "admin" differs`.
    pub(super) parts: Vec<String>,
    pub(super) worn_by: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    More,
    Less,
    Other,
}

impl Effect {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::More => "more",
            Self::Less => "less",
            Self::Other => "other",
        }
    }
}

pub(super) fn changes(
    worn: &BTreeMap<RoleArn, BTreeSet<Who>>,
    present: &Catalogue,
    planned: &Catalogue,
) -> Vec<PermissionChange> {
    let both = |role: &RoleArn| present.role(role).zip(planned.role(role));
    let change = |(role, people): (&RoleArn, &BTreeSet<Who>)| {
        let (now, then) = both(role)?;
        let effect = effect(now, then)?;
        Some(PermissionChange { role: role.clone(), effect, parts: parts(now, then), worn_by: people.len() })
    };
    worn.iter().filter_map(change).collect()
}

/// `None` if the same is permitted.
fn effect(now: &Role, then: &Role) -> Option<Effect> {
    let (policies, later) = (statements(&now.policies), statements(&then.policies));
    let (boundary, later_boundary) = (now.boundary.as_ref(), then.boundary.as_ref());
    let boundaries = |narrow: Option<&NamedPolicy>, wide: Option<&NamedPolicy>| match (narrow, wide) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(narrow), Some(wide)) => within(&of(&narrow.policy), &of(&wide.policy)),
    };
    let more = within(&policies, &later) && boundaries(boundary, later_boundary);
    let less = within(&later, &policies) && boundaries(later_boundary, boundary);
    match (more, less) {
        (true, true) => None,
        (true, false) => Some(Effect::More),
        (false, true) => Some(Effect::Less),
        (false, false) => Some(Effect::Other),
    }
}

/// Whether the wide ones plainly permit whatever the narrow ones do: they have all their Allows, and no Deny of their own.
fn within(narrow: &[&Statement], wide: &[&Statement]) -> bool {
    let has = |all: &[&Statement], one: &Statement| all.iter().any(|other| other.says_the_same(one));
    let allows = narrow.iter().filter(|statement| statement.effect() == StatementEffect::Allow);
    let denies = wide.iter().filter(|statement| statement.effect() == StatementEffect::Deny);
    allows.into_iter().all(|allow| has(wide, allow)) && denies.into_iter().all(|deny| has(narrow, deny))
}

fn statements(policies: &[NamedPolicy]) -> Vec<&Statement> {
    policies.iter().flat_map(|named| of(&named.policy)).collect()
}

fn of(policy: &Policy) -> Vec<&Statement> {
    policy.statements().collect()
}

fn parts(now: &Role, then: &Role) -> Vec<String> {
    let find = |role: &'_ Role, name: &str| role.policies.iter().find(|named| named.name == name).cloned();
    let mut parts: Vec<String> = Vec::new();
    for named in &now.policies {
        match find(then, &named.name) {
            None => parts.push(format!("policy \"{}\" is gone", named.name)),
            Some(later) if later.policy != named.policy => parts.push(format!("policy \"{}\" differs", named.name)),
            Some(_) => {}
        }
    }
    let new = then.policies.iter().filter(|named| find(now, &named.name).is_none());
    parts.extend(new.map(|named| format!("policy \"{}\" is new", named.name)));
    match (&now.boundary, &then.boundary) {
        (None, Some(_)) => parts.push("the boundary is new".to_owned()),
        (Some(_), None) => parts.push("the boundary is gone".to_owned()),
        (Some(one), Some(other)) if one.policy != other.policy => parts.push("the boundary differs".to_owned()),
        _ => {}
    }
    parts
}
