//! Refusals of the gate itself, before anybody behind it has heard of the request: in the form that the client of each
//! route can read.

use super::oauth_error;
use super::sts_wire::Wire;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// `code` is for those forms that have one.
pub(super) fn turned_away(
    path: &str,
    headers: &HeaderMap,
    (status, code, sentence): (StatusCode, &str, &str),
    id: &str,
) -> Response {
    match path {
        "/" => Wire::asked(headers).error(status, code, sentence, id),
        "/decide" => Wire::Json.error(status, code, sentence, id),
        "/oauth/token" => oauth_error::refused(status, sentence),
        _ => (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence} Request {id}.\n"))
            .into_response(),
    }
}
