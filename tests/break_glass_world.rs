//! A world in which users sign in with password and code.

use crate::front::{WORLD, files};
use crate::front_metrics::read;
use crate::house::{Address, Answer, Browser, Directory, FORM, House, encoded, free_port, hidden, store};
use crate::saml_identity::{NOW, changed};
use crate::totp::{RFC, code_of};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatehouse::ambient::Clock;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

pub(crate) const OPS: &str = "arn:aws:iam::111122223333:user/ops";
/// Wants a code of the last hour.
pub(crate) const FRESH: &str = "arn:aws:iam::111122223333:role/Fresh";
pub(crate) const PASSWORD: &str = "correct horse & battery+staple %C3 ü";

const FACTORS: &str = "mfa = { serial = \"arn:aws:iam::111122223333:mfa/ops\", totp_secret = { file = \"ops-totp\" } }
password_hash = { file = \"ops-password\" }
policies = [{ name = \"assume\"";

/// `plain` has no password, and the two accounts have a `twin` each.
const OTHERS: &str = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/plain"

[[user]]
arn = "arn:aws:iam::111122223333:user/twin"

[[user]]
arn = "arn:aws:iam::444455556666:user/twin"
mfa = { serial = "arn:aws:iam::444455556666:mfa/twin", totp_secret = { file = "ops-totp" } }
password_hash = { file = "twin-password" }

[[role]]
arn = "arn:aws:iam::111122223333:role/Fresh"
max_session = "3h"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"3600"}}}]}' }
"#;

pub(crate) const ON: &str = "\n[console]\nbreak_glass = true\n";

/// As `argon2 … -id -k 19456 -t 2 -p 1 -e` makes it.
pub(crate) fn hashed(password: &str, salt: &[u8]) -> String {
    hashed_at(19_456, 2, password, salt)
}

fn hashed_at(memory: u32, passes: u32, password: &str, salt: &[u8]) -> String {
    let parameters = Params::new(memory, passes, 1, Some(32)).expect("parameters");
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    argon2.hash_password_into(password.as_bytes(), salt, &mut hash).expect("a hash");
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    format!("$argon2id$v=19$m={memory},t={passes},p=1${}${}", text(salt), text(&hash))
}

pub(crate) static HASH: LazyLock<String> = LazyLock::new(|| hashed(PASSWORD, b"a salt of sixteen"));

pub(crate) fn world(console: &str) -> String {
    format!("{}{OTHERS}{console}", changed(WORLD, "policies = [{ name = \"assume\"", FACTORS))
}

pub(crate) fn all_files() -> Vec<(&'static str, String)> {
    let mut files = files();
    files.push(("ops-totp", RFC.to_owned()));
    files.push(("ops-password", HASH.clone()));
    files.push(("twin-password", hashed("another", b"another salt of it")));
    files
}

/// The same, with comparisons that take long.
pub(crate) fn dear_files() -> Vec<(&'static str, String)> {
    let dear = hashed_at(65_536, 8, PASSWORD, b"a salt of sixteen");
    let at_its_cost = |(name, text): (&'static str, String)| match name.ends_with("-password") {
        true => (name, dear.clone()),
        false => (name, text),
    };
    all_files().into_iter().map(at_its_cost).collect()
}

pub(crate) async fn open(console: &str) -> House {
    House::open_tls(Clock::held(NOW), "localhost", &all_files(), |_: &Address| world(console)).await
}

/// What the device shows now.
pub(crate) fn code(house: &House) -> String {
    code_of(b"12345678901234567890", house.clock.now().unix_timestamp())
}

/// Opens the sign-in page, types and sends.
pub(crate) async fn attempt(house: &House, browser: &mut Browser, user: &str, password: &str, code: &str) -> Answer {
    let csrf = hidden(&browser.get(house, "/console").await.body, "csrf");
    let form = [("csrf", csrf.as_str()), ("user", user), ("password", password), ("code", code)];
    browser.post(house, "/console/signin", &form).await
}

/// Signs `ops` in, up to the page where that leads.
pub(crate) async fn sign_in(house: &House, browser: &mut Browser) -> Answer {
    let answer = attempt(house, browser, "ops", PASSWORD, &code(house)).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/confirm")), "{}", answer.body);
    browser.follow(house, answer).await
}

/// A gateway whose comparisons can be counted.
pub(crate) async fn counted(files: Vec<(&'static str, String)>) -> (House, String) {
    let (directory, admin) = (Arc::new(Directory::new()), format!("127.0.0.1:{}", free_port()));
    for (name, text) in files {
        directory.write(name, text);
    }
    let (port, config) = (free_port(), world(ON));
    let url = format!("http://127.0.0.1:{port}");
    let store = store(&directory);
    let server = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\nadmin_listen = \"{admin}\"\n\n[store]\n{store}\n[keys]\ndirectory = \"keys\"\n"
    );
    directory.write("gatehouse.toml", server + &config);
    (House::serve(directory, Clock::held(NOW), url).await, format!("http://{admin}"))
}

pub(crate) async fn compared(house: &House, admin: &str) -> u64 {
    let metrics = read(house, admin, "/metrics").await.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("gatehouse_passwords_compared_total "));
    line.expect("a count").parse().expect("a number")
}

/// What is in the book.
pub(crate) async fn records(house: &House, like: &'static str) -> Vec<Value> {
    let all = house.rows("SELECT record FROM audit").await.concat();
    all.iter().filter(|record| record.contains(like)).map(|record| serde_json::from_str(record).unwrap()).collect()
}

/// The sign-in page as somebody has it before them at another address of loopback.
pub(crate) struct Visitor {
    client: reqwest::Client,
    cookie: String,
    csrf: String,
}

impl Visitor {
    pub(crate) async fn from(address: [u8; 4], house: &House) -> Self {
        let client = reqwest::Client::builder().local_address(std::net::IpAddr::from(address)).no_proxy();
        let client = client.build().expect("a client");
        let page = Answer::of(client.get(house.url("/console")).send().await.expect("a page")).await;
        let cookie = page.cookies[0].split(';').next().expect("a cookie").to_owned();
        Self { client, cookie, csrf: hidden(&page.body, "csrf") }
    }

    /// `(status, what the page calls the refusal)`.
    pub(crate) async fn attempts(&self, house: &House, user: &str, password: &str, code: &str) -> (u16, String) {
        let form = [("csrf", self.csrf.as_str()), ("user", user), ("password", password), ("code", code)];
        let request = self.client.post(house.url("/console/signin")).header("content-type", FORM);
        let request = request.header("cookie", &self.cookie).body(encoded(&form));
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        let codes = ["console.user-busy", "console.user-refused"];
        let code = codes.into_iter().find(|code| answer.body.contains(code)).unwrap_or_default();
        (answer.status, code.to_owned())
    }
}
