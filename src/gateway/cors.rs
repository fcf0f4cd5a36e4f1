//! Pages of other sites that call the API by script, as the AWS SDK does in a browser (Fetch standard, "CORS protocol").
//!
//! Only those of `server.cors_origins` may read an answer, only where this layer is put, and never with cookies: what they
//! show is in the request. To every other page the browser itself says no; whoever is no browser is not concerned.

use super::House;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// What the AWS SDK for JavaScript sends from a browser beside what every page may.
const ALLOWED_HEADERS: &str = "authorization, content-type, x-amz-date, x-amz-security-token, x-amz-content-sha256, \
     x-amz-user-agent, amz-sdk-invocation-id, amz-sdk-request";
/// The request's id, and our time, by which SDKs correct a clock that is wrong.
const EXPOSED_HEADERS: &str = "x-amzn-requestid, date";
/// For how long, in seconds, a browser need not ask again.
const REMEMBERED: &str = "600";

/// The origins of `server.cors_origins`, as browsers send them.
#[derive(Default)]
pub(super) struct Cors(Vec<HeaderValue>);

impl Cors {
    pub(super) fn new(origins: &[String]) -> Self {
        Self(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect())
    }

    /// The one origin that the request names, if it is listed.
    fn admitted(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut named = headers.get_all(header::ORIGIN).iter();
        let origin = named.next().filter(|_| named.next().is_none())?;
        self.0.contains(origin).then(|| origin.clone())
    }
}

/// Lets a page read what comes of its request. It stands outside everything that may refuse one: what a page cannot read is
/// to its script a network that has failed, and it tries again at once.
pub(super) async fn share(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    if house.cors.0.is_empty() || !(request.method() == Method::POST || asks(&request)) {
        return next.run(request).await;
    }
    let origin = house.cors.admitted(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
    response
}

/// Answers a browser that asks whether a page may post. The layer of a route.
pub(super) async fn preflight(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    if house.cors.0.is_empty() || !asks(&request) {
        return next.run(request).await;
    }
    if house.cors.admitted(request.headers()).is_none() {
        let sentence = "Pages of this origin may not call this gateway. Add the origin to server.cors_origins.\n";
        return (StatusCode::FORBIDDEN, sentence).into_response();
    }
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn asks(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}
