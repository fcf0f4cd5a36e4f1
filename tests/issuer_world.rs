//! The world of the issuer: people and roles that may have tokens signed about themselves, and whoever verifies them.

use crate::house::{Address, Answer, Credentials, House};
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, accounts, allow, arn, files, key, policy, role, trusts, user};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::oidc::{CompactJws, KeySet};
use serde_json::{Value, json};

pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const GET: &str = "sts:GetWebIdentityToken";
pub(crate) const TAG: &str = "sts:TagGetWebIdentityToken";

/// `teller` may tell everybody who they are and add tags, `plain` add none; `narrow` may tell one audience, for two minutes
/// and by one algorithm; `nobody` nobody. The role Teller is as `teller`.
pub(crate) fn config() -> String {
    let both = || json!([allow("sts:*", "*")]);
    let narrow = json!([{
        "Sid": "Narrow", "Effect": "Allow", "Action": GET, "Resource": "*",
        "Condition": {
            "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": [AUDIENCE, "two"] },
            "Null": { "sts:IdentityTokenAudience": "false" },
            "StringEquals": { "sts:SigningAlgorithm": "ES384" },
            "NumericLessThanEquals": { "sts:DurationSeconds": "120" },
        },
    }]);
    let tagged = json!([
        allow(GET, "*"),
        { "Effect": "Allow", "Action": TAG, "Resource": "*", "Condition": { "ForAllValues:StringEquals": { "aws:TagKeys": ["job"] } } },
    ]);
    let trust = json!([trusts(json!({ "AWS": OURS }), "sts:*")]);
    let teller = role(OURS, "Teller", trust.clone(), both());
    let teller = teller.replacen("max_session", "tags = { team = \"of-role\", floor = \"2\" }\nmax_session", 1);
    let limit = format!("boundary = {{ json = '{}' }}\n", policy(json!([allow("s3:*", "*")])));
    let parts = [
        user(OURS, "teller", both()),
        user(OURS, "plain", json!([allow(GET, "*")])),
        user(OURS, "narrow", narrow),
        user(OURS, "tagger", tagged),
        user(OURS, "nobody", json!([allow("ec2:*", "*")])),
        teller,
        role(OURS, "Mute", trust.clone(), json!([])),
        role(OURS, "Bounded", trust, both()) + &limit,
    ];
    accounts() + &parts.concat()
}

pub(crate) async fn open() -> House {
    House::open(NOW, &files(), |_: &Address| config()).await
}

/// Asks for a token for [`AUDIENCE`] by ES384; `more` adds to that, or stands in its place.
pub(crate) async fn ask(house: &House, by: &Credentials, more: &[(&str, &str)]) -> Answer {
    let usual = [
        ("Action", "GetWebIdentityToken"),
        ("Version", "2011-06-15"),
        ("Audience.member.1", AUDIENCE),
        ("SigningAlgorithm", "ES384"),
    ];
    let usual = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let form: Vec<_> = usual.chain(more.iter().copied()).filter(|(_, value)| *value != "absent").collect();
    crate::front_signed::call(house, by, &form).await
}

pub(crate) async fn wear(house: &House, role: &str, more: &[(&str, &str)]) -> Credentials {
    crate::front_signed::assume(house, &key("teller"), &arn(OURS, role), more).await.credentials()
}

pub(crate) async fn key_set(house: &House) -> Value {
    let answer = house.get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Header and claims of a token, which must verify with a key that the house publishes.
pub(crate) async fn verified(house: &House, token: &str) -> (Value, Value) {
    let keys = KeySet::parse(key_set(house).await.to_string().as_bytes()).expect("a key set");
    CompactJws::decode(token).expect("a token").verify(&keys, &[]).expect("signed by the house");
    let part = |at: usize| {
        let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(at).expect("a part")).expect("base64url");
        serde_json::from_slice(&part).expect("JSON")
    };
    (part(0), part(1))
}

/// The last record in the book.
pub(crate) async fn last_record(house: &House) -> Value {
    let rows = house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1").await;
    serde_json::from_str(&rows[0][0]).expect("JSON")
}
