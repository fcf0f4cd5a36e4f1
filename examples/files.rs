//! A service of files that leaves it to Gatehouse who somebody is and what they may: `GET`, `PUT` and `DELETE` of a path,
//! signed by any AWS SDK, are `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on `arn:aws:s3:::files/<path>`.
//!
//! ```sh
//! GATEHOUSE=http://127.0.0.1:8443 AWS_ACCESS_KEY_ID=AKIA… AWS_SECRET_ACCESS_KEY=… cargo run --example files
//! ```
//!
//! The key is of a user who may `gatehouse:Decide` on `arn:aws:gatehouse::<account>:service`. Each request is shown to
//! `POST /decide` as it came, with the hash of its body, together with the question; nothing is done before the answer says
//! `allow`. What is sent again within a quarter of an hour is answered again, which is well for files.

use aws_lc_rs::{digest, hmac};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::macros::format_description;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

struct Files {
    /// Gatehouse's address, without a slash at its end.
    gatehouse: String,
    access_key_id: String,
    secret_access_key: String,
    client: reqwest::Client,
    kept: Mutex<HashMap<String, Bytes>>,
}

/// What clients call this service. What they sign names it, so that nobody sends on here what was meant for another.
const URL: &str = "https://files.example.com";

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let files = Files {
        gatehouse: std::env::var("GATEHOUSE")?,
        access_key_id: std::env::var("AWS_ACCESS_KEY_ID")?,
        secret_access_key: std::env::var("AWS_SECRET_ACCESS_KEY")?,
        client: reqwest::Client::builder().no_proxy().build()?,
        kept: Mutex::default(),
    };
    let listener = tokio::net::TcpListener::bind(std::env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    tracing_subscriber::fmt().init();
    tracing::info!("files are at http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, Router::new().fallback(answer).with_state(Arc::new(files))).await?)
}

/// axum reads at most 2 MiB of a body.
async fn answer(
    State(files): State<Arc<Files>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let action = match method {
        Method::GET => "s3:GetObject",
        Method::PUT => "s3:PutObject",
        Method::DELETE => "s3:DeleteObject",
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    let Some(key) = key(uri.path()) else { return StatusCode::BAD_REQUEST.into_response() };
    let received = json!({
        "method": method.as_str(),
        // As it came: whoever normalises a URL has lost what was signed.
        "url": format!("{URL}{}", uri.path_and_query().map_or("/", |whole| whole.as_str())),
        "headers": text_of(&headers),
        "payload_sha256": sha256(&body),
    });
    let question = json!({ "request": received, "action": action, "resource": format!("arn:aws:s3:::files/{key}") });
    match files.decide(&question).await {
        Ok(verdict) if verdict["decision"] == "allow" => files.serve(&method, key, body),
        Ok(verdict) if verdict["authentic"] == true => {
            (StatusCode::FORBIDDEN, format!("{}\n", verdict["encoded_message"].as_str().unwrap_or_default()))
                .into_response()
        }
        Ok(verdict) => {
            let reason = verdict["reason"]["code"].as_str().unwrap_or_default();
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "AWS4-HMAC-SHA256")], format!("{reason}\n"))
                .into_response()
        }
        Err(error) => {
            tracing::error!(%error, "Gatehouse could not be asked");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The path below the root, if it can be read in one way only: neither escapes nor empty or dot segments.
fn key(path: &str) -> Option<&str> {
    let fits = |segment: &str| {
        let plain = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
        plain && !matches!(segment, "" | "." | "..")
    };
    path.strip_prefix('/').filter(|key| key.split('/').all(fits))
}

/// A header that is there twice is there with both values, which no signature covers.
fn text_of(headers: &HeaderMap) -> Map<String, Value> {
    let mut all = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        all.insert(name.to_string(), values.collect::<Vec<_>>().join(", ").into());
    }
    all
}

impl Files {
    fn serve(&self, method: &Method, key: &str, body: Bytes) -> Response {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match *method {
            Method::PUT => {
                kept.insert(key.to_owned(), body);
                return StatusCode::NO_CONTENT.into_response();
            }
            Method::DELETE => kept.remove(key),
            _ => kept.get(key).cloned(),
        };
        found.map_or(StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
    }

    /// Puts a question that is signed with the service's own key.
    async fn decide(&self, question: &Value) -> Result<Value, AnyError> {
        let body = question.to_string();
        #[expect(clippy::disallowed_methods, reason = "a program of its own, with no clock in its hand")]
        let date = time::OffsetDateTime::now_utc()
            .format(format_description!("[year][month][day]T[hour][minute][second]Z"))?;
        let host = self.gatehouse.split_once("//").ok_or("GATEHOUSE is no URL")?.1;
        let headers = format!("host:{host}\nx-amz-date:{date}\n\nhost;x-amz-date");
        let canonical = format!("POST\n/decide\n\n{headers}\n{}", sha256(body.as_bytes()));
        let scope = format!("{}/us-east-1/sts/aws4_request", &date[..8]);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let first = format!("AWS4{}", self.secret_access_key).into_bytes();
        let key = scope.split('/').fold(first, |key, part| mac(&key, part));
        let proof = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature={}",
            self.access_key_id,
            hex(&mac(&key, &to_sign))
        );
        let asked = self.client.post(format!("{}/decide", self.gatehouse)).header("x-amz-date", date);
        let answer = asked.header("authorization", proof).body(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if status != 200 {
            return Err(format!("{status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
