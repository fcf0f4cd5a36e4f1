//! An OpenID Connect issuer on loopback, whose every answer a test can change and whose every request is counted.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair,
};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::oidc::{KeySource, LoginClient, RelyingParty, RelyingPartySettings};
use gatehouse::outbound::{Fetcher, OutboundRules};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: OffsetDateTime = datetime!(2031-01-01 00:00 UTC);
pub(crate) const CLIENT: &str = "our-client";

/// A key pair with the public half as its issuer would publish it.
pub(crate) struct Signer {
    pub(crate) jwk: Value,
    algorithm: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

pub(crate) static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("rsa-1"));
pub(crate) static EC: LazyLock<Signer> = LazyLock::new(|| Signer::ec("ec-1"));

impl Signer {
    pub(crate) fn rsa(id: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public: PublicKeyComponents<Vec<u8>> = pair.public_key().into();
        let jwk =
            json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": b64(&public.n), "e": b64(&public.e)});
        Self { jwk, algorithm: "RS256", pair: Pair::Rsa(pair) }
    }

    pub(crate) fn ec(id: &str) -> Self {
        Self::of("ES256", id)
    }

    /// Any algorithm of RFC 7518 or RFC 8037 that signs; the key names none.
    pub(crate) fn of(algorithm: &'static str, id: &str) -> Self {
        let curve = match algorithm {
            "ES256" => Some(("P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)),
            "ES384" => Some(("P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)),
            "ES512" => Some(("P-521", &ECDSA_P521_SHA512_FIXED_SIGNING)),
            _ => None,
        };
        if let Some((crv, kind)) = curve {
            let pair = EcdsaKeyPair::generate(kind).unwrap();
            let (x, y) = pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
            let jwk = json!({"kty": "EC", "crv": crv, "kid": id, "x": b64(x), "y": b64(y)});
            return Self { jwk, algorithm, pair: Pair::Ec(pair) };
        }
        if algorithm == "EdDSA" {
            let pair = Ed25519KeyPair::generate().unwrap();
            let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(pair.public_key().as_ref())});
            return Self { jwk, algorithm, pair: Pair::Ed(pair) };
        }
        let mut signer = Self::rsa(id);
        signer.jwk.as_object_mut().unwrap().remove("alg");
        Self { algorithm, ..signer }
    }

    pub(crate) fn id(&self) -> &str {
        self.jwk["kid"].as_str().unwrap()
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.algorithm, "kid": self.id(), "typ": "JWT"})
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }

    /// Signs any header and payload, JSON or not, always with this key's own algorithm.
    pub(crate) fn sign_text(&self, header: &str, payload: &str) -> String {
        self.sign_bytes(header, payload.as_bytes())
    }

    pub(crate) fn sign_bytes(&self, header: &str, payload: &[u8]) -> String {
        let signed = format!("{}.{}", b64(header.as_bytes()), b64(payload));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding: &'static dyn RsaEncoding = match self.algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                pair.sign(encoding, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", b64(&signature))
    }
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The claims of an honest token.
pub(crate) fn claims(issuer: &str) -> Value {
    let now = NOW.unix_timestamp();
    json!({"iss": issuer, "sub": "alice", "aud": CLIENT, "iat": now - 10, "exp": now + 600})
}

/// What the issuer answers with; a test changes it between requests.
pub(crate) struct Answers {
    /// Overrides members of the discovery document.
    pub(crate) discovery: Value,
    pub(crate) keys: Published,
    pub(crate) token: Value,
    pub(crate) token_status: u16,
    /// Both documents are answered with 503.
    pub(crate) is_down: bool,
    /// Status and body.
    pub(crate) userinfo: (u16, String),
}

/// The answer at `jwks_uri`.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) answers: Arc<Mutex<Answers>>,
    counts: Arc<Counts>,
    server: Option<tokio::task::JoinHandle<()>>,
}

#[derive(Default)]
struct Counts {
    discovery: AtomicUsize,
    keys: AtomicUsize,
    token_requests: Mutex<Vec<(Option<String>, String)>>,
    userinfo_requests: Mutex<Vec<Option<String>>>,
}

#[derive(Clone)]
struct Shared {
    url: String,
    answers: Arc<Mutex<Answers>>,
    counts: Arc<Counts>,
}

impl Issuer {
    pub(crate) async fn start(keys: &[&Signer]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (mut issuer, router) = Self::behind(format!("http://{}", listener.local_addr().unwrap()), keys);
        issuer.server = Some(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }));
        issuer
    }

    /// An issuer of this name, for somebody else to serve.
    pub(crate) fn behind(url: String, keys: &[&Signer]) -> (Self, Router) {
        let answers = Answers {
            discovery: json!({}),
            keys: key_set(keys),
            token: json!({}),
            token_status: 200,
            is_down: false,
            userinfo: (404, String::new()),
        };
        let answers = Arc::new(Mutex::new(answers));
        let counts = Arc::<Counts>::default();
        let shared = Shared { url: url.clone(), answers: answers.clone(), counts: counts.clone() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(published_keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(shared);
        (Self { url, answers, counts, server: None }, router)
    }

    /// Publishes these keys from now on.
    pub(crate) fn publish(&self, keys: &[&Signer]) {
        self.answers.lock().unwrap().keys = key_set(keys);
    }

    pub(crate) fn publish_answer(&self, status: u16, body: &str) {
        self.answers.lock().unwrap().keys = Published { status, location: None, body: body.to_owned() };
    }

    pub(crate) fn key_fetches(&self) -> usize {
        self.counts.keys.load(Ordering::SeqCst)
    }

    pub(crate) fn discovery_fetches(&self) -> usize {
        self.counts.discovery.load(Ordering::SeqCst)
    }

    /// Authorization header and body of each token request.
    pub(crate) fn token_requests(&self) -> Vec<(Option<String>, String)> {
        self.counts.token_requests.lock().unwrap().clone()
    }

    /// The Authorization header of each.
    pub(crate) fn userinfo_requests(&self) -> Vec<Option<String>> {
        self.counts.userinfo_requests.lock().unwrap().clone()
    }

    pub(crate) fn relying_party(&self) -> RelyingParty {
        self.relying_party_with(None)
    }

    pub(crate) fn relying_party_with(&self, login: Option<LoginClient>) -> RelyingParty {
        RelyingParty::new(RelyingPartySettings {
            issuer: self.url.clone(),
            client_ids: vec![CLIENT.to_owned()],
            audiences: vec![],
            clock_skew: Duration::seconds(60),
            algorithms: vec![],
            keys: KeySource::Discovery,
            login,
            fetcher: loopback_fetcher(),
            groups: None,
        })
        .unwrap()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.iter().for_each(|server| server.abort());
    }
}

pub(crate) fn loopback_fetcher() -> Fetcher {
    let allowed_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
    Fetcher::new(OutboundRules { allowed_networks, ca_pem: None, proxy: None }).unwrap()
}

fn key_set(keys: &[&Signer]) -> Published {
    let keys: Vec<&Value> = keys.iter().map(|signer| &signer.jwk).collect();
    Published { status: 200, location: None, body: json!({ "keys": keys }).to_string() }
}

async fn discovery(State(shared): State<Shared>) -> Response {
    shared.counts.discovery.fetch_add(1, Ordering::SeqCst);
    if shared.answers.lock().unwrap().is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let mut document = json!({
        "issuer": shared.url,
        "jwks_uri": format!("{}/keys", shared.url),
        "authorization_endpoint": format!("{}/authorize", shared.url),
        "token_endpoint": format!("{}/token", shared.url),
    });
    for (name, value) in shared.answers.lock().unwrap().discovery.as_object().unwrap() {
        document[name] = value.clone();
    }
    axum::Json(document).into_response()
}

async fn published_keys(State(shared): State<Shared>) -> Response {
    shared.counts.keys.fetch_add(1, Ordering::SeqCst);
    if shared.answers.lock().unwrap().is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Published { status, location, body } = shared.answers.lock().unwrap().keys.clone();
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    if let Some(location) = location {
        response.headers_mut().insert("location", location.parse().unwrap());
    }
    response
}

async fn token(State(shared): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    shared.counts.token_requests.lock().unwrap().push((authorization, body));
    let answers = shared.answers.lock().unwrap();
    let status = StatusCode::from_u16(answers.token_status).unwrap();
    (status, axum::Json(answers.token.clone())).into_response()
}

async fn userinfo(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    shared.counts.userinfo_requests.lock().unwrap().push(authorization);
    let (status, body) = shared.answers.lock().unwrap().userinfo.clone();
    (axum::http::StatusCode::from_u16(status).unwrap(), body).into_response()
}
