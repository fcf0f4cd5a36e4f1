//! Signing a person in by the authorization code flow.

use crate::oidc_issuer::{CLIENT, EC, Issuer, NOW, b64, claims};
use gatehouse::oidc::{
    ClientAuthentication, ClientKey, CompactJws, KeySet, LoginClient, LoginReturn, LoginSecrets, OidcError,
    RelyingParty, VerifiedToken,
};
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
    authenticated(secret.map_or(ClientAuthentication::Public, |text| ClientAuthentication::Secret(Secret::new(text))))
}

fn authenticated(authentication: ClientAuthentication) -> Option<LoginClient> {
    Some(LoginClient {
        client_id: CLIENT.to_owned(),
        authentication,
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        userinfo: false,
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
    finish_with(party, "code-1").await
}

async fn finish_with(party: &RelyingParty, code: &str) -> Result<VerifiedToken, OidcError> {
    let (redirect_uri, pkce_verifier, nonce, assertion_id) = (REDIRECT, VERIFIER, "nonce-1", "assertion-1");
    let (authn_since, source) = (None, "192.0.2.1");
    let back = LoginReturn { code, redirect_uri, pkce_verifier, nonce, authn_since, assertion_id, source };
    party.finish_login(back, NOW, &mut Trace::new("test")).await
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

/// A key as `openssl genpkey` writes it, and the algorithm that it signs with.
fn keys() -> [(String, &'static str); 2] {
    let rsa = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let ec = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    [(rsa.serialize_pem(), "RS256"), (ec.serialize_pem(), "ES256")]
}

#[tokio::test]
async fn a_client_with_a_key_signs_and_sends_no_secret() {
    for (pem, algorithm) in keys() {
        let issuer = Issuer::start(&[&EC]).await;
        // The token endpoint may be anywhere: the assertion is for the issuer, and for nobody that discovery names.
        issuer.answers.lock().unwrap().discovery =
            json!({"token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"]});
        answer_with(&issuer, &login_claims(&issuer));
        let key = Box::new(ClientKey::from_pem(&Secret::new(pem.as_bytes())).unwrap());
        let published = key.key_set();
        let party = issuer.relying_party_with(authenticated(ClientAuthentication::Key(key)));
        assert_eq!(outcome(finish(&party).await), "accepted");
        let (authorization, body) = issuer.token_requests().remove(0);
        let form = form(&body);
        assert_eq!((authorization, form.get("client_secret")), (None, None));
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let assertion = &form["client_assertion"];
        let keys = KeySet::parse(published.to_string().as_bytes()).unwrap();
        CompactJws::decode(assertion).unwrap().verify(&keys, &[]).unwrap();
        let part = |at: usize| {
            let part = assertion.split('.').nth(at).unwrap();
            let engine = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
            serde_json::from_slice::<Value>(&base64::Engine::decode(engine, part).unwrap()).unwrap()
        };
        let now = NOW.unix_timestamp();
        assert_eq!(
            part(1),
            json!({"iss": CLIENT, "sub": CLIENT, "aud": issuer.url, "jti": "assertion-1", "iat": now, "exp": now + 60})
        );
        let header = part(0);
        assert_eq!((&header["alg"], &header["kid"]), (&json!(algorithm), &published["keys"][0]["kid"]));
        let public = &published["keys"][0];
        let member = |name: &str| format!("\"{name}\":{}", public[name]);
        let members = if algorithm == "RS256" { ["e", "kty", "n"].as_slice() } else { &["crv", "kty", "x", "y"] };
        let canonical = format!("{{{}}}", members.iter().map(|name| member(name)).collect::<Vec<_>>().join(","));
        let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        assert_eq!(public["kid"], b64(thumbprint.as_ref()), "RFC 7638");
        assert!(!published.to_string().contains("\"d\""));
    }
}

#[test]
fn a_key_that_is_not_one_is_refused() {
    let [(rsa, _), _] = keys();
    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap().serialize_pem();
    let long = openssl::rsa::Rsa::generate(1024).and_then(openssl::pkey::PKey::from_rsa).unwrap();
    let short = String::from_utf8(long.private_key_to_pem_pkcs8().unwrap()).unwrap();
    for (what, pem) in [("nothing", ""), ("half", &rsa[..900]), ("P-384", &p384), ("1024 bits", &short)] {
        assert!(ClientKey::from_pem(&Secret::new(pem)).is_err(), "{what}");
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

/// The left half of a text's digest, as a token signed by ES256 has it.
fn half(text: &str) -> String {
    b64(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref()[..16])
}

#[tokio::test]
async fn tokens_of_another_attempt_are_refused() {
    let issuer = Issuer::start(&[&EC]).await;
    for (name, value, code) in [
        ("nonce", json!("nonce-2"), "oidc.nonce"),
        ("aud", json!("other"), "oidc.audience"),
        ("azp", json!("other"), "oidc.authorized-party"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "oidc.access-token-hash"),
        ("c_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "oidc.code-hash"),
        ("c_hash", json!(""), "oidc.code-hash"),
        ("c_hash", json!(1), "oidc.claim-type"),
        ("c_hash", json!(half("code-1")), "accepted"),
        ("c_hash", json!(half("code-2")), "oidc.code-hash"),
        ("iss", json!("https://issuer.example"), "oidc.issuer"),
    ] {
        let mut claims = login_claims(&issuer);
        claims[name] = value;
        answer_with(&issuer, &claims);
        // Each a party of its own: of one, a stranger is answered five times a second.
        let party = issuer.relying_party_with(client(None));
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
    assert_eq!(outcome(finish_with(&party, "").await), "oidc.login-parameter");
    issuer.answers.lock().unwrap().discovery = json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]});
    let party = issuer.relying_party_with(client(Some("secret")));
    assert_eq!(outcome(finish(&party).await), "oidc.client-authentication");
    let [_, (pem, _)] = keys();
    let issuer = Issuer::start(&[&EC]).await;
    let key = Box::new(ClientKey::from_pem(&Secret::new(pem)).unwrap());
    let party = issuer.relying_party_with(authenticated(ClientAuthentication::Key(key)));
    assert_eq!(outcome(finish(&party).await), "oidc.client-authentication", "without a word it takes secrets only");
    assert!(issuer.token_requests().is_empty());
}

/// The subject, and the claims besides the usual ones, of a login whose UserInfo endpoint answers so.
async fn with_userinfo(issuer: &Issuer, status: u16, body: &str) -> Result<VerifiedToken, OidcError> {
    let endpoint = format!("{}/userinfo", issuer.url);
    {
        let mut answers = issuer.answers.lock().unwrap();
        answers.discovery = json!({ "userinfo_endpoint": endpoint });
        answers.userinfo = (status, body.to_owned());
    }
    let login = client(None).map(|login| LoginClient { userinfo: true, ..login });
    finish(&issuer.relying_party_with(login)).await
}

#[tokio::test]
async fn userinfo_adds_claims_and_replaces_none() {
    let issuer = Issuer::start(&[&EC]).await;
    let mut signed = login_claims(&issuer);
    (signed["groups"], signed["email"]) = (json!(["staff"]), json!("alice@example.com"));
    answer_with(&issuer, &signed);
    let told = json!({
        "sub": "alice", "department": "Engineering", "name": "Alice",
        // Said by the token already, or the token's alone to say.
        "groups": ["admins"], "email": "root@example.com", "email_verified": true, "iss": "https://other.example",
        "aud": "other", "azp": "other", "exp": 1, "iat": 1, "nbf": 1, "jti": "1", "nonce": "n", "auth_time": 1,
        "acr": "phr", "amr": ["mfa"], "sid": "s1", "events": {}, "at_hash": "x", "c_hash": "x",
        "https://aws.amazon.com/tags": {"principal_tags": {"team": ["red"]}}, "https://aws.amazon.com/roles": "a",
        "_claim_names": {"groups": "src"}, "_claim_sources": {"src": {"endpoint": "https://evil.example"}},
    });
    let token = with_userinfo(&issuer, 200, &told.to_string()).await.unwrap();
    let mut expected = signed;
    (expected["department"], expected["name"]) = (json!("Engineering"), json!("Alice"));
    assert_eq!(Value::Object(token.claims().clone()), expected);
    assert_eq!(issuer.userinfo_requests(), [Some("Bearer access".to_owned())]);
}

#[tokio::test]
async fn userinfo_that_is_not_right_lets_nobody_in() {
    let issuer = Issuer::start(&[&EC]).await;
    answer_with(&issuer, &login_claims(&issuer));
    let huge = json!({ "sub": "alice", "padding": "x".repeat(32 * 1024) }).to_string();
    for (what, status, body, code) in [
        ("another person", 200, r#"{"sub": "bob"}"#, "oidc.userinfo-subject"),
        ("nobody", 200, r#"{"department": "Engineering"}"#, "oidc.userinfo-subject"),
        ("a subject twice", 200, r#"{"sub": "alice", "sub": "bob"}"#, "oidc.duplicate-member"),
        ("a subject of another type", 200, r#"{"sub": ["alice"]}"#, "oidc.userinfo-subject"),
        ("no object", 200, "[]", "oidc.json"),
        ("a token", 200, "eyJhbGciOiJub25lIn0.e30.", "oidc.json"),
        ("too much", 200, &huge, "outbound.too-large"),
        ("refused", 401, r#"{"sub": "alice"}"#, "oidc.provider-status"),
        ("failing", 503, r#"{"sub": "alice"}"#, "outbound.server-error"),
    ] {
        assert_eq!(outcome(with_userinfo(&issuer, status, body).await), code, "{what}");
    }
    let good = r#"{"sub": "alice"}"#;
    for (what, member, value, code) in [
        ("no access token", "access_token", Value::Null, "oidc.token-response"),
        ("another kind of token", "token_type", json!("DPoP"), "oidc.token-response"),
        ("no kind", "token_type", Value::Null, "oidc.token-response"),
        ("a token with a line break", "access_token", json!("a\r\nb"), "outbound.bearer"),
    ] {
        answer_with(&issuer, &login_claims(&issuer));
        issuer.answers.lock().unwrap().token[member] = value;
        let asked = issuer.userinfo_requests().len();
        assert_eq!(outcome(with_userinfo(&issuer, 200, good).await), code, "{what}");
        assert_eq!(issuer.userinfo_requests().len(), asked, "{what}: nobody was asked");
    }
    answer_with(&issuer, &login_claims(&issuer));
    assert_eq!(outcome(with_userinfo(&issuer, 200, good).await), "accepted");
    issuer.answers.lock().unwrap().discovery = json!({});
    let login = client(None).map(|login| LoginClient { userinfo: true, ..login });
    assert_eq!(outcome(finish(&issuer.relying_party_with(login)).await), "oidc.discovery-member");
}
