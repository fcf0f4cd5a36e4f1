//! A house whose decisions are put to other configurations: people with groups, programs with tokens, a user.

use crate::book::at;
use crate::front::{CORP, USER, field, unsigned};
use crate::house::{Address, Answer, Directory, House, idp_metadata, keys_of};
use crate::oidc_issuer::{self, b64};
use crate::saml_identity::{IDP, NOW, RSA, changed};
use crate::tagged_world::attribute;
use gatehouse::store::Store;
use gatehouse::sts::Decided;
use serde_json::{Value, json};

pub(crate) const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
pub(crate) const READER: &str = "arn:aws:iam::111122223333:role/Reader";
pub(crate) const DEPLOY: &str = "arn:aws:iam::111122223333:role/Deploy";
pub(crate) const PARTNER: &str = "arn:aws:iam::111122223333:role/Partner";

/// Rules read `groups` and `team`; the trust policies read the token's `sub`. Nobody reads anything else.
const CONFIG: &str = r#"
[[account]]
id = "111122223333"

[[provider]]
name = "corp"
account = "111122223333"
kind = "saml"
metadata = { file = "idp.xml" }
idp_initiated = true

[[provider.rule]]
when = 'claims.groups.exists(g, g == "ops")'
roles = ["arn:aws:iam::111122223333:role/Admin"]
tags = { team = 'claims.team[0]' }

[[provider.rule]]
when = 'claims.groups.exists(g, g == "staff")'
roles = ["arn:aws:iam::111122223333:role/Reader"]

[[provider]]
name = "issuer"
account = "111122223333"
kind = "oidc"
issuer = "https://issuer.example"
client_ids = ["web"]
jwks = { file = "keys.json" }

[[role]]
arn = "arn:aws:iam::111122223333:role/Admin"
max_session = "4h"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Sid":"People","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"]}]}' }
policies = [{ name = "admin", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sts:AssumeRole"],"Resource":"*"}]}' }]

[[role]]
arn = "arn:aws:iam::111122223333:role/Reader"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Sid":"People","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"]}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Deploy"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Sid":"Main","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"issuer.example:aud":"web"},"StringLike":{"issuer.example:sub":"main*"}}}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Partner"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Sid":"Ops","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"Ticket-7-of-seven"}}},{"Sid":"Admins","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:TagSession"]}]}' }

[[user]]
arn = "arn:aws:iam::111122223333:user/ops"
access_keys = [{ id = "AKIAIOSFODNN7EXAMPLE", secret = { file = "ops-secret" } }]
"#;

fn files() -> Vec<(&'static str, String)> {
    let keys = json!({ "keys": [oidc_issuer::EC.jwk] }).to_string();
    let metadata = idp_metadata(IDP, "https://idp.example/sso", &[&RSA.certificate]);
    vec![("idp.xml", metadata), ("keys.json", keys), ("ops-secret", USER.1.to_owned())]
}

pub(crate) async fn open() -> House {
    open_with("", "").await
}

/// With something changed in the configuration.
pub(crate) async fn open_with(from: &str, to: &str) -> House {
    House::open(NOW, &files(), |_: &Address| CONFIG.replacen(from, to, usize::from(!from.is_empty()))).await
}

/// As [`open`], for browsers.
pub(crate) async fn open_tls() -> House {
    let clock = gatehouse::ambient::Clock::held(NOW);
    House::open_tls(clock, "localhost", &files(), |_: &Address| CONFIG.to_owned()).await
}

/// A response of a person in these groups, with further attributes; the name is of a session, too.
pub(crate) fn paper(house: &House, id: &str, subject: &str, groups: &[&str], more: &[(&str, &str)]) -> String {
    let old = attribute("groups", &["staff", "ops"]);
    let more: String = more.iter().map(|(name, value)| attribute(name, &[value])).collect();
    let xml = changed(&unsigned(house, id), &old, &format!("{}{more}", attribute("groups", groups)));
    field(&changed(&xml, "alice@example.com", subject), id)
}

pub(crate) async fn assume(house: &House, role: &str, paper: &str) -> Answer {
    let parameters = [("RoleArn", role), ("PrincipalArn", CORP), ("SAMLAssertion", paper)];
    house.sts("AssumeRoleWithSAML", &parameters).await
}

/// A token of a program at the house's time.
pub(crate) fn token(house: &House, subject: &str, more: &[(&str, Value)]) -> String {
    let now = house.clock.now().unix_timestamp();
    let mut claims =
        json!({"iss": "https://issuer.example", "sub": subject, "aud": "web", "iat": now, "exp": now + 600});
    more.iter().for_each(|(name, value)| claims[*name] = value.clone());
    claims["jti"] = json!(b64(&now.to_be_bytes()));
    oidc_issuer::EC.sign(&claims)
}

pub(crate) async fn exchange(house: &House, token: &str, session: &str) -> Answer {
    let parameters = [("RoleArn", DEPLOY), ("RoleSessionName", session), ("WebIdentityToken", token)];
    house.sts("AssumeRoleWithWebIdentity", &parameters).await
}

/// What a house that is closed has kept, opened with its own keys: the question, how often and when last.
pub(crate) async fn kept(directory: &Directory) -> Vec<(Value, i64, i64)> {
    let root = std::fs::read(directory.path().join("keys/session.key")).expect("a key");
    let keys = keys_of(root);
    let rows = Store::kept_decisions(&at(&directory.path().join("gatehouse.db")), 0).await.expect("it opens");
    let opened = rows.expect("a table").into_iter().map(|row| {
        let decided = Decided::open(&row.sealed, &keys.seals).expect("its own seal");
        (serde_json::to_value(decided).expect("plain data"), row.count, row.last)
    });
    opened.collect()
}

/// Everything that lies on the disk, the log of the database included.
pub(crate) fn on_disk(directory: &Directory) -> Vec<u8> {
    let files = ["gatehouse.db", "gatehouse.db-wal"].map(|name| std::fs::read(directory.path().join(name)));
    files.into_iter().flatten().flatten().collect()
}
