//! The house as an issuer, as whoever verifies its tokens sees it; and two houses of which one trusts the other.

use crate::house::{Address, House};
use crate::issuer_world::{AUDIENCE, ask, config, key_set, open, wear};
use crate::oidc_issuer::b64;
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, arn, files, key, role, trusts};
use serde_json::{Value, json};

#[tokio::test]
async fn what_it_says_of_itself_is_true_and_may_be_kept() {
    let house = open().await;
    let answer = house.get("/.well-known/openid-configuration").await;
    let said: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(said["issuer"], house.public_url);
    assert_eq!(said["jwks_uri"], house.url("/.well-known/jwks.json"));
    assert_eq!(said["response_types_supported"], json!(["id_token"]));
    assert_eq!(said["subject_types_supported"], json!(["public"]));
    assert_eq!(said["id_token_signing_alg_values_supported"], json!(["RS256", "ES384"]));
    assert!(said.get("authorization_endpoint").is_none(), "there is none");
    for path in ["/.well-known/openid-configuration", "/.well-known/jwks.json"] {
        let answer = house.get(path).await;
        assert_eq!((answer.status, &*answer.headers["content-type"]), (200, "application/json"));
        assert_eq!(answer.headers["cache-control"], "public, max-age=300");
        assert!(!answer.request_id.is_empty());
        let posted = house.post(path, &[]).await;
        assert_eq!(posted.status, 405);
        let elsewhere = house.client.get(house.url(path)).header("host", "other.example").send().await.unwrap();
        assert_eq!(elsewhere.status().as_u16(), 421, "it answers under its own name only");
    }
}

#[tokio::test]
async fn its_keys_are_known_by_their_thumbprints_and_stay() {
    let house = open().await;
    let published = key_set(&house).await;
    let [rsa, ec] = published["keys"].as_array().expect("keys").as_slice() else { panic!("{published}") };
    for (jwk, algorithm, members) in
        [(rsa, "RS256", ["e", "kty", "n"].as_slice()), (ec, "ES384", &["crv", "kty", "x", "y"])]
    {
        assert_eq!((&jwk["alg"], &jwk["use"]), (&json!(algorithm), &json!("sig")));
        let member = |name: &&str| format!("\"{name}\":{}", jwk[*name]);
        let canonical = format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","));
        let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        assert_eq!(jwk["kid"], b64(thumbprint.as_ref()), "RFC 7638");
        let all: Vec<&String> = jwk.as_object().expect("a key").keys().collect();
        assert!(
            all.iter().all(|name| members.contains(&name.as_str()) || ["alg", "kid", "use"].contains(&name.as_str()))
        );
    }
    let (directory, clock, public_url) = house.close().await;
    let house = House::serve(directory, clock, public_url).await;
    assert_eq!(key_set(&house).await, published, "a restart makes no others");
}

/// A second house that knows the first as an issuer. Its role Guest lets in those whom the first calls Teller.
pub(crate) async fn neighbour(first: &House) -> House {
    let (url, name) = (&first.public_url, first.public_url.split_once("//").expect("a scheme").1.to_owned());
    let provider = format!(
        "\n[[account]]\nid = \"{OURS}\"\n\n[[provider]]\nname = \"first\"\naccount = \"{OURS}\"\nkind = \"oidc\"\nissuer = \"{url}\"\nclient_ids = [\"{AUDIENCE}\"]\nallowed_networks = [\"127.0.0.1\"]\n"
    );
    let mut lets_in = trusts(
        json!({ "Federated": format!("arn:aws:iam::{OURS}:oidc-provider/{name}") }),
        "sts:AssumeRoleWithWebIdentity",
    );
    lets_in["Condition"] = json!({ "StringEquals": { format!("{name}:sub"): arn(OURS, "Teller") } });
    let guest = role(OURS, "Guest", json!([lets_in]), json!([]));
    House::open(NOW, &[], |_: &Address| provider + &guest).await
}

pub(crate) async fn enter(house: &House, token: &str) -> crate::house::Answer {
    let role = arn(OURS, "Guest");
    let asked = [("RoleArn", &*role), ("RoleSessionName", "neighbour"), ("WebIdentityToken", token)];
    house.sts("AssumeRoleWithWebIdentity", &asked).await
}

#[tokio::test]
async fn a_house_takes_the_tokens_of_another_that_it_trusts() {
    let first = open().await;
    let second = neighbour(&first).await;
    let teller = wear(&first, "Teller", &[]).await;
    for algorithm in ["RS256", "ES384"] {
        let token = ask(&first, &teller, &[("SigningAlgorithm", algorithm)]).await;
        let answer = enter(&second, token.element("WebIdentityToken")).await;
        let guest = answer.credentials();
        assert_eq!(answer.element("SubjectFromWebIdentityToken"), arn(OURS, "Teller"), "{algorithm}");
        assert_eq!(answer.element("Audience"), AUDIENCE);
        let known = crate::front_signed::get_caller_identity(&second, &guest).await;
        assert_eq!(known.element("Arn"), format!("arn:aws:sts::{OURS}:assumed-role/Guest/neighbour"));
    }
}

#[tokio::test]
async fn and_no_others() {
    let first = open().await;
    let second = neighbour(&first).await;
    let teller = wear(&first, "Teller", &[]).await;
    let refused = async |by, more: &[(&str, &str)]| {
        let token = ask(&first, by, more).await;
        let answer = enter(&second, token.element("WebIdentityToken")).await;
        let (status, code) = answer.refusal();
        (status, code.to_owned(), second.code(&answer).await)
    };
    let is = |status, code: &str, reason: &str| (status, code.to_owned(), reason.to_owned());
    let other = [("Audience.member.1", "https://other.example.com")];
    assert_eq!(refused(&teller, &other).await, is(400, "InvalidIdentityToken", "oidc.audience"));
    let both = [("Audience.member.2", "https://other.example.com")];
    assert_eq!(refused(&teller, &both).await, is(400, "InvalidIdentityToken", "oidc.audience"), "one is a stranger's");
    assert_eq!(
        refused(&key("plain"), &[]).await,
        is(403, "AccessDenied", "trust.no-statement-allows"),
        "somebody else"
    );
    let token = ask(&first, &teller, &[("DurationSeconds", "60")]).await;
    second.clock.advance(time::Duration::seconds(60 + 61));
    let late = enter(&second, token.element("WebIdentityToken")).await;
    assert_eq!(late.refusal(), (400, "ExpiredTokenException"));
    // A third of the same name in the world, whose keys are others.
    let third = House::open(NOW, &files(), |_: &Address| config()).await;
    let forged = ask(&third, &key("plain"), &[]).await;
    let answer = enter(&second, forged.element("WebIdentityToken")).await;
    assert_eq!(second.code(&answer).await, "oidc.unknown-issuer");
}
