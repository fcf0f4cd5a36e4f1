//! Test logins in Chromium: at SimpleSAMLphp, which people sign in through as well, and at oidc-provider, which is disabled.

use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::peers_saml::campus;
use crate::peers_simplesamlphp::{Signed, SimpleSaml};
use crate::peers_start::OpenIdProvider;
use crate::saml_identity::changed;

const KEEPS: &str = r#"description = "Course notes and a sandbox of one's own"
policies = [{ name = "keep", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"gatehouse:*","Resource":"arn:aws:gatehouse::111111111111:provider/*"}]}' }]"#;

fn config(issuer: &str) -> String {
    let name = issuer.trim_start_matches("http://");
    let campus = changed(&campus(false), "description = \"Course notes and a sandbox of one's own\"", KEEPS);
    campus
        + &format!(
            r#"
[[provider]]
name = "op"
account = "111111111111"
kind = "oidc"
enabled = false
issuer = "{issuer}"
client_ids = ["gateway"]
login = {{ client_id = "gateway", client_secret = {{ file = "client-secret" }}, scopes = ["email", "profile"] }}
allowed_networks = ["127.0.0.1"]

[[provider.rule]]
when = '"groups" in claims && claims.groups.exists(g, g == "developers")'
roles = ["arn:aws:iam::111111111111:role/Developer"]

[[role]]
arn = "arn:aws:iam::111111111111:role/Developer"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111111111111:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{name}:aud":"gateway"}}}}}}]}}' }}
"#
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_tried_in_a_browser() {
    let address = Address::tls("gate.test");
    let gate = address.public_url.clone();
    let idp = SimpleSaml::start().await;
    let op = OpenIdProvider::start(&[format!("{gate}/oidc/callback/op")]).await;
    let files = [("ssp.xml", idp.metadata.clone()), ("client-secret", "gateway-secret".to_owned())];
    let house = House::open_at(address, &files, config(&op.issuer)).await;
    idp.knows(&house, &Signed::Assertion.setting()).await;

    let providers = house.url("/console/providers");
    let scene = Scene::new().goto(&house.url("/saml/login/111111111111:ssp")).saml_login("student");
    let scene = scene.wait_for(&format!("{gate}/console")).heading("You wear Student");
    let scene = scene.goto(&providers).heading("Providers").judge().view("providers");
    // SimpleSAMLphp knows the browser already, and answers at once.
    let scene = scene.goto(&format!("{providers}/ssp")).heading("Provider ssp").judge().view("ssp");
    let scene = scene.press("button", "Test login").wait_for(&format!("{providers}/ssp/test/"));
    let scene = scene.heading("Test login at ssp").judge().view("at ssp").cookies(&gate).view("cookies");
    let scene = scene.goto(&format!("{gate}/console/session")).view("session");
    let scene = scene.goto(&format!("{providers}/op")).press("button", "Test login").oidc_login("alice");
    let scene = scene.wait_for(&format!("{providers}/op/test/")).heading("Test login at op").view("at op");
    let scene = scene.goto(&house.url("/console/simulator")).heading("Simulator").judge().view("simulator");
    let scene = scene.violations().view("violations");
    // The same without scripts.
    let scene = scene.without_scripts().goto(&format!("{providers}/op")).press("button", "Test login");
    let scene = scene.wait_for(&format!("{providers}/op/test/")).heading("Test login at op").view("without scripts");
    let seen = scene.play().await;

    assert!(seen["providers"].text.contains("op") && seen["providers"].text.contains("disabled"));
    for text in ["student@example.org", "role/Student", "allow", "saml.signature"] {
        assert!(seen["at ssp"].text.contains(text), "{text} is not in {}", seen["at ssp"].text);
    }
    assert_eq!(seen["cookies"].cookies.len(), 1, "no attempt stays: {:?}", seen["cookies"].cookies);
    let session = seen["session"].json();
    assert_eq!(session["role"], "arn:aws:iam::111111111111:role/Student", "nobody else was signed in");
    for at in ["at op", "without scripts"] {
        for text in
            ["alice", "role/Developer", "This provider is disabled", "claims.groups.exists(g, g == \"developers\")"]
        {
            assert!(seen[at].text.contains(text), "{at}: {text} is not in {}", seen[at].text);
        }
    }
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}
