//! `/oidc/…`.

use super::incoming::Incoming;
use super::{House, arrival, form, page_error, pages, providers, saml};
use crate::signin::{Callback, SignInError};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `GET /oidc/login/{provider}?destination=&role=&session=`.
pub(super) async fn login(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    incoming: Incoming,
) -> Response {
    saml::begin(&house, &provider, incoming).await
}

/// `GET /oidc/client-keys/{provider}`: the public key of our client there, for the provider to fetch.
pub(super) async fn client_keys(State(house): State<Arc<House>>, Path(provider): Path<String>) -> Response {
    let provider = house.sts.catalogue.provider_named(&provider).and_then(|provider| provider.oidc());
    match provider.and_then(|oidc| oidc.relying_party.client_key_set()) {
        Some(keys) => ([(header::CACHE_CONTROL, "public, max-age=60")], Json(keys)).into_response(),
        None => pages::not_found().await,
    }
}

/// `GET /oidc/callback/{provider}`: the provider sent the browser back, with a code or with its regrets.
pub(super) async fn callback(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    mut incoming: Incoming,
) -> Response {
    let query = incoming.query().unwrap_or_default();
    if let Some(name) = form::twice(&query, &["state", "code", "error"]) {
        return saml::no_answer(&house, "OidcSignIn", &SignInError::Twice(name), incoming).await;
    }
    let state = form::one(&query, "state").unwrap_or_default();
    let callback = Callback {
        state,
        code: form::one(&query, "code"),
        error: form::one(&query, "error"),
        description: form::one(&query, "error_description"),
        // One that comes twice is nobody's, and not one that is missing.
        issuer: form::one(&query, "iss").or(form::has(&query, "iss").then_some("")),
    };
    let cookie = house.cookies.attempt(&incoming.headers, state);
    if let Some(test) = providers::test_of(&house, cookie, state, &incoming.request) {
        let told = house.sign_in.finish_test_by_code(test, &provider, &callback, &mut incoming.request).await;
        let ended = house.cookies.end_attempt(state);
        return arrival::with_cookies(providers::found(&house, told, &incoming).await, ended);
    }
    let outcome = house.sign_in.finish_oidc(&provider, &callback, cookie, &mut incoming.request).await;
    let ended = house.cookies.end_attempt(state).filter(|_| cookie.is_some());
    match outcome {
        Ok(signed_in) => arrival::arrive(&house, &mut incoming, &signed_in, ended).await,
        Err(error) => arrival::with_cookies(page_error::sign_in(&house, &error, &incoming).await, ended),
    }
}
