//! Password sign-in in a real browser, with scripts off.

use crate::break_glass_world::{FRESH, ON, OPS, PASSWORD, all_files, code, world};
use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::peers_saml::shoot;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_breaks_the_glass_without_scripts() {
    let house = House::open_at(Address::tls("gate.test"), &all_files(), world(ON)).await;
    let gate = house.public_url.clone();
    let typed = |scene: Scene, password: &str| {
        let scene = scene.fill("User", "ops").fill("Password", password).fill("Code", &code(&house));
        scene.press("button", "Sign in as this user")
    };
    let mut scene = Scene::new().without_scripts().goto(&format!("{gate}/console")).heading("Sign in").view("page");
    scene = shoot(scene, "break-glass");
    scene = typed(scene, "wrong").heading("Not let in").view("refused");
    scene = scene.press("link", "To the sign-in page").heading("Sign in");
    scene = typed(scene, PASSWORD)
        .wait_for(&format!("{gate}/console/roles"))
        .heading("Choose a role")
        .press("button", "Choose Fresh in production")
        .heading("You wear Fresh")
        .cookies(&gate)
        .view("cookies")
        .violations()
        .view("violations")
        .goto(&format!("{gate}/console/session"))
        .view("session");
    let views = scene.play().await;
    assert_eq!(views["page"].status, 200);
    assert_eq!(views["refused"].status, 403);
    assert!(views["refused"].text.contains("console.user-refused"), "{:?}", views["refused"]);
    assert_eq!(views["cookies"].cookie("__Host-s1"), (true, true, "Lax", "/"));
    let left = &views["cookies"].cookies;
    assert!(left.len() == 1, "the page's own cookie is used up: {left:?}");
    assert_eq!(views["violations"].violations, Vec::<serde_json::Value>::new());
    let session = views["session"].json();
    assert_eq!((&session["original"], &session["role"]), (&json!(OPS), &json!(FRESH)));
    assert_eq!((&session["via"], &session["session_name"]), (&json!("user"), &json!("ops")));
}
