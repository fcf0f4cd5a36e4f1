//! The gate itself: what happens to every request before its handler and to every answer after it.
//!
//! 1. Its id is drawn, since every answer names it, a refusal as well.
//! 2. Whoever would speak in the open is refused before all else ([`sender`](super::sender)): what follows is for those
//!    who may ask at all.
//! 3. It is noted which page may read the answer ([`cors`](super::cors)), whoever of the following refuses it: what a
//!    page cannot read is to its script a network that has failed, and it tries again at once.
//! 4. Its source is paced, before anything of it is read.
//! 5. Its Host must be ours ([`guard`](super::guard)).
//! 6. A browser that asks whether a page may post is answered; it has been counted like everybody.
//! 7. The handler: that of the route, or the one that says that nothing is there.
//! 8. The answer gets the headers that every answer has, and the id.
//!
//! They are no layers of a router, since each layer costs every request a future in a box and a copy of all that it is
//! around.

use super::incoming::Incoming;
use super::sender::{Sender, in_the_open, pace};
use super::{House, decide, oauth, sts};
use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tower_service::Service;

/// Everything that is served under `public_url`.
pub struct Gate {
    house: Arc<House>,
    routes: Router,
}

/// What is known of a request that has come in. [`Incoming`] takes it over.
#[derive(Clone)]
pub(super) struct Entered {
    /// `x-amzn-requestid`, and the name of its trace.
    pub(super) id: String,
    pub(super) sender: Sender,
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

impl Gate {
    pub(super) fn new(house: Arc<House>, routes: Router) -> Self {
        Self { house, routes }
    }

    pub(super) async fn answer(&self, peer: SocketAddr, request: Request) -> Response {
        let house = &self.house;
        let id = house.sts.random.uuid_at(house.sts.clock.now());
        let (named, is_head) = (HeaderValue::from_str(&id), request.method() == Method::HEAD);
        let mut response = if house.approach.answers(peer.ip()) {
            let sender = house.approach.sender(peer.ip(), request.headers());
            let share = house.cors.share(&request);
            let mut response = match stopped(house, sender, &request, &id) {
                Some(refusal) => refusal,
                None => self.handled(request, Entered { id, sender }).await,
            };
            if let Some(share) = share {
                share.tell(response.headers_mut());
            }
            response
        } else {
            in_the_open(peer.ip(), &request, &id)
        };
        house.guard.dress(&mut response);
        if let Ok(named) = named {
            response.headers_mut().insert(&REQUEST_ID, named);
        }
        if is_head {
            leave_out_the_body(&mut response);
        }
        response
    }

    /// What the handler makes of it. Those of the API, which most of what comes is for, are known without a look at the
    /// routes, and need no copy of what stands around one.
    fn handled(&self, mut request: Request, entered: Entered) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        let house = self.house.clone();
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/") => Box::pin(called(sts::post, house, request, entered)),
            (&Method::POST, "/oauth/token") => Box::pin(called(oauth::post, house, request, entered)),
            (&Method::POST, "/decide") => Box::pin(called(decide::post, house, request, entered)),
            _ => {
                request.extensions_mut().insert(entered);
                let answered = self.routes.clone().call(request);
                Box::pin(async { answered.await.into_response() })
            }
        }
    }
}

async fn called<F: Future<Output = Response>>(
    handler: impl FnOnce(State<Arc<House>>, Incoming) -> F,
    house: Arc<House>,
    request: Request,
    entered: Entered,
) -> Response {
    match Incoming::read(request, entered, &house).await {
        Ok(incoming) => handler(State(house), incoming).await,
        Err(refused) => refused,
    }
}

/// The answer to a HEAD request tells how long the body would be.
fn leave_out_the_body(response: &mut Response) {
    let body = std::mem::take(response.body_mut());
    if let Some(length) = body.size_hint().exact() {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
}

/// The answer to a request that comes to no handler.
fn stopped(house: &House, sender: Sender, request: &Request, id: &str) -> Option<Response> {
    // Probes come at every pace and under the name that their prober knows.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return None;
    }
    pace(house, sender, request, id)
        .or_else(|| house.guard.misdirected(request, id))
        .or_else(|| house.cors.preflight(request))
}
