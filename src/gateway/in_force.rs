//! Which of the routers is in force. Another may take its place at any time: a request is answered by the one that was in
//! force when it came, to its end.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::response::Response;
use axum::routing::IntoMakeService;
use axum::{Router, ServiceExt};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use tower_service::Service;

/// Every connection has a clone of it, and all of them see the change.
#[derive(Clone)]
pub struct InForce(Arc<RwLock<Router>>);

impl InForce {
    pub fn new(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    /// For connections whose other end matters.
    pub fn for_senders(self) -> IntoMakeServiceWithConnectInfo<Self, SocketAddr> {
        ServiceExt::<Request>::into_make_service_with_connect_info(self)
    }

    pub fn for_anybody(self) -> IntoMakeService<Self> {
        ServiceExt::<Request>::into_make_service(self)
    }

    pub fn replace(&self, router: Router) {
        let former = std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), router);
        drop(former);
    }
}

impl<B> Service<Request<B>> for InForce
where
    B: HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <Router as Service<Request<B>>>::Future;

    /// A router is always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut router = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        router.call(request)
    }
}
