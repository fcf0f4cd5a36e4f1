//! Every page of the console by keyboard alone, and as axe-core judges it: in light and dark, in a window and on a phone.

use crate::break_glass_world::{ON, PASSWORD, all_files, code, world};
use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::peers_saml::shoot;
use serde_json::{Value, json};

/// May see everything of its account.
const KEEPER: &str = r#"
[[role]]
arn = "arn:aws:iam::111122223333:role/Keeper"
description = "Looks after this gateway"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole"}]}' }
policies = [{ name = "keep", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"gatehouse:*","Resource":"*"}]}' }]
"#;
/// The entries of the navigation, and the headings of their pages.
const PAGES: [(&str, &str); 8] = [
    ("Home", "You wear Keeper"),
    ("Roles", "Choose a role"),
    ("Switch role", "Switch role"),
    ("Sessions", "Your sessions"),
    ("Activity", "Your activity"),
    ("Traces", "Traces of your sign-ins"),
    ("Simulator", "Simulator"),
    ("Providers", "Providers"),
];
/// What leads on from there: the entry, the link or button, and the heading it leads to.
const FURTHER: [(&str, &str, &str); 6] = [
    ("Sessions", "All of the account", "Sessions of the account"),
    ("Sessions", "End the session", "End"),
    ("Activity", "All of the account", "Activity of the account"),
    ("Traces", "All of the account", "Traces of the account"),
    ("Traces", "ConsoleUserSignIn", "ConsoleUserSignIn"),
    ("Providers", "corp", "Provider corp"),
];

async fn house() -> House {
    House::open_at(Address::tls("gate.test"), &all_files(), format!("{}{KEEPER}", world(ON))).await
}

/// From the sign-in page to a role, without a mouse.
fn signed_in(scene: Scene, house: &House) -> Scene {
    let scene = scene.goto(&house.url("/console")).heading("Sign in");
    let scene = scene.tab_to("User").type_in("ops").tab_to("Password").type_in(PASSWORD).tab_to("Code");
    let scene = scene.type_in(&code(house)).key("Enter").wait_for(&house.url("/console/roles"));
    scene.heading("Choose a role").tab_to("Choose Keeper").key("Enter").heading("You wear Keeper")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_needs_no_mouse_and_no_eyes() {
    let house = house().await;
    Scene::new().goto(&house.url("/console")).heading("Sign in").judge().play().await;
    let mut scene = signed_in(Scene::new(), &house);
    scene = scene.tab_to("Show credentials").key("Enter").expect("Hide them").judge();
    for (entry, heading) in PAGES {
        scene = scene.tab_to(entry).key("Enter").heading(heading).judge();
        scene = shoot(scene, &entry.to_lowercase().replace(' ', "-"));
    }
    let seen = scene.violations().view("end").play().await;
    assert_eq!(seen["end"].violations, Vec::<Value>::new());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_they_lead_to_needs_no_mouse_and_no_eyes() {
    let house = house().await;
    let mut scene = signed_in(Scene::new(), &house);
    for (entry, link, heading) in FURTHER {
        scene = scene.tab_to(entry).key("Enter").tab_to(link).key("Enter").heading(heading).judge();
        scene = shoot(scene, &format!("{}-{}", entry.to_lowercase(), link.to_lowercase().replace(' ', "-")));
    }
    let seen = scene.violations().view("end").play().await;
    assert_eq!(seen["end"].violations, Vec::<Value>::new());
    house.close().await;
}

/// Switches and comes back.
fn there_and_back(scene: Scene, house: &House) -> Scene {
    let link = "/switchrole?account=production&roleName=Fresh&displayName=Night%20watch&color=F2B0A9";
    let scene = scene.goto(&house.url(link)).heading("Switch role").tab_to("Display name").key("Enter");
    let scene = scene.heading("You wear Fresh").expect("Night watch");
    let scene = shoot(scene, "switched").goto(&house.url("/console/session")).view("switched");
    let scene = scene.goto(&house.url("/console")).tab_to("Return").key("Enter").heading("You wear Keeper");
    scene.goto(&house.url("/console/session")).view("returned")
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_and_returning_need_no_mouse() {
    let house = house().await;
    let scene = there_and_back(signed_in(Scene::new(), &house), &house).violations().view("violations");
    let seen = scene.play().await;
    assert_eq!(seen["switched"].json()["role"], json!("arn:aws:iam::111122223333:role/Fresh"));
    assert_eq!(seen["returned"].json()["role"], json!("arn:aws:iam::111122223333:role/Keeper"));
    assert_eq!(seen["violations"].violations, Vec::<Value>::new());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_choosing_switching_and_returning_need_no_scripts() {
    let house = house().await;
    let seen = there_and_back(signed_in(Scene::new().without_scripts(), &house), &house).play().await;
    assert_eq!(seen["switched"].json()["role"], json!("arn:aws:iam::111122223333:role/Fresh"));
    assert_eq!(seen["returned"].json()["role"], json!("arn:aws:iam::111122223333:role/Keeper"));
    house.close().await;
}
