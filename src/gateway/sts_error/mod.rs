//! Every refusal of the STS, as AWS says it: code, status, sentence (AWS STS API Reference, "Common errors" and the
//! errors of each action).
//!
//! To a caller all failures of a signature look alike, and a role that is not there looks like one that is not theirs;
//! the trace under the request id says which it was.

mod forward;
mod oidc;
mod saml;
mod trust;

use super::sts_wire::Wire;
use crate::issuer::IssuerError;
use crate::sigv4::SigError;
use crate::sts::{MfaError, StsError};
use crate::trust::NotSessionPolicies;
use crate::words::counted;
use axum::http::StatusCode;
use axum::response::Response;

type Said = (StatusCode, &'static str, String);

/// As AWS says it; its SDKs come again by themselves when they read that code.
pub(super) const THROTTLING: (&str, &str) = ("Throttling", "Rate exceeded");

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
const SOURCE_IDENTITY: &str = "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"";

pub(super) fn answer(error: &StsError, action: &str, wire: Wire, request_id: &str) -> Response {
    let (status, code, message) = said(error, action);
    wire.error(status, code, &message, request_id)
}

pub(super) fn said(error: &StsError, action: &str) -> Said {
    match error {
        StsError::RepeatedParameter(name) => {
            (BAD, "InvalidQueryParameter", format!("The parameter {name} must occur once."))
        }
        StsError::MissingAction => (BAD, "MissingAction", "The request must name an Action.".into()),
        StsError::UnknownAction { name, version } => {
            (BAD, "InvalidAction", format!("Could not find operation {name} for version {version}"))
        }
        StsError::Violations(violations) => {
            let all = violations.iter().map(|v| v.0.as_str()).collect::<Vec<_>>().join("; ");
            let count = counted(violations.len(), "validation error");
            (BAD, "ValidationError", format!("{count} detected: {all}"))
        }
        StsError::ParameterNotActedOn(name) => {
            (BAD, "ValidationError", format!("The parameter {name} is not supported here. Leave it out."))
        }
        StsError::Exchange(error) => (BAD, "ValidationError", error.to_string()),
        StsError::Signature(error) => signature(error),
        StsError::UnknownAccessKey { .. }
        | StsError::InactiveAccessKey { .. }
        | StsError::UserGone { .. }
        | StsError::TokenDoesNotFit { .. } => {
            (FORBIDDEN, "InvalidClientTokenId", "The security token included in the request is invalid.".into())
        }
        StsError::Former { error, .. } => said(error, action),
        StsError::SessionEnded { .. } | StsError::SessionRevoked => {
            (FORBIDDEN, "ExpiredToken", "The security token included in the request is expired".into())
        }
        StsError::RevocationsUnknown(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "It cannot be told now whether the security token is still good. Try again.".into(),
        ),
        StsError::JustRestored { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The gateway's records were restored a moment ago. Try again in a minute.".into(),
        ),
        StsError::SessionCredentials => {
            (FORBIDDEN, "AccessDenied", format!("Cannot call {action} with session credentials"))
        }
        StsError::Mfa(error) => (FORBIDDEN, "AccessDenied", format!("MultiFactorAuthentication failed{}", mfa(error))),
        StsError::Saml(error) => saml::saml(error),
        StsError::Attribute(error) => saml::attribute(error),
        StsError::Metadata(_) => (
            BAD,
            "IDPCommunicationError",
            "The identity provider's metadata could not be fetched, or is too old. Try again later.".into(),
        ),
        StsError::UnknownIdentityProvider { .. } | StsError::NotThatProvider { .. } => {
            invalid("Issuer not present in specified provider")
        }
        StsError::NoSuchProvider { .. } => invalid("Specified provider doesn't exist"),
        StsError::Oidc(error) => oidc::oidc(error),
        StsError::UnknownIssuer { issuer, .. } => {
            invalid(&format!("No OpenIDConnect provider found in your account for {issuer}"))
        }
        StsError::UnknownProviderId { .. } => denied(action),
        StsError::Social(error) => oidc::social(error),
        StsError::Trust(error) => trust::trust(error, action),
        StsError::CallerDenied { caller, resource, error, told, encoded } => {
            trust::caller_denied(caller, resource, told.as_ref().unwrap_or(error), encoded)
        }
        StsError::Forward(error) => forward::forward(error),
        StsError::InvalidMessage(_) => {
            (BAD, "InvalidAuthorizationMessageException", "The message is not valid, or has expired.".into())
        }
        StsError::DurationAboveMaximum { .. } => (
            BAD,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into(),
        ),
        StsError::ChainedDuration { .. } => (
            BAD,
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining".into(),
        ),
        StsError::SessionPolicies(NotSessionPolicies::Malformed(_)) => {
            (BAD, "MalformedPolicyDocument", crate::trace::clip(&error.to_string()))
        }
        StsError::SessionPolicies(NotSessionPolicies::NoSuchPolicy { .. }) => {
            (BAD, "ValidationError", error.to_string())
        }
        StsError::PackedTooLarge { percent, largest } => {
            let sentence = format!(
                "Packed policy consumes {percent}% of allotted space, please use smaller policy. The largest are: {largest}"
            );
            (BAD, "PackedPolicyTooLarge", sentence)
        }
        StsError::SessionTooLarge { .. } => (BAD, "PackedPolicyTooLarge", error.to_string()),
        StsError::Issuer(error) => issuer(error),
        StsError::NoSuchAccessKey { .. } => (BAD, "ValidationError", "The access key does not exist.".into()),
        StsError::BeforeRestore { .. } => (
            BAD,
            "ExpiredTokenException",
            "The assertion or token was issued before the gateway's records were restored. Sign in again, or get a fresh one.".into(),
        ),
        StsError::Replayed => (BAD, "InvalidIdentityToken", "The assertion has been used before".into()),
        StsError::NothingLeft => (BAD, "ExpiredTokenException", "Response has expired".into()),
        StsError::LoggedOut => (
            BAD,
            "ExpiredTokenException",
            "The identity provider has ended the login since it issued this. Sign in again.".into(),
        ),
        StsError::PaperBarred | StsError::PersonBarred => {
            (FORBIDDEN, "IDPRejectedClaim", "What the identity provider issued has been revoked here".into())
        }
        StsError::VerifierFailed => invalid("Response signature invalid"),
        StsError::Busy | StsError::TooManyFailures | StsError::TooManyRequests => {
            (BAD, THROTTLING.0, THROTTLING.1.into())
        }
        StsError::Store(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The request could not be recorded. Try again.".into(),
        ),
    }
}

fn invalid(message: &str) -> Said {
    (BAD, "InvalidIdentityToken", message.into())
}

fn denied(action: &str) -> Said {
    (FORBIDDEN, "AccessDenied", format!("Not authorized to perform sts:{action}"))
}

fn signature(error: &SigError) -> Said {
    use SigError as E;
    let message = error.aws_message();
    match error {
        E::Missing => (FORBIDDEN, "MissingAuthenticationToken", message),
        E::Limit { .. } | E::RequestForm { .. } | E::Escape { .. } => (BAD, "MalformedQueryString", message),
        E::Algorithm { .. }
        | E::Pair
        | E::RepeatedParameter { .. }
        | E::UnknownParameter { .. }
        | E::IncompleteHeader { .. }
        | E::IncompleteQuery { .. }
        | E::SignatureForm
        | E::SignedHeaders { .. }
        | E::Date { .. }
        | E::Credential { .. } => (BAD, "IncompleteSignature", message),
        E::SessionTokenForm => (FORBIDDEN, "InvalidClientTokenId", message),
        E::Both
        | E::HostUnsigned
        | E::UnsignedHeader { .. }
        | E::SignedHeaderAbsent { .. }
        | E::DuplicateHeader { .. }
        | E::DatesDiffer { .. }
        | E::Expired { .. }
        | E::NotYetCurrent { .. }
        | E::Scope { .. }
        | E::TwoSessionTokens
        | E::PayloadUnsupported { .. }
        | E::PayloadMismatch { .. }
        | E::Mismatch => (FORBIDDEN, "SignatureDoesNotMatch", message),
    }
}

fn issuer(error: &IssuerError) -> Said {
    match error {
        IssuerError::OutlivesSession { ends, .. } => {
            let sentence =
                format!("The requested token would outlive the session that asks for it, which ends at {ends}.");
            (FORBIDDEN, "SessionDurationEscalationException", sentence)
        }
        IssuerError::TooLarge { .. } => {
            let sentence = "The requested token payload size exceeds the maximum allowed size. Pass fewer or shorter tags and audiences.";
            (BAD, "JWTPayloadSizeExceededException", sentence.into())
        }
        IssuerError::Signing => {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", "The token could not be signed. Try again.".into())
        }
    }
}

/// A guesser is not told that the guess came during a lock, or that somebody has used the code.
fn mfa(error: &MfaError) -> &'static str {
    match error {
        MfaError::Incomplete => ", must provide both MFA serial number and one time pass code.",
        MfaError::Device { .. } => {
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
        }
        MfaError::WrongCode { .. } | MfaError::ReusedCode { .. } | MfaError::Locked { .. } => {
            " with invalid MFA one time pass code."
        }
    }
}
