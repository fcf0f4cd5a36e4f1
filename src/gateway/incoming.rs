//! An HTTP request, taken in: read once, within its limits.

use super::sender::Sender;
use super::threshold::Entered;
use super::turned_away::turned_away;
use super::{House, form};
use crate::console::Nth;
use crate::sts;
use crate::trace::Trace;
use crate::words::Secret;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use zeroize::Zeroizing;

/// A request with its whole body.
pub(super) struct Incoming {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) request: sts::Request,
    /// Which of the browser's sessions it is about.
    pub(super) nth: Nth,
}

/// How long a client may take for its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a request could not be taken in.
pub(super) enum NotTaken {
    TooLarge(usize),
    Broken,
}

type Taken = Result<Zeroizing<Vec<u8>>, NotTaken>;

impl Incoming {
    /// Takes in what has crossed the threshold.
    pub(super) async fn read(request: Request, entered: Entered, house: &House) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let Parts { method, uri, headers, extensions, .. } = parts;
        let Entered { id, sender: Sender { address, over_tls } } = entered;
        let nth = extensions.get::<Nth>().copied().unwrap_or_default();
        let user_agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        let taken = match announced {
            Some(length) if length > house.max_body => Err(NotTaken::TooLarge(house.max_body)),
            _ => patiently(whole(body, house.max_body)).await,
        };
        let body = taken.map_err(|refused| refused.answer(uri.path(), &headers, &id))?;
        let (trace, now, region) = (Trace::new(id), house.sts.clock.now(), house.sts.region.clone());
        let host = called(&headers, &uri);
        let request = sts::Request { trace, now, source: address, user_agent, over_tls, host, region };
        Ok(Self { method, uri, headers, body, request, nth })
    }

    /// The body as a form, if it says that it is one.
    pub(super) fn form(&self) -> Option<Vec<(String, String)>> {
        form::pairs(self.form_text()?)
    }

    /// The same, with one value apart that nobody may see.
    pub(super) fn form_and_secret(&self, name: &str) -> Option<(Vec<(String, String)>, Secret)> {
        form::pairs_and_secret(self.form_text()?, name)
    }

    fn form_text(&self) -> Option<&str> {
        form::text_of(&self.headers, &self.body)
    }

    pub(super) fn query(&self) -> Option<Vec<(String, String)>> {
        form::pairs(self.uri.query().unwrap_or_default())
    }

    pub(super) fn id(&self) -> &str {
        &self.request.trace.id
    }
}

impl FromRequest<Arc<House>> for Incoming {
    type Rejection = Response;

    async fn from_request(mut request: Request, house: &Arc<House>) -> Result<Self, Response> {
        match request.extensions_mut().remove() {
            Some(entered) => Self::read(request, entered, house).await,
            // Nobody comes to a handler but through the gate.
            None => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        }
    }
}

/// What has come together with the head, as small bodies do, needs no timer.
async fn patiently(whole: impl Future<Output = Taken>) -> Taken {
    let mut whole = std::pin::pin!(whole);
    match poll_fn(|cx| Poll::Ready(whole.as_mut().poll(cx))).await {
        Poll::Ready(taken) => taken,
        Poll::Pending => tokio::time::timeout(PATIENCE, whole).await.unwrap_or(Err(NotTaken::Broken)),
    }
}

/// Reads a body of at most so many bytes to its end.
async fn whole(mut body: Body, most: usize) -> Taken {
    let mut whole = Zeroizing::new(Vec::new());
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        // Trailers say nothing here.
        let Ok(data) = frame.map_err(|_| NotTaken::Broken)?.into_data() else { continue };
        if data.len() > most - whole.len() {
            return Err(NotTaken::TooLarge(most));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

/// The Host header, or what HTTP/2 has in its place.
fn called(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.authority().map(|authority| authority.as_str())).map(str::to_owned)
}

impl NotTaken {
    fn answer(self, path: &str, headers: &HeaderMap, id: &str) -> Response {
        let (status, code, sentence) = match self {
            Self::TooLarge(most) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                format!("The body has more than {most} bytes, which is the most that is read (limits.max_body)."),
            ),
            Self::Broken => {
                (StatusCode::BAD_REQUEST, "IncompleteBody", "The body ended before it was complete.".to_owned())
            }
        };
        turned_away(path, headers, (status, code, &sentence), id)
    }
}
