//! A connection that ends when it falls silent: when for too long nothing comes that is waited for, or nothing goes.

use super::asked::Steady;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

pub(super) struct Watched<Stream> {
    stream: Stream,
    longest: Duration,
    steady: Steady,
    reading: Silence,
    writing: Silence,
}

/// One way of a connection.
#[derive(Default)]
struct Silence {
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<Stream> Watched<Stream> {
    pub(super) fn new(stream: Stream, longest: Duration, steady: Steady) -> Self {
        Self { stream, longest, steady, reading: Silence::default(), writing: Silence::default() }
    }
}

impl Silence {
    /// What came of waiting; too long a silence is an error.
    fn heard<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
        longest: Duration,
        steady: &Steady,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.since = None;
            return polled;
        }
        let since = *self.since.get_or_insert_with(|| steady());
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(longest)));
        // It is not set anew for all that comes, which costs more than a look at the time when it rings: never too late.
        while alarm.as_mut().poll(cx).is_ready() {
            let left = longest.saturating_sub(steady().saturating_duration_since(since));
            if left.is_zero() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            alarm.set(sleep(left));
        }
        Poll::Pending
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Watched<Stream> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, longest, steady, reading, .. } = &mut *self;
        let polled = Pin::new(stream).poll_read(cx, buffer);
        reading.heard(polled, cx, *longest, steady)
    }
}

impl<Stream: AsyncWrite + Unpin> Watched<Stream> {
    fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let Self { stream, longest, steady, writing, .. } = self;
        let polled = poll(Pin::new(stream), cx);
        writing.heard(polled, cx, *longest, steady)
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Watched<Stream> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, Stream::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, Stream::poll_shutdown)
    }
}
