//! Whether two configurations decide a question by the same words, so that the answers are the same even where nobody can
//! tell them.

use super::Configuration;
use super::VerifiedCaller;
use super::question::{Asker, Question};
use super::replay::caller_of;
use crate::catalogue::{Catalogue, Expression, NamedPolicy, Provider, Role, Rule};
use crate::words::RoleArn;

impl Question {
    /// By the same rules and policies, as far as this role goes. Of what stands before them nothing is said.
    pub fn is_put_alike(&self, role: &RoleArn, one: &Configuration<'_>, other: &Configuration<'_>) -> bool {
        let (one, other) = (one.catalogue, other.catalogue);
        let roles = match (one.role(role), other.role(role)) {
            (Some(role), Some(later)) => same_role(role, later),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        roles && self.askers_are_alike(one, other)
    }

    fn askers_are_alike(&self, one: &Catalogue, other: &Catalogue) -> bool {
        if let Asker::Federated { identity, .. } = &self.asker {
            let arn = identity.provider();
            return one.provider(&arn).zip(other.provider(&arn)).is_some_and(|(one, other)| same_provider(one, other));
        }
        let callers = caller_of(&self.asker, one).ok().zip(caller_of(&self.asker, other).ok());
        callers.is_some_and(|(caller, later)| same_caller((&caller, one), (&later, other)))
    }
}

fn same_role(one: &Role, other: &Role) -> bool {
    one.trust == other.trust && one.tags == other.tags && one.max_session == other.max_session
}

fn same_provider(one: &Provider, other: &Provider) -> bool {
    let mfa = |provider: &'_ Provider| provider.mfa_expression().map(|mfa| mfa.text().to_owned());
    one.name == other.name
        && one.normalisation == other.normalisation
        && one.role_attribute == other.role_attribute
        && mfa(one) == mfa(other)
        && one.rules.len() == other.rules.len()
        && one.rules.iter().zip(&other.rules).all(|(one, other)| same_rule(one, other))
}

fn same_rule(one: &Rule, other: &Rule) -> bool {
    let texts = |rule: &'_ Rule| {
        let of = |expression: &Option<Expression>| expression.as_ref().map(|it| it.text().to_owned());
        let tags = rule.tags.iter().map(|(key, value)| (key.clone(), value.text().to_owned()));
        let named = [of(&rule.roles.computed), of(&rule.session_name), of(&rule.source_identity)];
        (rule.when.text().to_owned(), named, tags.collect::<Vec<_>>())
    };
    texts(one) == texts(other) && one.roles.listed == other.roles.listed && one.transitive_tags == other.transitive_tags
}

fn same_caller((one, of): (&VerifiedCaller, &Catalogue), (other, of_other): (&VerifiedCaller, &Catalogue)) -> bool {
    let (policies, boundary) = one.own_policies(of);
    let (later, later_boundary) = other.own_policies(of_other);
    let tags = |role: Option<&Role>| role.map(|role| role.tags.clone());
    same_policies(policies, later)
        && same_policies(boundary.map_or(&[], std::slice::from_ref), later_boundary.map_or(&[], std::slice::from_ref))
        && same_policies(&one.session_policies(of), &other.session_policies(of_other))
        && tags(one.worn(of)) == tags(other.worn(of_other))
}

fn same_policies(one: &[NamedPolicy], other: &[NamedPolicy]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.policy == other.policy)
}
