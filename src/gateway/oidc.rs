//! `/oidc/…`.

use super::incoming::Incoming;
use super::{House, arrival, form, page_error, saml};
use crate::signin::Callback;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

/// `GET /oidc/login/{provider}?destination=&role=`.
pub(super) async fn login(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    incoming: Incoming,
) -> Response {
    saml::begin(&house, &provider, incoming).await
}

/// `GET /oidc/callback/{provider}`: the provider sent the browser back, with a code or with its regrets.
pub(super) async fn callback(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    mut incoming: Incoming,
) -> Response {
    let query = incoming.query().unwrap_or_default();
    let state = form::one(&query, "state").unwrap_or_default();
    let callback = Callback {
        state,
        code: form::one(&query, "code"),
        error: form::one(&query, "error"),
        issuer: form::one(&query, "iss"),
    };
    let cookie = house.cookies.attempt(&incoming.headers, state);
    let outcome = house.sign_in.finish_oidc(&provider, &callback, cookie, &mut incoming.request).await;
    let ended = house.cookies.end_attempt(state).filter(|_| cookie.is_some());
    match outcome {
        Ok(signed_in) => arrival::arrive(&house, &mut incoming, &signed_in, ended).await,
        Err(error) => arrival::with_cookies(page_error::sign_in(&error, incoming.id()), ended),
    }
}
