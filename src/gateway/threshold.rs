//! The one layer around every route: what happens to every request before its handler and to every answer after it.
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
//! They are steps of one layer because each layer costs every request a future in a box and a copy of all that it is
//! around.

use super::House;
use super::sender::{Sender, in_the_open, pace};
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;

/// What is known of a request that has come in. [`Incoming`](super::incoming::Incoming) takes it over.
#[derive(Clone)]
pub(super) struct Entered {
    /// `x-amzn-requestid`, and the name of its trace.
    pub(super) id: String,
    pub(super) sender: Sender,
}

pub(super) async fn cross(
    State(house): State<Arc<House>>,
    peer: Result<ConnectInfo<SocketAddr>, ExtensionRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = house.sts.random.uuid_at(house.sts.clock.now());
    let named = HeaderValue::from_str(&id);
    let mut response = match peer {
        Err(unknown) => unknown.into_response(),
        Ok(ConnectInfo(peer)) if !house.approach.answers(peer.ip()) => in_the_open(peer.ip(), &request, &id),
        Ok(ConnectInfo(peer)) => {
            let sender = house.approach.sender(peer.ip(), request.headers());
            let share = house.cors.share(&request);
            let mut response = match stopped(&house, sender, &request, &id) {
                Some(refusal) => refusal,
                None => {
                    request.extensions_mut().insert(Entered { id, sender });
                    next.run(request).await
                }
            };
            if let Some(share) = share {
                share.tell(response.headers_mut());
            }
            response
        }
    };
    house.guard.dress(&mut response);
    if let Ok(named) = named {
        response.headers_mut().insert("x-amzn-requestid", named);
    }
    response
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
