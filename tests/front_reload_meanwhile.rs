//! What happens while a configuration is read and taken up.

use crate::front::{ADMIN, CORP, assume_with_saml, good};
use crate::front_signed::{assume, user};
use crate::house::encoded;
use crate::reload_world::{NEW, Reloading, may_be_new, new_role, open, world};
use crate::saml_identity::changed;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// The configuration names a pipe, which is read as soon as somebody writes into it: so the reader can be held up at a
/// place that is known.
fn piped(role: &str) -> String {
    world() + &format!("\n[[role]]\narn = \"{role}\"\ntrust = {{ file = \"pipe\" }}\n")
}

const TRUSTS_OPS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole"}]}"#;

fn make_pipe(it: &Reloading) -> std::path::PathBuf {
    let pipe = it.house.directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    pipe
}

/// Opens when the reader has come to it.
async fn opened(pipe: &std::path::Path) -> std::fs::File {
    let pipe = pipe.to_owned();
    let open = move || std::fs::OpenOptions::new().write(true).open(pipe).expect("a reader");
    tokio::task::spawn_blocking(open).await.expect("opened")
}

#[tokio::test]
async fn reading_keeps_nobody_waiting_and_a_change_meanwhile_is_not_missed() {
    let it = open().await;
    let pipe = make_pipe(&it);
    it.configure(&piped(NEW));
    it.house.reload.ask();
    let mut writer = opened(&pipe).await;
    // It is being read, on a runtime of one thread.
    it.house.reload.ask();
    it.house.reload.ask();
    assert_eq!(it.house.get("/readyz").await.status, 200);
    assume(&it.house, &user(), ADMIN, &[]).await.credentials();
    // Somebody writes another meanwhile: neither a half of each comes into force, nor what is on disk no more.
    it.configure(&(world() + &new_role().replace("role/New", "role/Whole")));
    writer.write_all(TRUSTS_OPS.as_bytes()).expect("written");
    drop(writer);
    it.generation(2).await;
    assert!(!may_be_new(&it).await);
    assert_eq!(assume(&it.house, &user(), "arn:aws:iam::111122223333:role/Whole", &[]).await.status, 200);
    assert!(it.has("gatehouse_configuration_failures_total 0").await);
}

#[tokio::test]
async fn a_file_that_is_written_in_its_place_counts_when_it_is_whole() {
    let it = open().await;
    let path = it.house.directory.path().join("gatehouse.toml");
    let whole = format!("{}{}{}", it.head(), world(), new_role());
    let (first, second) = whole.split_at(whole.len() - 100);
    let mut file = std::fs::File::create(&path).expect("the file");
    file.write_all(first.as_bytes()).expect("a half");
    assume(&it.house, &user(), ADMIN, &[]).await.credentials();
    assert!(!may_be_new(&it).await);
    file.write_all(second.as_bytes()).expect("the other");
    drop(file);
    it.generation(2).await;
    assert!(may_be_new(&it).await);
}

/// The request is under way when its handler has asked for the body, which the server says with `100 Continue`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_answered_by_the_configuration_that_it_found() {
    let it = open().await;
    let form = [
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", ADMIN),
        ("PrincipalArn", CORP),
        ("SAMLAssertion", &*good(&it.house, "1")),
    ];
    let body = encoded(&form);
    let host = it.house.public_url.split_once("//").expect("a URL").1.to_owned();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(&host).expect("it listens");
    connection.write_all(head.as_bytes()).expect("sent");
    let mut answers = BufReader::new(connection.try_clone().expect("a second handle"));
    let mut line = String::new();
    answers.read_line(&mut line).expect("an answer");
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");

    it.configure(&changed(&world(), "role/Admin\"\nmax", "role/Former\"\nmax"));
    it.take_up(2).await;
    let later = assume_with_saml(&it.house, ADMIN, &good(&it.house, "2")).await;
    assert_eq!(later.refusal(), (403, "AccessDenied"));
    connection.write_all(body.as_bytes()).expect("the connection is still there");
    let mut answer = String::new();
    answers.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
}
