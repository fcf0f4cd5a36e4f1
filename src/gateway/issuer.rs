//! `/.well-known/…`: this house as an issuer, for whoever wants to verify its tokens.

use super::House;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Far less than a key is published before it signs.
const KEEP: &str = "public, max-age=300";

/// `GET /.well-known/openid-configuration`.
pub(super) async fn configuration(State(house): State<Arc<House>>) -> Response {
    document(house.sts.issuer.configuration())
}

/// `GET /.well-known/jwks.json`.
pub(super) async fn key_set(State(house): State<Arc<House>>) -> Response {
    document(&house.sts.issuer.key_set())
}

fn document(json: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, KEEP)];
    (headers, json.to_owned()).into_response()
}
