//! One provider's door to the outside.

use super::{Network, OutboundError, network};
use crate::words::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, redirect};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::form_urlencoded::byte_serialize;
use url::{Host, Url};

/// What one provider's fetches may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundRules {
    /// Private or loopback networks that may be reached besides public addresses.
    pub allowed_networks: Vec<Network>,
    /// PEM certificates that are trusted *instead of* the system's: a provider with a private CA is not vouched for by
    /// any other.
    pub ca_pem: Option<String>,
}

/// An answer below 300 or of the 4xx kind, with its whole body.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// How much of an answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub bytes: usize,
    /// From the first byte of the question to the last of the answer.
    pub time: Duration,
    /// Which kinds of documents are asked for.
    pub accept: &'static str,
}

#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    allowed: Arc<[Network]>,
}

/// For the JSON documents that providers publish and people wait for.
const JSON: Bounds = Bounds { bytes: 1024 * 1024, time: Duration::from_secs(5), accept: "application/json" };

impl Fetcher {
    /// # Errors
    /// [`OutboundError::Authority`] when `ca_pem` holds no usable certificate, [`OutboundError::Client`] when the
    /// system's certificates cannot be loaded.
    pub fn new(rules: OutboundRules) -> Result<Self, OutboundError> {
        let allowed: Arc<[Network]> = rules.allowed_networks.into();
        let mut client = Client::builder()
            .dns_resolver(Arc::new(GuardedResolver { allowed: allowed.clone() }))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(JSON.time)
            .pool_max_idle_per_host(1)
            .user_agent("gatehouse");
        let private_authority = rules.ca_pem.is_some();
        if let Some(pem) = rules.ca_pem {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .map_err(|error| OutboundError::Authority { reason: innermost(&error) })?;
            if roots.is_empty() {
                return Err(OutboundError::Authority { reason: "it holds no certificate".to_owned() });
            }
            client = client.tls_certs_only(roots);
        }
        // Certificates are read only now; without any of our own, what failed is the system's.
        let client = client.build().map_err(|error| match innermost(&error) {
            reason if private_authority => OutboundError::Authority { reason },
            reason => OutboundError::Client { reason },
        })?;
        Ok(Self { client, allowed })
    }

    /// # Errors
    /// Every [`OutboundError`] but the first two; an answer of 4xx is an [`Answer`].
    pub async fn get(&self, url: &str) -> Result<Answer, OutboundError> {
        self.get_within(url, &JSON).await
    }

    /// [`Fetcher::get`] for documents of another size.
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn get_within(&self, url: &str, bounds: &Bounds) -> Result<Answer, OutboundError> {
        self.get_as(url, None, bounds).await
    }

    /// [`Fetcher::get_within`] with a bearer token (RFC 6750 §2.1), which must be of characters that a header may have.
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn get_as(&self, url: &str, bearer: Option<&Secret>, bounds: &Bounds) -> Result<Answer, OutboundError> {
        let (url, host) = self.check(url)?;
        let mut request = self.client.get(url);
        if let Some(token) = bearer {
            let value = [b"Bearer ", token.expose()].concat();
            let mut value = HeaderValue::from_bytes(&value).map_err(|_| OutboundError::Bearer)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        send(request, host, bounds).await
    }

    /// Posts `application/x-www-form-urlencoded`. `basic_auth` is a client id and its secret, sent as RFC 6749 §2.3.1
    /// wants them: each form-encoded before they are joined.
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn post_form(
        &self,
        url: &str,
        body: String,
        basic_auth: Option<(&str, &Secret)>,
    ) -> Result<Answer, OutboundError> {
        let (url, host) = self.check(url)?;
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        if let Some((id, secret)) = basic_auth {
            let [id, secret] = [id.as_bytes(), secret.expose()].map(|part| byte_serialize(part).collect::<String>());
            let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
                .expect("base64 is a header value");
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        send(request, host, &JSON).await
    }

    /// The URL rules, and the address rule for hosts that are addresses: those never meet the resolver. The parser
    /// has already turned decimal, octal and hexadecimal spellings into plain addresses.
    fn check(&self, url: &str) -> Result<(Url, String), OutboundError> {
        let url = Url::parse(url).map_err(|_| OutboundError::Url)?;
        let host = url.host_str().ok_or(OutboundError::Url)?.to_owned();
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(OutboundError::Url);
        }
        if !has_safe_scheme(&url) {
            return Err(OutboundError::Scheme { host });
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if literal.is_some_and(|address| !network::permitted(address, &self.allowed)) {
            return Err(OutboundError::RefusedAddress { host });
        }
        Ok((url, host))
    }
}

async fn send(request: RequestBuilder, host: String, bounds: &Bounds) -> Result<Answer, OutboundError> {
    let request = request.header(ACCEPT, bounds.accept).timeout(bounds.time);
    let mut response = request.send().await.map_err(|error| failure(error, &host, bounds))?;
    let status = response.status().as_u16();
    if response.status().is_server_error() {
        return Err(OutboundError::ServerError { host, status });
    }
    if response.status().is_redirection() {
        return Err(OutboundError::Redirect { host, status });
    }
    // The announced length is only a hint, so the bytes are counted as they come. Bodies are never decompressed
    // here, which makes the cap hold for what is read from them as well.
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(error, &host, bounds))? {
        if body.len() + chunk.len() > bounds.bytes {
            return Err(OutboundError::TooLarge { host, limit: bounds.bytes });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// https anywhere; http where no network lies between: a loopback address or the name `localhost`.
pub(crate) fn has_safe_scheme(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// Resolves a name to the addresses that may be connected to; the connection uses exactly these.
struct GuardedResolver {
    allowed: Arc<[Network]>,
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads only to addresses that may not be connected to")]
struct NoPermittedAddress;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allowed.clone();
        Box::pin(async move {
            let name = name.as_str();
            let found: Vec<_> = tokio::net::lookup_host((name, 0)).await?.collect();
            // `localhost` may be spoken to without TLS, so it must be what it says.
            let permitted: Vec<_> = found
                .into_iter()
                .filter(|found| network::permitted(found.ip(), &allowed))
                .filter(|found| name != "localhost" || found.ip().to_canonical().is_loopback())
                .collect();
            if permitted.is_empty() {
                return Err(NoPermittedAddress.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

fn failure(error: reqwest::Error, host: &str, bounds: &Bounds) -> OutboundError {
    let host = host.to_owned();
    let mut causes = std::iter::successors(Some(&error as &(dyn std::error::Error + 'static)), |cause| cause.source());
    if causes.any(|cause| cause.is::<NoPermittedAddress>()) {
        return OutboundError::RefusedAddress { host };
    }
    if error.is_timeout() {
        return OutboundError::TimeLimit { host, seconds: bounds.time.as_secs() };
    }
    OutboundError::Unreachable { host, reason: innermost(&error) }
}

/// The last cause's own words: the outer ones repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes
        .last()
        .map_or_else(|| "the request could not be made".to_owned(), |cause| crate::trace::clip(&cause.to_string()))
}
