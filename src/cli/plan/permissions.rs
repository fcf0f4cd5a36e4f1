//! What worn roles and users of ours may do: policies side by side.
//!
//! Whether a changed policy permits more or less is told only where the statements themselves show it: Allows were added,
//! or Denies taken away, and nothing else. Whatever cannot be told so counts as something else, by which somebody may
//! lose.

use super::difference::Differences;
use crate::catalogue::{Catalogue, NamedPolicy, Role, User};
use crate::policy::{Policy, Statement, StatementEffect};
use crate::words::{RoleArn, UserArn};

/// A role that people wear, or a user who asked, to whom something else would be permitted.
pub(super) struct PermissionChange {
    pub(super) holder: Holder,
    pub(super) effect: Effect,
    /// `policy "admin" differs`.
    pub(super) parts: Vec<String>,
}

pub(super) enum Holder {
    Role { arn: RoleArn, worn_by: usize },
    User { arn: UserArn },
}

/// What a role or a user has.
#[derive(Clone, Copy)]
struct Held<'a> {
    policies: &'a [NamedPolicy],
    boundary: Option<&'a NamedPolicy>,
}

impl Holder {
    pub(super) fn arn(&self) -> &str {
        match self {
            Self::Role { arn, .. } => arn.as_str(),
            Self::User { arn } => arn.as_str(),
        }
    }
}

impl<'a> Held<'a> {
    fn by_role(role: &'a Role) -> Self {
        Self { policies: &role.policies, boundary: role.boundary.as_ref() }
    }

    fn by_user(user: &'a User) -> Self {
        Self { policies: &user.policies, boundary: None }
    }
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

pub(super) fn changes(differences: &Differences, present: &Catalogue, planned: &Catalogue) -> Vec<PermissionChange> {
    let roles = differences.worn.iter().filter_map(|(arn, people)| {
        let (now, then) = (present.role(arn)?, planned.role(arn)?);
        let holder = Holder::Role { arn: arn.clone(), worn_by: people.len() };
        change(holder, Held::by_role(now), Held::by_role(then))
    });
    let users = differences.users.iter().filter_map(|arn| {
        let arn: UserArn = arn.parse().ok()?;
        let (now, then) = (present.user(&arn)?, planned.user(&arn)?);
        change(Holder::User { arn }, Held::by_user(now), Held::by_user(then))
    });
    roles.chain(users).collect()
}

fn change(holder: Holder, now: Held<'_>, then: Held<'_>) -> Option<PermissionChange> {
    let effect = effect(now, then)?;
    Some(PermissionChange { holder, effect, parts: parts(now, then) })
}

/// `None` if the same is permitted.
fn effect(now: Held<'_>, then: Held<'_>) -> Option<Effect> {
    let (policies, later) = (statements(now.policies), statements(then.policies));
    let (boundary, later_boundary) = (now.boundary, then.boundary);
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

fn parts(now: Held<'_>, then: Held<'_>) -> Vec<String> {
    let find = |held: Held<'_>, name: &str| held.policies.iter().find(|named| named.name == name).cloned();
    let mut parts: Vec<String> = Vec::new();
    for named in now.policies {
        match find(then, &named.name) {
            None => parts.push(format!("policy \"{}\" is gone", named.name)),
            Some(later) if later.policy != named.policy => parts.push(format!("policy \"{}\" differs", named.name)),
            Some(_) => {}
        }
    }
    let new = then.policies.iter().filter(|named| find(now, &named.name).is_none());
    parts.extend(new.map(|named| format!("policy \"{}\" is new", named.name)));
    match (now.boundary, then.boundary) {
        (None, Some(_)) => parts.push("the boundary is new".to_owned()),
        (Some(_), None) => parts.push("the boundary is gone".to_owned()),
        (Some(one), Some(other)) if one.policy != other.policy => parts.push("the boundary differs".to_owned()),
        _ => {}
    }
    parts
}
