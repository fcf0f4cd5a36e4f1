//! Access tokens of Facebook and Amazon through the front door, and Facebook's Limited Login.

use crate::front::sessions;
use crate::house::{Directory, FORM, encoded, free_port, store};
use crate::oidc_issuer::{NOW, RSA};
use crate::running::{Running, gatehouse, keeps_silent, rows};
use crate::social_network::{
    AMAZON, APP, CLIENT, FACEBOOK, FAN, Instead, Network, SECRET, SHOP, SHOPPER, assume, form, open, open_with, world,
};
use serde_json::{Value, json};

const GOOD: &str = "EAAgoodTokenOfAlice0123456789";
const GOODS: &str = "Atza|goodTokenOfAlice0123456789";

#[tokio::test]
async fn an_access_token_of_facebook_becomes_credentials() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let house = open(&network).await;
    let answer = assume(&house, FAN, FACEBOOK, GOOD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Fan/app-1");
    assert_eq!(answer.element("SubjectFromWebIdentityToken"), "10001");
    assert_eq!((answer.element("Provider"), answer.element("Audience")), (FACEBOOK, APP));
    let asked = network.asked();
    let [debug, me] = &asked[..] else { panic!("two questions, not {}", asked.len()) };
    assert_eq!((debug.path.as_str(), debug.query["input_token"].as_str()), ("debug_token", GOOD));
    assert_eq!((me.path.as_str(), me.query["fields"].as_str()), ("me", "id"));
    let by_arn = assume(&house, "arn:aws:iam::111122223333:role/ByArn", FACEBOOK, GOOD).await;
    assert_eq!(by_arn.status, 200, "the provider's ARN means the same: {}", by_arn.body);
}

#[tokio::test]
async fn an_access_token_of_amazon_becomes_credentials() {
    let network = Network::open().await;
    network.issue(GOODS, json!({}));
    let house = open(&network).await;
    let answer = assume(&house, SHOPPER, AMAZON, GOODS).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.element("SubjectFromWebIdentityToken"), "amzn1.account.ALICE");
    assert_eq!((answer.element("Provider"), answer.element("Audience")), (AMAZON, CLIENT));
    let asked = network.asked();
    assert_eq!(
        asked.iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>(),
        ["auth/o2/tokeninfo", "user/profile"]
    );
    assert!(asked[1].query.is_empty(), "the profile is asked for as bearer, not in the address");
}

/// What a network says of person and app, and its own name, are there at the next role, and in variables.
#[tokio::test]
async fn the_networks_keys_outlast_the_token() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    network.issue(GOODS, json!({}));
    let next = |name: &str, who: &str, provider: &str, keys: Value| {
        let mut keys = keys;
        keys["aws:FederatedProvider"] = json!(provider);
        let statement = json!({ "Effect": "Allow", "Principal": { "AWS": who }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": keys } });
        let trust = json!({ "Version": "2012-10-17", "Statement": [statement] });
        format!("\n[[role]]\narn = \"arn:aws:iam::111122223333:role/{name}\"\ntrust = {{ json = '{trust}' }}\n")
    };
    let fan = json!({ "graph.facebook.com:id": "10001", "graph.facebook.com:app_id": APP });
    let shopper = json!({ "www.amazon.com:user_id": "amzn1.account.ALICE", "www.amazon.com:app_id": SHOP });
    let other = json!({ "www.amazon.com:user_id": "amzn1.account.MALLORY", "www.amazon.com:app_id": SHOP });
    let own = json!({ "sts:RoleSessionName": "${www.amazon.com:user_id}", "www.amazon.com:aud": CLIENT });
    let roles = [
        next("Fans", FAN, FACEBOOK, fan),
        next("Shoppers", SHOPPER, AMAZON, shopper),
        next("Others", SHOPPER, AMAZON, other),
        next("AsArn", SHOPPER, "arn:aws:iam::111122223333:oidc-provider/www.amazon.com", json!({})),
        next("Own", SHOPPER, AMAZON, own),
    ];
    let house = open_with(&network, &roles.concat()).await;
    let fan = assume(&house, FAN, FACEBOOK, GOOD).await.credentials();
    let shopper = assume(&house, SHOPPER, AMAZON, GOODS).await.credentials();
    for (by, name, status) in
        [(&fan, "Fans", 200), (&shopper, "Shoppers", 200), (&shopper, "Others", 403), (&shopper, "AsArn", 403)]
    {
        let role = format!("arn:aws:iam::111122223333:role/{name}");
        let answer = crate::front_signed::assume(&house, by, &role, &[]).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
    }
    for (name, status) in [("amzn1.account.ALICE", 200), ("amzn1.account.MALLORY", 403)] {
        let form = [
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", "arn:aws:iam::111122223333:role/Own"),
            ("RoleSessionName", name),
        ];
        let answer = crate::front_signed::call(&house, &shopper, &form).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn rules_see_what_the_network_says() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let rule = format!(
        "[[provider.rule]]\nwhen = 'claims.app_id == \"{APP}\" && \"email\" in claims.scopes'\nroles = [\"{FAN}\"]\nsession_name = '\"fb-\" + claims.id'\ntags = {{ person = 'claims.id' }}"
    );
    let house = open_with(&network, &rule).await;
    let answer = assume(&house, FAN, FACEBOOK, GOOD).await;
    assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Fan/fb-10001");
    let other = "EAAgoodTokenWithoutMail0123456789";
    network.issue(other, json!({"scopes": []}));
    let answer = assume(&house, FAN, FACEBOOK, other).await;
    assert_eq!((answer.refusal(), house.code(&answer).await.as_str()), ((403, "AccessDenied"), "trust.no-role-given"));
}

#[tokio::test]
async fn limited_login_is_the_same_person_without_a_provider_id() {
    let network = Network::open().await;
    let house = open(&network).await;
    let now = NOW.unix_timestamp();
    let token = |issuer: &str, changes: &[(&str, Value)]| {
        let mut claims = json!({"iss": issuer, "aud": APP, "sub": "10001", "iat": now - 10, "exp": now + 600});
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        RSA.sign(&claims)
    };
    for issuer in ["https://www.facebook.com", "https://limited.facebook.com", "https://facebook.com"] {
        let answer = assume(&house, FAN, "", &token(issuer, &[])).await;
        assert_eq!(answer.status, 200, "{issuer}: {}", answer.body);
        assert_eq!(answer.element("SubjectFromWebIdentityToken"), "10001");
        assert_eq!(answer.element("Provider"), "arn:aws:iam::111122223333:oidc-provider/graph.facebook.com");
    }
    assert_eq!(network.count(".well-known/oauth/openid/jwks/"), 1);
    let usual = "https://www.facebook.com";
    let rows = [
        (
            "another issuer",
            "",
            token("https://evil.facebook.com", &[]),
            (400, "InvalidIdentityToken"),
            "oidc.unknown-issuer",
        ),
        ("another app", "", token(usual, &[("aud", json!("99"))]), (400, "InvalidIdentityToken"), "oidc.audience"),
        ("expired", "", token(usual, &[("exp", json!(now - 61))]), (400, "ExpiredTokenException"), "oidc.expired"),
        ("as an access token", FACEBOOK, token(usual, &[]), (400, "InvalidIdentityToken"), "social.form"),
        (
            "somebody who calls himself another",
            "",
            token(usual, &[("sub", json!("66")), ("id", json!("10001"))]),
            (403, "AccessDenied"),
            "trust.no-statement-allows",
        ),
    ];
    for (what, provider_id, token, refusal, code) in rows {
        let answer = assume(&house, FAN, provider_id, &token).await;
        assert_eq!(answer.refusal(), refusal, "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
    }
}

#[tokio::test]
async fn what_facebook_does_not_vouch_for_becomes_nothing() {
    let network = Network::open().await;
    let house = open(&network).await;
    let past = NOW.unix_timestamp();
    let rows = [
        ("another app's", json!({"app_id": "99"}), (400, "InvalidIdentityToken"), "social.app"),
        ("another app's, as a number", json!({"app_id": 99}), (400, "InvalidIdentityToken"), "social.app"),
        (
            "another app's and expired",
            json!({"app_id": "99", "expires_at": past}),
            (400, "InvalidIdentityToken"),
            "social.app",
        ),
        ("expired", json!({"expires_at": past, "is_valid": false}), (400, "ExpiredTokenException"), "social.expired"),
        ("expired, called valid", json!({"expires_at": past}), (400, "ExpiredTokenException"), "social.expired"),
        ("withdrawn", json!({"is_valid": false}), (403, "IDPRejectedClaim"), "social.rejected"),
        ("valid as a text", json!({"is_valid": "true"}), (403, "IDPRejectedClaim"), "social.rejected"),
        ("a page's", json!({"type": "PAGE"}), (400, "InvalidIdentityToken"), "social.type"),
        ("an app's", json!({"type": "APP"}), (400, "InvalidIdentityToken"), "social.type"),
        ("of no type", json!({"type": null}), (400, "InvalidIdentityToken"), "social.type"),
        ("about two people", json!({"me": {"id": "10002"}}), (400, "InvalidIdentityToken"), "social.person"),
        ("of no app", json!({"app_id": null}), (400, "InvalidIdentityToken"), "social.answer"),
        ("of nobody", json!({"user_id": ""}), (400, "InvalidIdentityToken"), "social.answer"),
        ("of a control character", json!({"user_id": "1\n"}), (400, "InvalidIdentityToken"), "social.answer"),
        ("without an end", json!({"expires_at": null}), (400, "InvalidIdentityToken"), "social.answer"),
        ("nobody at me", json!({"me": {}}), (400, "InvalidIdentityToken"), "social.answer"),
        ("refused at me", json!({"me": {"error": {"code": 100}}}), (403, "IDPRejectedClaim"), "social.rejected"),
        ("not now", json!({"me": {"error": {"code": 4}}}), (400, "IDPCommunicationError"), "social.undecided"),
        (
            "not in the trust policy",
            json!({"user_id": "2", "me": {"id": "2"}}),
            (403, "AccessDenied"),
            "trust.no-statement-allows",
        ),
    ];
    for (row, (what, changes, refusal, code)) in rows.into_iter().enumerate() {
        let token = format!("EAAhostileToken{row:04}");
        network.issue(&token, changes);
        let answer = assume(&house, FAN, FACEBOOK, &token).await;
        assert_eq!(answer.refusal(), refusal, "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
        house.clock.advance(time::Duration::SECOND);
    }
    let unknown = assume(&house, FAN, FACEBOOK, "EAAtokenThatNobodyIssued").await;
    assert_eq!(
        (unknown.refusal(), house.code(&unknown).await.as_str()),
        ((403, "IDPRejectedClaim"), "social.rejected")
    );
    assert_eq!(sessions(&house).await, 0);
    network.issue(GOOD, json!({"app_id": 1234567890, "user_id": 10001, "expires_at": 0}));
    assert_eq!(
        assume(&house, FAN, FACEBOOK, GOOD).await.status,
        200,
        "numbers, and no end, as Facebook also writes them"
    );
}

#[tokio::test]
async fn what_amazon_does_not_vouch_for_becomes_nothing() {
    let network = Network::open().await;
    let house = open(&network).await;
    let rows = [
        (
            "another client's",
            json!({"aud": "amzn1.application-oa2-client.99"}),
            (400, "InvalidIdentityToken"),
            "social.app",
        ),
        ("of no client", json!({"aud": null}), (400, "InvalidIdentityToken"), "social.answer"),
        ("expired", json!({"exp": 0}), (400, "ExpiredTokenException"), "social.expired"),
        ("expired long ago", json!({"exp": -5}), (400, "ExpiredTokenException"), "social.expired"),
        ("an end as a text", json!({"exp": "3597"}), (400, "InvalidIdentityToken"), "social.answer"),
        (
            "another issuer",
            json!({"iss": "https://www.amazon.example"}),
            (400, "InvalidIdentityToken"),
            "social.answer",
        ),
        (
            "about two people",
            json!({"profile": {"user_id": "amzn1.account.BOB"}}),
            (400, "InvalidIdentityToken"),
            "social.person",
        ),
        ("nobody's profile", json!({"profile": {}}), (400, "InvalidIdentityToken"), "social.answer"),
        (
            "not for the profile",
            json!({"profile": {"error": "insufficient_scope"}}),
            (403, "IDPRejectedClaim"),
            "social.rejected",
        ),
        (
            "another app in trust",
            json!({"app_id": "amzn1.application.other"}),
            (403, "AccessDenied"),
            "trust.no-statement-allows",
        ),
    ];
    for (row, (what, changes, refusal, code)) in rows.into_iter().enumerate() {
        let token = format!("Atza|hostileToken{row:04}");
        network.issue(&token, changes);
        let answer = assume(&house, SHOPPER, AMAZON, &token).await;
        assert_eq!(answer.refusal(), refusal, "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
        house.clock.advance(time::Duration::SECOND);
    }
    let unknown = assume(&house, SHOPPER, AMAZON, "Atza|tokenThatNobodyIssued").await;
    assert_eq!(
        (unknown.refusal(), house.code(&unknown).await.as_str()),
        ((403, "IDPRejectedClaim"), "social.rejected")
    );
    let instead = Instead { status: 400, body: r#"{"error": "invalid_request"}"#.into(), ..Instead::default() };
    network.answer_instead("auth/o2/tokeninfo", Some(instead));
    let none = assume(&house, SHOPPER, AMAZON, "Atza|noTokenAtAll").await;
    assert_eq!((none.refusal(), house.code(&none).await.as_str()), ((400, "InvalidIdentityToken"), "social.form"));
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn an_answer_of_the_wrong_kind_is_no_verdict() {
    let network = Network::open().await;
    let house = open(&network).await;
    network.issue(GOOD, json!({}));
    network.issue(GOODS, json!({}));
    let valid = r#""app_id": "1234567890", "type": "USER", "is_valid": true, "user_id": "10001", "expires_at": 0"#;
    let twice = format!(r#"{{"data": {{{valid}, "is_valid": false}}}}"#);
    let huge = format!(r#"{{"data": {{{valid}, "application": "{}"}}}}"#, "x".repeat(70_000));
    let elsewhere = Some(format!("{}/me", network.url));
    let text = |status, body: &str| Instead { status, location: None, body: body.to_owned() };
    let rows = [
        (text(200, &huge), (400, "InvalidIdentityToken"), "outbound.too-large"),
        (
            Instead { status: 302, location: elsewhere, body: String::new() },
            (400, "InvalidIdentityToken"),
            "outbound.redirect",
        ),
        (text(200, "<html>Sign in</html>"), (400, "InvalidIdentityToken"), "social.answer"),
        (text(200, "[]"), (400, "InvalidIdentityToken"), "social.answer"),
        (text(200, "{}"), (400, "InvalidIdentityToken"), "social.answer"),
        (text(200, r#"{"data": {"is_valid": true}} {}"#), (400, "InvalidIdentityToken"), "social.answer"),
        (text(200, &twice), (400, "InvalidIdentityToken"), "social.answer"),
        (text(404, "{}"), (400, "InvalidIdentityToken"), "social.answer"),
        (text(429, "{}"), (400, "IDPCommunicationError"), "social.undecided"),
        (text(500, "{}"), (400, "IDPCommunicationError"), "outbound.server-error"),
        (text(503, ""), (400, "IDPCommunicationError"), "outbound.server-error"),
    ];
    for (instead, refusal, code) in rows {
        for (path, role, provider_id, token) in
            [("debug_token", FAN, FACEBOOK, GOOD), ("auth/o2/tokeninfo", SHOPPER, AMAZON, GOODS)]
        {
            network.answer_instead(path, Some(instead.clone()));
            let answer = assume(&house, role, provider_id, token).await;
            assert_eq!(answer.refusal(), refusal, "{path} {}", instead.status);
            assert_eq!(house.code(&answer).await, code, "{path} {}", instead.status);
            network.answer_instead(path, None);
        }
        house.clock.advance(time::Duration::SECOND);
    }
    assert_eq!(network.count("me"), 0, "no redirect was followed");
    assert_eq!(assume(&house, FAN, FACEBOOK, GOOD).await.status, 200, "and none of it is held against the token");
    assert_eq!(assume(&house, SHOPPER, AMAZON, GOODS).await.status, 200);
}

#[tokio::test]
async fn the_form_of_a_request_decides_before_anybody_is_asked() {
    let network = Network::open().await;
    let house = open(&network).await;
    for token in [GOOD, GOODS] {
        network.issue(token, json!({}));
    }
    let long = "E".repeat(2049);
    let denied = (403, "AccessDenied");
    let invalid = (400, "InvalidIdentityToken");
    let empty = "arn:aws:iam::444455556666:role/Fan";
    let rows = [
        ("no ProviderId", FAN, "", GOOD, invalid, "oidc.not-a-jwt"),
        ("an unknown ProviderId", FAN, "login.example", GOOD, denied, "oidc.unknown-provider-id"),
        ("an issuer as ProviderId", FAN, "accounts.google.com", GOOD, denied, "oidc.unknown-provider-id"),
        ("a URL as ProviderId", FAN, "https://graph.facebook.com", GOOD, denied, "oidc.unknown-provider-id"),
        ("a ProviderId in capitals", FAN, "Graph.Facebook.com", GOOD, denied, "oidc.unknown-provider-id"),
        ("an account without it", empty, FACEBOOK, GOOD, denied, "oidc.unknown-provider-id"),
        ("the other network's token", FAN, FACEBOOK, GOODS, invalid, "social.form"),
        ("the other network's ProviderId", SHOPPER, AMAZON, GOOD, invalid, "social.form"),
        ("an app's own token", FAN, FACEBOOK, "1234567890|c0ffee5ec2e7", invalid, "social.form"),
        ("a short text", FAN, FACEBOOK, "EAAtoke", invalid, "social.form"),
        ("a long text", FAN, FACEBOOK, &long, invalid, "social.form"),
        ("a further parameter", FAN, FACEBOOK, "EAAtoken&access_token=x", invalid, "social.form"),
        ("a header", SHOPPER, AMAZON, "Atza|token\r\nX-Evil: 1", invalid, "social.form"),
        ("an ID token", FAN, FACEBOOK, &RSA.sign(&json!({"iss": "x"})), invalid, "social.form"),
    ];
    for (what, role, provider_id, token, refusal, code) in rows {
        let answer = assume(&house, role, provider_id, token).await;
        assert_eq!(answer.refusal(), refusal, "{what}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{what}");
    }
    assert!(network.asked().is_empty());
}

/// The real binary, which says everything that it can say.
#[tokio::test]
async fn neither_the_secret_nor_a_token_is_ever_said() {
    let network = Network::open().await;
    let hostile = "EAAhostileTokenOfMallory0123456789";
    network.issue(GOOD, json!({}));
    network.issue(GOODS, json!({}));
    let directory = Directory::new();
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let store = store(&directory);
    let head = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\n[store]\n{store}[keys]\ndirectory = \"keys\"\n"
    );
    directory.write("app-secret", SECRET);
    let config = directory.write("gatehouse.toml", head + &world(&network, ""));
    let running = Running::start(gatehouse().arg("serve").arg("--config").arg(&config), "serving");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut bodies = String::new();
    for (role, provider_id, token) in [
        (FAN, FACEBOOK, GOOD),
        (FAN, FACEBOOK, hostile),
        (SHOPPER, AMAZON, GOODS),
        (SHOPPER, AMAZON, "Atza|hostileTokenOfMallory0123456789"),
    ] {
        let body = encoded(&form(role, provider_id, token));
        let answer = client.post(&url).header("content-type", FORM).body(body).send().await;
        bodies.push_str(&answer.expect("an answer").text().await.expect("a body"));
    }
    assert!(bodies.contains("IDPRejectedClaim"), "{bodies}");
    let said = tokio::task::spawn_blocking(|| running.stop()).await.expect("it ends");
    let mut kept = rows(&directory, "SELECT steps FROM trace").await;
    kept.extend(rows(&directory, "SELECT record FROM audit").await);
    assert_eq!(kept.len(), 6, "four traces and two records");
    keeps_silent(&(said + &bodies + &kept.concat()), &[SECRET, GOOD, GOODS, hostile]);
}
