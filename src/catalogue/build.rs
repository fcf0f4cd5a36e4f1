//! From a draft to a catalogue: indexes, and everything that can only be seen from above.

use super::draft::{Draft, Objection, Placed};
use super::reads::Reads;
use super::{AccessKey, Account, Logo, NamedPolicy, Provider, Role, Service, User, danger};
use crate::metadata::LiveMetadata;
use crate::oidc;
use crate::words::{AccountId, PasswordHash, ProviderArn, RoleArn, UserArn};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;

/// The snapshot. Lookups only; see the module's description.
#[derive(Default)]
pub struct Catalogue {
    accounts: BTreeMap<AccountId, Account>,
    providers: Vec<Arc<Provider>>,
    providers_by_arn: HashMap<ProviderArn, Arc<Provider>>,
    saml_by_entity: HashMap<String, Vec<Arc<Provider>>>,
    /// Those whose entity id is known only once their metadata has come.
    saml_to_be_named: Vec<Arc<Provider>>,
    oidc_by_issuer: HashMap<(AccountId, String), Arc<Provider>>,
    roles: BTreeMap<RoleArn, Arc<Role>>,
    /// By their account and the federated principals that their trust policies name.
    roles_by_principal: HashMap<(AccountId, String), Vec<Arc<Role>>>,
    users: BTreeMap<UserArn, Arc<User>>,
    users_by_key: HashMap<String, (Arc<User>, usize)>,
    managed_policies: HashMap<String, NamedPolicy>,
    services: HashMap<String, Arc<Service>>,
    pub(super) reads: Reads,
}

impl Catalogue {
    /// The catalogue of everything that fits together, and an objection for everything that does not. Nobody may
    /// serve from a catalogue that met objections.
    pub fn build(draft: Draft) -> (Self, Vec<Objection>) {
        let mut objections = draft.accounts_in_order();
        objections.extend(draft.names_are_unique());
        objections.extend(draft.passwords_cost_the_same());
        objections.extend(danger::objections(&draft));
        let mut catalogue = Self::default();
        catalogue.accounts.extend(draft.accounts.into_iter().map(|a| (a.value.id, a.value)));
        draft.providers.into_iter().for_each(|p| catalogue.add_provider(p.value));
        draft.roles.into_iter().for_each(|r| catalogue.add_role(r.value));
        catalogue.managed_policies.extend(draft.policies.into_iter().map(|p| (p.value.name.clone(), p.value)));
        catalogue.services.extend(draft.services.into_iter().map(|s| (s.value.name.clone(), Arc::new(s.value))));
        for user in draft.users {
            let user = Arc::new(user.value);
            let keys = user.access_keys.iter().enumerate();
            catalogue.users_by_key.extend(keys.map(|(index, key)| (key.id.clone(), (user.clone(), index))));
            catalogue.users.insert(user.arn.clone(), user);
        }
        catalogue.reads = Reads::of(&catalogue, &draft.tested);
        (catalogue, objections)
    }

    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    pub fn providers(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.iter()
    }

    pub fn provider(&self, arn: &ProviderArn) -> Option<&Arc<Provider>> {
        self.providers_by_arn.get(arn)
    }

    /// By its address.
    pub fn logo(&self, address: &str) -> Option<&Arc<Logo>> {
        self.providers.iter().filter_map(|provider| provider.face.logo.as_ref()).find(|logo| logo.address == address)
    }

    /// `name`, or `account:name` where a name occurs in several accounts. A bare name that means two is no name.
    pub fn provider_named(&self, text: &str) -> Option<&Arc<Provider>> {
        let (account, name) = match text.split_once(':') {
            Some((account, name)) => (Some(account.parse::<AccountId>().ok()?), name),
            None => (None, text),
        };
        let mut found = self.providers.iter().filter(|p| p.name == name && account.is_none_or(|a| a == p.account()));
        found.next().filter(|_| found.next().is_none())
    }

    /// The shortest text by which [`Catalogue::provider_named`] finds a provider.
    pub fn name_of(&self, provider: &Provider) -> String {
        match self.provider_named(&provider.name) {
            Some(_) => provider.name.clone(),
            None => format!("{}:{}", provider.account(), provider.name),
        }
    }

    /// Every registration of a SAML identity provider, in any account.
    pub fn saml_providers(&self, entity_id: &str) -> Vec<Arc<Provider>> {
        let named = self.saml_by_entity.get(entity_id).into_iter().flatten();
        let learned = self.saml_to_be_named.iter().filter(|p| p.issuer().as_deref() == Some(entity_id));
        named.chain(learned).cloned().collect()
    }

    /// The metadata of all SAML providers, each once.
    pub fn metadata(&self) -> Vec<Arc<LiveMetadata>> {
        let mut found: Vec<Arc<LiveMetadata>> = Vec::new();
        for live in self.providers().filter_map(|provider| provider.saml()).map(|saml| &saml.metadata) {
            if !found.iter().any(|known| Arc::ptr_eq(known, live)) {
                found.push(live.clone());
            }
        }
        found
    }

    /// The registration of an issuer in one account (the account of the role that is asked for), by any spelling of its
    /// name.
    pub fn oidc_provider(&self, account: AccountId, issuer: &str) -> Option<&Arc<Provider>> {
        self.oidc_by_issuer.get(&(account, issuer.to_owned()))
    }

    /// The registration of a ProviderId in one account.
    pub fn social_provider(&self, account: AccountId, provider_id: &str) -> Option<&Arc<Provider>> {
        let arn = ProviderArn::oidc(account, provider_id).ok()?;
        self.provider(&arn).filter(|provider| provider.social().is_some())
    }

    pub fn role(&self, arn: &RoleArn) -> Option<&Arc<Role>> {
        self.roles.get(arn)
    }

    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    /// The roles of the provider's account of which the trust policy names it, by its ARN or its well-known name.
    pub fn roles_naming(&self, provider: &Provider) -> impl Iterator<Item = &Arc<Role>> {
        let names = [Some(provider.arn.as_str()), provider.alias()].into_iter().flatten();
        let account = provider.account();
        let roles = names.filter_map(move |name| self.roles_by_principal.get(&(account, name.to_owned())));
        roles.flatten()
    }

    pub fn user(&self, arn: &UserArn) -> Option<&Arc<User>> {
        self.users.get(arn)
    }

    /// By ARN, by name, or by `account:name` where a name occurs in several accounts. A bare name that means two is no
    /// name.
    pub fn user_named(&self, text: &str) -> Option<&Arc<User>> {
        if let Ok(arn) = text.parse() {
            return self.user(&arn);
        }
        let (account, name) = match text.split_once(':') {
            Some((account, name)) => (Some(account.parse::<AccountId>().ok()?), name),
            None => (None, text),
        };
        let fits = |user: &&Arc<User>| user.arn.name() == name && account.is_none_or(|it| it == user.arn.account());
        let mut found = self.users.values().filter(fits);
        found.next().filter(|_| found.next().is_none())
    }

    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    pub fn managed_policies(&self) -> impl Iterator<Item = &NamedPolicy> {
        self.managed_policies.values()
    }

    /// By its ARN.
    pub fn managed_policy(&self, arn: &str) -> Option<&NamedPolicy> {
        self.managed_policies.get(arn)
    }

    /// The service of that name behind a proxy.
    pub fn service(&self, name: &str) -> Option<&Arc<Service>> {
        self.services.get(name)
    }

    /// The user behind a long-lived access key, and that key.
    pub fn access_key(&self, id: &str) -> Option<(&Arc<User>, &AccessKey)> {
        let (user, index) = self.users_by_key.get(id)?;
        Some((user, user.access_keys.get(*index)?))
    }

    fn add_role(&mut self, role: Role) {
        let role = Arc::new(role);
        let named: BTreeSet<&str> = role.trust.federated_principals().collect();
        for name in named {
            let key = (role.arn.account(), name.to_owned());
            self.roles_by_principal.entry(key).or_default().push(role.clone());
        }
        self.roles.insert(role.arn.clone(), role);
    }

    fn add_provider(&mut self, provider: Provider) {
        let provider = Arc::new(provider);
        self.providers_by_arn.insert(provider.arn.clone(), provider.clone());
        if let Some(saml) = provider.saml() {
            saml.metadata.registered_as(provider.arn.as_str());
            match saml.metadata.entity_id() {
                Some(entity_id) => self.saml_by_entity.entry(entity_id).or_default().push(provider.clone()),
                None => self.saml_to_be_named.push(provider.clone()),
            }
        }
        if let Some(tokens) = provider.oidc() {
            for issuer in oidc::spellings(&tokens.issuer) {
                self.oidc_by_issuer.insert((provider.account(), issuer.to_owned()), provider.clone());
            }
        }
        self.providers.push(provider);
    }
}

impl Draft {
    fn accounts_in_order(&self) -> Vec<Objection> {
        let known: HashSet<AccountId> = self.accounts.iter().map(|a| a.value.id).collect();
        let missing =
            |account: AccountId| (!known.contains(&account)).then(|| format!("there is no [[account]] {account}"));
        let providers = self.providers.iter().map(|p| (&p.origin, "account", p.value.account()));
        let roles = self.roles.iter().map(|r| (&r.origin, "arn", r.value.arn.account()));
        let users = self.users.iter().map(|u| (&u.origin, "arn", u.value.arn.account()));
        let services = self.services.iter().map(|s| (&s.origin, "account", s.value.account));
        let all = providers.chain(roles).chain(users).chain(services);
        all.filter_map(|(origin, key, account)| Some(Objection::at(origin, key, missing(account)?))).collect()
    }

    fn names_are_unique(&self) -> Vec<Objection> {
        let mut objections = Vec::new();
        unique(&self.accounts, "id", |a| a.id, &mut objections);
        unique(&self.accounts, "alias", |a| a.alias.clone(), &mut objections);
        unique(&self.providers, "name", |p| format!("{}:{}", p.account(), p.name), &mut objections);
        unique(&self.providers, "issuer", |p| p.arn.clone(), &mut objections);
        objections.extend(self.issuers_are_unique());
        unique(&self.policies, "arn", |p| p.name.clone(), &mut objections);
        unique(&self.roles, "arn", |r| r.arn.clone(), &mut objections);
        unique(&self.users, "arn", |u| u.arn.clone(), &mut objections);
        unique(&self.services, "name", |s| s.name.clone(), &mut objections);
        let (mut keys, mut devices) = (HashSet::new(), HashSet::new());
        for user in &self.users {
            for device in user.value.mfa.iter().filter(|device| !devices.insert(&device.serial)) {
                objections.push(Objection::at(&user.origin, "mfa.serial", format!("{} is used twice", device.serial)));
            }
            for key in user.value.access_keys.iter().filter(|key| !keys.insert(&key.id)) {
                objections.push(Objection::at(&user.origin, "access_keys", format!("{} is used twice", key.id)));
            }
        }
        objections
    }
}

impl Draft {
    /// A token must be one provider's, however its issuer's name is spelled.
    fn issuers_are_unique(&self) -> Vec<Objection> {
        let mut seen = HashMap::new();
        let mut objections = Vec::new();
        for placed in &self.providers {
            let Some(tokens) = placed.value.oidc() else { continue };
            for issuer in oidc::spellings(&tokens.issuer) {
                let former = seen.insert((placed.value.account(), issuer), &placed.value);
                // Two of one ARN are told of as such.
                if let Some(former) = former.filter(|former| former.arn != placed.value.arn) {
                    let sentence = format!("ID tokens of {issuer} are those of provider \"{}\" already", former.name);
                    objections.push(Objection::at(&placed.origin, "issuer", sentence));
                }
            }
        }
        objections
    }
}

impl Draft {
    /// Whoever measures how long a "no" takes must not learn whose name it was.
    fn passwords_cost_the_same(&self) -> Vec<Objection> {
        let costs = |placed: &Placed<User>| placed.value.password.as_ref().map(PasswordHash::cost);
        let Some(first) = self.users.iter().find(|user| costs(user).is_some()) else { return Vec::new() };
        let others = self.users.iter().filter(|user| costs(user).is_some_and(|cost| Some(cost) != costs(first)));
        let sentence = |user: &Placed<User>| {
            let (theirs, of_first) = (costs(user)?, costs(first)?);
            let first = &first.value.arn;
            Some(format!(
                "costs {theirs} and that of {first} {of_first}; whoever measures could tell users apart by that, so hash both passwords with the same m, t and p"
            ))
        };
        others.filter_map(|user| Some(Objection::at(&user.origin, "password_hash", sentence(user)?))).collect()
    }
}

fn unique<T, K: Hash + Eq + Display>(
    all: &[Placed<T>],
    key: &str,
    of: impl Fn(&T) -> K,
    objections: &mut Vec<Objection>,
) {
    let mut seen = HashSet::new();
    for placed in all {
        let value = of(&placed.value);
        if seen.contains(&value) {
            objections.push(Objection::at(&placed.origin, key, format!("{value} occurs twice")));
        }
        seen.insert(value);
    }
}
