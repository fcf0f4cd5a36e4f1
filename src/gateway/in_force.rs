//! Which of the configurations answers. Another may take its place at any time: a request is answered by the one that was
//! in force when it came, to its end.

use super::threshold::{Answered, Gate};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::IntoMakeService;
use axum::{BoxError, Router, ServiceExt};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use tower_service::Service;

/// Every connection has a clone of it, and all of them see the change.
pub struct InForce<T>(Arc<RwLock<Arc<T>>>);

/// The gate, for connections whose other end matters.
pub struct Senders(InForce<Gate>);

/// The gate, for one of them.
#[derive(Clone)]
pub struct Connected {
    gate: InForce<Gate>,
    peer: SocketAddr,
}

impl<T> InForce<T> {
    pub fn new(answering: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(answering))))
    }

    pub fn replace(&self, answering: T) {
        let former = std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), answering.into());
        drop(former);
    }

    fn now(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<T> Clone for InForce<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl InForce<Gate> {
    pub fn for_senders(self) -> Senders {
        Senders(self)
    }
}

impl InForce<Router> {
    pub fn for_anybody(self) -> IntoMakeService<Self> {
        ServiceExt::<Request>::into_make_service(self)
    }
}

impl Service<SocketAddr> for Senders {
    type Response = Connected;
    type Error = Infallible;
    type Future = Ready<Result<Connected, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        ready(Ok(Connected { gate: self.0.clone(), peer }))
    }
}

impl<B> Service<Request<B>> for Connected
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.gate.now().answer(self.peer, request.map(Body::new))
    }
}

impl<B> Service<Request<B>> for InForce<Router>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<Request<B>>>::Future;

    /// A router is always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Router::clone(&self.now()).call(request)
    }
}
