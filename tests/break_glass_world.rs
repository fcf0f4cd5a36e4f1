//! A world in which users sign in with password and code.

use crate::front::{WORLD, files};
use crate::house::{Address, Answer, Browser, House, hidden};
use crate::saml_identity::{NOW, changed};
use crate::totp::{RFC, code_of};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatehouse::ambient::Clock;
use std::sync::LazyLock;

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
    let parameters = Params::new(19_456, 2, 1, Some(32)).expect("parameters");
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    argon2.hash_password_into(password.as_bytes(), salt, &mut hash).expect("a hash");
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    format!("$argon2id$v=19$m=19456,t=2,p=1${}${}", text(salt), text(&hash))
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
