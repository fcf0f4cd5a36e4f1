//! Which claims anybody here reads: a claim that nobody reads is not kept when a decision is.

use super::{Catalogue, Provider};
use crate::policy::Policy;
use crate::words::ProviderArn;
use std::collections::{BTreeSet, HashMap};

/// What the expressions of each provider and all policies together read.
#[derive(Default)]
pub(super) struct Reads {
    providers: HashMap<ProviderArn, ClaimsRead>,
    of_requests: Vec<RequestKey>,
}

/// What is read of the claims of one provider.
pub struct ClaimsRead {
    names: BTreeSet<String>,
    /// The first expression that reads claims without naming them.
    reads_any: Option<String>,
    /// What stands after the provider's prefix in the condition keys that a policy reads: in lower case, in order.
    keys: Vec<String>,
}

/// A condition key of which a request has the value, whoever makes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RequestKey {
    RequestedRegion,
    SecureTransport,
    SourceIp,
    UserAgent,
    ExternalId,
    RoleSessionName,
}

impl Reads {
    /// `tested` are the claims that tests name, each with its provider's name.
    pub(super) fn of(catalogue: &Catalogue, tested: &[(String, Vec<String>)]) -> Self {
        let keys: BTreeSet<&str> = catalogue.policies().flat_map(Policy::reads).collect();
        let of = |provider: &Provider| (provider.arn.clone(), ClaimsRead::of(provider, &keys));
        let mut providers: HashMap<_, _> = catalogue.providers().map(|provider| of(provider)).collect();
        for (name, claims) in tested {
            let of = catalogue.provider_named(name).and_then(|provider| providers.get_mut(&provider.arn));
            of.into_iter().for_each(|of| of.names.extend(claims.iter().cloned()));
        }
        let is_read = |key: &RequestKey| keys.contains(&*key.name().to_ascii_lowercase());
        Self { providers, of_requests: RequestKey::ALL.into_iter().filter(is_read).collect() }
    }
}

impl ClaimsRead {
    /// `read` are condition keys in lower case.
    fn of(provider: &Provider, read: &BTreeSet<&str>) -> Self {
        let names = provider.rules.iter().flat_map(|rule| rule.expressions()).chain(provider.mfa_expression());
        let names = names.flat_map(|expression| expression.mentioned().map(str::to_owned)).collect();
        let rule = provider.rules.iter().find(|rule| rule.expressions().any(|expression| expression.reads_any()));
        let mfa = provider.mfa_expression().filter(|mfa| mfa.reads_any());
        let prefix = format!("{}:", provider.key_prefix().to_ascii_lowercase());
        let keys = read.range(&*prefix..).map_while(|key| key.strip_prefix(&*prefix)).map(str::to_owned).collect();
        Self { names, reads_any: rule.map(|rule| rule.name.clone()).or(mfa.map(|_| "mfa".to_owned())), keys }
    }

    /// Whether a rule, the mfa expression or a test of the provider reads the claim, or may do so.
    pub fn by_rules(&self, claim: &str) -> bool {
        self.reads_any.is_some() || self.names.contains(claim)
    }

    /// Whether any policy reads the condition key that ends so after the provider's prefix, in whatever case it is spelled.
    pub fn by_policies(&self, key: &str) -> bool {
        let folded = || key.bytes().map(|byte| byte.to_ascii_lowercase());
        self.keys.binary_search_by(|known| known.bytes().cmp(folded())).is_ok()
    }
}

impl RequestKey {
    /// In the order of their names.
    pub const ALL: [Self; 6] = [
        Self::RequestedRegion,
        Self::SecureTransport,
        Self::SourceIp,
        Self::UserAgent,
        Self::ExternalId,
        Self::RoleSessionName,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::RequestedRegion => "aws:RequestedRegion",
            Self::SecureTransport => "aws:SecureTransport",
            Self::SourceIp => "aws:SourceIp",
            Self::UserAgent => "aws:UserAgent",
            Self::ExternalId => "sts:ExternalId",
            Self::RoleSessionName => "sts:RoleSessionName",
        }
    }
}

impl Catalogue {
    /// Also these claims of the provider count as read: they are what a test's paper says.
    pub fn count_as_read(&mut self, provider: &ProviderArn, claims: Vec<String>) {
        self.reads.providers.get_mut(provider).into_iter().for_each(|of| of.names.extend(claims.iter().cloned()));
    }

    /// Nothing is known of a provider that is none of the catalogue's.
    pub fn claims_read(&self, provider: &Provider) -> Option<&ClaimsRead> {
        self.reads.providers.get(&provider.arn)
    }

    /// [`ClaimsRead::by_rules`]
    pub fn rules_read(&self, provider: &Provider, claim: &str) -> bool {
        self.claims_read(provider).is_some_and(|read| read.by_rules(claim))
    }

    /// Whether any policy reads it.
    pub fn policies_read(&self, key: RequestKey) -> bool {
        self.reads.of_requests.contains(&key)
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
