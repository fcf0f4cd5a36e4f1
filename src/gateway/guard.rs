//! What holds for every request: a Host that is ours, and security headers on its answer.

use super::turned_away::turned_away;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use url::Url;

/// Marks a response whose own policy says who may frame it.
#[derive(Clone)]
pub(super) struct Framed;

/// Marks a page with the script of the console: its policy lets that in.
#[derive(Clone)]
pub(super) struct Scripted;

/// What the outside may call us, and what pages may do.
pub(super) struct Guard {
    own_host: String,
    further_hosts: Vec<String>,
    default_port: &'static str,
    public_url: String,
    /// What every answer says, whatever its handler says.
    fixed: Vec<(HeaderName, HeaderValue)>,
    content_security_policy: HeaderValue,
    with_script: HeaderValue,
}

/// How many headers an answer gets here and on its way out.
pub(super) const ADDED: usize = 10;

impl Guard {
    pub(super) fn new(public_url: &Url, further: &[String], destinations: &[Url]) -> Self {
        let name = public_url.host_str().unwrap_or_default().to_ascii_lowercase();
        let own_host = public_url.port().map_or(name.clone(), |port| format!("{name}:{port}"));
        // A form's answer may redirect to a destination; browsers hold that against form-action as well.
        let outside: String =
            destinations.iter().map(|url| format!(" {}", url.origin().ascii_serialization())).collect();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{outside}; base-uri 'none'; frame-ancestors 'none'"
        );
        let with_script = format!("{policy}; script-src 'self'");
        let is_https = public_url.scheme() == "https";
        let fixed = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ];
        let strict_transport = is_https.then_some((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
        let fixed = fixed.into_iter().chain(strict_transport);
        Self {
            own_host,
            further_hosts: further.to_vec(),
            default_port: if is_https { ":443" } else { ":80" },
            public_url: public_url.to_string(),
            fixed: fixed.map(|(name, value)| (name, HeaderValue::from_static(value))).collect(),
            content_security_policy: HeaderValue::from_str(&policy).expect("origins are ASCII"),
            with_script: HeaderValue::from_str(&with_script).expect("origins are ASCII"),
        }
    }

    /// Refuses a request that was meant for somebody else (threats: Host poisoning, DNS rebinding).
    pub(super) fn misdirected(&self, request: &Request, id: &str) -> Option<Response> {
        let host = host_of(request.uri().authority().map(|a| a.as_str()), request.headers());
        if host.is_some_and(|host| self.answers_to(host)) {
            return None;
        }
        let sentence =
            format!("This gateway is {}. Send the request there, or add the host to server.hosts.", self.public_url);
        let said = (StatusCode::MISDIRECTED_REQUEST, "MisdirectedRequest", sentence.as_str());
        Some(turned_away(request.uri().path(), request.headers(), said, id))
    }

    /// Gives an answer the headers that every answer has.
    pub(super) fn dress(&self, response: &mut Response) {
        let is_framed = response.extensions().get::<Framed>().is_some();
        let is_scripted = response.extensions().get::<Scripted>().is_some();
        let (status, headers) = (response.status(), response.headers_mut());
        headers.reserve(ADDED);
        for (name, value) in &self.fixed {
            headers.insert(name, value.clone());
        }
        if !is_framed {
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        let policy = if is_scripted { &self.with_script } else { &self.content_security_policy };
        // A page that takes something to a provider has a policy of its own.
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| policy.clone());
        tell_when(status, headers);
        // Whatever says nothing else may show a secret or a person: it is kept nowhere.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }

    /// Our own name, with its port unless that is the scheme's; or a listed one, on any port unless it names one.
    fn answers_to(&self, host: &str) -> bool {
        let own = host.strip_suffix(self.default_port).unwrap_or(host);
        own.eq_ignore_ascii_case(&self.own_host) || self.lists(&own.to_ascii_lowercase())
    }

    fn lists(&self, host: &str) -> bool {
        let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let name = port.map_or(host, |(name, _)| name);
        self.further_hosts.iter().any(|ours| match ours.strip_prefix("*.") {
            Some(domain) => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == domain),
            None => ours == host || ours == name,
        })
    }
}

/// Whoever is to come again is told when.
pub(super) fn tell_when(status: StatusCode, headers: &mut HeaderMap) {
    if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
    }
}

/// HTTP/2 names the host in the request's authority, HTTP/1.1 in exactly one header.
pub(super) fn host_of<'a>(authority: Option<&'a str>, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    let header = named.next().and_then(|value| value.to_str().ok());
    if named.next().is_some() {
        return None;
    }
    match (authority, header) {
        (Some(authority), Some(header)) if !authority.eq_ignore_ascii_case(header) => None,
        (Some(authority), _) => Some(authority),
        (None, header) => header,
    }
}
