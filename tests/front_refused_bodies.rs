//! A body that nobody reads: whoever sends it still learns why, and whoever sends without end does not hold the door.

use crate::house::{Address, House};
use crate::saml_identity::NOW;
use gatehouse::ambient::Clock;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use url::Url;

/// The least there can be.
const MAX_BODY: usize = 64 * 1024;
const LIMITS: &str = "[limits]\nmax_body = \"64KiB\"\n";
/// A piece of a body, as one write.
const PIECE: [u8; 8 * 1024] = [b'a'; 8 * 1024];
/// More than a test ever waits; what hangs is an error of the socket.
const LONG: Duration = Duration::from_secs(60);

async fn open() -> House {
    House::open(NOW, &[], |_: &Address| LIMITS.to_owned()).await
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LONG)).expect("a limit");
    stream.set_write_timeout(Some(LONG)).expect("a limit");
    stream
}

/// Host and port, as a client names them.
fn authority(house: &House) -> String {
    Url::parse(&house.public_url).expect("a URL").authority().to_owned()
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Announced,
    Chunked,
}

/// Sends head and body whole, whatever comes back meanwhile, and only then reads. `answered` waits for the answer in
/// the middle of the body.
fn writes_all_before_reading(
    stream: &mut (impl Read + Write),
    head: &str,
    framing: Framing,
    length: usize,
    answered: impl Fn(),
) -> std::io::Result<String> {
    let framed = match framing {
        Framing::Announced => format!("Content-Length: {length}"),
        Framing::Chunked => "Transfer-Encoding: chunked".to_owned(),
    };
    stream.write_all(format!("{head}{framed}\r\n\r\n").as_bytes())?;
    for written in (0..length).step_by(PIECE.len()) {
        match framing {
            Framing::Announced => stream.write_all(&PIECE)?,
            Framing::Chunked => stream.write_all(&[b"2000\r\n", &PIECE[..], b"\r\n"].concat())?,
        }
        if written == MAX_BODY {
            answered();
        }
    }
    if let Framing::Chunked = framing {
        stream.write_all(b"0\r\n\r\n")?;
    }
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    // The answer is whole when its body has begun: heads and sentences leave in one piece.
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..read]);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_all_before_reading_learns_why() {
    let house = open().await;
    let ours = authority(&house);
    let too_large = ("413 Payload Too Large", "(limits.max_body)");
    for (request, host, (status, sentence)) in [
        ("POST /", &*ours, too_large),
        ("POST /decide", &ours, too_large),
        ("POST /saml/acs", &ours, too_large),
        ("POST /", "other.example", ("421 Misdirected Request", "add the host to server.hosts")),
        ("POST /nowhere", &ours, ("404 Not Found", "")),
        ("POST /healthz", &ours, ("405 Method Not Allowed", "")),
        ("POST /console/roles", &ours, ("405 Method Not Allowed", "")),
        ("GET /healthz", &ours, ("200 OK", "")),
    ] {
        for framing in [Framing::Announced, Framing::Chunked].repeat(10) {
            let (head, address) = (format!("{request} HTTP/1.1\r\nHost: {host}\r\n"), ours.clone());
            let answer = tokio::task::spawn_blocking(move || {
                let mut stream = connect(&address);
                let answer = stream.try_clone().expect("the same socket");
                let answered = || assert_eq!(answer.peek(&mut [0]).expect("an answer"), 1);
                writes_all_before_reading(&mut stream, &head, framing, 2 * MAX_BODY, answered)
            });
            let answer = answer.await.expect("a client");
            let answer = answer.unwrap_or_else(|error| panic!("{request} at {host}, {framing:?}: {error}"));
            let whole = answer.starts_with(&format!("HTTP/1.1 {status}\r\n")) && answer.contains(sentence);
            assert!(whole, "{request} at {host}, {framing:?}: {answer}");
        }
    }
}

/// What is thrown away there are TLS records, which nobody decrypts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_does_whoever_comes_over_tls() {
    let house = House::open_tls(Clock::held(NOW), "localhost", &[], |_: &Address| LIMITS.to_owned()).await;
    let address = authority(&house);
    for framing in [Framing::Announced, Framing::Chunked].repeat(10) {
        let address = address.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut tls = openssl::ssl::SslConnector::builder(openssl::ssl::SslMethod::tls()).expect("TLS");
            tls.set_verify(openssl::ssl::SslVerifyMode::NONE);
            let tcp = connect(&address);
            let watched = tcp.try_clone().expect("the same socket");
            let mut stream = tls.build().connect("localhost", tcp).expect("a handshake");
            let head = format!("POST / HTTP/1.1\r\nHost: {address}\r\n");
            // The tickets have come before this, so the answer is what comes next.
            let answered = || assert_eq!(watched.peek(&mut [0]).expect("an answer"), 1);
            writes_all_before_reading(&mut stream, &head, framing, 16 * MAX_BODY, answered)
        });
        let answer = answer.await.expect("a client").unwrap_or_else(|error| panic!("{framing:?}: {error}"));
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("(limits.max_body)"), "{framing:?}: {answer}");
    }
}

/// Bounded in bytes for those who hurry, and in time for those who drip.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_without_end_is_cut_off() {
    let house = open().await;
    let address = authority(&house);
    // What both kernels may hold between them comes on top of what is thrown away.
    const MOST: usize = 48 * 1024 * 1024;
    for (piece, pause) in [(PIECE.len(), None), (1, Some(Duration::from_millis(100)))] {
        let address = address.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut stream = connect(&address);
            let head = format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 4000000000\r\n\r\n");
            stream.write_all(head.as_bytes()).expect("a head");
            let mut written = 0;
            loop {
                match stream.write(&PIECE[..piece]) {
                    Ok(more) => written += more,
                    Err(error) => break (written, error.kind()),
                }
                assert!(written < MOST, "nobody cuts it off");
                assert!(pause.is_none() || written < 300, "nobody cuts it off");
                pause.into_iter().for_each(std::thread::sleep);
            }
        });
        let (written, error) = written.await.expect("a client");
        assert!(matches!(error, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error} after {written}");
    }
}

/// HTTP/2 can end one request without the connection, so nothing is thrown away and nothing is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_loses_one_stream_and_no_connection() {
    let house = open().await;
    let address = authority(&house);
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = connect(&address);
        let text = |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
        // :method POST, :scheme http, :path /, :authority, content-length: none of them kept in the table.
        let head = [&[0x83, 0x86, 0x84, 0x01][..], &text(&address), &[0x0f, 0x0d], &text("4000000000")].concat();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("a preface");
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).expect("settings");
        stream.write_all(&frame(HEADERS, END_HEADERS, 1, &head)).expect("a head");
        stream.write_all(&frame(DATA, 0, 1, &PIECE)).expect("a piece");
        let mut body = Vec::new();
        loop {
            let (kind, flags, number, payload) = read_frame(&mut stream);
            match kind {
                DATA => body.extend_from_slice(&payload),
                RST_STREAM => {
                    assert_eq!((number, &*payload), (1, &[0; 4][..]), "no error: the answer is whole");
                    stream.write_all(&frame(PING, 0, 0, b"stillon?")).expect("the connection lives");
                }
                PING if flags & ACK != 0 => break String::from_utf8(body).expect("UTF-8"),
                _ => {}
            }
        }
    });
    let body = answered.await.expect("a client");
    assert!(body.contains("(limits.max_body)"), "{body}");
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn read_frame(stream: &mut TcpStream) -> (u8, u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).expect("a frame");
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).expect("its payload");
    (head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload)
}
