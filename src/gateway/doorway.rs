//! The door itself: how many may stand in it, and how long anybody may stand there in silence.

use super::farewell::Farewell;
use axum_server::accept::Accept;
use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

/// Connections at once, if the process may open so many files. Beyond it newcomers are turned away at once, which costs
/// less than letting them wait.
const MOST: usize = 4_096;
/// Files that are not connections of the door: the database, fetches, the log.
const KEPT_FREE: usize = 256;
/// Connections at once from one address (IPv6: one /64). Loopback has no such limit: a proxy may stand there.
const MOST_FROM_ONE: u32 = 256;
/// A connection on which nothing comes for this long is closed, in whatever state: TLS half made, a request half sent,
/// or kept alive for a next one.
const SILENCE: Duration = Duration::from_secs(60);

/// Lets connections in. Stands in front of TLS, so that an unfinished handshake is counted as well.
#[derive(Clone)]
pub struct Doorway {
    places: Arc<Semaphore>,
    sources: Arc<Sources>,
}

impl Doorway {
    pub fn open() -> Self {
        let places = MOST.min(open_files().saturating_sub(KEPT_FREE).max(KEPT_FREE));
        Self { places: Arc::new(Semaphore::new(places)), sources: Arc::default() }
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
struct Sources(Mutex<HashMap<IpAddr, u32>>);

impl Sources {
    fn enter(self: &Arc<Self>, address: IpAddr) -> io::Result<FromOne> {
        let network = match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 => v4,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if *count >= MOST_FROM_ONE && !address.to_canonical().is_loopback() {
            return Err(turned_away());
        }
        *count += 1;
        Ok(FromOne { network, sources: self.clone() })
    }
}

/// One of its address's places; given back when it is dropped.
struct FromOne {
    network: IpAddr,
    sources: Arc<Sources>,
}

impl Drop for FromOne {
    fn drop(&mut self) {
        let mut counts = self.sources.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

fn turned_away() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionRefused)
}

impl<S> Accept<TcpStream, S> for Doorway {
    type Stream = Visitor;
    type Service = S;
    type Future = Ready<io::Result<(Visitor, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(Visitor::enter(stream, self).map(|visitor| (visitor, service)))
    }
}

/// A connection in its place.
pub struct Visitor {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    farewell: Option<Farewell>,
    _place: OwnedSemaphorePermit,
    _from_one: FromOne,
}

impl Visitor {
    fn enter(stream: TcpStream, door: &Doorway) -> io::Result<Self> {
        let from_one = door.sources.enter(stream.peer_addr()?.ip())?;
        let place = door.places.clone().try_acquire_owned().map_err(|_| turned_away())?;
        stream.set_nodelay(true)?;
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        Ok(Self { stream: Box::pin(stream), farewell: None, _place: place, _from_one: from_one })
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

    /// Closes our side at once, so that the answer is known to be whole, and then waits for the other.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, farewell, .. } = &mut *self;
        if farewell.is_none() {
            ready!(stream.as_mut().poll_shutdown(cx))?;
        }
        farewell.get_or_insert_with(Farewell::begin).poll(stream.as_mut(), cx).map(Ok)
    }
}
