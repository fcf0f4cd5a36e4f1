//! The gateway that the clients call, and what they call it with. Its clock stands at today, so that the clients' own
//! signatures are of its time and no code or paper grows old while they work.

use crate::house::{Address, Credentials, House};
use crate::oidc_issuer;
use crate::saml_identity::{IDP, RSA, STRANGER, changed, sign};
use crate::totp::{RFC, code_of};
use crate::{front, front_signed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

pub(super) const OURS: &str = "111122223333";
pub(super) const THEIRS: &str = "444455556666";
pub(super) const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";
pub(super) const READ_ONLY: &str = "arn:aws:iam::111122223333:policy/ReadOnly";
pub(super) const DEVICE: &str = "arn:aws:iam::111122223333:mfa/carol";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const ISSUER: &str = "https://issuer.example";

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:iam::{OURS}:role/{name}")
}

pub(super) fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::{OURS}:assumed-role/{role}/{name}")
}

fn trusting(name: &str, statements: &[Value]) -> String {
    let trust = json!({ "Version": "2012-10-17", "Statement": statements });
    let own =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sts:*", "Resource": "*" } });
    format!(
        "\n[[role]]\narn = \"{name}\"\nmax_session = \"2h\"\ntrust = {{ json = '{trust}' }}\npolicies = [{{ name = \"own\", json = '{own}' }}]\n"
    )
}

fn allow(principal: Value, actions: Value, condition: Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Principal": principal, "Action": actions });
    if condition != json!({}) {
        statement["Condition"] = condition;
    }
    statement
}

fn user(name: &str, key: &str, more: &str) -> String {
    format!(
        "\n[[user]]\narn = \"arn:aws:iam::{OURS}:user/{name}\"\naccess_keys = [{{ id = \"{key}\", secret = {{ file = \"secret\" }}{more} }}]\n"
    )
}

fn config() -> String {
    let us = json!({ "AWS": OURS });
    let everything = json!(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]);
    let (saml, oidc) = (json!("sts:AssumeRoleWithSAML"), json!("sts:AssumeRoleWithWebIdentity"));
    let issuer = json!({ "Federated": format!("arn:aws:iam::{OURS}:oidc-provider/issuer.example") });
    let ticket = json!({ "StringEquals": { "sts:ExternalId": "Ticket-7" } });
    let factor = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    let robot = json!({ "StringEquals": { "issuer.example:sub": "robot-main" } });
    let nobody = json!({ "StringEquals": { "sts:RoleSessionName": "nobody" } });
    let roles = [
        trusting(&arn("Dev"), &[allow(us.clone(), everything, json!({}))]),
        trusting(&arn("Plain"), &[allow(us.clone(), json!("sts:AssumeRole"), json!({}))]),
        trusting(&arn("Denied"), &[allow(us.clone(), json!("sts:AssumeRole"), json!({}))]),
        trusting(&arn("Ticket"), &[allow(us.clone(), json!("sts:AssumeRole"), ticket)]),
        trusting(&arn("Factor"), &[allow(us.clone(), json!("sts:AssumeRole"), factor)]),
        trusting(&arn("Closed"), &[allow(us.clone(), json!("sts:AssumeRole"), nobody)]),
        trusting(&arn("People"), &[allow(json!({ "Federated": CORP }), saml, json!({}))]),
        trusting(&arn("Robots"), &[allow(issuer, oidc, robot)]),
        trusting(&format!("arn:aws:iam::{THEIRS}:role/Guest"), &[allow(us, json!("sts:AssumeRole"), json!({}))]),
    ];
    let all = r#"policies = [{ name = "all", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"},{"Sid":"NotThis","Effect":"Deny","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/Denied"}]}' }]"#;
    let users = [
        user("alice", "AKIACONFORMALICE0001", "") + all,
        user("bob", "AKIACONFORMBOB000001", ""),
        user("carol", "AKIACONFORMCAROL0001", "")
            + all
            + &format!("\nmfa = {{ serial = \"{DEVICE}\", totp_secret = {{ file = \"totp\" }} }}\n"),
        user("dave", "AKIACONFORMDAVE00001", ", active = false") + all,
    ];
    format!(
        r#"
[[account]]
id = "{OURS}"

[[account]]
id = "{THEIRS}"

[[policy]]
arn = "{READ_ONLY}"
document = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}]}}' }}

[[provider]]
name = "corp"
account = "{OURS}"
kind = "saml"
metadata = {{ file = "idp.xml" }}

[[provider]]
name = "issuer"
account = "{OURS}"
kind = "oidc"
issuer = "{ISSUER}"
client_ids = ["web"]
jwks = {{ file = "keys.json" }}
{}{}"#,
        roles.concat(),
        users.concat()
    )
}

/// The house and those who call it.
pub(super) struct Premises {
    pub(super) house: House,
    /// May call everything here, but for one role.
    pub(super) alice: Credentials,
    /// May nothing.
    pub(super) bob: Credentials,
    /// As alice, with a second factor.
    pub(super) carol: Credentials,
    pub(super) dave: Credentials,
    /// Dev, begun by alice.
    pub(super) worker: Credentials,
    /// The same with a tag that goes along and a source identity.
    pub(super) tagged: Credentials,
    /// Alice's own session, without a factor.
    pub(super) user_session: Credentials,
}

pub(super) async fn open() -> Premises {
    let metadata = crate::house::idp_metadata(IDP, "https://idp.example/sso", &[&RSA.certificate]);
    let keys = json!({ "keys": [oidc_issuer::EC.jwk, oidc_issuer::RSA.jwk] }).to_string();
    let files = [("idp.xml", metadata), ("keys.json", keys), ("secret", SECRET.to_owned()), ("totp", RFC.to_owned())];
    let house = House::open(Clock::system().now(), &files, |_: &Address| config()).await;
    let user = |id: &str| Credentials { id: id.to_owned(), secret: SECRET.to_owned(), token: None };
    let alice = user("AKIACONFORMALICE0001");
    let worker = assume(&house, &alice, &[]).await;
    let tags = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "ops"),
        ("TransitiveTagKeys.member.1", "team"),
        ("SourceIdentity", "alice"),
    ];
    let tagged = assume(&house, &alice, &tags).await;
    let form = [("Action", "GetSessionToken"), ("Version", "2011-06-15")];
    let user_session = front_signed::call(&house, &alice, &form).await.credentials();
    let [bob, carol, dave] = ["AKIACONFORMBOB000001", "AKIACONFORMCAROL0001", "AKIACONFORMDAVE00001"].map(user);
    Premises { house, alice, bob, carol, dave, worker, tagged, user_session }
}

async fn assume(house: &House, by: &Credentials, more: &[(&str, &str)]) -> Credentials {
    front_signed::assume(house, by, &arn("Dev"), more).await.credentials()
}

impl Premises {
    /// Of carol's device, good once; `later` is the next one.
    pub(super) fn code(&self, later: bool) -> String {
        let seconds = self.house.clock.now().unix_timestamp() + if later { 30 } else { 0 };
        code_of(b"12345678901234567890", seconds)
    }

    fn now(&self) -> OffsetDateTime {
        self.house.clock.now()
    }

    /// A good response for the role People whose assertion is called `id`, before it is signed.
    pub(super) fn assertion(&self, id: &str) -> String {
        let xml = changed(&front::unsigned(&self.house, id), "role/Admin,", "role/People,");
        self.dated(&xml, Duration::ZERO)
    }

    /// The fixture's hour brought to this house's, and so much earlier.
    fn dated(&self, xml: &str, ago: Duration) -> String {
        let noon = crate::saml_identity::NOW;
        let minutes = [-120, -90, -60, 240, 300, 28_800].map(Duration::seconds);
        let moved = |at: Duration| {
            let text = |at: OffsetDateTime| gatehouse::words::iso(at);
            (text(noon + at), text(self.now() + at - ago))
        };
        minutes.into_iter().map(moved).fold(xml.to_owned(), |xml, (from, to)| xml.replace(&from, &to))
    }

    pub(super) fn stale_assertion(&self, id: &str) -> String {
        let xml = changed(&front::unsigned(&self.house, id), "role/Admin,", "role/People,");
        front::field(&self.dated(&xml, Duration::hours(1)), id)
    }

    pub(super) fn signed_by_a_stranger(&self, id: &str) -> String {
        STANDARD.encode(sign(&self.assertion(id), &format!("_assertion-{id}"), &STRANGER))
    }

    /// A token's claims as they are good.
    pub(super) fn claims(&self) -> Value {
        let now = self.now().unix_timestamp();
        json!({ "iss": ISSUER, "sub": "robot-main", "aud": "web", "iat": now - 10, "exp": now + 600 })
    }
}
