//! What is asked, and of whom.

use crate::served::signed::{Credentials, Posted, signed};
use crate::served::{Server, free_port, head, request};
use crate::worlds::{ACCOUNT, saml, web_identity};
use serde_json::json;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// One kind of request.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Of twenty requests.
    pub(crate) share: usize,
    pub(crate) status: u16,
    pub(crate) make: fn(&World, usize) -> Vec<u8>,
    /// What becomes of the answer.
    pub(crate) learn: fn(&World, &[u8]),
}

/// Who asks.
pub(crate) struct World {
    pub(crate) port: u16,
    worker: Credentials,
    desk: Credentials,
    /// What the worker was given last.
    session: Mutex<Credentials>,
}

const WORKER: &str = "AKIAEXAMPLEWORKER001";
const DESK: &str = "AKIAEXAMPLEDESK00001";
const SECRET: &str = "an example of a secret key, forty letters";

pub(crate) static KINDS: [Kind; 11] = [
    kind("AssumeRoleWithWebIdentity", 4, 200, |world, _| web_identity::exchange(world.port, &web_identity::token())),
    kind("AssumeRoleWithSAML, 10 kB, both engines", 1, 200, |world, number| saml::fresh(world.port, number)),
    Kind {
        learn: |world, answer| *world.session() = Credentials::of(answer),
        ..kind("AssumeRole with a user's key", 2, 200, |world, _| assume(world, &world.worker, "Worker"))
    },
    kind("AssumeRole with that session", 2, 200, |world, _| assume(world, &world.session(), "Next")),
    kind("GetCallerIdentity with a user's key", 3, 200, |world, _| who(world, &world.worker)),
    kind("GetCallerIdentity with a session", 3, 200, |world, _| who(world, &world.session())),
    kind("refused: a token with a wrong signature", 1, 400, |world, _| {
        let token = web_identity::token();
        let (said, _) = token.rsplit_once('.').expect("a signature");
        web_identity::exchange(world.port, &format!("{said}.{}", "A".repeat(342)))
    }),
    kind("refused: a role that there is not", 1, 403, |world, _| assume(world, &world.worker, "Nobody")),
    kind("POST /decide", 1, 200, decide),
    kind("the sign-in page", 1, 200, |world, _| request("GET", "/console", world.port, "")),
    kind("getSigninToken", 1, 200, signin_token),
];

const fn kind(name: &'static str, share: usize, status: u16, make: fn(&World, usize) -> Vec<u8>) -> Kind {
    Kind { name, share, status, make, learn: |_, _| {} }
}

impl World {
    pub(crate) fn new(gate: &Server) -> Self {
        let own = |id: &str| Credentials { id: id.to_owned(), secret: SECRET.to_owned(), token: None };
        let (port, worker) = (gate.port, own(WORKER));
        let first = gate.row("", &signed(&worker, port, &assumption("Worker")), 200).once();
        Self { port, worker, desk: own(DESK), session: Mutex::new(Credentials::of(&first)) }
    }

    fn session(&self) -> std::sync::MutexGuard<'_, Credentials> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn assumption(role: &str) -> String {
    format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2F{role}&RoleSessionName=soak"
    )
}

fn assume(world: &World, by: &Credentials, role: &str) -> Vec<u8> {
    signed(by, world.port, &assumption(role))
}

fn who(world: &World, by: &Credentials) -> Vec<u8> {
    signed(by, world.port, "Action=GetCallerIdentity&Version=2011-06-15")
}

/// A service asks about a request that the worker's session has signed.
fn decide(world: &World, _: usize) -> Vec<u8> {
    let asked = Posted { host: "files.example.com", path: "/a", kind: "text/plain", body: "a file" };
    let headers: serde_json::Map<_, _> =
        asked.headers(&world.session()).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let received = json!({ "method": "POST", "url": "https://files.example.com/a", "headers": headers, "payload_sha256": asked.digest() });
    let question = json!({ "request": received, "action": "s3:PutObject", "resource": "arn:aws:s3:::files/a" });
    let (host, body) = (format!("127.0.0.1:{}", world.port), question.to_string());
    Posted { host: &host, path: "/decide", kind: "application/json", body: &body }.signed(&world.desk)
}

fn signin_token(world: &World, _: usize) -> Vec<u8> {
    let session = world.session();
    let session = json!({ "sessionId": session.id, "sessionKey": session.secret, "sessionToken": session.token });
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "getSigninToken").append_pair("Session", &session.to_string());
    request("POST", "/federation", world.port, &form.finish())
}

pub(crate) fn gatehouse(directory: &Path) -> Server {
    let port = free_port();
    std::fs::write(directory.join("secret"), SECRET).expect("written");
    let text = [
        head(port),
        "failures_per_source = 1000000\n[trace]\nmax_size = \"16MiB\"\n".to_owned(),
        ACCOUNT.to_owned(),
        web_identity::configured(directory),
        saml::configured(directory),
        user("worker", WORKER, "sts:*", "*"),
        user("desk", DESK, "gatehouse:Decide", "arn:aws:gatehouse::111122223333:service"),
        role("Worker", r#"["sts:AssumeRole","s3:PutObject"]"#),
        role("Next", r#""s3:GetObject""#),
    ];
    let config = directory.join("gatehouse.toml");
    std::fs::write(&config, text.concat()).expect("written");
    Server::gatehouse(&config, port)
}

fn user(name: &str, id: &str, action: &str, resource: &str) -> String {
    format!(
        r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/{name}"
access_keys = [{{ id = "{id}", secret = {{ file = "secret" }} }}]
policies = [{{ name = "own", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}' }}]
"#
    )
}

fn role(name: &str, actions: &str) -> String {
    format!(
        r#"
[[role]]
arn = "arn:aws:iam::111122223333:role/{name}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"111122223333"}},"Action":"sts:AssumeRole"}}]}}' }}
policies = [{{ name = "own", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"}}]}}' }}]
"#
    )
}
