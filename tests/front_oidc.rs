//! ID tokens through the front door: AssumeRoleWithWebIdentity, and the browser login by code and PKCE.

use crate::front::sessions;
use crate::house::{Address, Answer, Browser, House};
use crate::oidc_issuer::{CLIENT, EC, Issuer, NOW, RSA, Signer, b64, claims};
use gatehouse::oidc::{CompactJws, KeySet};
use serde_json::{Value, json};
use time::Duration;

pub(crate) const DEV: &str = "arn:aws:iam::111122223333:role/Dev";

pub(crate) fn world(issuer: &Issuer) -> String {
    let (url, name) = (&issuer.url, issuer.url.split_once("//").unwrap().1);
    let other = "https://other.example";
    format!(
        r#"
[[account]]
id = "111122223333"
alias = "production"

[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{url}"
client_ids = ["{CLIENT}"]
login = {{ client_id = "{CLIENT}" }}
allowed_networks = ["127.0.0.0/8"]

[[provider]]
name = "other"
account = "111122223333"
kind = "oidc"
issuer = "{other}"
client_ids = ["{CLIENT}"]
login = {{ client_id = "{CLIENT}" }}

[[role]]
arn = "{DEV}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{name}:aud":"{CLIENT}"}},"StringLike":{{"{name}:sub":"al*"}}}}}}]}}' }}

[[role]]
arn = "arn:aws:iam::111122223333:role/Closed"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":"sts:*"}}]}}' }}
"#
    )
}

pub(crate) async fn open(issuer: &Issuer) -> House {
    House::open(NOW, &[], |_: &Address| world(issuer)).await
}

pub(crate) async fn assume(house: &House, role: &str, token: &str) -> Answer {
    house
        .sts(
            "AssumeRoleWithWebIdentity",
            &[("RoleArn", role), ("RoleSessionName", "app-1"), ("WebIdentityToken", token)],
        )
        .await
}

fn with(issuer: &Issuer, member: &str, value: Value) -> String {
    let mut claims = claims(&issuer.url);
    claims[member] = value;
    RSA.sign(&claims)
}

#[tokio::test]
async fn a_token_becomes_credentials() {
    let issuer = Issuer::start(&[&RSA, &EC]).await;
    let house = open(&issuer).await;
    for signer in [&*RSA, &*EC] {
        let answer = assume(&house, DEV, &signer.sign(&claims(&issuer.url))).await;
        assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Dev/app-1");
        assert_eq!(answer.element("SubjectFromWebIdentityToken"), "alice");
        assert_eq!(answer.element("Audience"), CLIENT);
        let provider = issuer.url.split_once("//").unwrap().1;
        assert_eq!(answer.element("Provider"), format!("arn:aws:iam::111122223333:oidc-provider/{provider}"));
    }
    let token = RSA.sign(&claims(&issuer.url));
    assert_eq!(assume(&house, DEV, &token).await.status, 200);
    assert_eq!(assume(&house, DEV, &token).await.status, 200, "at the API a token is good until it ends");
    assert_eq!(
        assume(&house, DEV, &format!("{token}\n")).await.status,
        200,
        "out of a file with a line break at its end"
    );
    assert_eq!(issuer.key_fetches(), 1);
}

#[tokio::test]
async fn a_key_that_was_rotated_works_without_a_restart() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    assert_eq!(assume(&house, DEV, &RSA.sign(&claims(&issuer.url))).await.status, 200);
    let next = Signer::rsa("rsa-2");
    issuer.publish(&[&next]);
    assert_eq!(assume(&house, DEV, &next.sign(&claims(&issuer.url))).await.status, 200);
    let gone = assume(&house, DEV, &RSA.sign(&claims(&issuer.url))).await;
    assert_eq!(gone.refusal(), (400, "InvalidIdentityToken"));
    assert_eq!(house.code(&gone).await, "oidc.unknown-key");
}

#[tokio::test]
async fn what_is_not_right_becomes_nothing() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let good = claims(&issuer.url);
    let parts: Vec<String> = RSA.sign(&good).split('.').map(str::to_owned).collect();
    let none = format!("{}.{}.", b64(br#"{"alg":"none"}"#), parts[1]);
    let public = b64(RSA.jwk["n"].as_str().unwrap().as_bytes());
    let hmac_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    let signed = format!("{}.{}", b64(json!({"alg": "HS256", "kid": RSA.id()}).to_string().as_bytes()), parts[1]);
    let hs256 = format!("{signed}.{}", b64(aws_lc_rs::hmac::sign(&hmac_key, signed.as_bytes()).as_ref()));
    let stranger = Signer::rsa(RSA.id());
    let past = NOW.unix_timestamp() - 61;
    let rows = [
        ("alg none", none, "InvalidIdentityToken", "oidc.algorithm"),
        ("HS256 with the public key", hs256, "InvalidIdentityToken", "oidc.algorithm"),
        ("wrong key", stranger.sign(&good), "InvalidIdentityToken", "oidc.signature"),
        ("wrong aud", with(&issuer, "aud", json!("another")), "InvalidIdentityToken", "oidc.audience"),
        ("expired", with(&issuer, "exp", json!(past)), "ExpiredTokenException", "oidc.expired"),
        ("no sub", with(&issuer, "sub", Value::Null), "InvalidIdentityToken", ""),
        (
            "unknown issuer",
            with(&issuer, "iss", json!("https://stranger.example")),
            "InvalidIdentityToken",
            "oidc.unknown-issuer",
        ),
        ("no JWT", "an-access-token".to_owned(), "InvalidIdentityToken", "oidc.not-a-jwt"),
        ("cut", parts[..2].join("."), "InvalidIdentityToken", "oidc.not-a-jwt"),
    ];
    for (what, token, code, reason) in rows {
        let answer = assume(&house, DEV, &token).await;
        assert_eq!(answer.refusal(), (400, code), "{what}: {}", answer.body);
        if !reason.is_empty() {
            assert_eq!(house.code(&answer).await, reason, "{what}");
        }
    }
    assert_eq!(sessions(&house).await, 0);
    let stranger = house.rows("SELECT sum(count) FROM refusal").await;
    assert_eq!(stranger, [["9"]]);
    assert_eq!(assume(&house, DEV, &RSA.sign(&good)).await.status, 200, "the good one, unchanged");
}

#[tokio::test]
async fn who_is_known_but_not_entitled_is_denied_and_recorded() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let bob = with(&issuer, "sub", json!("bob"));
    let answer = assume(&house, DEV, &bob).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied"));
    assert_eq!(house.code(&answer).await, "trust.no-statement-allows");
    let closed = assume(&house, "arn:aws:iam::111122223333:role/Closed", &RSA.sign(&claims(&issuer.url))).await;
    assert_eq!(closed.refusal(), (403, "AccessDenied"));
    assert_eq!(house.code(&closed).await, "trust.explicit-deny");
    let foreign = assume(&house, "arn:aws:iam::999999999999:role/Dev", &RSA.sign(&claims(&issuer.url))).await;
    assert_eq!(foreign.refusal(), (400, "InvalidIdentityToken"), "no provider in that account");
    assert_eq!(house.rows("SELECT record FROM audit").await.len(), 2);
    assert_eq!(sessions(&house).await, 0);
}

#[tokio::test]
async fn a_token_that_names_its_roles_is_good_for_them_alone() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    const ROLES: &str = "https://aws.amazon.com/roles";
    let other = "arn:aws:iam::111122223333:role/Other";
    for good in [json!(DEV), json!(format!("{other}; {DEV}")), json!([other, DEV, 7]), Value::Null] {
        assert_eq!(assume(&house, DEV, &with(&issuer, ROLES, good.clone())).await.status, 200, "{good}");
    }
    for bad in [json!(other), json!([]), json!(""), json!(format!("{DEV}x")), json!({"a": DEV}), json!(true)] {
        let answer = assume(&house, DEV, &with(&issuer, ROLES, bad.clone())).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{bad}");
        assert_eq!(house.code(&answer).await, "trust.not-in-roles-claim", "{bad}");
    }
}

#[tokio::test]
async fn a_dead_provider_is_told_apart() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    issuer.publish_answer(503, "");
    let answer = assume(&house, DEV, &RSA.sign(&claims(&issuer.url))).await;
    assert_eq!(answer.refusal(), (400, "IDPCommunicationError"));
}

/// What the browser carries to the provider.
pub(crate) struct Begun {
    pub(crate) state: String,
    pub(crate) nonce: String,
    challenge: String,
    redirect_uri: String,
}

pub(crate) async fn begin(house: &House, browser: &mut Browser) -> Begun {
    let answer = browser.get(house, "/oidc/login/app").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let url = url::Url::parse(answer.location.as_deref().unwrap()).unwrap();
    let value = |name: &str| {
        url.query_pairs().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
    };
    assert_eq!((value("response_type").as_str(), value("code_challenge_method").as_str()), ("code", "S256"));
    Begun {
        state: value("state"),
        nonce: value("nonce"),
        challenge: value("code_challenge"),
        redirect_uri: value("redirect_uri"),
    }
}

pub(crate) fn promise(issuer: &Issuer, nonce: &str) {
    let mut claims = claims(&issuer.url);
    claims["nonce"] = json!(nonce);
    issuer.answers.lock().unwrap().token =
        json!({"token_type": "Bearer", "access_token": "opaque", "id_token": RSA.sign(&claims)});
}

#[tokio::test]
async fn a_person_signs_in_by_code_and_pkce() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let begun = begin(&house, &mut browser).await;
    assert_eq!(begun.redirect_uri, house.url("/oidc/callback/app"));
    promise(&issuer, &begun.nonce);
    let answer = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    let page = browser.get(&house, "/console").await.body;
    assert!(page.contains("You wear") && page.contains("Dev") && page.contains("alice"), "{page}");
    let requests = issuer.token_requests();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(requests[0].1.as_bytes()).into_owned().collect();
    let verifier = &form.iter().find(|(name, _)| name == "code_verifier").unwrap().1;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    assert_eq!(b64(digest.as_ref()), begun.challenge);
}

/// What the provider fetches is the key that it is shown a signature of, and no two assertions are alike.
#[tokio::test]
async fn a_clients_key_is_published_where_the_provider_finds_it() {
    let issuer = Issuer::start(&[&RSA]).await;
    issuer.answers.lock().unwrap().discovery = json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]});
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let config = world(&issuer).replacen(
        &format!("login = {{ client_id = \"{CLIENT}\""),
        &format!("login = {{ client_id = \"{CLIENT}\", client_key = {{ file = \"client-key.pem\" }}"),
        1,
    );
    let house = House::open(NOW, &[("client-key.pem", key)], |_: &Address| config).await;
    for _ in 0..2 {
        let mut browser = Browser::default();
        let begun = begin(&house, &mut browser).await;
        promise(&issuer, &begun.nonce);
        let answer = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let published = house.get("/oidc/client-keys/app").await;
    assert_eq!((published.status, published.headers["content-type"].as_str()), (200, "application/json"));
    let keys = KeySet::parse(published.body.as_bytes()).unwrap();
    let assertions: Vec<String> = issuer
        .token_requests()
        .iter()
        .map(|(_, body)| {
            let mut form = url::form_urlencoded::parse(body.as_bytes());
            form.find(|(name, _)| name == "client_assertion").expect("an assertion").1.into_owned()
        })
        .collect();
    for assertion in &assertions {
        CompactJws::decode(assertion).unwrap().verify(&keys, &[]).unwrap();
    }
    let claims = |assertion: &String| assertion.split('.').nth(1).unwrap().to_owned();
    assert_ne!(claims(&assertions[0]), claims(&assertions[1]), "each has a jti of its own");
    for nobody in ["other", "nobody"] {
        assert_eq!(house.get(&format!("/oidc/client-keys/{nobody}")).await.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn a_code_is_accepted_in_its_own_browser_only() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut mine = Browser::default();
    let begun = begin(&house, &mut mine).await;
    promise(&issuer, &begun.nonce);
    let callback = format!("/oidc/callback/app?code=c0de&state={}", begun.state);
    let mut theirs = Browser::default();
    begin(&house, &mut theirs).await;
    refused(&house, &theirs.get(&house, &callback).await, "signin.no-attempt").await;
    refused(&house, &mine.get(&house, "/oidc/callback/app?code=c0de").await, "signin.no-attempt").await;
    assert!(issuer.token_requests().is_empty(), "no code was sent anywhere");
    let good = Browser { cookies: mine.cookies.clone() };
    assert_eq!(mine.get(&house, &callback).await.status, 303);
    let mut again = good;
    refused(&house, &again.get(&house, &callback).await, "sts.replayed").await;
}

#[tokio::test]
async fn providers_are_not_mixed_up() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let begun = begin(&house, &mut browser).await;
    promise(&issuer, &begun.nonce);
    let kept = browser.cookies.clone();
    let other = browser.get(&house, &format!("/oidc/callback/other?code=c0de&state={}", begun.state)).await;
    refused(&house, &other, "signin.other-provider").await;
    let mut browser = Browser { cookies: kept.clone() };
    let foreign = browser
        .get(&house, &format!("/oidc/callback/app?code=c0de&state={}&iss=https://evil.example", begun.state))
        .await;
    refused(&house, &foreign, "oidc.response-issuer").await;
    let mut browser = Browser { cookies: kept.clone() };
    let twice = format!("&iss={0}&iss={0}", issuer.url);
    let twice = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}{twice}", begun.state)).await;
    refused(&house, &twice, "oidc.response-issuer").await;
    let mut browser = Browser { cookies: kept };
    let regrets = browser.get(&house, &format!("/oidc/callback/app?error=access_denied&state={}", begun.state)).await;
    refused(&house, &regrets, "signin.provider-refused").await;
    assert!(issuer.token_requests().is_empty());
}

#[tokio::test]
async fn a_provider_that_names_itself_does_so_always() {
    let issuer = Issuer::start(&[&RSA]).await;
    issuer.answers.lock().unwrap().discovery = json!({"authorization_response_iss_parameter_supported": true});
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let begun = begin(&house, &mut browser).await;
    promise(&issuer, &begun.nonce);
    let callback = format!("/oidc/callback/app?code=c0de&state={}", begun.state);
    let other = Browser { cookies: browser.cookies.clone() }.get(&house, &callback).await;
    refused(&house, &other, "oidc.response-issuer-missing").await;
    assert!(other.body.contains("does not say which identity provider"), "{}", other.body);
    assert!(issuer.token_requests().is_empty());
    assert_eq!(browser.get(&house, &format!("{callback}&iss={}", issuer.url)).await.status, 303);
}

#[tokio::test]
async fn the_nonce_binds_the_token_to_the_attempt() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let begun = begin(&house, &mut browser).await;
    promise(&issuer, "another-nonce");
    let answer = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
    refused(&house, &answer, "oidc.nonce").await;
}

/// An attempt costs nothing to begin, and codes can be invented: the provider is not asked about all of them.
#[tokio::test]
async fn invented_codes_do_not_flood_the_provider() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    issuer.answers.lock().unwrap().token_status = 400;
    let mut begun = Browser::default();
    let attempt = begin(&house, &mut begun).await;
    let callback = format!("/oidc/callback/app?code=invented&state={}", attempt.state);
    let with_that_attempt = |times: usize| {
        let (house, callback, cookies) = (&house, &callback, &begun.cookies);
        async move {
            let mut codes = Vec::new();
            for _ in 0..times {
                let answer = Browser { cookies: cookies.clone() }.get(house, callback).await;
                codes.push((answer.status, house.code(&answer).await));
            }
            codes
        }
    };
    let said = with_that_attempt(25).await;
    assert_eq!((&*said[4].1, &*said[5].1, said[5].0), ("oidc.code-refused", "oidc.pace", 503));
    assert_eq!(issuer.token_requests().len(), 5, "a quarter of what is left");
    let other = crate::limited_world::from("127.0.0.2").get(house.url(&callback));
    let other = Browser { cookies: begun.cookies.clone() }.send(other).await;
    assert_eq!(house.code(&other).await, "oidc.code-refused", "nobody else is shut out");
    house.clock.advance(Duration::SECOND);
    issuer.answers.lock().unwrap().token_status = 200;
    promise(&issuer, &attempt.nonce);
    assert_eq!(with_that_attempt(1).await[0].0, 303, "a second later");
    issuer.answers.lock().unwrap().token_status = 400;
    let said = with_that_attempt(25).await;
    assert!(said.iter().all(|(_, code)| code == "oidc.code-refused"), "where somebody has just come in: {said:?}");
}

#[tokio::test]
async fn an_attempt_ends_after_ten_minutes() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let begun = begin(&house, &mut browser).await;
    promise(&issuer, &begun.nonce);
    house.clock.advance(Duration::minutes(10));
    let answer = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
    refused(&house, &answer, "signin.no-attempt").await;
}

async fn refused(house: &House, answer: &Answer, reason: &str) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{:?}", answer.cookies);
    assert_eq!(house.code(answer).await, reason);
}
