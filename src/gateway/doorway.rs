//! The door itself: how many may stand in it, and how long anybody may stand there in silence.

use super::farewell::Farewell;
use crate::limits::Source;
use crate::words::Network;
use axum_server::accept::Accept;
use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

/// Connections at once, if the process may open so many files. Beyond it newcomers are turned away at once, which costs
/// less than letting them wait.
const MOST: usize = 4_096;
/// Files that are not connections of the door: the database, fetches, the log.
const KEPT_FREE: usize = 256;
/// Connections at once from one address (IPv6: one /64). A proxy of ours has no such limit, nor has loopback, where one
/// may stand.
const MOST_FROM_ONE: u32 = 256;
/// A connection on which nothing comes for this long is closed, in whatever state: TLS half made, a request half sent,
/// or kept alive for a next one.
const SILENCE: Duration = Duration::from_secs(60);

/// Lets connections in. Stands in front of TLS, so that an unfinished handshake is counted as well.
#[derive(Clone)]
pub struct Doorway {
    places: Arc<Semaphore>,
    sources: Arc<Sources>,
    proxies: Arc<[Network]>,
}

impl Doorway {
    pub fn open(proxies: &[Network]) -> Self {
        let places = MOST.min(open_files().saturating_sub(KEPT_FREE).max(KEPT_FREE));
        Self { places: Arc::new(Semaphore::new(places)), sources: Arc::default(), proxies: proxies.into() }
    }

    fn enter(&self, address: IpAddr) -> io::Result<(OwnedSemaphorePermit, FromOne)> {
        let address = address.to_canonical();
        let is_ours = address.is_loopback() || self.proxies.iter().any(|network| network.contains(address));
        let from_one = self.sources.enter(address, if is_ours { u32::MAX } else { MOST_FROM_ONE })?;
        Ok((self.place()?, from_one))
    }

    fn place(&self) -> io::Result<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().map_err(|_| turned_away())
    }
}

/// The soft limit of open files, as Linux tells it; where it cannot be read, the usual one.
fn open_files() -> usize {
    const USUAL: usize = 1_024;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|rest| rest.split_whitespace().next());
    soft.map_or(USUAL, |soft| soft.parse().unwrap_or(if soft == "unlimited" { usize::MAX } else { USUAL }))
}

/// How many stand in the door, by where they came from.
#[derive(Default)]
struct Sources(Mutex<HashMap<Source, u32>>);

impl Sources {
    fn enter(self: &Arc<Self>, address: IpAddr, most: u32) -> io::Result<FromOne> {
        let source = address.into();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source).or_default();
        if *count >= most {
            return Err(turned_away());
        }
        *count += 1;
        Ok(FromOne { source, sources: self.clone() })
    }
}

/// One of its address's places; given back when it is dropped.
struct FromOne {
    source: Source,
    sources: Arc<Sources>,
}

impl Drop for FromOne {
    fn drop(&mut self) {
        let mut counts = self.sources.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.source);
            }
        }
    }
}

fn turned_away() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionRefused)
}

impl<S> Accept<TcpStream, S> for Doorway {
    type Stream = Visitor<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let visitor = stream.peer_addr().and_then(|peer| self.enter(peer.ip())).and_then(|(place, from_one)| {
            stream.set_nodelay(true)?;
            Ok(Visitor::standing(stream, place, Some(from_one)))
        });
        ready(visitor.map(|visitor| (visitor, service)))
    }
}

impl<S> Accept<UnixStream, S> for Doorway {
    type Stream = Visitor<UnixStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: UnixStream, service: S) -> Self::Future {
        ready(self.place().map(|place| (Visitor::standing(stream, place, None), service)))
    }
}

/// A connection in its place.
pub struct Visitor<Stream> {
    stream: Pin<Box<TimeoutStream<Stream>>>,
    farewell: Option<Farewell>,
    _place: OwnedSemaphorePermit,
    /// `None` where nobody comes from anywhere else, and of those who are known.
    from_one: Option<FromOne>,
}

impl<Stream> Visitor<Stream> {
    /// It has shown who it is, and counts no longer among those of its address.
    pub fn make_known(&mut self) {
        self.from_one = None;
    }
}

impl<Stream: AsyncRead + AsyncWrite> Visitor<Stream> {
    fn standing(stream: Stream, place: OwnedSemaphorePermit, from_one: Option<FromOne>) -> Self {
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        Self { stream: Box::pin(stream), farewell: None, _place: place, from_one }
    }
}

impl<Stream: AsyncRead + AsyncWrite> AsyncRead for Visitor<Stream> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, buffer)
    }
}

impl<Stream: AsyncRead + AsyncWrite> AsyncWrite for Visitor<Stream> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    /// Closes our side at once, so that the answer is known to be whole, and then waits for the other.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, farewell, .. } = &mut *self;
        if farewell.is_none() {
            ready!(stream.as_mut().poll_shutdown(cx))?;
        }
        farewell.get_or_insert_with(Farewell::begin).poll(stream.as_mut(), cx).map(Ok)
    }
}
