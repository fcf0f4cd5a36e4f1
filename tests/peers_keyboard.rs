//! The pages by keyboard alone, and as axe-core judges them: in light and dark, in a window and on a phone.

use crate::break_glass_world::{ON, PASSWORD, all_files, code, world};
use crate::house::{Address, House};
use crate::peers_browser::Scene;

async fn house() -> House {
    House::open_at(Address::tls("gate.test"), &all_files(), world(ON)).await
}

/// From the sign-in page to a role, without a mouse.
fn signed_in(house: &House) -> Scene {
    let scene = Scene::new().goto(&house.url("/console")).heading("Sign in");
    let scene = scene.tab_to("User").type_in("ops").tab_to("Password").type_in(PASSWORD).tab_to("Code");
    let scene = scene.type_in(&code(house)).key("Enter").wait_for(&house.url("/console/roles"));
    scene.heading("Choose a role")
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_choosing_need_no_mouse_and_no_eyes() {
    let house = house().await;
    let scene = Scene::new().goto(&house.url("/console")).heading("Sign in").judge();
    scene.play().await;
    let scene = signed_in(&house).judge().tab_to("Choose Fresh").key("Enter").heading("You wear Fresh").judge();
    let scene = scene.tab_to("Show credentials").key("Enter").expect("Hide them").judge().violations().view("end");
    let seen = scene.play().await;
    assert_eq!(seen["end"].violations, Vec::<serde_json::Value>::new());
    house.close().await;
}
