//! What is right by the letter and wrong by its consequences: refused when the configuration is loaded.
//!
//! A shared issuer signs for the whole world. A role that trusts one without saying who in particular is open to every
//! repository, app or identity pool there is; this has been exploited wherever it was possible.

use super::draft::{Draft, Objection, Placed};
use super::{Provider, Role};
use crate::policy::Statement;
use crate::words::{AccountId, ProviderArn};
use std::collections::{HashMap, HashSet};

/// Issuers that anybody can get a token from, and the claim that tells one customer from another.
const SHARED: [(&str, &str); 9] = [
    ("token.actions.githubusercontent.com", "sub"),
    ("gitlab.com", "sub"),
    ("agent.buildkite.com", "sub"),
    ("app.terraform.io", "sub"),
    ("vstoken.actions.githubusercontent.com", "sub"),
    ("accounts.google.com", "aud"),
    ("cognito-identity.amazonaws.com", "aud"),
    ("graph.facebook.com", "app_id"),
    ("www.amazon.com", "app_id"),
];

pub(super) fn objections(draft: &Draft) -> Vec<Objection> {
    let providers: HashMap<&ProviderArn, &Provider> =
        draft.providers.iter().map(|p| (&p.value.arn, &p.value)).collect();
    let unfinished = draft.unfinished.iter().map(String::as_str);
    let roles: HashSet<&str> = draft.roles.iter().map(|r| r.value.arn.as_str()).chain(unfinished).collect();
    let mut objections = Vec::new();
    for role in &draft.roles {
        objections.extend(strangers(role, &providers, &draft.unfinished));
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
        Err(_) => providers.values().any(|p| p.account() == account && p.alias() == Some(name)),
    };
    let named = role.value.trust.federated_principals();
    let strange = named.filter(|name| !known(name));
    let sentence =
        |name: &str| format!("names the federated principal \"{name}\", which is no provider of account {account}");
    strange.map(|name| Objection::at(&role.origin, "trust", sentence(name))).collect()
}

fn too_wide(role: &Placed<Role>, provider: &Provider) -> Option<Objection> {
    let prefix = provider.key_prefix();
    let (_, claim) = SHARED.iter().find(|(issuer, _)| *issuer == prefix)?;
    if !provider.rules.is_empty() || provider.account() != role.value.arn.account() {
        return None;
    }
    let key = format!("{prefix}:{claim}");
    let names = [Some(provider.arn.as_str()), provider.alias()];
    let mut statements = names.into_iter().flatten().flat_map(|name| role.value.trust.allows_federated(name));
    statements.any(|statement| !narrows(statement, &key)).then(|| {
        let mending = match *claim {
            "sub" => format!(
                "add a condition on \"{key}\" that names your organisation, as in \"repo:your-org/your-repo:*\""
            ),
            _ => format!("add a StringEquals condition on \"{key}\" with your own client ids"),
        };
        let sentence = format!(
            "lets in everybody whom {prefix} signs for, anywhere in the world; {mending}, or give the provider rules"
        );
        Objection::at(&role.origin, "trust", sentence)
    })
}

/// Whether the condition names somebody: a value that begins with a wildcard, or names nothing before its first one
/// but the kind of thing (`repo:*`), does not.
fn narrows(statement: &Statement, key: &str) -> bool {
    let Some(values) = statement.required_values(key) else { return false };
    let names_somebody = |value: &&str| {
        let fixed = value.split(['*', '?']).next().unwrap_or_default();
        let after_kind = fixed.split_once(':').map_or(fixed, |(_, rest)| rest);
        let complete = fixed.len() == value.len();
        if complete { !fixed.is_empty() } else { after_kind.contains(['/', ':']) && after_kind.len() > 1 }
    };
    !values.is_empty() && values.iter().all(names_somebody)
}

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
