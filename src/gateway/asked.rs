//! When a connection last asked for something. That bytes come says little: a ping of HTTP/2 every few seconds keeps a
//! connection from falling silent, and asks for nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower_service::Service;

/// The clock that only goes forward.
pub type Steady = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Shared by a connection and the service behind it.
#[derive(Clone)]
pub(super) struct LastAsked {
    at: Arc<Mutex<Instant>>,
    steady: Steady,
}

/// The service behind one connection, which notes each request when it begins: none is read or answered for longer than
/// a connection may go without the next.
#[derive(Clone)]
pub struct Asked<S> {
    service: S,
    last: LastAsked,
}

impl LastAsked {
    /// A new connection has as long for its first request as for another.
    pub(super) fn begin(steady: Steady) -> Self {
        Self { at: Arc::new(Mutex::new(steady())), steady }
    }

    pub(super) fn by<S>(&self, service: S) -> Asked<S> {
        Asked { service, last: self.clone() }
    }

    pub(super) fn is_longer_ago_than(&self, time: Duration) -> bool {
        let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (self.steady)().saturating_duration_since(at) > time
    }

    fn note(&self) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = (self.steady)();
    }
}

impl<R, S: Service<R>> Service<R> for Asked<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.last.note();
        self.service.call(request)
    }
}
