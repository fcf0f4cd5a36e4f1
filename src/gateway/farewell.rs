//! How a connection is closed. A refusal often leaves before the body has been read; a socket that is closed while its
//! client still writes breaks the client's pipe, and the client never reads why it was refused. So what still comes is
//! taken in and thrown away, unread and undecrypted, until the client has ended too: within bounds, as it is nobody's.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Sleep;

/// Bytes that are thrown away at most: four times the largest `limits.max_body` that there can be.
const MOST: usize = 4 * 1024 * 1024;
/// And for so long. It gains a sender nothing: a connection that asks for nothing is kept longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Our side is closed; theirs is not yet.
pub(super) struct Farewell {
    left: usize,
    until: Pin<Box<Sleep>>,
}

impl Farewell {
    pub(super) fn begin() -> Self {
        Self { left: MOST, until: Box::pin(tokio::time::sleep(PATIENCE)) }
    }

    /// Ready when they have ended, or when a bound is reached. What goes wrong on the way ends it as well.
    pub(super) fn poll(&mut self, mut theirs: Pin<&mut impl AsyncRead>, cx: &mut Context<'_>) -> Poll<()> {
        let mut piece = [std::mem::MaybeUninit::uninit(); 8 * 1024];
        loop {
            let mut buffer = ReadBuf::uninit(&mut piece);
            let read: Poll<io::Result<()>> = theirs.as_mut().poll_read(cx, &mut buffer);
            let came = buffer.filled().len();
            match read {
                Poll::Pending => return self.until.as_mut().poll(cx),
                Poll::Ready(Ok(())) if came > 0 && came < self.left => self.left -= came,
                Poll::Ready(_) => return Poll::Ready(()),
            }
        }
    }
}
