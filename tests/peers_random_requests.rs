//! Ten thousand requests by chance that botocore has signed, unicode, odd headers and all: each is let in by the gateway,
//! and of hundreds of them nothing may differ by one byte.

use crate::front::{admin, open};
use crate::front_signed::user;
use crate::house::{Credentials, House};
use crate::peers_start::python;
use gatehouse::sigv4::{RawRequest, SignedRequest};
use gatehouse::words::{Secret, basic};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::task::JoinSet;

const REQUESTS: usize = 10_000;
/// Of these, one byte in every part that they have.
const SPOILT: usize = 400;
/// Requests at once.
const AT_ONCE: usize = 8;

#[derive(Clone, Deserialize)]
struct Request {
    by: usize,
    form: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Method,
    Path,
    Query,
    Header,
    Body,
    Token,
    Date,
    Signature,
}

const PARTS: [Part; 8] =
    [Part::Method, Part::Path, Part::Query, Part::Header, Part::Body, Part::Token, Part::Date, Part::Signature];

/// Numbers by chance, the same in each run.
struct Chance(u64);

impl Chance {
    /// SplitMix64.
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most as u64).expect("it is below")
    }

    /// One letter or digit of the text becomes another, and no other case of itself.
    fn spoil(&mut self, text: &mut String) -> bool {
        let places: Vec<usize> =
            text.bytes().enumerate().filter(|(_, b)| b.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
        if places.is_empty() {
            return false;
        }
        let at = places[self.below(places.len())];
        let old = text.as_bytes()[at];
        let all = if old.is_ascii_digit() { b"0123456789".as_slice() } else { b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" };
        let others: Vec<u8> = all.iter().copied().filter(|b| !b.eq_ignore_ascii_case(&old)).collect();
        let new = others[self.below(others.len())];
        let new = if old.is_ascii_lowercase() { new.to_ascii_lowercase() } else { new };
        text.replace_range(at..=at, char::from(new).encode_utf8(&mut [0; 4]));
        true
    }
}

impl Request {
    /// What of the header `name`, or of the parameter that stands for it in a presigned URL.
    fn named(&mut self, header: &str, parameter: &str, spoil: &mut impl FnMut(&mut String) -> bool) -> bool {
        if let Some((_, value)) = self.headers.iter_mut().find(|(name, _)| name == header) {
            return spoil(value);
        }
        let mark = format!("{parameter}=");
        let Some(from) = self.query.find(&mark).map(|at| at + mark.len()) else { return false };
        let to = self.query[from..].find('&').map_or(self.query.len(), |length| from + length);
        let mut value = self.query[from..to].to_owned();
        let spoilt = spoil(&mut value);
        self.query.replace_range(from..to, &value);
        spoilt
    }

    /// Whether there was anything to spoil.
    fn spoil(&mut self, part: Part, chance: &mut Chance) -> bool {
        let mut spoil = |text: &mut String| chance.spoil(text);
        match part {
            Part::Method => spoil(&mut self.method),
            Part::Path => spoil(&mut self.path),
            Part::Query => spoil(&mut self.query),
            Part::Body => spoil(&mut self.body),
            Part::Token => self.named("x-amz-security-token", "X-Amz-Security-Token", &mut spoil),
            Part::Date => self.named("x-amz-date", "X-Amz-Date", &mut spoil),
            Part::Header => {
                let odd = self.headers.iter_mut().find(|(name, _)| name.starts_with("x-r-"));
                odd.is_some_and(|(_, value)| spoil(value))
            }
            Part::Signature => self.named("authorization", "X-Amz-Signature", &mut |value| {
                // Of the header only what stands behind the last "=".
                let from = value.rfind('=').map_or(0, |at| at + 1);
                let mut signature = value.split_off(from);
                let spoilt = spoil(&mut signature);
                value.push_str(&signature);
                spoilt
            }),
        }
    }

    fn verifies(&self, now: OffsetDateTime, secret: &str) -> bool {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let Self { method, path, query, body, .. } = self;
        let raw = RawRequest { method, path, query, headers: &headers, body: body.as_bytes() };
        SignedRequest::parse(raw, "sts", now).and_then(|signed| signed.verify(&Secret::new(secret))).is_ok()
    }

    /// Status and body, as the gateway answers over a connection that is kept.
    async fn sent(&self, house: &House) -> (u16, String) {
        let question = if self.query.is_empty() { "" } else { "?" };
        let url = house.url(&format!("{}{question}{}", self.path, self.query));
        let method = reqwest::Method::from_bytes(self.method.as_bytes()).expect("a method");
        let headers = self.headers.iter().filter(|(name, _)| name != "host");
        let request = headers.fold(house.client.request(method, url), |r, (name, value)| r.header(name, value));
        let answer = request.body(self.body.clone()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }
}

async fn signed(house: &House, keys: &[Credentials], count: usize) -> Vec<Request> {
    let host = house.public_url.split_once("//").expect("a scheme").1;
    let keys = json!(keys.iter().map(|key| json!([key.id, key.secret, key.token])).collect::<Vec<_>>()).to_string();
    let (at, file) = (basic(house.clock.now()), house.directory.path().join("requests"));
    let file = file.to_str().expect("a path");
    python("clients/signed_at_random.py", &[&count.to_string(), "1848", &at, host, &keys, file], &[]).await;
    let text = std::fs::read_to_string(file).expect("requests");
    text.lines().map(|line| serde_json::from_str(line).expect("a request")).collect()
}

/// The answers to these, several at once, in no order.
async fn answers(house: &Arc<House>, requests: Vec<Request>) -> Vec<(Request, u16, String)> {
    let mut tasks = JoinSet::new();
    for part in 0..AT_ONCE {
        let (house, requests) =
            (house.clone(), requests.iter().skip(part).step_by(AT_ONCE).cloned().collect::<Vec<_>>());
        tasks.spawn(async move {
            let mut all = Vec::with_capacity(requests.len());
            for request in requests {
                let (status, body) = request.sent(&house).await;
                all.push((request, status, body));
            }
            all
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_botocore_signs_is_let_in_and_nothing_else() {
    let house = Arc::new(open("").await);
    let keys = [user(), admin(&house, "1").await];
    let requests = signed(&house, &keys, REQUESTS).await;
    assert_eq!(requests.len(), REQUESTS);
    let secret_of = |request: &Request| keys[request.by].secret.as_str();
    let now = house.clock.now();
    let (elsewhere, ours): (Vec<Request>, Vec<Request>) = requests.into_iter().partition(|it| it.form == "elsewhere");

    for request in &elsewhere {
        assert!(
            request.verifies(now, secret_of(request)),
            "{}",
            json!([request.method, request.path, request.query, request.headers])
        );
    }
    let names = ["user/ops", "assumed-role/Admin/"];
    for (request, status, body) in answers(&house, ours.clone()).await {
        assert!(
            status == 200 && body.contains(names[request.by]),
            "{status} {body}: {}",
            json!([request.query, request.headers, request.body])
        );
    }

    let mut chance = Chance(1_848);
    let mut spoilt = Vec::new();
    let mut found = [0; PARTS.len()];
    for request in elsewhere.iter().take(SPOILT / 2).chain(ours.iter().take(SPOILT)) {
        for (index, part) in PARTS.into_iter().enumerate() {
            let mut other = request.clone();
            if other.spoil(part, &mut chance) {
                found[index] += 1;
                assert!(
                    !other.verifies(now, secret_of(&other)),
                    "{part:?}: {}",
                    json!([other.method, other.path, other.query, other.headers, other.body])
                );
                spoilt.extend((other.path == "/").then_some(other));
            }
        }
    }
    assert!(found.iter().all(|found| *found >= 100), "{PARTS:?} were spoilt {found:?} times");
    for (request, status, body) in answers(&house, spoilt).await {
        // Whoever asks for nothing is taken for a person, and shown the way to the console.
        let refused = matches!(status, 302 | 400..=499) && !body.contains("<Arn>");
        assert!(refused, "{status} {body}: {}", json!([request.method, request.query, request.headers, request.body]));
    }
}
