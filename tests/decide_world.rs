//! The world of `POST /decide`: services that ask, people and roles that are asked about, and requests as clients sign them
//! for any service, in a second writing of AWS Signature Version 4.

use crate::house::{Address, Answer, Credentials, House};
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, THEIRS, accounts, allow, arn, files, key, policy, role, trusts, user};
use aws_lc_rs::{digest, hmac};
use gatehouse::words::basic;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub(crate) const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
pub(crate) const FILE: &str = "arn:aws:s3:::files/own/a";

fn desk(account: &str) -> String {
    format!("arn:aws:gatehouse::{account}:service")
}

/// `files` may ask; `reader` may read `own/…`, and the role Reader `role/…`.
pub(crate) fn config() -> String {
    let read = |sid: &str, path: &str| json!({ "Sid": sid, "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::files/{path}") });
    let shut =
        json!({ "Sid": "Shut", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::files/own/shut/*" });
    let near = json!({
        "Sid": "Near", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/near/*",
        "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" }, "StringEquals": { "s3:prefix": ["near/"] } },
    });
    let of_team = json!({
        "Sid": "Team", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/team/${aws:PrincipalTag/team}/*",
    });
    let wears = allow("sts:*", "*");
    let bounded =
        format!("boundary = {{ json = '{}' }}\n", policy(json!([allow("s3:GetObject", "arn:aws:s3:::files/role/*")])));
    let reader = role(
        OURS,
        "Reader",
        json!([trusts(json!({ "AWS": OURS }), "sts:*")]),
        json!([read("Role", "role/*"), read("Wide", "wide/*"), of_team]),
    );
    let tagged = reader.replacen("max_session", "tags = { team = \"of-role\", floor = \"2\" }\nmax_session", 1);
    let bounded = reader.replace("role/Reader", "role/Bounded") + &bounded;
    let parts = [
        user(OURS, "files", json!([allow("gatehouse:Decide", &desk(OURS))])),
        user(OURS, "nobody", json!([allow("s3:*", "*")])),
        user(OURS, "wide", json!([allow("gatehouse:*", "*")])),
        user(OURS, "auditor", json!([allow("sts:DecodeAuthorizationMessage", "*")])),
        user(OURS, "reader", json!([read("Read", "own/*"), shut, near, wears])),
        user(OURS, "blank", json!([allow("ec2:*", "*")])),
        user(THEIRS, "stranger", json!([allow("s3:GetObject", "arn:aws:s3:::files/*")])),
        user(THEIRS, "pauper", json!([allow("ec2:*", "*")])),
        tagged,
        bounded,
    ];
    accounts() + &parts.concat()
}

pub(crate) async fn open() -> House {
    House::open(NOW, &files(), |_: &Address| config()).await
}

/// `path` and `query` as they are sent and, in an honest request, signed.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) host: &'static str,
    pub(crate) path: String,
    pub(crate) canonical_path: String,
    pub(crate) query: String,
    pub(crate) service: &'static str,
    pub(crate) payload: String,
    pub(crate) at: OffsetDateTime,
}

impl Sent {
    pub(crate) fn get(house: &House) -> Self {
        Self {
            method: "GET",
            host: "files.example.com",
            path: "/own/a".into(),
            canonical_path: "/own/a".into(),
            query: "versionId=7".into(),
            service: "s3",
            payload: EMPTY.into(),
            at: house.clock.now(),
        }
    }

    fn url(&self, query: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("https://{}{}{mark}{query}", self.host, self.path)
    }

    /// As it is received, signed in its headers.
    pub(crate) fn signed(&self, by: &Credentials) -> Value {
        let date = basic(self.at);
        let mut headers = vec![("host", self.host.to_owned())];
        if self.service == "s3" {
            headers.push(("x-amz-content-sha256", self.payload.clone()));
        }
        headers.push(("x-amz-date", date.clone()));
        headers.extend(by.token.iter().map(|token| ("x-amz-security-token", token.clone())));
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let (scope, signature) = self.signature(by, &date, &self.query, &lines, &names);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", by.id);
        let mut sent: Value = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        sent["Authorization"] = json!(authorization);
        json!({ "method": self.method, "url": self.url(&self.query), "headers": sent, "payload_sha256": self.payload })
    }

    /// As it is received, signed in its query.
    pub(crate) fn presigned(&self, by: &Credentials) -> Value {
        let (date, escape) =
            (basic(self.at), |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
        let scope = format!("{}/eu-west-1/{}/aws4_request", &date[..8], self.service);
        let credential = escape(&format!("{}/{scope}", by.id));
        let token = by.token.iter().map(|token| format!("&X-Amz-Security-Token={}", escape(token))).collect::<String>();
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}&X-Amz-Expires=604800{token}&X-Amz-SignedHeaders=host"
        );
        let lines = format!("host:{}\n", self.host);
        let (_, signature) = self.signature(by, &date, &query, &lines, "host");
        let url = self.url(&format!("{query}&X-Amz-Signature={signature}"));
        json!({ "method": self.method, "url": url, "headers": { "Host": self.host }, "payload_sha256": self.payload })
    }

    fn signature(&self, by: &Credentials, date: &str, query: &str, lines: &str, names: &str) -> (String, String) {
        let Self { method, canonical_path, payload, service, .. } = self;
        let canonical = format!("{method}\n{canonical_path}\n{query}\n{lines}\n{names}\n{payload}");
        let scope = format!("{}/eu-west-1/{service}/aws4_request", &date[..8]);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let first = format!("AWS4{}", by.secret).into_bytes();
        let key = scope.split('/').fold(first, |key, part| mac(&key, part.as_bytes()));
        (scope, hex(&mac(&key, to_sign.as_bytes())))
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// May whoever signed read [`FILE`]?
pub(crate) fn question(received: Value) -> Value {
    json!({ "request": received, "action": "s3:GetObject", "resource": FILE })
}

pub(crate) fn with(mut question: Value, member: &str, value: Value) -> Value {
    question[member] = value;
    question
}

/// Asks as `by`, whose signature is of this very body.
pub(crate) async fn ask_as(house: &House, by: &Credentials, body: &str) -> Answer {
    send(house, by, body, body).await
}

pub(crate) async fn send(house: &House, by: &Credentials, signed: &str, body: &str) -> Answer {
    let (date, host) = (basic(house.clock.now()), house.public_url.split_once("//").expect("a scheme").1);
    let mut headers = vec![("host", host.to_owned()), ("x-amz-date", date.clone())];
    headers.extend(by.token.iter().map(|token| ("x-amz-security-token", token.clone())));
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let asks = Sent {
        method: "POST",
        path: "/decide".into(),
        canonical_path: "/decide".into(),
        service: "sts",
        payload: sha256(signed.as_bytes()),
        ..Sent::get(house)
    };
    let (scope, signature) = asks.signature(by, &date, "", &lines, &names);
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", by.id);
    let request = house.client.post(house.url("/decide")).header("authorization", authorization);
    let request = headers.iter().filter(|(name, _)| *name != "host").fold(request, |r, (n, v)| r.header(*n, v));
    let request = request.header("content-type", "application/json").body(body.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

/// The service's question, which is always answered.
pub(crate) async fn ask(house: &House, question: &Value) -> Value {
    let answer = ask_as(house, &key("files"), &question.to_string()).await;
    assert_eq!((answer.status, &*answer.headers["content-type"]), (200, "application/json"), "{}", answer.body);
    let said: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(said["trace"], answer.request_id);
    said
}

/// A session of the role as the user wears it.
pub(crate) async fn wear(house: &House, by: &str, role: &str, more: &[(&str, &str)]) -> Credentials {
    crate::front_signed::assume(house, &key(by), &arn(OURS, role), more).await.credentials()
}

/// `(decision, kind, policy/statement)`.
pub(crate) fn verdict(said: &Value) -> (&str, &str, String) {
    let reason = &said["reason"];
    let statement = match (reason["policy"].as_str(), reason["statement"].as_str()) {
        (Some(policy), Some(statement)) => format!("{policy}/{statement}"),
        _ => String::new(),
    };
    let text = |value: &'_ Value| -> &'static str {
        match value.as_str() {
            Some("allow") => "allow",
            Some("deny") => "deny",
            Some("explicit-deny") => "explicit-deny",
            Some("implicit-deny") => "implicit-deny",
            other => panic!("{other:?}"),
        }
    };
    (text(&said["decision"]), text(&reason["kind"]), statement)
}
