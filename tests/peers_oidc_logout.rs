//! npm's oidc-provider and Chromium: a client that signs for itself, claims from the userinfo endpoint, and logouts that begin
//! at either end.

use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::peers_start::OpenIdProvider;

const DEVELOPER: &str = "arn:aws:iam::111111111111:role/Developer";

/// Only the userinfo endpoint knows the department that the rule asks for.
fn config(issuer: &str, session_name: &str) -> String {
    let name = issuer.trim_start_matches("http://");
    format!(
        r#"
[[account]]
id = "111111111111"

[[provider]]
name = "op-key"
account = "111111111111"
kind = "oidc"
issuer = "{issuer}"
client_ids = ["gateway-key"]
login = {{ client_id = "gateway-key", client_key = {{ file = "client-key.pem" }}, scopes = ["email", "profile"], userinfo = true }}
allowed_networks = ["127.0.0.1"]

[[provider.rule]]
when = '"department" in claims && claims.department == "Engineering"'
roles = ["{DEVELOPER}"]
session_name = '{session_name}'

[[role]]
arn = "{DEVELOPER}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111111111111:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{name}:aud":"gateway-key"}}}}}}]}}' }}
"#
    )
}

fn sign_in(scene: Scene, gate: &str) -> Scene {
    let scene = scene.goto(&format!("{gate}/oidc/login/op-key")).oidc_login("alice");
    scene.wait_for(&format!("{gate}/console")).heading("You wear Developer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_key_and_userinfo_ends_from_either_side() {
    let address = Address::loopback();
    let gate = address.public_url.clone();
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_RSA_SHA256] {
        let idp = OpenIdProvider::start_for(&[], Some(&gate)).await;
        let key = rcgen::KeyPair::generate_for(algorithm).expect("a key").serialize_pem();
        let address = Address { port: address.port, public_url: gate.clone(), server: String::new() };
        let house = House::open_at(address, &[("client-key.pem", key)], config(&idp.issuer, "claims.email")).await;
        let session = format!("{gate}/console/session");
        let mut scene = sign_in(Scene::new(), &gate).goto(&session).view("in");
        // There: the provider's server tells ours.
        scene = scene.goto(&format!("{}/session/end", idp.issuer)).press("button", "Yes, sign me out");
        scene = scene.expect("Sign-out Success").goto(&session).view("ended there");
        // Here: the browser tells the provider, who asks, and sends it back.
        scene = sign_in(scene, &gate).press("button", "Sign out").press("button", "Yes, sign me out");
        scene = scene.expect("your identity provider has been told").view("told").goto(&session).view("ended here");
        // The provider has forgotten them as well: it asks for a name again.
        scene = scene.goto(&format!("{gate}/oidc/login/op-key")).expect("Sign-in").view("asked again");
        let seen = scene.violations().view("violations").play().await;

        let wears = seen["in"].json();
        assert_eq!((&wears["role"], &wears["session_name"]), (&DEVELOPER.into(), &"alice@example.org".into()));
        assert_eq!(seen["ended there"].json()["signed_in"], false);
        assert!(seen["told"].url.starts_with(&format!("{gate}/oidc/logout/op-key?state=")), "{}", seen["told"].url);
        assert_eq!(seen["ended here"].json()["signed_in"], false);
        assert!(seen["asked again"].url.starts_with(&idp.issuer), "{}", seen["asked again"].url);
        assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
        let told = house.rows("SELECT outcome FROM trace WHERE what = 'OidcLogout'").await;
        assert_eq!(told, [["allow"], ["allow"]], "from server to server, at both");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_page_frames_ours_and_no_other_does() {
    let address = Address::loopback();
    let gate = address.public_url.clone();
    let idp = OpenIdProvider::start_for(&[], Some(&gate)).await;
    let key = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let config = config(&idp.issuer, "claims.sid");
    let house = House::open_at(address, &[("client-key.pem", key)], config).await;
    let seen = sign_in(Scene::new(), &gate).goto(&format!("{gate}/console/session")).view("in").play().await;
    let session = seen["in"].json()["session_name"].as_str().expect("a name").to_owned();
    let sessions = "SELECT count(*) FROM console_session";
    assert_eq!(house.rows(sessions).await, [["1"]]);

    let framing = |at: &str, session: &str| {
        let query: String = url::form_urlencoded::byte_serialize(
            format!("{gate}/oidc/frontchannel-logout/op-key?iss={}&sid={session}", idp.issuer).as_bytes(),
        )
        .collect();
        format!("{at}/_frame?src={query}")
    };
    let elsewhere = idp.issuer.replace("127.0.0.1", "localhost");
    let scene = Scene::new().goto(&framing(&elsewhere, "guess")).violations().view("elsewhere");
    let seen = scene.goto(&framing(&idp.issuer, &session)).violations().view("there").play().await;
    let refused = &seen["elsewhere"].violations;
    assert!(
        refused.iter().any(|line| line.as_str().is_some_and(|line| line.contains("frame-ancestors"))),
        "{refused:?}"
    );
    assert!(seen["there"].violations.is_empty(), "{:?}", seen["there"].violations);
    assert_eq!(house.rows(sessions).await, [["0"]], "another browser's, whose cookie never came along");
    house.close().await;
}
