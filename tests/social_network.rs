//! Facebook's Graph API and Amazon's API on loopback. They look at every request as the real ones do: who asks, with
//! which proof, as whose bearer; and a test can change or withhold every answer.

use crate::house::{Address, Answer, FORM, House, encoded};
use crate::oidc_issuer::{NOW, RSA};
use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

pub(crate) const APP: &str = "1234567890";
pub(crate) const SECRET: &str = "c0ffee5ec2e7c0ffee5ec2e7c0ffee00";
pub(crate) const CLIENT: &str = "amzn1.application-oa2-client.0123456789abcdef";
pub(crate) const SHOP: &str = "amzn1.application.fedcba9876543210";
pub(crate) const FACEBOOK: &str = "graph.facebook.com";
pub(crate) const AMAZON: &str = "www.amazon.com";
pub(crate) const FAN: &str = "arn:aws:iam::111122223333:role/Fan";
pub(crate) const SHOPPER: &str = "arn:aws:iam::111122223333:role/Shopper";

#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) url: String,
    tokens: Arc<Mutex<HashMap<String, Value>>>,
    /// Answers that stand in for the proper ones, by path: status, a header, body.
    instead: Arc<Mutex<HashMap<String, Instead>>>,
    asked: watch::Sender<Vec<Asked>>,
    held: watch::Sender<bool>,
}

#[derive(Clone, Default)]
pub(crate) struct Instead {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) authorization: String,
}

impl Network {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, held) = (watch::Sender::new(Vec::new()), watch::Sender::new(false));
        let network = Self { url, tokens: Arc::default(), instead: Arc::default(), asked, held };
        let router = Router::new().route("/{*path}", get(answers)).with_state(network.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        network
    }

    /// Issues a token: `changes` over what an honest person of our app has.
    pub(crate) fn issue(&self, token: &str, changes: Value) {
        let mut account = match token.starts_with("Atza|") {
            true => json!({"aud": CLIENT, "app_id": SHOP, "user_id": "amzn1.account.ALICE", "exp": 3597,
                "iss": "https://www.amazon.com", "iat": 0, "profile": {"user_id": "amzn1.account.ALICE", "name": "Alice"}}),
            false => json!({"app_id": APP, "type": "USER", "application": "App", "is_valid": true, "user_id": "10001",
                "expires_at": NOW.unix_timestamp() + 3600, "scopes": ["email"], "me": {"id": "10001"}}),
        };
        for (name, value) in changes.as_object().expect("changes") {
            account[name] = value.clone();
        }
        self.tokens.lock().expect("no panic").insert(token.to_owned(), account);
    }

    pub(crate) fn withdraw(&self, token: &str) {
        self.tokens.lock().expect("no panic").remove(token);
    }

    pub(crate) fn answer_instead(&self, path: &str, instead: Option<Instead>) {
        let mut all = self.instead.lock().expect("no panic");
        match instead {
            Some(instead) => all.insert(path.to_owned(), instead),
            None => all.remove(path),
        };
    }

    /// While it is held, nobody is answered.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked.borrow().iter().filter(|asked| asked.path == path).count()
    }

    pub(crate) async fn asked_at_least(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        let wait = asked.wait_for(|asked| asked.len() >= times);
        tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.expect("asked in time").expect("open");
    }
}

async fn answers(
    State(network): State<Network>,
    Path(path): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().expect("text")).to_owned();
    let asked = Asked { path: path.clone(), query, authorization };
    network.asked.send_modify(|all| all.push(asked.clone()));
    network.held.subscribe().wait_for(|held| !held).await.expect("open");
    if let Some(Instead { status, location, body }) = network.instead.lock().expect("no panic").get(&path).cloned() {
        let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
        if let Some(location) = location {
            response.headers_mut().insert("location", location.parse().expect("a header"));
        }
        return response;
    }
    let (status, body) = match path.as_str() {
        "debug_token" => network.debug_token(&asked),
        "me" => network.me(&asked),
        "auth/o2/tokeninfo" => network.tokeninfo(&asked),
        "user/profile" => network.profile(&asked),
        ".well-known/oauth/openid/jwks/" => (200, json!({"keys": [RSA.jwk]})),
        _ => (404, json!({})),
    };
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

impl Network {
    fn of(&self, token: Option<&String>) -> Option<Value> {
        self.tokens.lock().expect("no panic").get(token?).cloned()
    }

    fn debug_token(&self, asked: &Asked) -> (u16, Value) {
        if asked.query.get("access_token") != Some(&format!("{APP}|{SECRET}")) {
            return (
                400,
                json!({"error": {"message": "Invalid application secret", "type": "OAuthException", "code": 101}}),
            );
        }
        let Some(mut account) = self.of(asked.query.get("input_token")) else {
            let said = format!("Malformed access token {}", asked.query["input_token"]);
            return (200, json!({"data": {"error": {"code": 190, "message": said}, "is_valid": false, "scopes": []}}));
        };
        account.as_object_mut().expect("an object").remove("me");
        (200, json!({"data": account}))
    }

    fn me(&self, asked: &Asked) -> (u16, Value) {
        let token = asked.query.get("access_token");
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let proof = hmac::sign(&key, token.map_or("", String::as_str).as_bytes());
        let proof: String = proof.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        match self.of(token) {
            Some(account) if asked.query.get("appsecret_proof") == Some(&proof) => (200, account["me"].clone()),
            _ => (
                400,
                json!({"error": {"message": "Invalid appsecret_proof", "type": "GraphMethodException", "code": 100}}),
            ),
        }
    }

    fn tokeninfo(&self, asked: &Asked) -> (u16, Value) {
        let Some(mut account) = self.of(asked.query.get("access_token")) else {
            return (400, json!({"error": "invalid_token", "error_description": "The access token is invalid"}));
        };
        account.as_object_mut().expect("an object").remove("profile");
        (200, account)
    }

    fn profile(&self, asked: &Asked) -> (u16, Value) {
        let token = asked.authorization.strip_prefix("Bearer ").map(str::to_owned);
        match self.of(token.as_ref()) {
            Some(account) => (200, account["profile"].clone()),
            None => (401, json!({"error": "invalid_token", "error_description": "no token"})),
        }
    }
}

/// What follows `[keys]` in a configuration with both networks, `rules` among Facebook's.
pub(crate) fn world(network: &Network, rules: &str) -> String {
    let reach = format!("endpoint = \"{}\"\nallowed_networks = [\"127.0.0.1\"]", network.url);
    let role = |arn: &str, principal: &str, conditions: &str| {
        format!(
            r#"
[[role]]
arn = "{arn}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{principal}"}},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{{{conditions}}}}}]}}' }}
"#
        )
    };
    let fan = format!(r#""StringEquals":{{"{FACEBOOK}:app_id":"{APP}"}},"StringLike":{{"{FACEBOOK}:id":"1000*"}}"#);
    let shopper = format!(r#""StringEquals":{{"{AMAZON}:app_id":"{SHOP}","{AMAZON}:user_id":"amzn1.account.ALICE"}}"#);
    let by_arn = "arn:aws:iam::111122223333:oidc-provider/graph.facebook.com";
    format!(
        r#"
[[account]]
id = "111122223333"
alias = "production"

[[account]]
id = "444455556666"
alias = "empty"

[[provider]]
name = "facebook"
account = "111122223333"
kind = "facebook"
app_id = "{APP}"
app_secret = {{ file = "app-secret" }}
{reach}
{rules}

[[provider]]
name = "amazon"
account = "111122223333"
kind = "amazon"
client_ids = ["{CLIENT}"]
{reach}
{}{}{}"#,
        role(FAN, FACEBOOK, &fan),
        role(SHOPPER, AMAZON, &shopper),
        role("arn:aws:iam::111122223333:role/ByArn", by_arn, &fan),
    )
}

pub(crate) async fn open(network: &Network) -> House {
    open_with(network, "").await
}

pub(crate) async fn open_with(network: &Network, rules: &str) -> House {
    House::open(NOW, &[("app-secret", SECRET.to_owned())], |_: &Address| world(network, rules)).await
}

pub(crate) fn form<'a>(role: &'a str, provider_id: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    let fixed = [("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleSessionName", "app-1")];
    let asked = [("RoleArn", role), ("WebIdentityToken", token), ("ProviderId", provider_id)];
    fixed.into_iter().chain(asked.into_iter().filter(|(_, value)| !value.is_empty())).collect()
}

pub(crate) async fn assume(house: &House, role: &str, provider_id: &str, token: &str) -> Answer {
    house.post("/", &form(role, provider_id, token)).await
}

/// The same from another address of loopback.
pub(crate) async fn assume_from(address: [u8; 4], house: &House, role: &str, provider_id: &str, token: &str) -> Answer {
    let client = reqwest::Client::builder().local_address(std::net::IpAddr::from(address)).no_proxy().build();
    let request = client.expect("a client").post(house.url("/")).header("content-type", FORM);
    Answer::of(request.body(encoded(&form(role, provider_id, token))).send().await.expect("an answer")).await
}
