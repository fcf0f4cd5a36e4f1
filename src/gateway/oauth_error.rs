//! Every refusal of the token endpoint, as OAuth says it (RFC 6749 §5.2, RFC 8693 §2.2.2). The sentences are those of the
//! STS; the code and the status are chosen here.
//!
//! A subject token that does not hold is `invalid_request`, whatever is wrong with it, as RFC 8693 has it; a role that is
//! not there, or not theirs, `invalid_target`: whoever asks cannot tell which.

use super::{oauth, sts_error};
use crate::issuer::{ExchangeError, IssuerError};
use crate::sts::StsError;
use crate::trust::TrustError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

type Said = (StatusCode, &'static str);

const REQUEST: Said = (StatusCode::BAD_REQUEST, "invalid_request");
const TARGET: Said = (StatusCode::BAD_REQUEST, "invalid_target");
const LATER: Said = (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
const SLOWER: Said = (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable");

/// `action` is what the STS calls the same.
pub(super) fn answer(error: &StsError, action: &str) -> Response {
    let (status, code) = said(error);
    let sentence = match error {
        StsError::Exchange(error) => error.to_string(),
        other => sts_error::said(other, action).2,
    };
    let mut response = oauth::answer(status, &json!({ "error": code, "error_description": description(&sentence) }));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6749 wants a scheme named, though none helps.
        let challenge = HeaderValue::from_static("Basic realm=\"no client is known here\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// A request that came no further than the gate.
pub(super) fn refused(status: StatusCode, sentence: &str) -> Response {
    let code = if [LATER.0, SLOWER.0].contains(&status) { LATER.1 } else { REQUEST.1 };
    oauth::answer(status, &json!({ "error": code, "error_description": description(sentence) }))
}

fn said(error: &StsError) -> Said {
    match error {
        StsError::Exchange(error) => exchange(error),
        StsError::Trust(
            TrustError::NoSessionName
            | TrustError::NamelessToken
            | TrustError::SeveralSessionNames { .. }
            | TrustError::BadSessionName { .. },
        ) => REQUEST,
        StsError::Trust(_) | StsError::CallerDenied { .. } | StsError::NotThatProvider { .. } => TARGET,
        StsError::Oidc(error) if error.is_unreachable() => LATER,
        StsError::Social(error) if error.is_unreachable() => LATER,
        StsError::Metadata(_)
        | StsError::Busy
        | StsError::Store(_)
        | StsError::RevocationsUnknown(_)
        | StsError::JustRestored { .. } => LATER,
        StsError::TooManyFailures | StsError::TooManyRequests => SLOWER,
        StsError::Issuer(IssuerError::Signing) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        StsError::Issuer(IssuerError::OutlivesSession { .. } | IssuerError::TooLarge { .. })
        | StsError::Saml(_)
        | StsError::Attribute(_)
        | StsError::UnknownIdentityProvider { .. }
        | StsError::NoSuchProvider { .. }
        | StsError::Oidc(_)
        | StsError::UnknownIssuer { .. }
        | StsError::UnknownProviderId { .. }
        | StsError::Social(_)
        | StsError::DurationAboveMaximum { .. }
        | StsError::ChainedDuration { .. }
        | StsError::SessionPolicies(_)
        | StsError::PackedTooLarge { .. }
        | StsError::SessionTooLarge { .. }
        | StsError::BeforeRestore { .. }
        | StsError::Replayed
        | StsError::LoggedOut
        | StsError::PaperBarred
        | StsError::PersonBarred
        | StsError::NothingLeft
        | StsError::VerifierFailed
        | StsError::RepeatedParameter(_)
        | StsError::MissingAction
        | StsError::UnknownAction { .. }
        | StsError::Violations(_)
        | StsError::ParameterNotActedOn(_)
        | StsError::InvalidMessage(_)
        | StsError::NoSuchAccessKey { .. }
        | StsError::Signature(_)
        | StsError::UnknownAccessKey { .. }
        | StsError::InactiveAccessKey { .. }
        | StsError::UserGone { .. }
        | StsError::Former { .. }
        | StsError::SessionCredentials
        | StsError::Mfa(_)
        | StsError::Forward(_)
        | StsError::TokenDoesNotFit { .. }
        | StsError::SessionEnded { .. }
        | StsError::SessionRevoked => REQUEST,
    }
}

fn exchange(error: &ExchangeError) -> Said {
    match error {
        ExchangeError::Form
        | ExchangeError::Repeated(_)
        | ExchangeError::TooMany
        | ExchangeError::Missing(_)
        | ExchangeError::Actor
        | ExchangeError::SubjectTokenType(_)
        | ExchangeError::RequestedTokenType(_)
        | ExchangeError::SessionName
        | ExchangeError::ChosenName => REQUEST,
        ExchangeError::GrantType(_) => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        ExchangeError::ClientAuthentication => (StatusCode::UNAUTHORIZED, "invalid_client"),
        ExchangeError::Scope => (StatusCode::BAD_REQUEST, "invalid_scope"),
        ExchangeError::Resource | ExchangeError::Audience => TARGET,
    }
}

/// The characters that a description may have (RFC 6749 §5.2).
fn description(sentence: &str) -> String {
    let fits = |character: char| matches!(character, ' '..='~') && !['"', '\\'].contains(&character);
    sentence.chars().map(|character| if fits(character) { character } else { '?' }).collect()
}
