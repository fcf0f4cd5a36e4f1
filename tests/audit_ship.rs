//! Records are sent on: all of them, in their order, and again if they were not taken.

use crate::audit_world::{audit, open, six};
use crate::command_backup::{backup, put_back};
use crate::command_sessions::revoke;
use crate::front::ADMIN;
use crate::front_signed::{assume, user};
use crate::house::{House, free_port};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

pub(crate) async fn exported(house: &House) -> Vec<String> {
    audit(house.directory.path(), &["export"]).await.1.lines().map(str::to_owned).collect()
}

pub(crate) async fn has_lines(path: &Path, count: usize) -> Vec<String> {
    let comes = async {
        loop {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            if text.lines().count() >= count {
                return text.lines().map(str::to_owned).collect();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), comes).await.expect("sent")
}

#[tokio::test]
async fn a_file_has_all_of_them_and_begins_anew_when_it_was_moved() {
    let house = open("[audit]\nship = { file = \"shipped.jsonl\" }").await;
    let (path, moved) = (house.directory.path().join("shipped.jsonl"), house.directory.path().join("shipped.1"));
    six(&house).await;
    has_lines(&path, 6).await;
    std::fs::rename(&path, &moved).expect("moved");
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    let new = has_lines(&path, 1).await;
    // Otherwise the end may come in between, and it is sent once more.
    crate::audit_keeping::until(&house, "SELECT max(number) FROM audit_shipped", "7").await;
    let (directory, clock, url) = house.close().await;
    // The next start goes on where this one has ended.
    let house = House::serve(directory, clock, url).await;
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    let new = [has_lines(&moved, 6).await, has_lines(&path, new.len() + 1).await].concat();
    assert_eq!(new, exported(&house).await);
    house.close().await;
}

/// Orders that operators gave beside a gateway, and the chain of a node that is no more, are sent by whoever there is.
#[tokio::test]
async fn chains_that_no_node_writes_are_sent_as_well() {
    let house = open("").await;
    let session = six(&house).await;
    revoke(&house, &["--session", &session.id]).await;
    let file = backup(&house).await;
    let house = put_back(house, &file).await;
    revoke(&house, &["--session", &session.id]).await;
    let (directory, clock, url) = house.close().await;
    let settings = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("a configuration");
    directory.write("gatehouse.toml", format!("{settings}\n[audit]\nship = {{ file = \"shipped.jsonl\" }}\n"));
    let house = House::serve(directory, clock, url).await;
    // Six and an order of before; the restoring, and an order since.
    let mut shipped = has_lines(&house.directory.path().join("shipped.jsonl"), 9).await;
    let mut exported = exported(&house).await;
    shipped.sort_unstable();
    exported.sort_unstable();
    assert_eq!(shipped, exported);
    assert_eq!(house.rows("SELECT DISTINCT node FROM audit").await.len(), 4);
    house.close().await;
}

/// RFC 5424, as each way carries it.
#[tokio::test]
async fn syslog_has_all_of_them_by_each_way() {
    let directory = crate::house::Directory::new();
    let socket = directory.path().join("log");
    let datagrams = UnixDatagram::bind(&socket).expect("bound");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("bound");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("bound");
    let (udp_at, tcp_at) = (udp.local_addr().expect("an address"), tcp.local_addr().expect("an address"));
    let settings = format!(
        "[audit]\nship = [{{ syslog = \"unix:{}\" }}, {{ syslog = \"udp://{udp_at}\" }}, {{ syslog = \"tcp://{tcp_at}\" }}]",
        socket.display()
    );
    let house = open(&settings).await;
    six(&house).await;
    let received = tokio::task::spawn_blocking(move || {
        let mut buffer = vec![0; 65_536];
        let mut by_socket = Vec::new();
        let mut by_udp = Vec::new();
        datagrams.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        udp.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        for _ in 0..6 {
            let length = datagrams.recv(&mut buffer).expect("a message");
            by_socket.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            let length = udp.recv(&mut buffer).expect("a message");
            by_udp.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        let mut stream = BufReader::new(tcp.accept().expect("a connection").0);
        [by_socket, by_udp, (0..6).map(|_| framed(&mut stream)).collect()]
    });
    let received = received.await.expect("received");
    let node = house.rows("SELECT name FROM node").await.concat().concat();
    let events = ["AssumeRoleWithSAML", "AssumeRole", "AssumeRole", "AssumeRole", "AssumeRole", "AssumeRole"];
    let exported = exported(&house).await;
    let expected: Vec<String> = exported
        .iter()
        .zip(events)
        .map(|(line, event)| format!("<110>1 2031-01-01T12:00:00Z {node} gatehouse - {event} - {line}"))
        .collect();
    for by in received {
        assert_eq!(by, expected);
    }
    house.close().await;
}

fn framed(stream: &mut impl BufRead) -> String {
    let mut length = Vec::new();
    stream.read_until(b' ', &mut length).expect("a length");
    let length: usize = String::from_utf8_lossy(&length).trim_end().parse().expect("a number");
    let mut message = vec![0; length];
    stream.read_exact(&mut message).expect("a message");
    String::from_utf8(message).expect("UTF-8")
}

/// A server that is started anew misses nothing: a record is not written where nobody reads any more.
#[tokio::test]
async fn a_stream_that_the_other_side_has_closed_is_opened_anew() {
    let tcp = std::sync::Arc::new(TcpListener::bind("127.0.0.1:0").expect("bound"));
    let settings = format!("[audit]\nship = {{ syslog = \"tcp://{}\" }}", tcp.local_addr().expect("an address"));
    let house = open(&settings).await;
    six(&house).await;
    let received = |messages: usize| {
        let tcp = tcp.clone();
        let received = tokio::task::spawn_blocking(move || {
            let mut stream = BufReader::new(tcp.accept().expect("a connection").0);
            (0..messages).map(|_| framed(&mut stream)).collect::<Vec<_>>()
        });
        tokio::time::timeout(Duration::from_secs(60), received)
    };
    received(6).await.expect("in time").expect("received");
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    let next = received(1).await.expect("in time").expect("received");
    assert!(next[0].contains("\"number\":7,"), "{next:?}");
    house.close().await;
}

/// A collector that is away costs nobody their credentials; when it is back it has everything.
#[tokio::test]
async fn a_collector_has_all_of_them_when_it_is_back() {
    let port = free_port();
    let settings = format!(
        "[audit]\nship = {{ otlp = \"http://127.0.0.1:{port}/v1/logs\", allowed_networks = [\"127.0.0.1\"], token = {{ file = \"secret\" }} }}"
    );
    let mut files = crate::front::files();
    files.push(("secret", "collect-me".to_owned()));
    let house =
        House::open(crate::saml_identity::NOW, &files, |_| format!("{settings}\n{}", crate::front::WORLD)).await;
    six(&house).await;
    let collected = tokio::task::spawn_blocking(move || {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("bound");
        // Once more it does not take them.
        let _ = answer(&listener, "503 Service Unavailable");
        answer(&listener, "200 OK")
    });
    let (head, body) =
        tokio::time::timeout(Duration::from_secs(60), collected).await.expect("in time").expect("collected");
    assert!(head.starts_with("POST /v1/logs HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer collect-me\r\n"), "{head}");
    let logs: Value = serde_json::from_str(&body).expect("JSON");
    let records = logs["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().expect("records").clone();
    let bodies: Vec<&str> =
        records.iter().map(|record| record["body"]["stringValue"].as_str().expect("text")).collect();
    assert_eq!(bodies, exported(&house).await);
    assert_eq!(records[0]["timeUnixNano"], json!("1925035200000000000"));
    assert_eq!(
        records[0]["attributes"][0],
        json!({ "key": "event.name", "value": { "stringValue": "AssumeRoleWithSAML" } })
    );
    house.close().await;
}

/// Takes one request in, and answers it: head and body.
pub(crate) fn answer(listener: &TcpListener, status: &str) -> (String, String) {
    let mut stream = listener.accept().expect("a connection").0;
    let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().expect("a number");
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}").expect("answered");
    (head, String::from_utf8(body).expect("UTF-8"))
}
