//! The door itself: how many may stand in it, and how long anybody may stand there in silence.

use super::asked::{Asked, LastAsked, Steady};
use super::farewell::Farewell;
use crate::limits::{Place, Places};
use crate::words::Network;
use axum_server::accept::Accept;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
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
/// A connection on which nothing comes for this long is closed, in whatever state: TLS half made, a request half sent,
/// or kept alive for a next one. So is one on which something comes, but for this long no request has begun.
const SILENCE: Duration = Duration::from_secs(60);
/// What comes just then may be a request, if it is whole after this many pieces.
const MOST_LATE_READS: u8 = 4;

/// Lets connections in. Stands in front of TLS, so that an unfinished handshake is counted as well.
#[derive(Clone)]
pub struct Doorway {
    places: Arc<Semaphore>,
    theirs: Arc<Places>,
    proxies: Arc<[Network]>,
    steady: Steady,
}

impl Doorway {
    pub fn open(proxies: &[Network], steady: Steady) -> Self {
        let places = MOST.min(open_files().saturating_sub(KEPT_FREE).max(KEPT_FREE));
        Self { places: Arc::new(Semaphore::new(places)), theirs: Arc::default(), proxies: proxies.into(), steady }
    }

    /// Those of one address (and network of IPv6) have so many places. A proxy of ours has no such limit, nor has loopback,
    /// where one may stand.
    fn enter(&self, address: IpAddr) -> io::Result<(OwnedSemaphorePermit, Option<Place>)> {
        let address = address.to_canonical();
        let is_ours = address.is_loopback() || self.proxies.iter().any(|network| network.contains(address));
        let theirs = if is_ours { None } else { Some(self.theirs.enter(address).ok_or_else(turned_away)?) };
        Ok((self.place()?, theirs))
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

fn turned_away() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionRefused)
}

impl<S> Accept<TcpStream, S> for Doorway {
    type Stream = Visitor<TcpStream>;
    type Service = Asked<S>;
    type Future = Ready<io::Result<(Self::Stream, Asked<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let last = LastAsked::begin(self.steady.clone());
        let entered = stream.peer_addr().and_then(|peer| self.enter(peer.ip())).and_then(|(place, theirs)| {
            stream.set_nodelay(true)?;
            Ok((Visitor::standing(stream, place, theirs, last.clone()), last.by(service)))
        });
        ready(entered)
    }
}

impl<S> Accept<UnixStream, S> for Doorway {
    type Stream = Visitor<UnixStream>;
    type Service = Asked<S>;
    type Future = Ready<io::Result<(Self::Stream, Asked<S>)>>;

    fn accept(&self, stream: UnixStream, service: S) -> Self::Future {
        let last = LastAsked::begin(self.steady.clone());
        ready(self.place().map(|place| (Visitor::standing(stream, place, None, last.clone()), last.by(service))))
    }
}

/// A connection in its place.
pub struct Visitor<Stream> {
    stream: Pin<Box<TimeoutStream<Stream>>>,
    farewell: Option<Farewell>,
    last: LastAsked,
    /// How many times something has come, after too long without a request, that began none.
    late_reads: u8,
    _place: OwnedSemaphorePermit,
    /// `None` where nobody is counted by address, and once the client is known.
    theirs: Option<Place>,
}

impl<Stream> Visitor<Stream> {
    /// It has shown who it is, and counts no longer among those of its address.
    pub fn make_known(&mut self) {
        self.theirs = None;
    }
}

impl<Stream: AsyncRead + AsyncWrite> Visitor<Stream> {
    fn standing(stream: Stream, place: OwnedSemaphorePermit, theirs: Option<Place>, last: LastAsked) -> Self {
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        Self { stream: Box::pin(stream), farewell: None, last, late_reads: 0, _place: place, theirs }
    }
}

impl<Stream: AsyncRead + AsyncWrite> AsyncRead for Visitor<Stream> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.late_reads >= MOST_LATE_READS && self.last.is_longer_ago_than(SILENCE) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // Half of all reads find nothing, and need no clock.
        ready!(self.stream.as_mut().poll_read(cx, buffer))?;
        let is_late = self.last.is_longer_ago_than(SILENCE);
        self.late_reads = if is_late { self.late_reads + 1 } else { 0 };
        Poll::Ready(Ok(()))
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
