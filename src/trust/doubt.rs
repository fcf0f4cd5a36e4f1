//! What cannot be told, because a configuration reads claims that were not kept.
//!
//! A rule that reads such a claim may give its roles or not, and may name and tag their sessions otherwise. It takes
//! nothing from the roles of other rules, so it casts doubt on its own roles alone; where it computes them, on all. A
//! rule whose condition is known not to hold says nothing. The same is so of what policies read of a request.

use super::FederatedIdentity;
use super::question::{OF_THE_NAME, leaves_the_name};
use super::reading::Reading;
use crate::catalogue::{Catalogue, Expression, Provider, Role, Rule};
use crate::policy::Policy;
use crate::words::RoleArn;
use std::collections::{BTreeMap, BTreeSet};

/// Claims by the roles that they cast doubt on.
#[derive(Default)]
pub(super) struct Doubt {
    /// On every role of the provider.
    pub(super) all: BTreeSet<String>,
    roles: BTreeMap<RoleArn, BTreeSet<String>>,
    /// Condition keys of what was not kept, in lower case, and what it is called.
    keys: BTreeMap<String, String>,
    /// Whether somebody used a second factor cannot be told.
    factors: BTreeSet<String>,
}

impl Doubt {
    /// These condition keys were there, and were not kept.
    pub(super) fn of_keys(unkept: impl Iterator<Item = String>) -> Self {
        Self { keys: unkept.map(|key| (key.to_ascii_lowercase(), key)).collect(), ..Self::default() }
    }

    /// `left` are the claims that somebody had besides and that were not kept; `named` says that the caller named the
    /// session.
    pub(super) fn with_claims(
        self,
        provider: &Provider,
        identity: &FederatedIdentity,
        left: &BTreeSet<String>,
        named: bool,
    ) -> Self {
        let mut doubt = self;
        if left.is_empty() {
            return doubt;
        }
        let reading = Reading::of(provider, identity);
        for rule in &provider.rules {
            doubt.of_rule(rule, provider, &reading, left, named);
        }
        if provider.rules.is_empty() && provider.saml().is_none() && !named && leaves_the_name(provider) {
            doubt.all.extend(of_the_name(left));
        }
        doubt.factors.extend(provider.mfa_expression().into_iter().flat_map(|mfa| unkept(mfa, left)));
        // A token's `acr` is the authentication context as well.
        let context = provider.mfa_expression().filter(|mfa| mfa.text().contains("authn_context"));
        doubt.factors.extend(context.and_then(|_| left.get("acr").cloned()));
        for claim in left {
            let key = identity.condition_key(provider, claim).map(|key| key.to_ascii_lowercase());
            doubt.keys.extend(key.map(|key| (key, claim.clone())));
        }
        doubt
    }

    fn of_rule(
        &mut self,
        rule: &Rule,
        provider: &Provider,
        reading: &Reading<'_>,
        left: &BTreeSet<String>,
        named: bool,
    ) {
        let is_known = unkept(&rule.when, left).next().is_none();
        if is_known && reading.holds(&rule.when) != Ok(true) {
            return;
        }
        let mut claims: BTreeSet<String> = rule.expressions().flat_map(|expression| unkept(expression, left)).collect();
        if provider.saml().is_none() && !named && rule.session_name.is_none() {
            claims.extend(of_the_name(left));
        }
        if claims.is_empty() {
            return;
        }
        if rule.roles.computed.is_some() {
            self.all.extend(claims.iter().cloned());
        }
        for role in &rule.roles.listed {
            self.roles.entry(role.clone()).or_default().extend(claims.iter().cloned());
        }
    }

    /// The roles that a rule may give or not, for all we know.
    pub(super) fn doubtful(&self) -> impl Iterator<Item = &RoleArn> {
        self.roles.keys()
    }

    /// What keeps us from telling about this role.
    pub(super) fn about(&self, catalogue: &Catalogue, role: &RoleArn) -> BTreeSet<String> {
        let mut claims = self.all.clone();
        claims.extend(self.roles.get(role).into_iter().flatten().cloned());
        if let Some(role) = catalogue.role(role) {
            claims.extend(self.by_trust(role));
        }
        claims
    }

    /// What keeps us from telling what these policies say.
    pub(super) fn about_policies<'p>(&self, policies: impl IntoIterator<Item = &'p Policy>) -> BTreeSet<String> {
        if self.keys.is_empty() {
            return BTreeSet::new();
        }
        policies.into_iter().flat_map(Policy::reads).filter_map(|key| self.keys.get(key)).cloned().collect()
    }

    fn by_trust<'a>(&'a self, role: &'a Role) -> impl Iterator<Item = String> {
        let asks_for_factors = || role.trust.reads().any(|key| key.starts_with("aws:multifactorauth"));
        let factors = if self.factors.is_empty() || !asks_for_factors() { None } else { Some(&self.factors) };
        let read = if self.keys.is_empty() { None } else { Some(role.trust.reads()) };
        let of_keys = read.into_iter().flatten().filter_map(|key| self.keys.get(key));
        of_keys.chain(factors.into_iter().flatten()).cloned()
    }
}

fn unkept<'a>(expression: &'a Expression, left: &'a BTreeSet<String>) -> impl Iterator<Item = String> {
    left.iter().filter(|claim| expression.mentions(claim)).cloned()
}

fn of_the_name(left: &BTreeSet<String>) -> impl Iterator<Item = String> {
    left.iter().filter(|claim| OF_THE_NAME.contains(&claim.as_str())).cloned()
}
