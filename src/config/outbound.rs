//! Whom Gatehouse asks outside, and by which way: `[outbound]`, the addresses that are asked, and the rules for asking them.

use super::Section;
use crate::outbound::{OutboundRules, Proxy};
use crate::words::{is_localhost, may_be_asked};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The proxy and the hosts that it may be asked for besides those that providers are configured with.
pub(super) fn read(root: &Section<'_>) {
    let Some(section) = root.section("outbound") else { return };
    let proxy = section
        .secret("proxy")
        .and_then(|address| Proxy::parse(&address).map_err(|error| section.mistake("proxy", error.to_string())).ok());
    let hosts = section.strings("hosts");
    if section.has("hosts") && !section.has("proxy") {
        section.mistake("hosts", "is about what a proxy may be asked for, and there is none; remove it");
    }
    for host in &hosts {
        let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !host.split('.').all(label) {
            let sentence = format!("\"{}\" is not a host name, as in \"keys.example.com\"", crate::trace::clip(host));
            section.mistake("hosts", sentence);
        }
    }
    if let Some(proxy) = proxy {
        let _ = root.reading.proxy.set(hosts.iter().fold(proxy, |proxy, host| proxy.and_for(host)));
    }
    section.finish();
}

/// One to fetch from or to post to.
pub(super) fn address(table: &Section<'_>, key: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(may_be_asked);
    if url.is_none() {
        table.mistake(key, "must be an https address without user name and fragment; http only on a loopback host");
    }
    url
}

/// One that paths and parameters are put behind.
pub(super) fn base(table: &Section<'_>, key: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| may_be_asked(url) && url.query().is_none());
    if url.is_none() {
        let sentence = "must be an https address without user name, query and fragment; http only on a loopback host";
        table.mistake(key, sentence);
    }
    url
}

/// http is for loopback alone, and loopback for those who say so: whoever is asked there is a program on this machine.
pub(super) fn is_listed_if_plain(section: &Section<'_>, key: &str, url: &str, rules: &OutboundRules) -> bool {
    let addresses = match Url::parse(url).ok().filter(|url| url.scheme() == "http").as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
        Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
        Some(Host::Domain(name)) if is_localhost(name) => {
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
        }
        _ => return true,
    };
    let listed = |address: &IpAddr| rules.allowed_networks.iter().any(|network| network.contains(*address));
    let is_listed = addresses.iter().any(listed);
    if !is_listed {
        let sentence = "is http on loopback; list its address, as in allowed_networks = [\"127.0.0.1\"], or use https";
        section.mistake(key, sentence);
    }
    is_listed
}

/// `ca`, `allowed_networks` and the proxy: what fetching from these URLs, and what they lead to, may do.
pub(super) fn rules(section: &Section<'_>, named: &[&str]) -> OutboundRules {
    let ca = section.section("ca").map(|source| {
        source.required("file");
        let pem = source.file_text("file", 1024 * 1024);
        source.finish();
        pem
    });
    let hosts = named.iter().filter_map(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
    let proxy = section.reading.proxy.get().cloned().map(|proxy| hosts.fold(proxy, |proxy, host| proxy.and_for(&host)));
    OutboundRules { allowed_networks: section.all_parsed("allowed_networks"), ca_pem: ca.flatten(), proxy }
}
