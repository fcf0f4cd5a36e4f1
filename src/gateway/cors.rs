//! Pages of other sites that call the API by script, as the AWS SDK does in a browser (Fetch standard, "CORS protocol").
//!
//! Only those of `server.cors_origins` may read an answer, only at [`SHARED`], and never with cookies: what they show is
//! in the request. To every other page the browser itself says no; whoever is no browser is not concerned.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The API: pages of other sites call nothing else.
const SHARED: [&str; 2] = ["/", "/oauth/token"];
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

    /// What the page that a request comes from is to be told with the answer, if it is one that a page may be shown.
    pub(super) fn share(&self, request: &Request) -> Option<Share> {
        let is_shown = self.is_at_work(request) && (request.method() == Method::POST || asks(request));
        is_shown.then(|| Share(self.admitted(request.headers())))
    }

    /// Answers a browser that asks whether a page may post.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        if !(self.is_at_work(request) && asks(request)) {
            return None;
        }
        if self.admitted(request.headers()).is_none() {
            let sentence = "Pages of this origin may not call this gateway. Add the origin to server.cors_origins.\n";
            return Some((StatusCode::FORBIDDEN, sentence).into_response());
        }
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
        ];
        Some((StatusCode::NO_CONTENT, headers).into_response())
    }

    fn is_at_work(&self, request: &Request) -> bool {
        !self.0.is_empty() && SHARED.contains(&request.uri().path())
    }

    /// The one origin that the request names, if it is listed.
    fn admitted(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut named = headers.get_all(header::ORIGIN).iter();
        let origin = named.next().filter(|_| named.next().is_none())?;
        self.0.contains(origin).then(|| origin.clone())
    }
}

/// Which origin may read an answer, if any may.
pub(super) struct Share(Option<HeaderValue>);

impl Share {
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.0 {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
        }
    }
}

fn asks(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}
