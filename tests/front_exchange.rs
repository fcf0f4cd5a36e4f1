//! Token exchange by tokens: what comes of an ID token or an access token at `/oauth/token`, and what is refused there.

use crate::front::sessions;
use crate::front_oidc::{DEV, open};
use crate::front_signed::get_caller_identity;
use crate::house::{Answer, Credentials, FORM, House, encoded};
use crate::issuer_world::last_record;
use crate::oidc_issuer::{EC, Issuer, NOW, RSA, b64, claims};
use crate::social_network::{self, FAN, Network, SHOPPER};
use serde_json::{Value, json};
use time::Duration;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub(crate) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
pub(crate) const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";
pub(crate) const CREDENTIALS: &str = "urn:gatehouse:params:oauth:token-type:aws-credentials";
pub(crate) const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const CLOSED: &str = "arn:aws:iam::111122223333:role/Closed";

/// Exchanges `paper` for credentials of `role`; what `more` names stands in the place of that, and an empty value takes
/// it away.
pub(crate) async fn exchange(house: &House, (kind, paper): (&str, &str), role: &str, more: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", GRANT),
        ("subject_token_type", kind),
        ("subject_token", paper),
        ("resource", role),
        ("requested_token_type", CREDENTIALS),
    ];
    let usual = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let form: Vec<_> = usual.chain(more.iter().copied()).collect();
    house.post("/oauth/token", &form).await
}

pub(crate) async fn with_token(house: &House, token: &str, more: &[(&str, &str)]) -> Answer {
    exchange(house, (ID_TOKEN, token), DEV, more).await
}

pub(crate) fn said(answer: &Answer) -> Value {
    assert_eq!(answer.headers["content-type"], "application/json", "{}", answer.body);
    assert_eq!((&*answer.headers["cache-control"], &*answer.headers["pragma"]), ("no-store", "no-cache"));
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

/// `(status, error)`; the description has only characters that it may have.
pub(crate) fn refusal(answer: &Answer) -> (u16, String) {
    let said = said(answer);
    let text = |name: &str| said[name].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
    let description = text("error_description");
    let fits = |b: u8| (0x20..0x7f).contains(&b) && !b"\"\\".contains(&b);
    assert!(!description.is_empty() && description.bytes().all(fits), "{description}");
    assert_eq!(said.as_object().map(serde_json::Map::len), Some(2), "{said}");
    (answer.status, text("error"))
}

pub(crate) fn credentials(answer: &Answer) -> Credentials {
    let said = said(answer);
    assert_eq!(answer.status, 200, "{said}");
    let text = |name: &str| said[name].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
    Credentials { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) }
}

pub(crate) fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn an_id_token_becomes_credentials_that_hold() {
    let issuer = Issuer::start(&[&RSA, &EC]).await;
    let house = open(&issuer).await;
    for kind in [ID_TOKEN, JWT] {
        let answer = exchange(&house, (kind, &EC.sign(&claims(&issuer.url))), DEV, &[]).await;
        let given = credentials(&answer);
        let said = said(&answer);
        assert_eq!((&said["issued_token_type"], &said["token_type"]), (&json!(CREDENTIALS), &json!("N_A")));
        assert_eq!((&said["access_token"], &said["expires_in"]), (&said["SessionToken"], &json!(3600)));
        assert_eq!(said["Expiration"], gatehouse::words::iso(NOW + Duration::HOUR));
        let who = get_caller_identity(&house, &given).await;
        assert_eq!(who.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Dev/alice", "the subject's own name");
        let record = last_record(&house).await;
        assert_eq!(record["eventName"], "AssumeRoleWithWebIdentity");
        assert_eq!((&record["requestID"], &record["accessKeyId"]), (&json!(answer.request_id), &json!(given.id)));
        assert!(house.trace(&answer.request_id).await.iter().any(|step| step.check == "trust.policy"));
    }
    let out_of_a_file = format!("{}\r\n", RSA.sign(&claims(&issuer.url)));
    let named = with_token(&house, &out_of_a_file, &[("role_session_name", "build-7")]).await;
    let who = get_caller_identity(&house, &credentials(&named)).await;
    assert_eq!(who.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Dev/build-7");
    assert_eq!(sessions(&house).await, 3);
}

#[tokio::test]
async fn an_access_token_needs_no_provider_id() {
    let network = Network::open().await;
    let (facebook, amazon) = ("EAAgoodTokenOfAlice0123456789", "Atza|goodTokenOfAlice0123456789");
    network.issue(facebook, json!({}));
    network.issue(amazon, json!({}));
    let house = social_network::open(&network).await;
    for (role, token, name) in [(FAN, facebook, "Fan/10001"), (SHOPPER, amazon, "Shopper/a-1")] {
        let more = [("role_session_name", name.split_once('/').expect("a name").1)];
        let answer = exchange(&house, (ACCESS_TOKEN, token), role, &more).await;
        let who = get_caller_identity(&house, &credentials(&answer)).await;
        assert_eq!(who.element("Arn"), format!("arn:aws:sts::111122223333:assumed-role/{name}"));
    }
    let rows = [
        ("of no network", "EAAno|token", "social.form"),
        ("an ID token", &*RSA.sign(&claims("https://www.facebook.com")), "social.form"),
        ("unknown to its network", "EAAanotherTokenOfAlice0123456789", "social.rejected"),
    ];
    for (what, token, reason) in rows {
        let answer = exchange(&house, (ACCESS_TOKEN, token), FAN, &[("role_session_name", "app-1")]).await;
        assert_eq!(refusal(&answer), is(400, "invalid_request"), "{what}");
        assert_eq!(house.code(&answer).await, reason, "{what}");
    }
    let elsewhere = "arn:aws:iam::999988887777:role/Fan";
    let answer = exchange(&house, (ACCESS_TOKEN, facebook), elsewhere, &[("role_session_name", "app-1")]).await;
    assert_eq!(house.code(&answer).await, "oidc.unknown-provider-id");
}

#[tokio::test]
async fn each_parameter_is_as_it_must_be() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let token = RSA.sign(&claims(&issuer.url));
    let long = "a".repeat(1_001);
    let eleven = [("audience", "a"); 11];
    let rows: Vec<(Vec<(&str, &str)>, u16, &str, &str)> = vec![
        (vec![("grant_type", "")], 400, "invalid_request", "exchange.missing"),
        (vec![("grant_type", "client_credentials")], 400, "unsupported_grant_type", "exchange.grant-type"),
        (
            vec![("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer")],
            400,
            "unsupported_grant_type",
            "exchange.grant-type",
        ),
        (vec![("subject_token", "")], 400, "invalid_request", "exchange.missing"),
        (vec![("subject_token_type", "")], 400, "invalid_request", "exchange.missing"),
        (
            vec![("subject_token_type", "urn:ietf:params:oauth:token-type:saml1")],
            400,
            "invalid_request",
            "exchange.subject-token-type",
        ),
        (
            vec![("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
            400,
            "invalid_request",
            "exchange.subject-token-type",
        ),
        (vec![("subject_token_type", "id_token")], 400, "invalid_request", "exchange.subject-token-type"),
        (
            vec![("requested_token_type", "urn:ietf:params:oauth:token-type:access_token")],
            400,
            "invalid_request",
            "exchange.requested-token-type",
        ),
        (
            vec![("requested_token_type", "urn:ietf:params:oauth:token-type:saml2")],
            400,
            "invalid_request",
            "exchange.requested-token-type",
        ),
        (vec![("resource", "")], 400, "invalid_target", "exchange.resource"),
        (vec![("resource", DEV), ("resource", DEV)], 400, "invalid_target", "exchange.resource"),
        (vec![("resource", "https://api.example.com")], 400, "invalid_target", "exchange.resource"),
        (vec![("resource", "arn:aws:iam::111122223333:user/Dev")], 400, "invalid_target", "exchange.resource"),
        (vec![("resource", "arn:aws:iam::111122223333:role/*")], 400, "invalid_target", "exchange.resource"),
        (vec![("actor_token", &token)], 400, "invalid_request", "exchange.actor"),
        (vec![("actor_token_type", ID_TOKEN)], 400, "invalid_request", "exchange.actor"),
        (vec![("scope", "openid")], 400, "invalid_scope", "exchange.scope"),
        (vec![("client_secret", "s")], 401, "invalid_client", "exchange.client-authentication"),
        (vec![("client_assertion", "a.b.c")], 401, "invalid_client", "exchange.client-authentication"),
        (vec![("requested_token_type", JWT), ("audience", &long)], 400, "invalid_target", "exchange.audience"),
        (eleven.to_vec(), 400, "invalid_target", "exchange.audience"),
        (vec![("role_session_name", "a/b")], 400, "invalid_request", "exchange.session-name"),
        (vec![("role_session_name", "a")], 400, "invalid_request", "exchange.session-name"),
        (vec![("subject_token", &token), ("subject_token", &token)], 400, "invalid_request", "exchange.repeated"),
        (vec![("grant_type", GRANT), ("grant_type", GRANT)], 400, "invalid_request", "exchange.repeated"),
        (vec![("role_session_name", "one"), ("role_session_name", "one")], 400, "invalid_request", "exchange.repeated"),
        (vec![("unknown", "1"), ("unknown", "1")], 400, "invalid_request", "exchange.repeated"),
    ];
    for (more, status, error, reason) in rows {
        let answer = with_token(&house, &token, &more).await;
        assert_eq!(refusal(&answer), is(status, error), "{more:?}");
        assert_eq!(house.code(&answer).await, reason, "{more:?}");
    }
    assert_eq!(sessions(&house).await, 0);
    // What the specifications have ignored is ignored: a bare client_id, what nobody knows, and what has no value.
    let more = [("client_id", "app"), ("unknown", "1"), ("scope", ""), ("actor_token", ""), ("audience", "one")];
    credentials(&with_token(&house, &token, &more).await);
}

#[tokio::test]
async fn the_request_is_a_form_in_the_body_by_nobody_in_particular() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let token = RSA.sign(&claims(&issuer.url));
    let pairs = [
        ("grant_type", GRANT),
        ("subject_token_type", ID_TOKEN),
        ("subject_token", &*token),
        ("resource", DEV),
        ("requested_token_type", CREDENTIALS),
    ];
    let form = encoded(&pairs);
    let json =
        json!(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>());
    let send = async |path: &str, kind: &str, body: String, authorization: Option<&str>| {
        let request = house.client.post(house.url(path)).header("content-type", kind).body(body);
        let request = authorization.iter().fold(request, |request, value| request.header("authorization", *value));
        Answer::of(request.send().await.expect("an answer")).await
    };
    let good = send("/oauth/token", FORM, form.clone(), None).await;
    credentials(&good);
    let rows = [
        ("JSON", send("/oauth/token", "application/json", json.to_string(), None).await),
        ("JSON that says it is a form", send("/oauth/token", FORM, json.to_string(), None).await),
        (
            "another charset",
            send("/oauth/token", "application/x-www-form-urlencoded; charset=latin1", form.clone(), None).await,
        ),
        ("a query beside it", send("/oauth/token?resource=x", FORM, form.clone(), None).await),
        ("all in the query", send(&format!("/oauth/token?{form}"), FORM, String::new(), None).await),
        ("too much", send("/oauth/token", FORM, format!("{form}&x={}", "a".repeat(300 * 1024)), None).await),
    ];
    for (what, answer) in rows {
        let status = if what == "too much" { 413 } else { 400 };
        assert_eq!(refusal(&answer), is(status, "invalid_request"), "{what}");
    }
    for authorization in ["Basic YTpi", "Bearer a.b.c", "AWS4-HMAC-SHA256 Credential=a"] {
        let answer = send("/oauth/token", FORM, form.clone(), Some(authorization)).await;
        assert_eq!(refusal(&answer), is(401, "invalid_client"));
        assert!(answer.headers["www-authenticate"].starts_with("Basic "));
    }
    assert_eq!(house.get("/oauth/token").await.status, 405);
    assert_eq!(sessions(&house).await, 1);
}

#[tokio::test]
async fn a_role_that_is_not_there_looks_like_one_that_is_not_theirs() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let token = RSA.sign(&claims(&issuer.url));
    let denied = exchange(&house, (ID_TOKEN, &token), CLOSED, &[]).await;
    let absent = exchange(&house, (ID_TOKEN, &token), "arn:aws:iam::111122223333:role/Absent", &[]).await;
    assert_eq!(refusal(&denied), is(400, "invalid_target"));
    assert_eq!(denied.body, absent.body);
    assert_eq!(house.code(&denied).await, "trust.explicit-deny");
    assert_eq!(house.code(&absent).await, "trust.no-such-role");
    let records = house.rows("SELECT json_extract(record, '$.errorCode') FROM audit").await;
    assert_eq!(records, [["trust.explicit-deny"], ["trust.no-such-role"]], "both are in the book");
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_told_and_counted() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let now = NOW.unix_timestamp();
    let with = |member: &str, value: Value| {
        let mut claims = claims(&issuer.url);
        claims[member] = value;
        RSA.sign(&claims)
    };
    let good = RSA.sign(&claims(&issuer.url));
    let none = {
        let payload = claims(&issuer.url).to_string();
        format!("{}.{}.", b64(br#"{"alg":"none","typ":"JWT"}"#), b64(payload.as_bytes()))
    };
    let mut nameless = claims(&issuer.url);
    nameless["sub"] = json!("al/ice");
    let rows = [
        ("expired", with("exp", json!(now - 61)), "oidc.expired"),
        ("alg none", none, "oidc.algorithm"),
        ("for somebody else", with("aud", json!("another-client")), "oidc.audience"),
        ("another key", EC.sign(&claims(&issuer.url)), "oidc.unknown-key"),
        ("an issuer that nobody knows", with("iss", json!("https://nobody.example")), "oidc.unknown-issuer"),
        (
            "one letter off",
            format!("{}A.{}", &good[..good.rfind('.').unwrap() - 1], good.rsplit('.').next().unwrap()),
            "",
        ),
        ("no JWT", "EAAgoodTokenOfAlice0123456789".to_owned(), "oidc.not-a-jwt"),
        (
            "a logout token",
            RSA.sign_text(
                &json!({"alg": "RS256", "kid": RSA.id(), "typ": "logout+jwt"}).to_string(),
                &claims(&issuer.url).to_string(),
            ),
            "oidc.token-type",
        ),
        ("nothing to be called by", RSA.sign(&nameless), "trust.nameless-token"),
    ];
    for (what, token, reason) in rows {
        let answer = with_token(&house, &token, &[]).await;
        assert_eq!(refusal(&answer), is(400, "invalid_request"), "{what}");
        assert!(
            !answer.body.contains(token.rsplit('.').next().filter(|part| part.len() > 20).unwrap_or("\n")),
            "{what}"
        );
        let code = house.code(&answer).await;
        assert!(code == reason || reason.is_empty() && code.starts_with("oidc."), "{what}: {code}");
    }
    assert_eq!(sessions(&house).await, 0);
    issuer.answers.lock().unwrap().is_down = true;
    house.clock.advance(Duration::hours(25));
    let mut later = claims(&issuer.url);
    later["iat"] = json!(house.clock.now().unix_timestamp());
    later["exp"] = json!(house.clock.now().unix_timestamp() + 600);
    let answer = with_token(&house, &RSA.sign(&later), &[]).await;
    assert_eq!(refusal(&answer), is(503, "temporarily_unavailable"), "whoever waits may have it");
}
