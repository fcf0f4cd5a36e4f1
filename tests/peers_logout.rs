//! Signing out at the gateway and at identity providers: whoever hears of it first tells the other.

use crate::house::Address;
use crate::peers_browser::Scene;
use crate::peers_lemonldap::{self as lemon, LemonLdap};
use crate::peers_saml_requests::{LOGIN, house};
use crate::peers_simplesamlphp::SimpleSaml;
use crate::peers_start::metadata_of;
use crate::saml_identity::changed;
use serde_json::json;

/// Signing out of either ends the session at both, in a real browser.
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_from_either_side_is_heard_at_the_other() {
    let idp = SimpleSaml::start().await;
    let house = house(Address::tls("gate.test"), &idp, "logout_revokes = true").await;
    let signs_in = |scene: Scene| {
        let scene = scene.goto(&house.url(LOGIN)).expect("Enter your username").saml_login("student");
        scene.wait_for(&house.url("/console")).heading("You wear Student")
    };
    let scene = signs_in(Scene::new()).press("button", "Sign out");
    let scene = scene.wait_for(&house.url("/saml/slo")).expect("here and at your identity provider");
    // It has forgotten the person as well: it asks for the password again.
    let scene = signs_in(scene).goto(&idp.ends_everything());
    let scene = scene.expect("logged out").goto(&house.url("/console")).heading("Sign in");
    let seen = scene.violations().view("violations").play().await;
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_hears_of_a_logout() {
    let mut portal = LemonLdap::start().await;
    let house =
        portal.house(Address::tls("gate.test"), "logout_revokes = true", &json!({"EncryptionMode": "nameid"})).await;
    let signs_in = |scene: Scene| {
        let scene = scene.goto(&house.url(lemon::LOGIN)).expect("Connect").lemon_login("dwho");
        scene.wait_for(&house.url("/console")).heading("You wear Doctor")
    };
    let scene = signs_in(Scene::new()).press("button", "Sign out");
    let scene = scene.wait_for(&house.url("/saml/slo")).expect("here and at your identity provider");
    // It asks who it is again, so the session there has ended.
    signs_in(scene).play().await;
    house.close().await;
}

/// A person signs out at the portal, whose page loads our single logout service in a frame: on another site, so no cookie
/// of ours comes along.
#[tokio::test(flavor = "multi_thread")]
async fn the_portal_tells_of_a_logout() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::tls("gate.test"), "logout_revokes = true", &json!({})).await;
    for (binding, says) in [("redirect", "Send HTTP-REDIRECT logout"), ("post", "Build POST relay logout")] {
        if binding == "post" {
            // It takes the first.
            let metadata = changed(&metadata_of(&house).await, "bindings:HTTP-Redirect", "bindings:HTTP-POST");
            portal.knows(&house, metadata, &json!({})).await;
        }
        let scene = Scene::new().goto(&house.url(lemon::LOGIN)).expect("Connect").lemon_login("dwho");
        let scene = scene.wait_for(&house.url("/console")).heading("You wear Doctor");
        let scene = scene.goto(&portal.ends_everything()).expect("Logout from service providers");
        let scene = scene.wait_for_frame(&portal.has_heard()).goto(&house.url("/console")).heading("Sign in");
        let seen = scene.violations().view("violations").play().await;
        assert!(portal.output().contains(says), "{binding}: {}", portal.output());
        portal.believed(&house);
        assert!(seen["violations"].violations.is_empty(), "{binding}: {:?}", seen["violations"].violations);
    }
    house.close().await;
}

/// In that mode Lasso writes a transient name into its LogoutRequest which is in no assertion that it gave: the name is
/// opened, and is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_portal_encrypts_is_opened() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::tls("gate.test"), "", &json!({})).await;
    portal.knows(&house, metadata_of(&house).await, &json!({ "EncryptionMode": "nameid" })).await;
    let scene = Scene::new().goto(&house.url(lemon::LOGIN)).expect("Connect").lemon_login("dwho");
    let scene = scene.wait_for(&house.url("/console")).heading("You wear Doctor");
    let scene = scene.goto(&portal.ends_everything()).expect("Logout from service providers");
    scene.wait_for_frame(&portal.has_heard()).goto(&house.url("/console")).heading("You wear Doctor").play().await;
    portal.believed(&house);
    let told = house.rows("SELECT steps FROM trace WHERE what = 'SamlLogout'").await;
    assert!(told[0][0].contains("AES-128-CBC, by the present key"), "{told:?}");
    house.close().await;
}

/// Who signs out at one gateway is signed out of the other: the portal tells it, before it answers the first.
#[tokio::test(flavor = "multi_thread")]
async fn the_portal_passes_a_logout_on() {
    let mut portal = LemonLdap::start().await;
    let here = portal.house(Address::tls("gate.test"), "logout_revokes = true", &json!({})).await;
    let there = portal.house(Address::tls("localhost"), "logout_revokes = true", &json!({})).await;
    let scene = Scene::new().goto(&here.url(lemon::LOGIN)).expect("Connect").lemon_login("dwho");
    let scene = scene.wait_for(&here.url("/console")).heading("You wear Doctor");
    let scene = scene.goto(&there.url(lemon::LOGIN)).wait_for(&there.url("/console")).heading("You wear Doctor");
    let scene = scene.goto(&here.url("/console")).press("button", "Sign out");
    let scene = scene.expect("Logout from service providers").wait_for_frame(&portal.has_heard()).submit();
    let scene = scene.wait_for(&here.url("/saml/slo")).expect("here and at your identity provider");
    let scene = scene.goto(&there.url("/console")).heading("Sign in");
    let seen = scene.violations().view("violations").play().await;
    portal.believed(&there);
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    here.close().await;
    there.close().await;
}
