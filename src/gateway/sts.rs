//! `POST /` and `GET /?Action=…`: the STS Query API.

use super::form::Lent;
use super::incoming::Incoming;
use super::sts_wire::Wire;
use super::{House, form, sts_error};
use crate::sigv4::RawRequest;
use crate::sts::{Form, Request, StsError};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// The parameters stand in the body, and nowhere else.
pub(super) async fn post(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let Incoming { method, uri, headers, body, request, .. } = &mut incoming;
    let Some(pairs) = form::text_of(headers, body).and_then(form::lent) else {
        let sentence = "The body must be application/x-www-form-urlencoded in UTF-8.";
        return malformed("MalformedQueryString", sentence, headers, request);
    };
    if uri.query().is_some_and(|query| !query.is_empty()) {
        let sentence = "A POST carries its parameters in the body, not in the query as well.";
        return malformed("InvalidParameterCombination", sentence, headers, request);
    }
    let (wire, headers) = (Wire::asked(headers), signable(headers, uri));
    run(&house, signed(method, uri, &headers, body), pairs, wire, request).await
}

/// The parameters stand in the query. Without an Action it is a person with a browser.
pub(super) async fn get(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let Incoming { method, uri, headers, body, request, .. } = &mut incoming;
    let Some(pairs) = form::lent(uri.query().unwrap_or_default()) else {
        let sentence = "The query must be percent-encoded UTF-8.";
        return malformed("MalformedQueryString", sentence, headers, request);
    };
    if !pairs.iter().any(|(name, _)| name == "Action") {
        return (StatusCode::FOUND, Redirect::to("/console")).into_response();
    }
    if *method == Method::HEAD {
        let sentence = "Nothing is done for a HEAD request, whose answer would be lost. Send a GET or a POST.";
        let (wire, id) = (Wire::asked(headers), &request.trace.id);
        let refused = wire.error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", sentence, id);
        return ([(header::ALLOW, "GET, POST")], refused).into_response();
    }
    let (wire, headers) = (Wire::asked(headers), signable(headers, uri));
    run(&house, signed(method, uri, &headers, body), pairs, wire, request).await
}

fn malformed(code: &str, sentence: &str, headers: &HeaderMap, request: &Request) -> Response {
    Wire::asked(headers).error(StatusCode::BAD_REQUEST, code, sentence, &request.trace.id)
}

/// The request as a client signs it; `headers` are [`signable`].
pub(super) fn signed<'a>(
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a [(&'a str, &'a [u8])],
    body: &'a [u8],
) -> RawRequest<'a> {
    let (method, path, query) = (method.as_str(), uri.path(), uri.query().unwrap_or_default());
    RawRequest { method, path, query, headers, body }
}

/// The headers as a client signs them.
pub(super) fn signable<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Vec<(&'a str, &'a [u8])> {
    let mut headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    // HTTP/2 names the host in the request's authority; clients sign it as the host header all the same.
    if let Some(authority) = uri.authority().filter(|_| !headers.iter().any(|(name, _)| *name == "host")) {
        headers.push(("host", authority.as_str().as_bytes()));
    }
    headers
}

async fn run(house: &House, raw: RawRequest<'_>, pairs: Lent<'_>, wire: Wire, request: &mut Request) -> Response {
    let form = match Form::new(pairs) {
        Ok(form) => form,
        Err(error) => return sts_error::answer(&StsError::from(error), "", wire, &request.trace.id),
    };
    match house.sts.run(&form, raw, request).await {
        Ok(answer) => wire.answer(&answer, &request.trace.id),
        Err(error) => sts_error::answer(&error, form.get("Action").unwrap_or_default(), wire, &request.trace.id),
    }
}
