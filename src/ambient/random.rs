//! Unpredictable bytes.

use crate::words::uuid;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::cell::RefCell;
use time::OffsetDateTime;
use zeroize::Zeroize;

/// The operating system's generator, by way of aws-lc.
#[derive(Clone, Copy, Default)]
pub struct Random;

/// A draw costs the same for few bytes and for many, so each thread draws some ahead.
const DRAWN: usize = 1_024;

struct Draw {
    bytes: [u8; DRAWN],
    /// How many of them have been handed out; those are already overwritten.
    given: usize,
}

thread_local! {
    static DRAW: RefCell<Draw> = const { RefCell::new(Draw { bytes: [0; DRAWN], given: DRAWN }) };
}

impl Draw {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        if N > DRAWN {
            fill(&mut taken);
            return taken;
        }
        if DRAWN - self.given < N {
            fill(&mut self.bytes);
            self.given = 0;
        }
        let drawn = &mut self.bytes[self.given..self.given + N];
        taken.copy_from_slice(drawn);
        drawn.zeroize();
        self.given += N;
        taken
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
fn fill(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system's generator answers");
}

impl Random {
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        DRAW.with_borrow_mut(Draw::take)
    }

    /// `N` random bytes as base64url text.
    pub fn token<const N: usize>(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<N>())
    }

    /// A random UUID (RFC 9562, version 4).
    pub fn uuid(&self) -> String {
        let mut b = self.bytes::<16>();
        b[6] = (b[6] & 0x0f) | 0x40;
        uuid(b)
    }

    /// One that begins with the time (version 7), the form of request ids: what is kept under them is written side by side.
    pub fn uuid_at(&self, now: OffsetDateTime) -> String {
        let mut b = self.bytes::<16>();
        let milliseconds = (1_000 * now.unix_timestamp() + i64::from(now.millisecond())).to_be_bytes();
        b[..6].copy_from_slice(&milliseconds[2..]);
        b[6] = (b[6] & 0x0f) | 0x70;
        uuid(b)
    }
}
