//! Requests of the STS, signed as callers sign them.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use gatehouse::ambient::Clock;
use gatehouse::words::basic;

pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl Credentials {
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

/// What is posted.
pub(crate) struct Posted<'a> {
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a str,
}

/// A whole request to the STS, with its signature.
pub(crate) fn signed(who: &Credentials, port: u16, form: &str) -> Vec<u8> {
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    Posted { host: &format!("127.0.0.1:{port}"), path: "/", kind, body: form }.signed(who)
}

impl Posted<'_> {
    pub(crate) fn signed(&self, who: &Credentials) -> Vec<u8> {
        let headers = self.headers(who);
        let sent: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let Self { path, body, .. } = self;
        format!("POST {path} HTTP/1.1\r\n{sent}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    /// Of now, with the signature.
    pub(crate) fn headers(&self, who: &Credentials) -> Vec<(&'static str, String)> {
        let at = basic(Clock::system().now());
        let mut headers = vec![("content-type", self.kind.to_owned()), ("host", self.host.to_owned())];
        headers.push(("x-amz-date", at.clone()));
        headers.extend(who.token.iter().map(|token| ("x-amz-security-token", token.clone())));
        headers.push(("authorization", self.authorization(who, &headers, &at)));
        headers
    }

    fn authorization(&self, who: &Credentials, headers: &[(&str, String)], at: &str) -> String {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = format!("POST\n{}\n\n{lines}\n{names}\n{}", self.path, self.digest());
        let scope = format!("{}/us-east-1/sts/aws4_request", &at[..8]);
        let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
        let signature = hex(signature(&first_key(&who.secret), &at[..8], &text).as_ref());
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", who.id)
    }

    /// SHA-256 of the body.
    pub(crate) fn digest(&self) -> String {
        hex(digest(&SHA256, self.body.as_bytes()).as_ref())
    }
}

pub(crate) fn first_key(secret: &str) -> Key {
    Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes())
}

/// The five HMACs.
pub(crate) fn signature(first: &Key, date: &str, text: &str) -> Tag {
    let key = [date, "us-east-1", "sts", "aws4_request"]
        .iter()
        .fold(first.clone(), |key, link| Key::new(HMAC_SHA256, sign(&key, link.as_bytes()).as_ref()));
    sign(&key, text.as_bytes())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
