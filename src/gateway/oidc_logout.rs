//! `/oidc/…`, as far as it is about logouts.

use super::guard::Framed;
use super::incoming::Incoming;
use super::{House, arrival, form, page_error, pages};
use crate::oidc::LogoutTokenError;
use crate::signin::SignInError;
use crate::sts::StsError;
use crate::trace::Refusal;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use url::Url;

/// `POST /oidc/backchannel-logout/{provider}`: `logout_token`, from the provider's server (Back-Channel Logout 1.0 §2.8).
pub(super) async fn back_channel(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    mut incoming: Incoming,
) -> Response {
    let form = incoming.form().unwrap_or_default();
    let token = form::one(&form, "logout_token");
    match house.sign_in.hear_logout(&provider, token, &mut incoming.request).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            let (code, id) = (error.code().name(), incoming.id());
            let sentence = format!("The logout was not accepted: {code}. The rest is kept under the request id {id}.");
            (status(&error), Json(json!({ "error": "invalid_request", "error_description": sentence }))).into_response()
        }
    }
}

/// 400 says that the same token will never do, 429 and 503 that it may.
fn status(error: &SignInError) -> StatusCode {
    match error {
        SignInError::LogoutToken(LogoutTokenError::Token(error)) if error.is_unreachable() => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        SignInError::Sts(StsError::Store(_) | StsError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        SignInError::Sts(StsError::TooManyFailures) => StatusCode::TOO_MANY_REQUESTS,
        SignInError::UnknownProvider(_)
        | SignInError::NoBinding
        | SignInError::NoResponse
        | SignInError::ByLink
        | SignInError::NoAttempt
        | SignInError::OtherProvider
        | SignInError::ProviderRefused(_)
        | SignInError::FrontChannel
        | SignInError::Logout(_)
        | SignInError::LogoutToken(_)
        | SignInError::Oidc(_)
        | SignInError::Sts(_)
        | SignInError::Disabled(_)
        | SignInError::Console(_) => StatusCode::BAD_REQUEST,
    }
}

/// `GET /oidc/frontchannel-logout/{provider}?iss=&sid=`: in a frame of the provider's page (Front-Channel Logout 1.0 §2).
/// Cookies do not come along there, so the session is found by what the provider calls it.
pub(super) async fn front_channel(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    mut incoming: Incoming,
) -> Response {
    let query = incoming.query().unwrap_or_default();
    let (issuer, session) = (form::one(&query, "iss"), form::one(&query, "sid"));
    match house.sign_in.overhear_logout(&provider, issuer, session, &mut incoming.request).await {
        Ok(issuer) => framed_by(&issuer, pages::signed_out("You are signed out here.")),
        Err(error) => page_error::sign_in(&error, incoming.nth, incoming.id()),
    }
}

/// The only page of ours that may be framed, and by its provider alone.
fn framed_by(issuer: &str, mut response: Response) -> Response {
    let origin = Url::parse(issuer).map_or("'none'".to_owned(), |url| url.origin().ascii_serialization());
    let policy =
        format!("default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {origin}");
    let policy = HeaderValue::from_str(&policy).expect("origins are ASCII");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.extensions_mut().insert(Framed);
    response
}

/// `GET /oidc/logout/{provider}?state=`: back from the provider, who was told of a sign-out.
pub(super) async fn back(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    mut incoming: Incoming,
) -> Response {
    let query = incoming.query().unwrap_or_default();
    let state = form::one(&query, "state").unwrap_or_default();
    let cookie = house.cookies.attempt(&incoming.headers, state);
    let outcome = house.sign_in.back_from_logout(&provider, state, cookie, &mut incoming.request);
    let ended = house.cookies.end_attempt(state).filter(|_| cookie.is_some());
    let response = match outcome {
        Ok(()) => pages::signed_out("You are signed out here, and your identity provider has been told."),
        Err(error) => page_error::sign_in(&error, incoming.nth, incoming.id()),
    };
    arrival::with_cookies(response, ended)
}
