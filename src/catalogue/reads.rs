//! Which claims anybody here reads: a claim that nobody reads is not kept when a decision is.

use super::{Catalogue, Provider};
use crate::policy::Policy;
use crate::words::ProviderArn;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What the expressions of each provider and all policies together read.
#[derive(Default)]
pub(super) struct Reads {
    providers: HashMap<ProviderArn, OfProvider>,
    /// Condition keys in lower case.
    keys: HashSet<String>,
}

struct OfProvider {
    names: BTreeSet<String>,
    /// The first expression that reads claims without naming them.
    reads_any: Option<String>,
}

impl Reads {
    /// `tested` are the claims that tests name, each with its provider's name.
    pub(super) fn of(catalogue: &Catalogue, tested: &[(String, Vec<String>)]) -> Self {
        let providers = catalogue.providers().map(|provider| (provider.arn.clone(), OfProvider::of(provider)));
        let mut providers: HashMap<_, _> = providers.collect();
        for (name, claims) in tested {
            let of = catalogue.provider_named(name).and_then(|provider| providers.get_mut(&provider.arn));
            of.into_iter().for_each(|of| of.names.extend(claims.iter().cloned()));
        }
        let keys = catalogue.policies().flat_map(Policy::reads).map(str::to_owned).collect();
        Self { providers, keys }
    }
}

impl OfProvider {
    fn of(provider: &Provider) -> Self {
        let names = provider.rules.iter().flat_map(|rule| rule.expressions()).chain(provider.mfa_expression());
        let names = names.flat_map(|expression| expression.mentioned().map(str::to_owned)).collect();
        let rule = provider.rules.iter().find(|rule| rule.expressions().any(|expression| expression.reads_any()));
        let mfa = provider.mfa_expression().filter(|mfa| mfa.reads_any());
        Self { names, reads_any: rule.map(|rule| rule.name.clone()).or(mfa.map(|_| "mfa".to_owned())) }
    }
}

impl Catalogue {
    /// Also these claims of the provider count as read: they are what a test's paper says.
    pub fn count_as_read(&mut self, provider: &ProviderArn, claims: Vec<String>) {
        self.reads.providers.get_mut(provider).into_iter().for_each(|of| of.names.extend(claims.iter().cloned()));
    }

    /// Whether a rule, the mfa expression or a test of the provider reads the claim, or may do so.
    pub fn rules_read(&self, provider: &Provider, claim: &str) -> bool {
        let of = self.reads.providers.get(&provider.arn);
        of.is_some_and(|of| of.reads_any.is_some() || of.names.contains(claim))
    }

    /// Whether any policy reads the condition key, in whatever case it is spelled.
    pub fn policies_read(&self, key: &str) -> bool {
        self.reads.keys.contains(&key.to_ascii_lowercase())
    }

    /// The providers of which all claims count as read, each with the expression that may read any.
    pub fn read_whole(&self) -> impl Iterator<Item = (&Provider, &str)> {
        let any = |provider: &Provider| self.reads.providers.get(&provider.arn)?.reads_any.as_deref();
        self.providers().filter_map(move |provider| Some((&**provider, any(provider)?)))
    }

    fn policies(&self) -> impl Iterator<Item = &Policy> {
        let of_roles = self.roles().flat_map(|role| {
            let permissions = role.policies.iter().chain(&role.boundary).map(|named| &*named.policy);
            [&*role.trust].into_iter().chain(permissions)
        });
        let of_users = self.users().flat_map(|user| user.policies.iter().map(|named| &*named.policy));
        of_roles.chain(of_users).chain(self.managed_policies().map(|named| &*named.policy))
    }
}
