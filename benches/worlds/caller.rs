//! GetCallerIdentity; the floor does the five HMACs of Signature Version 4, the secret's own state made once.

use super::serve;
use crate::served::{Server, free_port, head};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use gatehouse::ambient::Clock;
use gatehouse::words::basic;
use std::path::Path;
use std::process::Command;

const ID: &str = "AKIAEXAMPLEBENCH0001";
const SECRET: &str = "an example of a secret key, forty letters";

pub(crate) struct Credentials {
    id: String,
    secret: String,
    token: Option<String>,
}

impl Credentials {
    /// The user's own.
    pub(crate) fn own() -> Self {
        Self { id: ID.to_owned(), secret: SECRET.to_owned(), token: None }
    }

    /// From an answer of the STS.
    pub(crate) fn of(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        let part = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>")).expect(name);
            rest.split_once('<').expect("an end").0.to_owned()
        };
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        Self { id, secret, token: Some(part("SessionToken")) }
    }
}

/// Asks who it is.
pub(crate) fn ask(who: &Credentials, port: u16, action: &str) -> Vec<u8> {
    signed(who, port, &format!("Action={action}&Version=2011-06-15"))
}

/// A whole request, with its signature.
fn signed(who: &Credentials, port: u16, form: &str) -> Vec<u8> {
    let at = basic(Clock::system().now());
    let host = format!("127.0.0.1:{port}");
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let mut headers = vec![("content-type", kind), ("host", &host), ("x-amz-date", &at)];
    headers.extend(who.token.as_deref().map(|token| ("x-amz-security-token", token)));
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(digest(&SHA256, form.as_bytes()).as_ref()));
    let scope = format!("{}/us-east-1/sts/aws4_request", &at[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
    let signature = hex(signature(&first_key(&who.secret), &at[..8], &text).as_ref());
    let sent: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", who.id);
    format!("POST / HTTP/1.1\r\n{sent}authorization: {authorization}\r\ncontent-length: {}\r\n\r\n{form}", form.len())
        .into_bytes()
}

fn first_key(secret: &str) -> Key {
    Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes())
}

/// The five HMACs.
fn signature(first: &Key, date: &str, text: &str) -> Tag {
    let key = [date, "us-east-1", "sts", "aws4_request"]
        .iter()
        .fold(first.clone(), |key, link| Key::new(HMAC_SHA256, sign(&key, link.as_bytes()).as_ref()));
    sign(&key, text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn gatehouse(directory: &Path) -> Server {
    let port = free_port();
    let config = directory.join("gatehouse.toml");
    let secret = directory.join("secret");
    std::fs::write(&secret, SECRET).expect("written");
    let head = head(port);
    let text = format!(
        r#"
{head}
[[account]]
id = "111122223333"
[[user]]
arn = "arn:aws:iam::111122223333:user/bench"
access_keys = [{{ id = "{ID}", secret = {{ file = "secret" }} }}]
"#
    );
    std::fs::write(&config, text).expect("written");
    Server::gatehouse(&config, port)
}

pub(crate) fn bare_server(length: usize) -> Server {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    Server::start(command.args(["bare", "hmacs"]).args([port, length as u16].map(|n| n.to_string())), port)
}

/// The floor: `PORT LENGTH`.
pub(super) fn bare(arguments: &[String]) {
    let first = first_key(SECRET);
    // As long as one is.
    let text = format!("AWS4-HMAC-SHA256\n20261129T000000Z\n20261129/us-east-1/sts/aws4_request\n{}", "0".repeat(64));
    serve(&arguments[0], &arguments[1], move |_| _ = std::hint::black_box(signature(&first, "20261129", &text)));
}
