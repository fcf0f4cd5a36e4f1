//! `[[provider]]`: SAML by its metadata, OpenID Connect by its issuer; Facebook and Amazon are in `social`.

use super::mfa::{self, Named};
use super::section::Reading;
use super::settings::ServerSettings;
use super::{Mistake, Section, claims, face, groups, metadata, rule, social};
use crate::catalogue::{
    Draft, Face, Normalisation, OidcProvider, Placed, Protocol, Provider, Rule, RuleIndex, SamlProvider,
};
use crate::oidc::{
    self, Algorithm, ClientAuthentication, ClientKey, KeySet, KeySource, LoginClient, RelyingParty,
    RelyingPartySettings,
};
use crate::outbound::{Fetcher, OutboundRules};
use crate::saml::Binding;
use crate::saml::metadata::{DEVELOPMENT, IdentityProvider};
use crate::words::{AccountId, ProviderArn, has_safe_scheme, is_localhost};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use toml::Value;
use url::{Host, Url};

const KINDS: [&str; 4] = ["saml", "oidc", "facebook", "amazon"];

pub(super) fn read(root: &Section<'_>, draft: &mut Draft, now: OffsetDateTime) {
    for section in root.sections("provider", "name") {
        let origin = section.origin();
        let mut arn = None;
        if let Some(value) = provider(&section, &mut arn, draft, now) {
            draft.providers.push(Placed { origin, value });
        } else {
            draft.unfinished.extend(arn.map(|arn| arn.to_string()));
        }
        // Without a kind there is no telling which keys are right.
        if section.value("kind").and_then(Value::as_str).is_some_and(|kind| KINDS.contains(&kind)) {
            section.finish();
        }
    }
}

/// What this house signs must not come back to it as the word of others: each turn would begin a session that descends from
/// none, so that no revocation reaches it, no bar and no end of what it was made with.
pub(super) fn none_is_us(reading: &Reading, draft: &Draft, server: &ServerSettings) {
    for Placed { origin, value } in &draft.providers {
        let issuer = value.oidc().map(|oidc| oidc.issuer.as_str());
        if issuer.and_then(|issuer| Url::parse(issuer).ok()).is_some_and(|url| server.is_at(&url)) {
            let sentence = "is this gateway itself, by server.public_url or server.hosts; name the identity provider that signs people in (whoever wears a role here assumes another with AssumeRole)";
            reading.note(Mistake::new(&origin.file, format!("{}.issuer", origin.key), sentence));
        }
    }
}

/// `arn` is known even if nothing comes of the provider.
fn provider(
    section: &Section<'_>,
    arn: &mut Option<ProviderArn>,
    draft: &Draft,
    now: OffsetDateTime,
) -> Option<Provider> {
    let name = section.required_string("name").filter(|name| {
        let word = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        let fits = (1..=128).contains(&name.len()) && name.bytes().all(word);
        if !fits {
            section.mistake("name", "has 1 to 128 letters, digits and . _ -");
        }
        fits
    });
    let account: Option<AccountId> = section.required_parsed("account");
    section.required("kind");
    let kind = section.choice("kind", &KINDS);
    let rules = section.sections("rule", "").into_iter().enumerate();
    let rules: Vec<Rule> = rules.filter_map(|(index, section)| rule::read(section, index)).collect();
    let clock_skew = section.duration("clock_skew").unwrap_or(Duration::MINUTE);
    if clock_skew > Duration::minutes(5) {
        section.mistake("clock_skew", "must be at most 300s: a longer one keeps stolen assertions alive");
    }
    *arn = name.as_deref().zip(account).and_then(|(name, account)| match kind {
        Some("oidc") => oidc_arn(section, account),
        Some("facebook") => ProviderArn::oidc(account, "graph.facebook.com").ok(),
        Some("amazon") => ProviderArn::oidc(account, "www.amazon.com").ok(),
        _ => ProviderArn::saml(account, name).map_err(|e| section.mistake("name", e.to_string())).ok(),
    });
    let enabled = section.bool("enabled").unwrap_or(true);
    let normalisation = claims::read(section);
    let shared =
        Shared { named: name.zip(arn.clone()), enabled, face: face::read(section), rules, normalisation, clock_skew };
    match kind? {
        "saml" => saml(section, shared, draft, now),
        "facebook" => social::facebook(section, shared),
        "amazon" => social::amazon(section, shared),
        _ => oidc(section, shared, draft),
    }
}

/// What all kinds have.
pub(super) struct Shared {
    pub(super) named: Option<(String, ProviderArn)>,
    pub(super) enabled: bool,
    pub(super) face: Face,
    pub(super) rules: Vec<Rule>,
    pub(super) normalisation: Normalisation,
    pub(super) clock_skew: Duration,
}

impl Shared {
    /// `None` if it has no right name.
    pub(super) fn provider(self, protocol: Protocol) -> Option<Provider> {
        let Self { named, enabled, face, rules, normalisation, .. } = self;
        let (name, arn) = named?;
        let rule_index = RuleIndex::of(&rules);
        let (role_attribute, mfa) = (false, None);
        Some(Provider { name, enabled, face, arn, protocol, rules, rule_index, normalisation, role_attribute, mfa })
    }
}

fn oidc_arn(section: &Section<'_>, account: AccountId) -> Option<ProviderArn> {
    let issuer = section.value("issuer")?.as_str()?;
    let arn = ProviderArn::oidc(account, oidc::issuer_without_scheme(issuer));
    arn.map_err(|_| section.mistake("issuer", "must be an https URL without query or fragment, at most 255 characters"))
        .ok()
}

fn saml(section: &Section<'_>, shared: Shared, draft: &Draft, now: OffsetDateTime) -> Option<Provider> {
    let clock_skew = shared.clock_skew;
    let found = metadata::read(section, draft, now).filter(|found| {
        let name = found.identity_provider.as_ref().map_or("", |idp| &idp.entity_id);
        not_a_stray_demo(section, "metadata", name)
    });
    let idp_initiated = section.bool("idp_initiated").unwrap_or(false);
    let role_attribute = section.bool("role_attribute").unwrap_or(shared.rules.is_empty());
    let encryption_required = section.choice("encrypted_assertions", &["accepted", "required"]) == Some("required");
    let logout_revokes = section.bool("logout_revokes").unwrap_or(false);
    let request_binding = request_binding(section, found.as_ref().and_then(|found| found.identity_provider.as_ref()));
    let force_authn = section.bool("force_authn").unwrap_or(false);
    let authn_context = mfa::contexts(section, "authn_context", Named::ByUri);
    let mfa = mfa::read(section, Named::ByUri, &authn_context);
    let protocol = SamlProvider {
        metadata: found?.live,
        idp_initiated,
        clock_skew,
        logout_revokes,
        encryption_required,
        request_binding,
        force_authn,
        authn_context,
    };
    let mut provider = shared.provider(Protocol::Saml(Box::new(protocol)))?;
    (provider.role_attribute, provider.mfa) = (role_attribute, mfa);
    Some(provider)
}

/// A binding that the identity provider does not take would fail at every sign-in, so it fails at loading.
fn request_binding(section: &Section<'_>, idp: Option<&IdentityProvider>) -> Option<Binding> {
    let word = section.choice("request_binding", &["redirect", "post"])?;
    let binding = if word == "post" { Binding::Post } else { Binding::Redirect };
    if idp.is_some_and(|idp| idp.sso(binding).is_none()) {
        let sentence =
            format!("the metadata has no SingleSignOnService for \"{word}\"; leave the key out, or use the other");
        section.mistake("request_binding", sentence);
    }
    Some(binding)
}

fn oidc(section: &Section<'_>, shared: Shared, draft: &Draft) -> Option<Provider> {
    let clock_skew = shared.clock_skew;
    let issuer = section.required_string("issuer").filter(|issuer| not_a_stray_demo(section, "issuer", issuer));
    section.required("client_ids");
    let client_ids = section.strings("client_ids");
    if section.has("client_ids") && client_ids.is_empty() {
        section.mistake("client_ids", "is empty; without one no token's audience can be right");
    }
    let audiences = section.strings("audiences");
    let mfa = mfa::read(section, Named::ByWord, &[]);
    let algorithms = algorithms(section);
    let keys = keys(section);
    let login = login(section);
    let logout_revokes = section.bool("logout_revokes").unwrap_or(false);
    if login.is_none() && section.has("logout_revokes") && !section.has("login") {
        section.mistake("logout_revokes", "is for people who sign in with a browser; this provider has no login");
    }
    let groups = groups::read(section);
    let key_address = keys.iter().flatten().find_map(|keys| match keys {
        KeySource::Published(address) => Some(address.as_str()),
        _ => None,
    });
    let urls = [issuer.as_deref(), key_address, groups.as_ref().map(|groups| groups.endpoint.as_str())];
    let outbound = metadata::rules(section, &urls.into_iter().flatten().collect::<Vec<_>>());
    if issuer.as_deref().is_some_and(|issuer| !is_listed_if_plain(issuer, &outbound)) {
        section.mistake(
            "issuer",
            "is http on loopback; list its address, as in allowed_networks = [\"127.0.0.1\"], or use https",
        );
    }
    let fetcher = Fetcher::new(outbound).map_err(|e| section.mistake("ca", e.to_string())).ok();
    let (issuer, fetcher, _) = (issuer?, fetcher?, shared.named.as_ref()?);
    let keys = match keys {
        Some(keys) => keys?,
        None => followed(&issuer, &fetcher, draft),
    };
    let can_log_in = login.is_some();
    let settings = RelyingPartySettings {
        issuer: issuer.clone(),
        client_ids,
        audiences,
        clock_skew,
        algorithms,
        keys,
        login,
        fetcher,
        groups,
    };
    let relying_party = RelyingParty::new(settings).map_err(|e| section.mistake("issuer", e.to_string())).ok()?;
    let protocol = OidcProvider { issuer, relying_party: Arc::new(relying_party), login: can_log_in, logout_revokes };
    shared.provider(Protocol::Oidc(protocol)).map(|provider| Provider { mfa, ..provider })
}

/// An issuer that is registered in several accounts is asked once for all of them.
fn followed(issuer: &str, fetcher: &Fetcher, draft: &Draft) -> KeySource {
    let mut known = draft.providers.iter().filter_map(|placed| placed.value.oidc()).map(|oidc| &oidc.relying_party);
    let same = known.find(|party| party.follows(issuer, fetcher.rules()));
    same.map_or(KeySource::Discovery, |party| KeySource::SharedWith(party.clone()))
}

/// http is for loopback alone, and loopback for those who say so: an issuer there is a program on this machine.
fn is_listed_if_plain(issuer: &str, outbound: &OutboundRules) -> bool {
    let addresses = match Url::parse(issuer).ok().filter(|url| url.scheme() == "http").as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
        Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
        Some(Host::Domain(name)) if is_localhost(name) => {
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
        }
        _ => return true,
    };
    let listed = |address: &IpAddr| outbound.allowed_networks.iter().any(|network| network.contains(*address));
    addresses.iter().any(listed)
}

/// `jwks`: the issuer's keys from a file, or the address of its key set where discovery leads nowhere. The inner `None`:
/// they are given and cannot be used.
pub(super) fn keys(section: &Section<'_>) -> Option<Option<KeySource>> {
    let source = section.section("jwks")?;
    let keys = match (source.has("file"), source.has("url")) {
        (true, false) => key_file(&source).map(KeySource::Fixed),
        (false, true) => key_address(&source).map(KeySource::Published),
        _ => {
            source.mistake("", "say exactly one of file = \"path\" and url = \"https://…\"");
            None
        }
    };
    source.finish();
    Some(keys)
}

fn key_file(source: &Section<'_>) -> Option<KeySet> {
    let json = source.file_text("file", 1024 * 1024)?;
    let keys = KeySet::parse(json.as_bytes()).map_err(|e| source.mistake("file", e.to_string())).ok()?;
    if let Some(key) = keys.leaked() {
        let sentence = format!(
            "holds the key {key} with its private half (d, p or q): leave in what is public alone, and replace the key if others could read it"
        );
        source.mistake("file", sentence);
        return None;
    }
    if keys.is_empty() {
        source.mistake(
            "file",
            "has no usable key: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519, for signatures",
        );
    }
    (!keys.is_empty()).then_some(keys)
}

fn key_address(source: &Section<'_>) -> Option<String> {
    let text = source.string("url")?;
    let url = Url::parse(&text).ok().filter(|url| has_safe_scheme(url) && url.fragment().is_none());
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    if url.is_none() {
        source.mistake("url", "must be an https URL, or http on loopback, without user, password and fragment");
    }
    url.map(String::from)
}

/// `algorithms`: what an issuer may sign with besides RSA (PKCS #1) and ECDSA.
fn algorithms(section: &Section<'_>) -> Vec<Algorithm> {
    let names = section.strings("algorithms");
    let known: Vec<Algorithm> = names.iter().filter_map(|name| Algorithm::by_setting(name)).collect();
    if known.len() < names.len() {
        section.mistake(
            "algorithms",
            "may list \"PS256\" and \"EdDSA\"; RS256 to RS512 and ES256 to ES512 are always accepted, others never",
        );
    }
    known
}

fn login(section: &Section<'_>) -> Option<LoginClient> {
    let table = section.section("login")?;
    let client_id = table.required_string("client_id");
    let authentication = authentication(&table);
    let mut scopes = table.strings("scopes");
    scopes.retain(|scope| scope != "openid");
    let userinfo = table.bool("userinfo").unwrap_or(false);
    table.finish();
    Some(LoginClient { client_id: client_id?, authentication: authentication?, scopes, userinfo })
}

fn authentication(table: &Section<'_>) -> Option<ClientAuthentication> {
    let (secret, key) = (table.secret("client_secret"), table.secret("client_key"));
    if secret.as_ref().is_some_and(|secret| secret.expose().is_empty()) {
        table.mistake("client_secret", "is empty; give what the issuer has given the client, or leave it out");
    }
    if table.has("client_secret") && table.has("client_key") {
        table.mistake("client_key", "stands beside a client_secret; a client authenticates by one of them");
    }
    let Some(pem) = key else {
        return Some(secret.map_or(ClientAuthentication::Public, ClientAuthentication::Secret));
    };
    let key = ClientKey::from_pem(&pem).map_err(|error| table.mistake("client_key", error.to_string()));
    key.ok().map(|key| ClientAuthentication::Key(Box::new(key)))
}

fn not_a_stray_demo(section: &Section<'_>, key: &str, name: &str) -> bool {
    let fits = section.reading.demo_peers || !name.contains(DEVELOPMENT);
    if !fits {
        section.mistake(key, format!("\"{name}\" is the development identity provider of `gatehouse demo`, which signs for anybody; only `demo` may trust it"));
    }
    fits
}
