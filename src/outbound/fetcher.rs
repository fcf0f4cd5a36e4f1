//! One provider's door to the outside.

use super::body::{Body, Unreadable};
use super::{OutboundError, Proxy, network};
use crate::words::Network;
use crate::words::{Secret, has_safe_scheme, is_anonymous, is_localhost};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, redirect};
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
    /// Everything goes through it but what is in one of the allowed networks, and `localhost`.
    pub proxy: Option<Proxy>,
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
    direct: Client,
    proxied: Option<Client>,
    rules: Arc<OutboundRules>,
}

/// For the JSON documents that providers publish and people wait for.
const JSON: Bounds = Bounds { bytes: 1024 * 1024, time: Duration::from_secs(5), accept: "application/json" };

/// How long a name is looked up to see whether it is near, while a proxy would be asked otherwise.
const LOOK_AROUND: Duration = Duration::from_secs(1);

impl Fetcher {
    /// # Errors
    /// [`OutboundError::Authority`] when `ca_pem` holds no usable certificate, [`OutboundError::Client`] when the
    /// system's certificates cannot be loaded.
    pub fn new(rules: OutboundRules) -> Result<Self, OutboundError> {
        let rules = Arc::new(rules);
        let guarded = Client::builder().no_proxy().dns_resolver(Arc::new(GuardedResolver { rules: rules.clone() }));
        let direct = finish(guarded, &rules)?;
        let proxied = match &rules.proxy {
            Some(proxy) => {
                let through =
                    proxy.for_everything().map_err(|error| OutboundError::Client { reason: innermost(&error) })?;
                Some(finish(Client::builder().proxy(through), &rules)?)
            }
            None => None,
        };
        Ok(Self { direct, proxied, rules })
    }

    pub fn rules(&self) -> &OutboundRules {
        &self.rules
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
        let authorization = bearer.map(self::bearer).transpose()?;
        within(bounds, &host, async {
            let mut request = self.way_to(&url, &host).await?.get(url);
            if let Some(value) = authorization {
                request = request.header(AUTHORIZATION, value);
            }
            receive(request, &host, bounds).await
        })
        .await
    }

    /// Posts JSON, with a bearer token as in [`Fetcher::get_as`].
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn post_json(&self, url: &str, body: String, bearer: Option<&Secret>) -> Result<Answer, OutboundError> {
        let (url, host) = self.check(url)?;
        let authorization = bearer.map(self::bearer).transpose()?;
        within(&JSON, &host, async {
            let request = self.way_to(&url, &host).await?.post(url);
            let mut request = request.header(CONTENT_TYPE, "application/json").body(body);
            if let Some(value) = authorization {
                request = request.header(AUTHORIZATION, value);
            }
            receive(request, &host, &JSON).await
        })
        .await
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
        let authorization = basic_auth.map(|(id, secret)| {
            let [id, secret] = [id.as_bytes(), secret.expose()].map(|part| byte_serialize(part).collect::<String>());
            let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
                .expect("base64 is a header value");
            value.set_sensitive(true);
            value
        });
        within(&JSON, &host, async {
            let request = self.way_to(&url, &host).await?.post(url);
            let mut request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
            if let Some(value) = authorization {
                request = request.header(AUTHORIZATION, value);
            }
            receive(request, &host, &JSON).await
        })
        .await
    }

    /// The client for this URL. Without a proxy there is one. With one, what is near is still reached directly.
    async fn way_to(&self, url: &Url, host: &str) -> Result<&Client, OutboundError> {
        let (Some(proxied), Some(proxy)) = (&self.proxied, &self.rules.proxy) else { return Ok(&self.direct) };
        if self.is_near(url).await {
            return Ok(&self.direct);
        }
        if proxy.may_be_asked_for(host) {
            Ok(proxied)
        } else {
            Err(OutboundError::UnlistedHost { host: host.to_owned() })
        }
    }

    /// In one of the allowed networks, or this very machine. The direct way asks the address rule once more.
    async fn is_near(&self, url: &Url) -> bool {
        let allowed = |address: IpAddr| self.rules.allowed_networks.iter().any(|network| network.contains(address));
        match url.host() {
            Some(Host::Ipv4(address)) => allowed(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => allowed(IpAddr::V6(address)),
            Some(Host::Domain(name)) if is_localhost(name) => true,
            Some(Host::Domain(name)) if !self.rules.allowed_networks.is_empty() => {
                let found = tokio::time::timeout(LOOK_AROUND, tokio::net::lookup_host((name, 0))).await;
                found.is_ok_and(|found| found.is_ok_and(|mut found| found.any(|found| allowed(found.ip()))))
            }
            _ => false,
        }
    }

    /// The URL rules, and the address rule for hosts that are addresses: those never meet the resolver. The parser
    /// has already turned decimal, octal and hexadecimal spellings into plain addresses.
    fn check(&self, url: &str) -> Result<(Url, String), OutboundError> {
        let url = Url::parse(url).map_err(|_| OutboundError::Url)?;
        let host = url.host_str().ok_or(OutboundError::Url)?.to_owned();
        if !is_anonymous(&url) || url.fragment().is_some() {
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
        if literal.is_some_and(|address| !network::permitted(address, &self.rules.allowed_networks)) {
            return Err(OutboundError::RefusedAddress { host });
        }
        Ok((url, host))
    }
}

/// RFC 6750 §2.1.
fn bearer(token: &Secret) -> Result<HeaderValue, OutboundError> {
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token.expose()].concat());
    value.iter_mut().for_each(|value| value.set_sensitive(true));
    value.map_err(|_| OutboundError::Bearer)
}

/// Whichever way a client is to go, it trusts whom the rules say and follows nothing.
fn finish(client: ClientBuilder, rules: &OutboundRules) -> Result<Client, OutboundError> {
    let mut client = client.redirect(redirect::Policy::none()).pool_max_idle_per_host(1).user_agent("gatehouse");
    if let Some(pem) = &rules.ca_pem {
        let roots = Certificate::from_pem_bundle(pem.as_bytes())
            .map_err(|error| OutboundError::Authority { reason: innermost(&error) })?;
        if roots.is_empty() {
            return Err(OutboundError::Authority { reason: "it holds no certificate".to_owned() });
        }
        client = client.tls_certs_only(roots);
    }
    // Certificates are read only now; without any of our own, what failed is the system's.
    client.build().map_err(|error| match innermost(&error) {
        reason if rules.ca_pem.is_some() => OutboundError::Authority { reason },
        reason => OutboundError::Client { reason },
    })
}

async fn within<T>(
    bounds: &Bounds,
    host: &str,
    fetching: impl Future<Output = Result<T, OutboundError>>,
) -> Result<T, OutboundError> {
    let late = |_| OutboundError::TimeLimit { host: host.to_owned(), seconds: bounds.time.as_secs() };
    tokio::time::timeout(bounds.time, fetching).await.map_err(late)?
}

async fn receive(request: RequestBuilder, host: &str, bounds: &Bounds) -> Result<Answer, OutboundError> {
    let request = request.header(ACCEPT, bounds.accept).header(ACCEPT_ENCODING, "gzip");
    let mut response = request.send().await.map_err(|error| failure(&error, host))?;
    let status = response.status().as_u16();
    let to_host = || host.to_owned();
    if response.status().is_server_error() {
        return Err(OutboundError::ServerError { host: to_host(), status });
    }
    if response.status().is_redirection() {
        return Err(OutboundError::Redirect { host: to_host(), status });
    }
    // The announced length is only a hint, so the bytes are counted as they come, and again as they are unpacked.
    let unreadable = |unreadable| match unreadable {
        Unreadable::TooLarge => OutboundError::TooLarge { host: to_host(), limit: bounds.bytes },
        Unreadable::Encoding => OutboundError::Encoding { host: to_host() },
    };
    let mut body = Body::announced(response.headers(), bounds.bytes).map_err(unreadable)?;
    while let Some(piece) = response.chunk().await.map_err(|error| failure(&error, host))? {
        body.take(&piece).map_err(unreadable)?;
    }
    Ok(Answer { status, body: body.end().map_err(unreadable)? })
}

/// Resolves a name to the addresses that may be connected to; the connection uses exactly these.
struct GuardedResolver {
    rules: Arc<OutboundRules>,
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads only to addresses that may not be connected to")]
struct NoPermittedAddress;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.rules.clone();
        Box::pin(async move {
            let name = name.as_str();
            let found: Vec<_> = tokio::net::lookup_host((name, 0)).await?.collect();
            // It may be spoken to without TLS, so it must be what it says.
            let permitted: Vec<_> = found
                .into_iter()
                .filter(|found| network::permitted(found.ip(), &rules.allowed_networks))
                .filter(|found| !is_localhost(name) || found.ip().to_canonical().is_loopback())
                .collect();
            if permitted.is_empty() {
                return Err(NoPermittedAddress.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

fn failure(error: &reqwest::Error, host: &str) -> OutboundError {
    let host = host.to_owned();
    let mut causes = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |cause| cause.source());
    if causes.any(|cause| cause.is::<NoPermittedAddress>()) {
        return OutboundError::RefusedAddress { host };
    }
    OutboundError::Unreachable { host, reason: innermost(error) }
}

/// The last cause's own words: the outer ones repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes
        .last()
        .map_or_else(|| "the request could not be made".to_owned(), |cause| crate::trace::clip(&cause.to_string()))
}
