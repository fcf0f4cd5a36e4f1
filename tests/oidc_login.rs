//! Signing a person in by the authorization code flow.

use crate::oidc_issuer::{CLIENT, EC, Issuer, NOW, claims};
use gatehouse::oidc::{LoginClient, LoginSecrets, OidcError, RelyingParty, VerifiedToken};
use gatehouse::trace::{Refusal, Trace};
use gatehouse::words::Secret;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

const REDIRECT: &str = "https://gatehouse.example/oidc/callback/corp";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client(secret: Option<&str>) -> Option<LoginClient> {
    let client_secret = secret.map(Secret::new);
    Some(LoginClient {
        client_id: CLIENT.to_owned(),
        client_secret,
        scopes: vec!["openid".to_owned(), "email".to_owned()],
    })
}

fn secrets() -> LoginSecrets {
    LoginSecrets { state: "state-1".to_owned(), nonce: "nonce-1".to_owned(), pkce_verifier: VERIFIER.to_owned() }
}

fn login_claims(issuer: &Issuer) -> Value {
    let mut claims = claims(&issuer.url);
    claims["nonce"] = json!("nonce-1");
    claims
}

fn answer_with(issuer: &Issuer, claims: &Value) {
    issuer.answers.lock().unwrap().token =
        json!({"access_token": "access", "token_type": "Bearer", "id_token": EC.sign(claims)});
}

async fn finish(party: &RelyingParty) -> Result<VerifiedToken, OidcError> {
    party.finish_login("code-1", REDIRECT, VERIFIER, "nonce-1", NOW, &mut Trace::new("test")).await
}

fn outcome(result: Result<VerifiedToken, OidcError>) -> &'static str {
    result.map_or_else(|error| error.code().name(), |_| "accepted")
}

fn form(body: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn the_authorization_url_binds_the_attempt() {
    let issuer = Issuer::start(&[&EC]).await;
    let url = issuer.relying_party_with(client(None)).begin_login(REDIRECT, secrets(), None, NOW).await.unwrap();
    let url = Url::parse(&url).unwrap();
    assert_eq!(url.path(), "/authorize");
    let query = form(url.query().unwrap());
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("scope", "openid email"),
        ("state", "state-1"),
        ("nonce", "nonce-1"),
        ("code_challenge_method", "S256"),
        ("code_challenge", CHALLENGE),
    ] {
        assert_eq!(query[name], value, "{name}");
    }
    assert_eq!(query.len(), 8);
}

#[tokio::test]
async fn a_code_is_redeemed_with_the_clients_secret() {
    for (methods, basic) in [(None, true), (Some(json!(["client_secret_post"])), false)] {
        let issuer = Issuer::start(&[&EC]).await;
        if let Some(methods) = methods {
            issuer.answers.lock().unwrap().discovery = json!({ "token_endpoint_auth_methods_supported": methods });
        }
        answer_with(&issuer, &login_claims(&issuer));
        let verified = finish(&issuer.relying_party_with(client(Some("s:e cret")))).await.unwrap();
        assert_eq!(verified.subject(), "alice");
        let (authorization, body) = issuer.token_requests().remove(0);
        let form = form(&body);
        assert_eq!((&form["grant_type"][..], &form["code"][..]), ("authorization_code", "code-1"));
        assert_eq!((&form["redirect_uri"][..], &form["code_verifier"][..]), (REDIRECT, VERIFIER));
        let expected = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "our-client:s%3Ae+cret");
        assert_eq!(authorization, basic.then(|| format!("Basic {expected}")));
        assert_eq!(form.get("client_secret").map(String::as_str), (!basic).then_some("s:e cret"));
    }
}

#[tokio::test]
async fn a_public_client_sends_no_secret() {
    let issuer = Issuer::start(&[&EC]).await;
    answer_with(&issuer, &login_claims(&issuer));
    assert_eq!(outcome(finish(&issuer.relying_party_with(client(None))).await), "accepted");
    let (authorization, body) = issuer.token_requests().remove(0);
    assert_eq!((authorization, &form(&body)["client_id"][..]), (None, CLIENT));
}

#[tokio::test]
async fn tokens_of_another_attempt_are_refused() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party_with(client(None));
    for (name, value, code) in [
        ("nonce", json!("nonce-2"), "oidc.nonce"),
        ("aud", json!("other"), "oidc.audience"),
        ("azp", json!("other"), "oidc.authorized-party"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "oidc.access-token-hash"),
        ("iss", json!("https://issuer.example"), "oidc.issuer"),
    ] {
        let mut claims = login_claims(&issuer);
        claims[name] = value;
        answer_with(&issuer, &claims);
        assert_eq!(outcome(finish(&party).await), code);
    }
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_is_refused() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party_with(client(None));
    let answer = |status, token| {
        let mut answers = issuer.answers.lock().unwrap();
        (answers.token_status, answers.token) = (status, token);
    };
    answer(400, json!({"error": "invalid_grant", "error_description": "no such code code-1"}));
    let error = finish(&party).await.err().unwrap();
    assert_eq!(error, OidcError::CodeRefused { status: 400, error: "invalid_grant".to_owned() });
    answer(200, json!({"access_token": "access"}));
    assert_eq!(outcome(finish(&party).await), "oidc.token-response");
    answer(200, json!([]));
    assert_eq!(outcome(finish(&party).await), "oidc.json");
    answer(503, json!({}));
    assert!(finish(&party).await.err().unwrap().is_unreachable());
}

#[tokio::test]
async fn logins_need_a_client_and_sound_parameters() {
    let issuer = Issuer::start(&[&EC]).await;
    assert_eq!(outcome(finish(&issuer.relying_party()).await), "oidc.login-unconfigured");
    let party = issuer.relying_party_with(client(None));
    let short = LoginSecrets { pkce_verifier: "short".to_owned(), ..secrets() };
    let error = party.begin_login(REDIRECT, short, None, NOW).await.err().unwrap();
    assert_eq!(error.code().name(), "oidc.login-parameter");
    let empty = party.finish_login("", REDIRECT, VERIFIER, "nonce-1", NOW, &mut Trace::new("test")).await;
    assert_eq!(outcome(empty), "oidc.login-parameter");
    issuer.answers.lock().unwrap().discovery = json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]});
    let party = issuer.relying_party_with(client(Some("secret")));
    assert_eq!(outcome(finish(&party).await), "oidc.client-authentication");
    assert!(issuer.token_requests().is_empty());
}
