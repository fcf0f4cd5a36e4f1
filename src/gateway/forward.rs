//! `/decide/forward/{service}`: proxies ask whether they may pass a request on. Answered at `server.forward_listen`, and
//! there nothing else is.
//!
//! What asks is a proxy, because nobody else reaches this place, and what it says in [`ADDRESS`] and the headers below it
//! is believed; it must have overwritten whatever a client sent under these names. In which form it tells of the
//! request is the service's configuration (`proxy`), never a matter of which headers are there:
//!
//! ```text
//! nginx   GET /decide/forward/files               method, target and body in X-Original-…
//! envoy   DELETE /decide/forward/files/own/a?b=c  the request's own method and target, below the prefix, and its body
//! ```
//!
//! A proxy of Envoy's form must itself refuse a target with a `#`, as Envoy does since 1.19.1: what reads HTTP here drops it
//! with all that follows, so that `/a#/../b` is decided about as `/a`.
//!
//! Names of headers that only a proxy or this place may say are refused when a client says them, and so are those that
//! servers take for them: CGI, WSGI and PHP read an underscore as a dash.
//!
//! 200 names the principal in headers, whose values are escaped: no name or tag can begin another header. 401 is whoever
//! is not known, 403 whoever may not, and what must not be asked. What cannot be found out now is a 503.

use super::guard::{host_of, tell_when};
use super::sts::signable;
use super::sts_error::{self, THROTTLING};
use super::sts_wire::Wire;
use crate::catalogue::{Payload, ProxyKind, Service};
use crate::sts::{self, ForwardError, Forwarded, FoundPrincipal, Sts, StsError};
use crate::trace::{Code, Trace, clip};
use crate::words::iso;
use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The client's address, without its port.
const ADDRESS: &str = "x-original-address";
const METHOD: &str = "x-original-method";
const TARGET: &str = "x-original-uri";
/// The client's Content-Length and Transfer-Encoding with a semicolon between them, which is there even where both are
/// not: a proxy that says nothing of bodies is not taken for one that says that there is none.
const BODY: &str = "x-original-body";
/// Of the body, in lower-case hexadecimal; where the service's configuration says that the proxy computes it.
const SHA256: &str = "x-original-content-sha256";

/// By these a server may be told another method or path than the one that was signed (CVE-2018-14773).
const OVERRIDES: [&str; 5] =
    ["x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"];

/// Headers that begin so are said by the proxy, or by this place.
const OURS: [&str; 2] = ["x-original-", "x-gatehouse-"];

const SHA256_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const PREFIX: &str = "/decide/forward/";

/// As they are, the names that AWS's have in common, and the separators of ARNs.
const NAME: &AsciiSet = &UNRESERVED.remove(b':').remove(b'/').remove(b'+').remove(b'=').remove(b',').remove(b'@');
/// RFC 3986's unreserved characters.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Everything that is served on `server.forward_listen`.
pub fn forward_router(sts: Arc<Sts>) -> Router {
    Router::new().fallback(answer).with_state(sts)
}

async fn answer(State(sts): State<Arc<Sts>>, request: Request) -> Response {
    let id = sts.random.uuid_at(sts.clock.now());
    // Nothing of the body is read: that there is one is all that matters.
    let (parts, body) = request.into_parts();
    let mut response = match asked_for(&sts, &parts) {
        Some((service, below)) => decide(&sts, service, below, &parts, body.is_end_stream(), id.clone()).await,
        None => (StatusCode::NOT_FOUND, "Here is nothing but /decide/forward/ and the name of a [[service]].\n")
            .into_response(),
    };
    let (status, headers) = (response.status(), response.headers_mut());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    tell_when(status, headers);
    headers.extend(plain("x-amzn-requestid", &id));
    response
}

/// The service, and what follows its name in the target.
fn asked_for<'a>(sts: &'a Sts, parts: &'a Parts) -> Option<(&'a Service, &'a str)> {
    let target = parts.uri.path_and_query()?.as_str().strip_prefix(PREFIX)?;
    let (name, below) = target.split_at(target.find(['/', '?']).unwrap_or(target.len()));
    let service = sts.catalogue.service(name)?;
    let fits = match service.proxy {
        ProxyKind::Nginx => below.is_empty() && parts.method == Method::GET,
        ProxyKind::Envoy => below.starts_with('/'),
    };
    fits.then_some((service, below))
}

async fn decide(sts: &Sts, service: &Service, below: &str, parts: &Parts, bodiless: bool, id: String) -> Response {
    let address = said(&parts.headers, ADDRESS).and_then(|text| text.parse::<IpAddr>().map_err(|_| silent(ADDRESS)));
    // Whoever is not told of is nobody's.
    let source = address.as_ref().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::to_canonical);
    if !sts.limits.source(source.into(), sts.clock.steady()) {
        sts.metrics.refused(Code::LimitsSource);
        return Wire::Json.error(StatusCode::TOO_MANY_REQUESTS, THROTTLING.0, THROTTLING.1, &id);
    }
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let (trace, now, region) = (Trace::new(id.clone()), sts.clock.now(), sts.region.clone());
    let mut request = sts::Request { trace, now, source, user_agent, over_tls: false, host: None, region };
    let told = address.and_then(|_| told(service, below, parts, bodiless));
    let found = match told {
        Ok(forwarded) => sts.forward(service, &forwarded, &mut request).await,
        Err(error) => {
            let error = StsError::from(error);
            sts.note_refusal(&error, &mut request);
            Err(error)
        }
    };
    match found {
        Ok(principal) => (StatusCode::OK, named(&principal)).into_response(),
        Err(error) => refused(&error, &id),
    }
}

/// The request as the proxy tells of it.
fn told<'a>(
    service: &Service,
    below: &'a str,
    parts: &'a Parts,
    bodiless: bool,
) -> Result<Forwarded<'a>, ForwardError> {
    let headers = &parts.headers;
    let (method, target, bodiless) = match service.proxy {
        ProxyKind::Envoy => (parts.method.as_str(), below, bodiless),
        ProxyKind::Nginx => {
            let (method, target) = (said(headers, METHOD)?, said(headers, TARGET)?);
            let (length, encoding) = said(headers, BODY)?.split_once(';').ok_or(silent(BODY))?;
            (method, target, bodiless && matches!(length, "" | "0") && encoding.is_empty())
        }
    };
    let host = host_of(parts.uri.authority().map(|a| a.as_str()), headers).unwrap_or_default();
    if host != service.host {
        let (name, expected) = (service.name.clone(), service.host.clone());
        return Err(ForwardError::Host { service: name, expected, received: clip(host) });
    }
    let forbidden = |name: &HeaderName| is_override(name.as_str()) && !is_the_proxys(service, name.as_str());
    if let Some(header) = headers.keys().find(|name| forbidden(name)) {
        return Err(ForwardError::Override(clip(header.as_str())));
    }
    let payload_sha256 = match service.payload {
        Payload::HashedByProxy => said(headers, SHA256)?,
        Payload::Empty if bodiless => SHA256_OF_NOTHING,
        Payload::Empty => return Err(ForwardError::Body),
    };
    Ok(Forwarded { method, target, headers: signable(headers, &parts.uri), payload_sha256 })
}

/// Whether some server takes it for another method, path, client or principal than the ones that are decided about.
fn is_override(name: &str) -> bool {
    let name = name.replace('_', "-");
    OVERRIDES.contains(&&*name) || OURS.iter().any(|ours| name.starts_with(ours))
}

/// What the proxy sets in the service's form, where a client's own would have been overwritten.
fn is_the_proxys(service: &Service, name: &str) -> bool {
    match name {
        ADDRESS => true,
        METHOD | TARGET | BODY => service.proxy == ProxyKind::Nginx,
        SHA256 => service.payload == Payload::HashedByProxy,
        _ => false,
    }
}

/// What the proxy says under this name. A client's own beside it would be a second one.
fn said<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, ForwardError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
    value.filter(|_| values.next().is_none()).ok_or(silent(name))
}

fn silent(name: &'static str) -> ForwardError {
    ForwardError::ProxySilent(name)
}

/// All of them, always: what is not known of the principal is empty, so that a proxy that copies what it is told leaves
/// nothing in its place that a client sent.
fn named(principal: &FoundPrincipal) -> HeaderMap {
    let FoundPrincipal { arn, account, user_id, tags, source_identity, expires, session_name } = principal;
    let name = |text: &str| utf8_percent_encode(text, NAME).to_string();
    let word = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{}={}", word(key), word(value))).collect();
    let told = [
        ("x-gatehouse-principal", name(arn)),
        ("x-gatehouse-account", account.to_string()),
        ("x-gatehouse-user-id", name(user_id)),
        ("x-gatehouse-session-name", session_name.as_deref().map(name).unwrap_or_default()),
        ("x-gatehouse-source-identity", source_identity.as_deref().map(name).unwrap_or_default()),
        ("x-gatehouse-tags", pairs.join("&")),
        ("x-gatehouse-expires", expires.map(iso).unwrap_or_default()),
    ];
    told.into_iter().filter_map(|(header, text)| plain(header, &text)).collect()
}

fn plain(name: &'static str, text: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_static(name), HeaderValue::from_str(text).ok()?))
}

/// The reason stands in headers as well, because proxies throw the body away.
fn refused(error: &StsError, id: &str) -> Response {
    let (status, code, sentence) = sts_error::said(error, "Decide");
    let status = match status {
        _ if error.leaves_nobody() => StatusCode::UNAUTHORIZED,
        unable if unable.is_server_error() => unable,
        _ if code == THROTTLING.0 => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::FORBIDDEN,
    };
    let mut response = Wire::Json.error(status, code, &sentence, id);
    let headers = response.headers_mut();
    headers.extend(plain("x-gatehouse-reason", code));
    if let StsError::CallerDenied { encoded, .. } = error {
        headers.extend(plain("x-gatehouse-encoded-message", encoded));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("AWS4-HMAC-SHA256"));
    }
    response
}
