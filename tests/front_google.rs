//! Google's ID tokens: two spellings of the issuer, and the claims that trust policies ask for.

use crate::house::{Address, Answer, House};
use crate::oidc_issuer::{NOW, RSA, claims};
use serde_json::{Value, json};

const CLIENT: &str = "1234567890-example.apps.googleusercontent.com";
const STAFF: &str = "arn:aws:iam::111122223333:role/Staff";
const ROBOT: &str = "arn:aws:iam::111122223333:role/Robot";
const OTHERS: &str = "arn:aws:iam::111122223333:role/Others";
const NEXT: &str = "arn:aws:iam::111122223333:role/Next";

fn world() -> String {
    let role = |arn: &str, principal: &str, conditions: Value| {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": principal},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": conditions}}]});
        format!("[[role]]\narn = \"{arn}\"\ntrust = {{ json = '{trust}' }}\n")
    };
    let staff = json!({"accounts.google.com:aud": CLIENT, "accounts.google.com:hd": "example.com", "accounts.google.com:email": "alice@example.com"});
    let robot = json!({"accounts.google.com:aud": "1029384756", "accounts.google.com:oaud": "https://gate.example", "accounts.google.com:sub": "1029384756"});
    let others = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
         "Condition": {"StringEquals": {"accounts.google.com:aud": CLIENT}}},
        {"Effect": "Deny", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:*",
         "Condition": {"Null": {"accounts.google.com:oaud": false}}},
        {"Effect": "Deny", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:*",
         "Condition": {"NumericGreaterThan": {"accounts.google.com:level": 1000}}}]});
    let chain = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": STAFF},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:FederatedProvider": "accounts.google.com",
        "accounts.google.com:sub": "110169484474386276334", "accounts.google.com:aud": CLIENT}}},
        {"Effect": "Allow", "Principal": {"AWS": ROBOT}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {
        "accounts.google.com:aud": "1029384756", "accounts.google.com:oaud": "https://gate.example"}}}]});
    format!(
        r#"
[[account]]
id = "111122223333"
alias = "production"

[[provider]]
name = "google"
account = "111122223333"
kind = "oidc"
issuer = "https://accounts.google.com"
client_ids = ["{CLIENT}", "1029384756"]
audiences = ["https://gate.example"]
jwks = {{ file = "keys.json" }}

[[role]]
arn = "{NEXT}"
trust = {{ json = '{chain}' }}

[[role]]
arn = "{OTHERS}"
trust = {{ json = '{others}' }}

{}{}"#,
        role(STAFF, "accounts.google.com", staff),
        role(ROBOT, "arn:aws:iam::111122223333:oidc-provider/accounts.google.com", robot),
    )
}

fn token(issuer: &str, changes: Value) -> String {
    let mut claims = claims(issuer);
    let alice = json!({"sub": "110169484474386276334", "aud": CLIENT, "hd": "example.com", "email": "alice@example.com", "email_verified": true});
    for (name, value) in alice.as_object().into_iter().chain(changes.as_object()).flatten() {
        claims[name] = value.clone();
    }
    RSA.sign(&claims)
}

async fn assume(house: &House, role: &str, token: &str) -> Answer {
    let asked = [("RoleArn", role), ("RoleSessionName", "app-1"), ("WebIdentityToken", token)];
    house.sts("AssumeRoleWithWebIdentity", &asked).await
}

#[tokio::test]
async fn google_is_one_issuer_in_two_spellings() {
    let keys = json!({ "keys": [RSA.jwk] }).to_string();
    let house = House::open(NOW, &[("keys.json", keys)], |_: &Address| world()).await;
    for issuer in ["https://accounts.google.com", "accounts.google.com"] {
        let answer = assume(&house, STAFF, &token(issuer, json!({}))).await;
        assert_eq!(answer.status, 200, "{issuer}: {}", answer.body);
        assert_eq!(answer.element("SubjectFromWebIdentityToken"), "110169484474386276334");
        let provider = "arn:aws:iam::111122223333:oidc-provider/accounts.google.com";
        assert_eq!((answer.element("Provider"), answer.element("Audience")), (provider, CLIENT));
        let next = crate::front_signed::assume(&house, &answer.credentials(), NEXT, &[]).await;
        assert_eq!(next.status, 200, "a built-in provider goes by its name: {}", next.body);
    }
    for issuer in ["http://accounts.google.com", "https://accounts.google.com/", "Accounts.google.com", "google.com"] {
        let answer = assume(&house, STAFF, &token(issuer, json!({}))).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{issuer}");
        assert_eq!(house.code(&answer).await, "oidc.unknown-issuer", "{issuer}");
    }
    for (what, changes) in [
        ("another domain", json!({"hd": "example.org"})),
        ("no domain: a private account", json!({"hd": null})),
        ("a domain among others", json!({"hd": ["example.com", "example.org"]})),
        ("another person", json!({"email": "bob@example.com"})),
    ] {
        let answer = assume(&house, STAFF, &token("accounts.google.com", changes)).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{what}");
        assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{what}");
    }
}

/// A service account's token: `azp` is the account's number and counts as audience; what was asked for is `oaud`.
#[tokio::test]
async fn a_service_account_has_its_number_as_audience() {
    let keys = json!({ "keys": [RSA.jwk] }).to_string();
    let house = House::open(NOW, &[("keys.json", keys)], |_: &Address| world()).await;
    let robot = json!({"sub": "1029384756", "azp": "1029384756", "aud": "https://gate.example"});
    let answer = assume(&house, ROBOT, &token("https://accounts.google.com", robot)).await;
    assert_eq!(answer.element("Audience"), "1029384756");
    let next = crate::front_signed::assume(&house, &answer.credentials(), NEXT, &[]).await;
    assert_eq!(next.status, 200, "what was asked for is still known: {}", next.body);
    let other = json!({"sub": "1029384756", "azp": "1029384756", "aud": CLIENT});
    let answer = assume(&house, ROBOT, &token("https://accounts.google.com", other)).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied"), "made for somebody else");
}

/// `oaud` is there with an `azp` alone, and no claim poses as it.
#[tokio::test]
async fn only_an_authorized_party_has_an_original_audience() {
    let keys = json!({ "keys": [RSA.jwk] }).to_string();
    let house = House::open(NOW, &[("keys.json", keys)], |_: &Address| world()).await;
    for changes in [json!({}), json!({"oaud": "https://gate.example"}), json!({"OAUD": "x", "Aud": "y"})] {
        let answer = assume(&house, OTHERS, &token("https://accounts.google.com", changes)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let party = token("https://accounts.google.com", json!({"azp": CLIENT}));
    assert_eq!(house.code(&assume(&house, OTHERS, &party).await).await, "trust.explicit-deny");
    let posing = json!({"sub": "1029384756", "azp": "1029384756", "aud": CLIENT, "OAUD": "https://gate.example"});
    let answer = assume(&house, ROBOT, &token("https://accounts.google.com", posing)).await;
    assert_eq!(house.code(&answer).await, "trust.no-statement-allows");
}

/// However a JSON library writes it.
#[tokio::test]
async fn a_large_number_in_a_claim_is_large() {
    let keys = json!({ "keys": [RSA.jwk] }).to_string();
    let house = House::open(NOW, &[("keys.json", keys)], |_: &Address| world()).await;
    let ask = |level: Value| token("https://accounts.google.com", json!({ "level": level }));
    for level in [json!(5), json!(999.5), json!(1e-7), json!(-1e300)] {
        assert_eq!(assume(&house, OTHERS, &ask(level.clone())).await.status, 200, "{level}");
    }
    let hidden = token("https://accounts.google.com", json!({"level": 1001, "LEVEL": []}));
    assert_eq!(house.code(&assume(&house, OTHERS, &hidden).await).await, "trust.ambiguous-claim");
    for level in [json!(1001), json!(1e16), json!(1e300), json!(u64::MAX)] {
        let answer = assume(&house, OTHERS, &ask(level.clone())).await;
        assert_eq!(house.code(&answer).await, "trust.explicit-deny", "{level}");
    }
}
