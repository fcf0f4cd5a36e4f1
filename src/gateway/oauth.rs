//! `POST /oauth/token`: token exchange (RFC 8693).

use super::incoming::Incoming;
use super::{House, oauth_error};
use crate::issuer::{CREDENTIALS, Exchange, ExchangeError, Issued, JWT, SubjectToken};
use crate::sts::{Credentials, Exchanged};
use crate::words::iso;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use time::OffsetDateTime;

/// The parameters stand in the body, and nowhere else.
pub(super) async fn post(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let asked = read(&incoming);
    let action = match asked.as_ref().map(|asked| &asked.paper) {
        Ok(SubjectToken::Saml2(_)) => "AssumeRoleWithSAML",
        Ok(SubjectToken::IdToken(_) | SubjectToken::AccessToken(_)) | Err(_) => "AssumeRoleWithWebIdentity",
    };
    let now = incoming.request.now;
    match house.sts.exchange(asked, &mut incoming.request).await {
        Ok(Exchanged::Credentials(given)) => answer(StatusCode::OK, &credentials(&given, now)),
        Ok(Exchanged::Token(issued)) => answer(StatusCode::OK, &token(&issued, now)),
        Err(error) => oauth_error::answer(&error, action),
    }
}

fn read(incoming: &Incoming) -> Result<Exchange, ExchangeError> {
    if incoming.headers.contains_key(header::AUTHORIZATION) {
        return Err(ExchangeError::ClientAuthentication);
    }
    if incoming.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(ExchangeError::Form);
    }
    Exchange::parse(incoming.form().ok_or(ExchangeError::Form)?)
}

/// The members of RFC 8693 §2.2.1, and those of an AWS credential beside them.
fn credentials(given: &Credentials, now: OffsetDateTime) -> Value {
    let text = |secret: &crate::words::Secret| secret.expose_str().unwrap_or_default().to_owned();
    json!({
        "access_token": text(&given.session_token),
        "issued_token_type": CREDENTIALS,
        "token_type": "N_A",
        "expires_in": lasts(given.expires, now),
        "AccessKeyId": given.access_key_id,
        "SecretAccessKey": text(&given.secret_access_key),
        "SessionToken": text(&given.session_token),
        "Expiration": iso(given.expires),
    })
}

fn token(issued: &Issued, now: OffsetDateTime) -> Value {
    json!({
        "access_token": issued.token.expose_str().unwrap_or_default(),
        "issued_token_type": JWT,
        "token_type": "Bearer",
        "expires_in": lasts(issued.expires, now),
    })
}

/// In seconds, from the whole one in which it was issued.
fn lasts(expires: OffsetDateTime, now: OffsetDateTime) -> i64 {
    expires.unix_timestamp() - now.unix_timestamp()
}

/// Nothing of it may be kept (RFC 6749 §5.1).
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (status, headers, body.to_string()).into_response()
}
