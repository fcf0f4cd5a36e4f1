//! Every way in which a signed request fails, in the order of the checks.
//!
//! The sentences here are for the trace. [`SigError::aws_message`] has the text that AWS answers in the same case and
//! that SDKs and people know. No variant holds a signature, a session token or a body.

use crate::trace::{Code, Refusal};
use crate::words::basic;
use time::{Duration, OffsetDateTime};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigError {
    #[error("the request's {what} is longer than the {most} allowed")]
    Limit { what: &'static str, most: usize },
    #[error("the request's {what} holds what HTTP does not allow there")]
    RequestForm { what: &'static str },
    #[error("the request has a broken percent escape: \"%{rest}\"")]
    Escape { rest: String },
    #[error("the request is not signed")]
    Missing,
    #[error("the request is authenticated by its Authorization header and by its query")]
    Both,
    #[error("the signature algorithm \"{algorithm}\" is not accepted")]
    Algorithm { algorithm: String },
    #[error("a part of the Authorization header has no equals sign")]
    Pair,
    #[error("the authentication parameter {name} is there twice")]
    RepeatedParameter { name: &'static str },
    #[error("the authentication parameter \"{name}\" is not known")]
    UnknownParameter { name: String },
    #[error("the Authorization header lacks {}", .missing.join(", "))]
    IncompleteHeader { missing: Vec<&'static str> },
    #[error("the signed query lacks {}", .missing.join(", "))]
    IncompleteQuery { missing: Vec<&'static str> },
    #[error("the signature is not 64 lower-case hexadecimal digits")]
    SignatureForm,
    #[error("SignedHeaders is not a sorted list of different lower-case header names: \"{list}\"")]
    SignedHeaders { list: String },
    #[error("the host header is not signed")]
    HostUnsigned,
    #[error("the header {name} was sent but not signed")]
    UnsignedHeader { name: String },
    #[error("the header {name} is listed as signed but was not sent")]
    SignedHeaderAbsent { name: String },
    #[error("the header {name} is there more than once")]
    DuplicateHeader { name: String },
    #[error("the date \"{date}\" is not of the form 20260102T030405Z")]
    Date { date: String },
    #[error("the request tells two different times, {signed} and \"{other}\"")]
    DatesDiffer { signed: String, other: String },
    #[error("the request was signed at {}, more than 15 minutes ago", basic(*.signed_at))]
    Expired { signed_at: OffsetDateTime, now: OffsetDateTime },
    #[error("the request was signed at {}, more than 15 minutes from now", basic(*.signed_at))]
    NotYetCurrent { signed_at: OffsetDateTime, now: OffsetDateTime },
    #[error("the credential is not an access key id with a four-part scope: \"{credential}\"")]
    Credential { credential: String },
    #[error("the credential scope does not fit: {}", sentences(.faults))]
    Scope { faults: Vec<ScopeFault> },
    #[error("the session token is in the query and in a header")]
    TwoSessionTokens,
    #[error("the session token is empty, too long or not printable text")]
    SessionTokenForm,
    #[error(
        "the payload hash \"{value}\" is not the SHA-256 of a whole body; unsigned and streaming payloads are refused"
    )]
    PayloadUnsupported { value: String },
    #[error("x-amz-content-sha256 is not the hash of the body that came")]
    PayloadMismatch { computed: String, claimed: String },
    #[error("the signature does not match")]
    Mismatch,
}

/// What of a credential scope does not fit. All of them are reported together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeFault {
    #[error("Credential should be scoped to a valid region, not '{region}'. ")]
    Region { region: String },
    #[error("Credential should be scoped to correct service: '{expected}'. ")]
    Service { expected: String, received: String },
    #[error("Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. ")]
    Terminator { terminator: String },
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
         '{received}' != '{expected}', from '{signed_at}'. "
    )]
    Date { received: String, expected: String, signed_at: String },
}

/// How far a request's clock may be from ours, either way.
pub(super) const SKEW: Duration = Duration::minutes(15);

impl SigError {
    /// AWS's own text for this failure; empty where AWS sends none. Which status and error code goes with it is the
    /// gateway's choice.
    pub fn aws_message(&self) -> String {
        match self {
            Self::Escape { rest } if rest.len() < 2 => "Incomplete trailing escape % sequence".to_owned(),
            Self::Escape { rest } => format!("Illegal hex character in escape % pattern: %{rest}"),
            Self::Missing => "Request is missing Authentication Token".to_owned(),
            Self::Both => String::new(),
            Self::Algorithm { algorithm } => format!("Unsupported AWS 'algorithm': '{algorithm}'"),
            Self::Pair => "Invalid key=value pair (missing equal-sign) in Authorization header".to_owned(),
            Self::IncompleteHeader { missing } => header_requires(missing),
            Self::IncompleteQuery { missing } => {
                let parts: String =
                    missing.iter().map(|name| format!("AWS query-string parameters must include '{name}'. ")).collect();
                format!("{parts}Re-examine the query-string parameters.")
            }
            Self::HostUnsigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned()
            }
            Self::Date { date } => format!(
                "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ),
            Self::Expired { signed_at, now } => format!(
                "Signature expired: {} is now earlier than {} ({} - 15 min.)",
                basic(*signed_at),
                basic(*now - SKEW),
                basic(*now)
            ),
            Self::NotYetCurrent { signed_at, now } => format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                basic(*signed_at),
                basic(*now + SKEW),
                basic(*now)
            ),
            Self::Credential { credential } => format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            ),
            Self::Scope { faults } => sentences(faults),
            Self::SignatureForm | Self::PayloadMismatch { .. } | Self::Mismatch => MISMATCH.to_owned(),
            Self::Limit { .. }
            | Self::RequestForm { .. }
            | Self::RepeatedParameter { .. }
            | Self::UnknownParameter { .. }
            | Self::SignedHeaders { .. }
            | Self::UnsignedHeader { .. }
            | Self::SignedHeaderAbsent { .. }
            | Self::DuplicateHeader { .. }
            | Self::DatesDiffer { .. }
            | Self::TwoSessionTokens
            | Self::SessionTokenForm
            | Self::PayloadUnsupported { .. } => format!("{self}."),
        }
    }
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";

fn header_requires(missing: &[&str]) -> String {
    let parts: Vec<String> = missing
        .iter()
        .map(|name| match *name {
            "X-Amz-Date" => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned()
            }
            name => format!("Authorization header requires '{name}' parameter."),
        })
        .collect();
    parts.join(" ")
}

fn sentences(faults: &[ScopeFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<String>().trim_end().to_owned()
}

impl Refusal for SigError {
    fn code(&self) -> Code {
        match self {
            Self::Limit { .. } => Code::SigLimit,
            Self::RequestForm { .. } => Code::SigRequestForm,
            Self::Escape { .. } => Code::SigEscape,
            Self::Missing => Code::SigMissing,
            Self::Both => Code::SigBoth,
            Self::Algorithm { .. } => Code::SigAlgorithm,
            Self::Pair => Code::SigPair,
            Self::RepeatedParameter { .. } => Code::SigRepeatedParameter,
            Self::UnknownParameter { .. } => Code::SigUnknownParameter,
            Self::IncompleteHeader { .. } | Self::IncompleteQuery { .. } => Code::SigIncomplete,
            Self::SignatureForm => Code::SigSignatureForm,
            Self::SignedHeaders { .. } => Code::SigSignedHeaders,
            Self::HostUnsigned => Code::SigHostUnsigned,
            Self::UnsignedHeader { .. } => Code::SigUnsignedHeader,
            Self::SignedHeaderAbsent { .. } => Code::SigSignedHeaderAbsent,
            Self::DuplicateHeader { .. } => Code::SigDuplicateHeader,
            Self::Date { .. } => Code::SigDate,
            Self::DatesDiffer { .. } => Code::SigDatesDiffer,
            Self::Expired { .. } => Code::SigExpired,
            Self::NotYetCurrent { .. } => Code::SigNotYetCurrent,
            Self::Credential { .. } => Code::SigCredential,
            Self::Scope { faults } => match faults.first() {
                Some(ScopeFault::Region { .. }) => Code::SigRegion,
                Some(ScopeFault::Service { .. }) => Code::SigService,
                Some(ScopeFault::Terminator { .. }) => Code::SigTerminator,
                Some(ScopeFault::Date { .. }) | None => Code::SigScopeDate,
            },
            Self::TwoSessionTokens => Code::SigTwoSessionTokens,
            Self::SessionTokenForm => Code::SigSessionTokenForm,
            Self::PayloadUnsupported { .. } => Code::SigPayloadUnsupported,
            Self::PayloadMismatch { .. } => Code::SigPayloadMismatch,
            Self::Mismatch => Code::SigMismatch,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Limit { most, .. } => Some(format!("at most {most}")),
            Self::Algorithm { .. } => Some("AWS4-HMAC-SHA256".to_owned()),
            Self::Expired { now, .. } => Some(format!("{} or later", basic(*now - SKEW))),
            Self::NotYetCurrent { now, .. } => Some(format!("{} or earlier", basic(*now + SKEW))),
            Self::DatesDiffer { signed, .. } => Some(signed.clone()),
            Self::PayloadMismatch { computed, .. } => Some(computed.clone()),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Algorithm { algorithm } => Some(algorithm.clone()),
            Self::SignedHeaders { list } => Some(list.clone()),
            Self::UnsignedHeader { name } | Self::SignedHeaderAbsent { name } | Self::DuplicateHeader { name } => {
                Some(name.clone())
            }
            Self::Date { date } => Some(date.clone()),
            Self::DatesDiffer { other, .. } => Some(other.clone()),
            Self::Expired { signed_at, .. } | Self::NotYetCurrent { signed_at, .. } => Some(basic(*signed_at)),
            Self::Credential { credential } => Some(credential.clone()),
            Self::PayloadUnsupported { value } => Some(value.clone()),
            Self::PayloadMismatch { claimed, .. } => Some(claimed.clone()),
            _ => None,
        }
    }
}
