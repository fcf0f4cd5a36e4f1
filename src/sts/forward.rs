//! A proxy asks about a request that it received for a service: who signed it, and may they do what it comes to?
//!
//! The same question as in [`decide`](super::decide), put by a proxy in the name of a service that the configuration knows. What
//! is asked follows from the method and the path alone, so nothing that a client adds to its request changes the question.
//! A path that two programs could read in two ways is refused before its signature is looked at; what no route of the
//! service covers, only after that: what there is here is for those who are known.

use super::audit::{Asker, Event, Who};
use super::decide::{FoundPrincipal, NAME};
use super::service::Request;
use super::{Sts, StsError};
use crate::catalogue::Service;
use crate::policy::Context;
use crate::sigv4::RawRequest;
use crate::trace::{Code, Refusal, clip};
use crate::trust::{ServiceAsks, Surroundings, VerifiedCaller};
use crate::words::{NotPlain, PlainPath};
use percent_encoding::percent_decode_str;

/// A request as a client sent it, as its proxy tells. Nothing of it has been verified.
pub struct Forwarded<'a> {
    pub method: &'a str,
    /// Path and query, as they were sent.
    pub target: &'a str,
    /// Names in lower case, the host among them.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// Of the body, as the proxy knows it.
    pub payload_sha256: &'a str,
}

/// Why a request is turned back that may be well signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    #[error("the proxy does not tell {0} as it must: its configuration leaves it out, or the client sent it as well")]
    ProxySilent(&'static str),
    #[error("the request is for the host \"{received}\", and the service {service} is {expected}")]
    Host { service: String, expected: String, received: String },
    #[error(
        "the request has the header {0}, from which some servers take another method, path or principal than the one that is decided about"
    )]
    Override(String),
    #[error(
        "the query has the parameter _method, from which some servers take another method than the one that was signed"
    )]
    MethodParameter,
    #[error("the request has a body whose hash nobody has computed")]
    Body,
    #[error("{0}")]
    Path(#[from] NotPlain),
    #[error("the query has a character that must be escaped there")]
    Query,
    #[error("no [[service.map]] of {service} covers {method} {path}")]
    NotMapped { service: String, method: String, path: String },
    #[error("the principal's tags have {bytes} bytes, and a header takes {MOST_TAGS}")]
    TagsTooLong { bytes: usize },
}

/// Keys and values together, in bytes. Escaped they are up to three times as long, and proxies have small buffers for
/// headers. A service that heard of some tags only could allow what it should not.
const MOST_TAGS: usize = 2_048;

impl Sts {
    /// # Errors
    /// What is wrong with the request, its signature, or why its principal may not. It is in the book or counted.
    pub async fn forward(
        &self,
        service: &Service,
        forwarded: &Forwarded<'_>,
        request: &mut Request,
    ) -> Result<FoundPrincipal, StsError> {
        let found = self.find_forwarded(service, forwarded, request).await;
        if let Err(error) = &found {
            self.note_refusal(error, request);
        }
        found
    }

    async fn find_forwarded(
        &self,
        service: &Service,
        forwarded: &Forwarded<'_>,
        request: &mut Request,
    ) -> Result<FoundPrincipal, StsError> {
        let (path, query) = forwarded.target.split_once('?').unwrap_or((forwarded.target, ""));
        let plain = PlainPath::parse(path).map_err(ForwardError::Path)?;
        if query.bytes().any(|b| !b.is_ascii_graphic() || b == b'#') {
            return Err(ForwardError::Query.into());
        }
        if query.split(['&', ';']).any(names_a_method) {
            return Err(ForwardError::MethodParameter.into());
        }
        let Forwarded { method, headers, payload_sha256, .. } = forwarded;
        let raw = RawRequest { method, path, query, headers, body: &[] };
        let (caller, region) = match self.received_from(raw, payload_sha256, request) {
            Ok(signed) => signed,
            Err(error) => return Err(self.turn_former_away(NAME, error, request).await),
        };
        self.paced(&caller.counted_as())?;
        let Some((action, resource)) = service.question(method, &plain) else {
            let (named, method, path) = (service.name.clone(), clip(method), clip(path));
            let error = ForwardError::NotMapped { service: named, method, path };
            return Err(self.turn_principal_back(&caller, service, None, error, request).await);
        };
        let found = self.found(&caller);
        let bytes = found.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MOST_TAGS {
            let (asked, error) = (Some((action, &*resource)), ForwardError::TagsTooLong { bytes });
            return Err(self.turn_principal_back(&caller, service, asked, error, request).await);
        }
        let context = Context::new();
        let (account, region) = (service.account, &*region);
        let asks = ServiceAsks { action, resource: &resource, account, policy: None, region, context: &context };
        // Whether it came over TLS is the proxy's to know; for which region it is signed, the question says.
        let around = Surroundings { over_tls: None, region: None, ..request.surroundings() };
        match self.rule(Asker::Proxied(service), &caller, &asks, &around, request).await?.denied {
            None => Ok(found),
            Some(denied) => Err(denied),
        }
    }

    /// Somebody known whose request cannot be put to their policies.
    async fn turn_principal_back(
        &self,
        principal: &VerifiedCaller,
        service: &Service,
        asked: Option<(&str, &str)>,
        error: ForwardError,
        request: &Request,
    ) -> StsError {
        let who = Who::AskedAbout { principal, asker: Asker::Proxied(service), asked };
        self.deny(&Event { name: NAME, who, role: "", request }, error.into()).await
    }
}

/// Whether the parameter is `_method`, by which Symfony and Laravel take a POST for another method. PHP reads `.method`,
/// `+_method[]` and `_method%00x` as the same.
fn names_a_method(parameter: &str) -> bool {
    let key = parameter.split('=').next().unwrap_or_default().replace('+', " ");
    let decoded: Vec<u8> = percent_decode_str(&key).collect();
    let name = decoded.split(|b| matches!(b, b'[' | b'\0')).next().unwrap_or_default().trim_ascii_start();
    name.split_first().is_some_and(|(first, rest)| b"_.".contains(first) && rest.eq_ignore_ascii_case(b"method"))
}

impl ForwardError {
    /// Whether it was found out about somebody whose signature held.
    pub(super) fn is_of_a_principal(&self) -> bool {
        matches!(self, Self::NotMapped { .. } | Self::TagsTooLong { .. })
    }
}

impl Refusal for ForwardError {
    fn code(&self) -> Code {
        match self {
            Self::ProxySilent(_) => Code::ForwardProxySilent,
            Self::Host { .. } => Code::ForwardHost,
            Self::Override(_) | Self::MethodParameter => Code::ForwardOverride,
            Self::Body => Code::ForwardBody,
            Self::Path(_) => Code::ForwardPath,
            Self::Query => Code::ForwardQuery,
            Self::NotMapped { .. } => Code::ForwardNotMapped,
            Self::TagsTooLong { .. } => Code::ForwardTagsTooLong,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Host { expected, .. } => Some(expected.clone()),
            Self::TagsTooLong { .. } => Some(format!("at most {MOST_TAGS} bytes")),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Host { received, .. } => Some(received.clone()),
            Self::NotMapped { method, path, .. } => Some(format!("{method} {path}")),
            Self::TagsTooLong { bytes } => Some(format!("{bytes} bytes")),
            _ => None,
        }
    }
}
