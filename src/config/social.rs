//! `[[provider]]` of kind `facebook` and `amazon`: our app there, and where the network is asked.

use super::provider::{Shared, keys};
use super::{Section, outbound};
use crate::catalogue::{OidcProvider, Protocol, Provider, SocialProvider};
use crate::oidc::social::{AccessDesk, Amazon, Facebook, SocialNetwork};
use crate::oidc::{KeySource, RelyingParty, RelyingPartySettings};
use crate::outbound::Fetcher;
use crate::words::Secret;
use std::sync::Arc;
use url::Url;

const GRAPH: &str = "graph.facebook.com";
/// Who signs the ID tokens of Facebook's Limited Login.
const LIMITED_LOGIN: &str = "https://www.facebook.com";

pub(super) fn facebook(section: &Section<'_>, shared: Shared) -> Option<Provider> {
    let app_id = section.required_string("app_id").filter(|id| {
        let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
        if !fits {
            section.mistake("app_id", "is the number that Facebook gave the app");
        }
        fits
    });
    section.required("app_secret");
    let app_secret = section.secret("app_secret").filter(|secret| {
        let fits = !secret.expose().is_empty() && secret.expose().iter().all(u8::is_ascii_graphic);
        if !fits {
            section.mistake("app_secret", "is empty, or has characters that no app's secret has");
        }
        fits
    });
    // Left shut, it stays empty: who only looks a configuration over asks Facebook nothing.
    let app_secret = app_secret.or_else(|| (!section.reading.with_secrets).then(|| Secret::new(Vec::new())));
    let (fetcher, endpoint) = reach(section, &format!("https://{GRAPH}"), &[LIMITED_LOGIN]);
    let keys = keys(section);
    let (app_id, fetcher, endpoint) = (app_id?, fetcher?, endpoint?);
    let published = KeySource::Published(key_set(&endpoint));
    let keys = keys.unwrap_or(Some(published))?;
    let settings = RelyingPartySettings {
        issuer: LIMITED_LOGIN.to_owned(),
        client_ids: vec![app_id.clone()],
        audiences: Vec::new(),
        clock_skew: shared.clock_skew,
        algorithms: Vec::new(),
        keys,
        login: None,
        fetcher: fetcher.clone(),
        groups: None,
    };
    let relying_party = RelyingParty::new(settings).map_err(|e| section.mistake("jwks", e.to_string())).ok()?;
    let id_tokens = OidcProvider {
        issuer: LIMITED_LOGIN.to_owned(),
        relying_party: Arc::new(relying_party),
        login: false,
        logout_revokes: false,
    };
    let network = SocialNetwork::Facebook(Facebook { app_id, app_secret: app_secret?, endpoint });
    provider(shared, SocialProvider { desk: AccessDesk::new(network, fetcher), id_tokens: Some(id_tokens) })
}

/// Where the keys of Limited Login are: not with the Graph API, but wherever somebody else stands in for it.
fn key_set(endpoint: &Url) -> String {
    let base = if endpoint.host_str() == Some(GRAPH) { LIMITED_LOGIN } else { endpoint.as_str() };
    format!("{}/.well-known/oauth/openid/jwks/", base.trim_end_matches('/'))
}

pub(super) fn amazon(section: &Section<'_>, shared: Shared) -> Option<Provider> {
    section.required("client_ids");
    let client_ids = section.strings("client_ids");
    if section.has("client_ids") && client_ids.is_empty() {
        section.mistake("client_ids", "is empty; without one no token's audience can be right");
    }
    if section.has("clock_skew") {
        section.mistake("clock_skew", "is for papers that are signed; Amazon itself says how long its tokens last");
    }
    let (fetcher, endpoint) = reach(section, "https://api.amazon.com", &[]);
    let network = SocialNetwork::Amazon(Amazon { client_ids, endpoint: endpoint? });
    provider(shared, SocialProvider { desk: AccessDesk::new(network, fetcher?), id_tokens: None })
}

fn provider(shared: Shared, social: SocialProvider) -> Option<Provider> {
    shared.provider(Protocol::Social(social))
}

/// The way to the network's API: `endpoint`, `ca` and `allowed_networks`. `further` is what else the kind leads to.
fn reach(section: &Section<'_>, usual: &str, further: &[&str]) -> (Option<Fetcher>, Option<Url>) {
    let text = section.string("endpoint").unwrap_or_else(|| usual.to_owned());
    let rules = outbound::rules(section, &[&[text.as_str()], further].concat());
    let endpoint = outbound::base(section, "endpoint", &text)
        .filter(|endpoint| outbound::is_listed_if_plain(section, "endpoint", endpoint.as_str(), &rules));
    (Fetcher::new(rules).map_err(|e| section.mistake("ca", e.to_string())).ok(), endpoint)
}
