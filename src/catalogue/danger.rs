//! What is right by the letter and wrong by its consequences: refused when the configuration is loaded.
//!
//! A shared issuer signs for the whole world. A role that trusts one without saying who in particular is open to every
//! repository, app or identity pool there is; this has been exploited wherever it was possible.

use super::draft::{Draft, Objection, Placed};
use super::shared_issuer::SharedIssuer;
use super::{Provider, Role, Rule, strange_claims};
use crate::words::{AccountId, ProviderArn};
use std::collections::{HashMap, HashSet};

pub(super) fn objections(draft: &Draft) -> Vec<Objection> {
    let providers: HashMap<&ProviderArn, &Provider> =
        draft.providers.iter().map(|p| (&p.value.arn, &p.value)).collect();
    let unfinished = draft.unfinished.iter().map(String::as_str);
    let roles: HashSet<&str> = draft.roles.iter().map(|r| r.value.arn.as_str()).chain(unfinished).collect();
    let mut objections = Vec::new();
    let issuers = strange_claims::Issuers::of(draft);
    for role in &draft.roles {
        objections.extend(strangers(role, &providers, &draft.unfinished));
        objections.extend(strange_claims::objections(role, &issuers));
        objections.extend(providers.values().filter_map(|provider| too_wide(role, provider)));
    }
    for provider in &draft.providers {
        objections.extend(dangling(provider, &roles));
    }
    objections
}

/// Federated principals that are no provider of the role's account can never come; more likely they are a slip.
fn strangers(
    role: &Placed<Role>,
    providers: &HashMap<&ProviderArn, &Provider>,
    unfinished: &HashSet<String>,
) -> Vec<Objection> {
    let account: AccountId = role.value.arn.account();
    let known = |name: &str| match name.parse::<ProviderArn>() {
        Ok(arn) => arn.account() == account && (providers.contains_key(&arn) || unfinished.contains(name)),
        Err(_) => {
            let unfinished = || ProviderArn::oidc(account, name).is_ok_and(|arn| unfinished.contains(arn.as_str()));
            providers.values().any(|p| p.account() == account && p.alias() == Some(name)) || unfinished()
        }
    };
    let named = role.value.trust.federated_principals();
    let strange = named.filter(|name| !known(name));
    let sentence =
        |name: &str| format!("names the federated principal \"{name}\", which is no provider of account {account}");
    strange.map(|name| Objection::at(&role.origin, "trust", sentence(name))).collect()
}

/// Rules tell people of a shared issuer apart only if they ask who somebody is.
fn too_wide(role: &Placed<Role>, provider: &Provider) -> Option<Objection> {
    let shared = SharedIssuer::of(provider)?;
    let asks_who = |rule: &Rule| rule.when.reads().any(|claim| !["iss", "aud"].contains(&claim));
    let told_apart = !provider.rules.is_empty() && provider.rules.iter().all(asks_who);
    if told_apart || provider.account() != role.value.arn.account() {
        return None;
    }
    let names = [Some(provider.arn.as_str()), provider.alias()];
    let entrances = names.into_iter().flatten().flat_map(|name| role.value.trust.allows_federated(name));
    let mut entrances = entrances.filter(|statement| statement.covers_action(ENTER));
    entrances.find_map(|statement| shared.danger(statement)).map(|why| Objection::at(&role.origin, "trust", why))
}

const ENTER: &str = "sts:AssumeRoleWithWebIdentity";

/// A rule that lists a role which is not there, or is another account's, would be silently poorer than it reads.
fn dangling(provider: &Placed<Provider>, roles: &HashSet<&str>) -> Vec<Objection> {
    let account = provider.value.account();
    let mut objections = Vec::new();
    for rule in &provider.value.rules {
        let key = format!("{}.roles", rule.name);
        for arn in &rule.roles.listed {
            if arn.account() != account {
                objections.push(Objection::at(
                    &provider.origin,
                    &key,
                    format!("{arn} is not of this provider's account {account}"),
                ));
            } else if !roles.contains(arn.as_str()) {
                objections.push(Objection::at(&provider.origin, &key, format!("there is no [[role]] {arn}")));
            }
        }
    }
    objections
}
