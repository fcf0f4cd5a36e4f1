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

use super::cors::Share;
use super::incoming::Incoming;
use super::sender::{Sender, in_the_open, pace};
use super::{House, decide, oauth, pages, sts};
use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::future::ready;
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

/// In one box, with nothing else around it: what is known at once is found out before.
pub(super) type Answered = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

impl Gate {
    pub(super) fn new(house: Arc<House>, routes: Router) -> Self {
        Self { house, routes }
    }

    pub(super) fn answer(&self, peer: SocketAddr, request: Request) -> Answered {
        let house = &self.house;
        let id = house.sts.random.uuid_at(house.sts.clock.now());
        let mut leaving = Leaving {
            house: house.clone(),
            named: HeaderValue::from_str(&id).ok(),
            share: None,
            is_head: request.method() == Method::HEAD,
        };
        if !house.approach.answers(peer.ip()) {
            let response = leaving.with(in_the_open(peer.ip(), &request, &id));
            return Box::pin(ready(Ok(response)));
        }
        let sender = house.approach.sender(peer.ip(), request.headers());
        leaving.share = house.cors.share(&request);
        match stopped(house, sender, &request, &id) {
            Some(refusal) => Box::pin(ready(Ok(leaving.with(refusal)))),
            None => self.handled(request, Entered { id, sender }, leaving),
        }
    }

    /// What the handler makes of it. Those of the API, which most of what comes is for, are known without a look at the
    /// routes, and need no copy of what stands around one.
    fn handled(&self, mut request: Request, entered: Entered, leaving: Leaving) -> Answered {
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/") => called(sts::post, request, entered, leaving),
            (&Method::POST, "/oauth/token") => called(oauth::post, request, entered, leaving),
            (&Method::POST, "/decide") => called(decide::post, request, entered, leaving),
            (_, path) if !is_text(path) => Box::pin(async { Ok(leaving.with(pages::not_found().await)) }),
            _ => {
                request.extensions_mut().insert(entered);
                let answered = self.routes.clone().call(request);
                Box::pin(async { Ok(leaving.with(answered.await.into_response())) })
            }
        }
    }
}

/// Nothing is at a path that is no text. The routes would refuse it before a handler could, each in words that are not ours.
fn is_text(path: &str) -> bool {
    percent_encoding::percent_decode_str(path).decode_utf8().is_ok()
}

fn called<F: Future<Output = Response> + Send>(
    handler: impl FnOnce(State<Arc<House>>, Incoming) -> F + Send + 'static,
    request: Request,
    entered: Entered,
    leaving: Leaving,
) -> Answered {
    Box::pin(async move {
        let house = leaving.house.clone();
        let response = match Incoming::read(request, entered, &house).await {
            Ok(incoming) => handler(State(house), incoming).await,
            Err(refused) => refused,
        };
        Ok(leaving.with(response))
    })
}

/// What an answer gets on its way out.
struct Leaving {
    house: Arc<House>,
    named: Option<HeaderValue>,
    share: Option<Share>,
    is_head: bool,
}

impl Leaving {
    fn with(self, mut response: Response) -> Response {
        if let Some(share) = self.share {
            share.tell(response.headers_mut());
        }
        self.house.guard.dress(&mut response);
        if let Some(named) = self.named {
            response.headers_mut().insert(&REQUEST_ID, named);
        }
        if self.is_head {
            leave_out_the_body(&mut response);
        }
        response
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
