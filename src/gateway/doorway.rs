//! The door itself: how many may stand in it, and how long anybody may stand there in silence.

use axum_server::accept::Accept;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

/// Connections at once. Beyond it newcomers are turned away at once, which costs less than letting them wait.
const MOST: usize = 4_096;
/// A connection on which nothing comes for this long is closed, in whatever state: TLS half made, a request half sent,
/// or kept alive for a next one.
const SILENCE: Duration = Duration::from_secs(60);

/// Lets connections in. Stands in front of TLS, so that an unfinished handshake is counted as well.
#[derive(Clone)]
pub struct Doorway {
    places: Arc<Semaphore>,
}

impl Doorway {
    pub fn open() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)) }
    }
}

impl<S> Accept<TcpStream, S> for Doorway {
    type Stream = Visitor;
    type Service = S;
    type Future = Ready<io::Result<(Visitor, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(Visitor::enter(stream, &self.places).map(|visitor| (visitor, service)))
    }
}

/// A connection in its place.
pub struct Visitor {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _place: OwnedSemaphorePermit,
}

impl Visitor {
    fn enter(stream: TcpStream, places: &Arc<Semaphore>) -> io::Result<Self> {
        let place =
            places.clone().try_acquire_owned().map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        stream.set_nodelay(true)?;
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        Ok(Self { stream: Box::pin(stream), _place: place })
    }
}

impl AsyncRead for Visitor {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }
}
