//! What the console's pages say: sessions, choices and credentials in the words of a template.

use super::incoming::Incoming;
use super::pages::ProviderLink;
use super::{House, form};
use crate::catalogue::Provider;
use crate::console::{ConsoleSession, Nth, Original};
use crate::trust::Session;
use crate::words::RoleArn;
use std::sync::Arc;
use time::Duration;

/// The colours of the stylesheet for providers without a logo.
const TINTS: usize = 6;

pub(super) fn original(original: &Original) -> String {
    match original {
        Original::Federated { identity, .. } => format!("{}:{}", identity.provider(), identity.subject),
        Original::RoleSession { arn, .. } => arn.clone(),
        Original::User(identity) => identity.arn().to_owned(),
    }
}

/// The provider that vouches for the role that is worn; before one is, the first that knows the person.
pub(super) fn via(session: &ConsoleSession, worn: Option<&Session>) -> String {
    let first = || match &session.original {
        Original::Federated { identity, .. } => identity.provider().to_string(),
        Original::RoleSession { via, .. } => via.clone(),
        Original::User(_) => "user".to_owned(),
    };
    worn.and_then(|worn| worn.provider()).map_or_else(first, str::to_owned)
}

pub(super) fn providers(house: &House, incoming: &Incoming) -> Vec<ProviderLink> {
    let query = incoming.query().unwrap_or_default();
    let number = incoming.nth.number().to_string();
    let session = (incoming.nth != Nth::FIRST).then_some(("session", number.as_str()));
    let wishes = ["destination", "role"].into_iter().filter_map(|name| Some((name, form::one(&query, name)?)));
    let wishes = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(wishes.chain(session)).finish();
    let catalogue = &house.sts.catalogue;
    let mut links: Vec<(&Arc<Provider>, ProviderLink)> = Vec::new();
    for provider in catalogue.providers().filter(|provider| provider.enabled && provider.signs_people_in()) {
        let account = catalogue.account(provider.account()).map(|account| account.alias.clone()).unwrap_or_default();
        // One door for all accounts that know the same identity provider: whoever enters can choose in each of them.
        if let Some((_, link)) = links.iter_mut().find(|(first, _)| first.same_sign_in(provider)) {
            link.accounts.push(account);
            continue;
        }
        let (path, kind) = if provider.saml().is_some() { ("saml", "SAML") } else { ("oidc", "OpenID Connect") };
        let query = if wishes.is_empty() { String::new() } else { format!("?{wishes}") };
        let href = format!("/{path}/login/{}{query}", catalogue.name_of(provider));
        let link = ProviderLink {
            name: provider.display_name().to_owned(),
            logo: provider.face.logo.as_ref().map(|logo| format!("/console/logo/{}", logo.address)),
            initial: provider.display_name().chars().take(1).flat_map(char::to_uppercase).collect(),
            tint: provider.name.bytes().map(usize::from).sum::<usize>() % TINTS,
            accounts: vec![account],
            href,
            kind,
        };
        links.push((provider, link));
    }
    links.into_iter().map(|(_, link)| link).collect()
}

/// A role by name and account, as people tell roles apart; a federated user by their ARN.
pub(super) fn place(house: &House, worn: &Session) -> String {
    match worn.role().and_then(|role| role.parse::<RoleArn>().ok()) {
        Some(role) => {
            let account = house.sts.catalogue.account(role.account());
            format!("{} @ {}", role.name(), account.map_or(role.account().to_string(), |account| account.alias.clone()))
        }
        None => worn.arn(),
    }
}

/// `3 h 59 min`, `12 min`, `less than a minute`.
pub(super) fn left(duration: Duration) -> String {
    match (duration.whole_hours(), duration.whole_minutes() % 60) {
        (0, minutes) if minutes < 1 => "less than a minute".into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
