//! LemonLDAP::NG as OpenID provider: an issuer with a slash at its end, keys without a word about algorithms, a private
//! certificate.

use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::peers_lemonldap::LemonLdap;
use crate::peers_start::{CALLBACK, id_token};
use serde_json::{Value, json};

const DOCTOR: &str = "arn:aws:iam::111111111111:role/Doctor";

/// One provider for people and workloads, whose roles follow from groups.
fn config(issuer: &str, clients: &[&str]) -> String {
    let name = issuer.trim_start_matches("https://");
    let client = clients[0];
    format!(
        r#"
[[account]]
id = "111111111111"

[[provider]]
name = "lemon"
account = "111111111111"
kind = "oidc"
issuer = "{issuer}"
client_ids = {clients:?}
login = {{ client_id = "{client}", client_secret = {{ file = "client-secret" }}, scopes = ["email", "groups"] }}
ca = {{ file = "lemon.pem" }}
allowed_networks = ["127.0.0.1"]

[[provider.rule]]
when = '"timelords" in claims.groups'
roles = ["{DOCTOR}"]
session_name = 'claims.email'

[[role]]
arn = "{DOCTOR}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111111111111:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity"}}]}}' }}
"#
    )
}

async fn house(address: Address, portal: &LemonLdap, clients: &[&str]) -> House {
    let files = [("client-secret", "gateway-secret".to_owned()), ("lemon.pem", portal.certificate())];
    House::open_at(address, &files, config(&portal.issuer(), clients)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_by_code_and_pkce() {
    let mut portal = LemonLdap::start().await;
    let address = Address::tls("gate.test");
    let callback = format!("{}/oidc/callback/lemon", address.public_url);
    portal.serves(&json!({ "gateway": { "RedirectUris": callback } })).await;
    let house = house(address, &portal, &["gateway"]).await;
    let gate = house.public_url.clone();
    let scene = Scene::new().goto(&house.url("/oidc/login/lemon")).expect("Connect").lemon_login("dwho");
    let scene = scene.wait_for(&format!("{gate}/console")).heading("You wear Doctor");
    let scene = scene.goto(&format!("{gate}/console/session")).view("dwho").forget_all();
    let scene = scene.goto(&house.url("/oidc/login/lemon")).expect("Connect").lemon_login("rtyler");
    let scene = scene.wait_for(&format!("{gate}/oidc/callback")).heading("Not let in").view("rtyler");
    let seen = scene.violations().view("violations").play().await;
    let session = seen["dwho"].json();
    let via = format!("arn:aws:iam::111111111111:oidc-provider/{}", portal.issuer().trim_start_matches("https://"));
    assert_eq!(session["role"], DOCTOR);
    assert_eq!(session["session_name"], "dwho@badwolf.org");
    assert_eq!(session["original"], format!("{via}:dwho"));
    assert_eq!(seen["rtyler"].status, 403, "nobody without a role: {}", seen["rtyler"].text);
    assert!(portal.output().contains("PKCE"), "it was asked by PKCE");
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}

/// Everything that it can sign with, and what it should not be told to.
#[tokio::test(flavor = "multi_thread")]
async fn its_tokens_are_exchanged() {
    let kinds = [
        ("RS256", None),
        ("RS384", None),
        ("RS512", None),
        ("HS256", Some("oidc.algorithm")),
        ("none", Some("oidc.not-a-jwt")), // it leaves the second dot out
    ];
    let mut portal = LemonLdap::start().await;
    let party = |algorithm: &str| json!({ "RedirectUris": CALLBACK, "IDTokenSignAlg": algorithm });
    let parties: serde_json::Map<String, Value> =
        kinds.iter().map(|(algorithm, _)| ((*algorithm).to_owned(), party(algorithm))).collect();
    portal.serves(&Value::Object(parties)).await;
    let house = house(Address::loopback(), &portal, &kinds.map(|(algorithm, _)| algorithm)).await;
    for (algorithm, refused) in kinds {
        let token = id_token(&portal.issuer(), algorithm, "dwho", "dwho").await;
        let asked = [("RoleArn", DOCTOR), ("RoleSessionName", "workload"), ("WebIdentityToken", token.as_str())];
        let answer = house.sts("AssumeRoleWithWebIdentity", &asked).await;
        if let Some(code) = refused {
            assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{algorithm}: {}", answer.body);
            assert_eq!(house.code(&answer).await, code, "{algorithm}");
        } else {
            assert_eq!(answer.element("Audience"), algorithm, "{}", answer.body);
            assert_eq!(answer.element("SubjectFromWebIdentityToken"), "dwho");
        }
    }
    house.close().await;
}

/// Signing out here ends the person's session there as well. The other way it says who, and not which login: its tokens
/// have no sid, and its frames send the subject in place of one. A name that anybody could guess ends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_of_a_logout() {
    let mut portal = LemonLdap::start().await;
    let address = Address::tls("gate.test");
    let gate = address.public_url.clone();
    portal
        .serves(&json!({ "gateway": {
            "RedirectUris": format!("{gate}/oidc/callback/lemon"),
            "PostLogoutRedirectUris": format!("{gate}/oidc/logout/lemon"),
            "LogoutUrl": format!("{gate}/oidc/frontchannel-logout/lemon"),
            "LogoutType": "front",
            "LogoutSessionRequired": 1,
        } }))
        .await;
    let house = house(address, &portal, &["gateway"]).await;
    let heard = house.url("/oidc/frontchannel-logout/lemon");
    let signs_in = |scene: Scene| {
        let scene = scene.goto(&house.url("/oidc/login/lemon")).expect("Connect").lemon_login("dwho");
        scene.wait_for(&house.url("/console")).heading("You wear Doctor")
    };
    let scene = signs_in(Scene::new()).press("button", "Sign out").wait_for(&portal.base).submit();
    // Its page tells us once more, in a frame, before it sends the browser back.
    let scene = scene.wait_for_frame(&heard).submit();
    let scene = scene.expect("identity provider has been told").goto(&house.url("/console")).heading("Sign in");
    let scene = signs_in(scene).goto(&portal.ends_everything());
    let scene = scene.wait_for_frame(&heard).goto(&house.url("/console")).view("after");
    let seen = scene.violations().view("violations").play().await;
    assert!(seen["after"].text.contains("You wear Doctor"), "{}", seen["after"].text);
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}
