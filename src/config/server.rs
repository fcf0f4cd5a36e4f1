//! `[server]`: where Gatehouse listens and what it is called from outside.

use super::settings::ServerSettings;
use super::{Section, forward, tls};
use crate::words::{Network, has_safe_scheme};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use url::Url;

pub(super) fn read(root: &Section<'_>) -> Option<ServerSettings> {
    root.required("server");
    let section = root.section("server")?;
    section.required("listen");
    let listen: Option<SocketAddr> = section.parsed_as("listen", "an address and a port, as in \"127.0.0.1:8443\"");
    section.required("public_url");
    let public_url = section
        .parsed_as("public_url", "a URL, as in \"https://gate.example.com\"")
        .and_then(|url| publishable(&section, url));
    let tls = section.section("tls").and_then(tls::tls);
    let hosts: Vec<String> = section.strings("hosts").iter().map(|host| host.to_ascii_lowercase()).collect();
    if let Some(host) = hosts.iter().find(|host| !can_be_sent(host)) {
        section.mistake(
            "hosts",
            format!("\"{host}\" can match nothing; write a host, a host with its port, or \"*.example.com\""),
        );
    }
    let trusted_proxies: Vec<Network> = section.all_parsed("trusted_proxies");
    if trusted_proxies.iter().any(Network::is_of_strangers) {
        section.mistake("trusted_proxies", "holds the addresses of strangers, who could then call themselves by any address; name the networks of your own proxies, as in \"10.20.0.0/16\"");
    }
    let cors_origins = section.strings("cors_origins");
    for origin in &cors_origins {
        shareable(&section, origin);
    }
    let admin_listen = section.parsed_as("admin_listen", "an address and a port, as in \"127.0.0.1:9443\"");
    let admin_listen = admin_listen.filter(|admin| operators_own(&section, *admin, listen));
    let forward = forward::read(&section, [listen, admin_listen]);
    if let Some(listen) = listen.filter(|l| !l.ip().is_loopback() && tls.is_none() && trusted_proxies.is_empty()) {
        section.mistake("tls", format!("is missing, and {listen} is reachable from outside; give a certificate, or name in trusted_proxies who may speak plain HTTP with us, or listen on loopback behind a proxy"));
    }
    section.finish();
    Some(ServerSettings {
        listen: listen?,
        public_url: public_url?,
        tls,
        hosts,
        cors_origins,
        trusted_proxies,
        admin_listen,
        forward,
    })
}

/// Whose pages are listed must be told letter by letter as browsers do, or they would never be recognised; and nobody on the
/// way may put a script into them.
fn shareable(section: &Section<'_>, text: &str) {
    let url = Url::parse(text).ok().filter(|url| url.origin().ascii_serialization() == text && !text.contains('*'));
    if !url.is_some_and(|url| has_safe_scheme(&url)) {
        section.mistake("cors_origins", format!("\"{text}\" is not the origin of a page as browsers send it; write \"https://app.example.com\", with a port unless it is 443, and nothing after it (http is for loopback only)"));
    }
}

/// What is served there is plain HTTP for whoever reaches it, so it must be where strangers do not.
fn operators_own(section: &Section<'_>, admin: SocketAddr, listen: Option<SocketAddr>) -> bool {
    let private = match admin.ip().to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    };
    if !private {
        section.mistake("admin_listen", format!("{admin} may be reachable from outside, and metrics are plain HTTP; give an address of loopback or of a private network"));
    }
    if listen == Some(admin) {
        section.mistake("admin_listen", "is the address of server.listen; give another port");
    }
    private && listen != Some(admin)
}

/// As a Host header: a name in ASCII or an address, IPv6 in brackets, perhaps with a port; or `*.` before a name.
fn can_be_sent(host: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let is_name = |name: &str| name.strip_suffix('.').unwrap_or(name).split('.').all(label);
    if let Some(domain) = host.strip_prefix("*.") {
        return is_name(domain);
    }
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_name(name),
    }
}

/// https, or http on loopback; no path, query or user: it is put before every path that we publish.
fn publishable(section: &Section<'_>, url: Url) -> Option<Url> {
    let anonymous = url.username().is_empty() && url.password().is_none();
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && anonymous;
    if !bare {
        section.mistake("public_url", "must be a scheme, a host and perhaps a port, nothing more");
        return None;
    }
    if !has_safe_scheme(&url) {
        section.mistake("public_url", "must be https (http is for loopback only)");
        return None;
    }
    Some(url)
}
