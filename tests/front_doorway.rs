//! Who may stand in the door without asking for anything.

use crate::front::open;
use crate::house::House;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection of HTTP/2 in the clear, frame by frame (RFC 9113, section 4.1).
struct Http2(TcpStream);

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const ACK: u8 = 1;
const END_OF_STREAM_AND_HEADERS: u8 = 1 | 4;

impl Http2 {
    async fn begin(house: &House) -> Self {
        let address = house.public_url.split_once("//").expect("a scheme").1;
        let mut stream = TcpStream::connect(address.trim_end_matches('/')).await.expect("a connection");
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("sent");
        let mut this = Self(stream);
        this.send(SETTINGS, 0, 0, &[]).await;
        this
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u8, payload: &[u8]) {
        let head = [0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream];
        // Whether it was taken, the answer tells.
        let _ = self.0.write_all(&[&head, payload].concat()).await;
    }

    /// Reads until such a frame comes; false when the connection ends before.
    async fn hears(&mut self, kind: u8, flags: u8) -> bool {
        loop {
            let mut head = [0; 9];
            if self.0.read_exact(&mut head).await.is_err() {
                return false;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            if self.0.read_exact(&mut vec![0; length]).await.is_err() {
                return false;
            }
            if head[3] == kind && head[4] & flags == flags {
                return true;
            }
        }
    }

    async fn pings(&mut self) -> bool {
        self.send(PING, 0, 0, b"are-you?").await;
        self.hears(PING, ACK).await
    }

    /// `GET /healthz` (RFC 7541: method, scheme and path of the static table, and two literal values).
    async fn asks(&mut self, stream: u8) -> bool {
        let fields = [&[0x82, 0x86, 0x04, 8][..], b"/healthz", &[0x01, 1], b"x"].concat();
        self.send(HEADERS, END_OF_STREAM_AND_HEADERS, stream, &fields).await;
        self.hears(HEADERS, 0).await
    }
}

/// Pings keep a connection from falling silent. A place in the door is for those who ask for something.
#[tokio::test]
async fn pings_alone_keep_no_place() {
    let house = open("").await;
    let (mut idle, mut asks) = (Http2::begin(&house).await, Http2::begin(&house).await);
    for (n, passed) in [0, 40, 20, 40].into_iter().enumerate() {
        house.clock.let_pass(Duration::from_secs(passed));
        assert!(asks.asks(1 + 2 * n as u8).await, "a request begins another minute");
        assert!(asks.pings().await);
        if n < 3 {
            assert!(idle.pings().await, "it has a minute for its first request");
        }
    }
    // A few that come too late may be answered, as each could have begun a request.
    for _ in 0..4 {
        idle.pings().await;
    }
    assert!(!idle.pings().await, "a hundred seconds without a request");
    assert!(!idle.asks(1).await, "it is too late for one");
    assert!(asks.pings().await);
}
