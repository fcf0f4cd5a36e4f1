//! `[[service]]`: resource services behind a proxy that asks for them.

use super::Section;
use crate::catalogue::{Draft, Payload, Placed, ProxyKind, Route, Service};
use crate::policy::Arn;
use crate::words::AccountId;

/// Whether there are any, right or wrong.
pub(super) fn read(root: &Section<'_>, draft: &mut Draft) -> bool {
    for section in root.sections("service", "name") {
        let name = section.required_string("name").filter(|name| {
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            if !fits {
                section.mistake("name", "has 1 to 64 letters, digits and . _ -, as it stands in a path");
            }
            fits
        });
        let account: Option<AccountId> = section.required_parsed("account");
        let host = section.required_string("host").filter(|host| is_signed_as(&section, host));
        section.required("proxy");
        let proxy = match section.choice("proxy", &["nginx", "envoy"]) {
            Some("nginx") => Some(ProxyKind::Nginx),
            Some(_) => Some(ProxyKind::Envoy),
            None => None,
        };
        let payload = match section.choice("payload", &["none", "hashed-by-proxy"]) {
            Some("hashed-by-proxy") => Payload::HashedByProxy,
            _ => Payload::Empty,
        };
        section.required("map");
        let routes = routes(&section, account);
        let origin = section.origin();
        section.finish();
        if let (Some(name), Some(account), Some(host), Some(proxy)) = (name, account, host, proxy) {
            draft.services.push(Placed { origin, value: Service { name, account, host, proxy, payload, routes } });
        }
    }
    root.has("service")
}

/// Clients sign the host as they send it: in small letters, without the port that the scheme has anyway.
fn is_signed_as(section: &Section<'_>, host: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b);
    let right = (1..=255).contains(&host.len())
        && host.bytes().all(fits)
        && ![":80", ":443"].iter().any(|port| host.ends_with(port));
    if !right {
        section.mistake("host", "must be what clients sign, as in \"files.example.com\": small letters, with a port unless that is 80 or 443");
    }
    right
}

fn routes(service: &Section<'_>, account: Option<AccountId>) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for section in service.sections("map", "path") {
        let route = route(&section, account);
        if let Some(route) = &route
            && let Some(former) = routes.iter().find(|former| former.meets(route))
        {
            section.mistake("path", format!("a request may be both {route} and {former}; which of them counts must not be a matter of order, so change one"));
        }
        section.finish();
        routes.extend(route);
    }
    if service.has("map") && routes.is_empty() {
        service.mistake("map", "covers no request; write [[service.map]] with method, path, action and resource");
    }
    routes
}

fn route(section: &Section<'_>, account: Option<AccountId>) -> Option<Route> {
    let (method, path) = (section.required_string("method"), section.required_string("path"));
    let (action, resource) = (section.required_string("action"), section.required_string("resource"));
    let (method, path, action, resource) = (method?, path?, action?, resource?);
    let named =
        Arn::parse(&resource).map(|arn| arn.account()).filter(|named| !named.is_empty() && !named.contains('{'));
    if let (Some(named), Some(account)) = (named, account)
        && named != account.as_str()
    {
        section.mistake(
            "resource",
            format!("is of the account {}, not of the service's, {account}", crate::trace::clip(named)),
        );
    }
    let refused = |(key, sentence): (&'static str, String)| section.mistake(key, sentence);
    Route::new(&method, &path, &action, &resource).map_err(refused).ok()
}
