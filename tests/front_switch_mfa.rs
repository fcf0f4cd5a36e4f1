//! Switching to roles that want a second factor: back to the identity provider, and from there to where they wanted to go.

use crate::front::ADMIN;
use crate::front_console::who;
use crate::front_mfa::Trip;
use crate::house::{Answer, Browser, House};
use crate::switch_world::{MFA, PASSWORD, alice, answer, assertion, back, open, refused, sign_in, switch};
use crate::use_case_world::{OURS, arn};

/// The identity provider's answer to the trip, and where it leads.
async fn comes_back(
    house: &House,
    browser: &mut Browser,
    page: &Answer,
    id: &str,
    context: &str,
    roles: &[&str],
) -> Answer {
    let trip = Trip::on(page);
    let xml = assertion(house, id, "alice", context, roles);
    answer(house, browser, (&trip.relay_state, &trip.request), (id, &xml)).await
}

#[tokio::test]
async fn the_trip_ends_in_the_role_and_leads_back_to_the_one_before() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let former = browser.cookies["__Host-s1"].clone();
    let page = switch(&house, &mut browser, OURS, "Vault", &[("displayName", "The vault"), ("color", "fad791")]).await;
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "nothing has happened yet");
    let landed = comes_back(&house, &mut browser, &page, "2", MFA, &[ADMIN]).await;
    assert_eq!((landed.status, landed.location.as_deref()), (303, Some("/console")), "{}", landed.body);
    assert_eq!(who(&house, &mut browser).await["role"], arn(OURS, "Vault").as_str());
    let page = browser.get(&house, "/console").await.body;
    assert!(page.contains("<strong>The vault</strong>") && page.contains("banner-fad791"), "{page}");
    let mut old = Browser { cookies: [("__Host-s1".to_owned(), former)].into() };
    assert_eq!(who(&house, &mut old).await["signed_in"], false, "the former session has ended");
    assert_eq!(back(&house, &mut browser).await.status, 303);
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
    // It is known now, so that nobody is sent again.
    assert_eq!(switch(&house, &mut browser, OURS, "Vault", &[]).await.status, 303);
}

#[tokio::test]
async fn what_the_provider_gives_behind_a_second_factor_is_switched_to_as_well() {
    let house = open().await;
    let (plain, safe) = (arn(OURS, "Plain"), arn(OURS, "Safe"));
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", &format!("?role={plain}"), &[&plain, &safe]).await;
    let page = switch(&house, &mut browser, OURS, "Safe", &[]).await;
    let landed = comes_back(&house, &mut browser, &page, "2", MFA, &[&plain, &safe]).await;
    assert_eq!(landed.status, 303, "{}", landed.body);
    assert_eq!(who(&house, &mut browser).await["role"], safe.as_str());
    back(&house, &mut browser).await;
    assert_eq!(who(&house, &mut browser).await["role"], plain.as_str());
}

#[tokio::test]
async fn nobody_is_sent_twice_and_nobody_else_is_switched() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let page = switch(&house, &mut browser, OURS, "Vault", &[]).await;
    let without = comes_back(&house, &mut browser, &page, "2", PASSWORD, &[ADMIN]).await;
    refused(&house, &without, 403, "trust.mfa-missing").await;
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "they are where they were");
    // Somebody else who comes back has wished for nothing, and is asked about.
    let page = switch(&house, &mut browser, OURS, "Vault", &[]).await;
    let trip = Trip::on(&page);
    let xml = assertion(&house, "3", "mallory", MFA, &[ADMIN]);
    let other = answer(&house, &mut browser, (&trip.relay_state, &trip.request), ("3", &xml)).await;
    assert_eq!(other.location.as_deref(), Some("/console/confirm"), "{}", other.body);
    assert_eq!(who(&house, &mut browser).await["session_name"], "alice@example.com");
}

#[tokio::test]
async fn the_trip_is_of_the_session_that_it_began_in() {
    let house = open().await;
    let mut browser = alice(&house).await;
    crate::front_browser_sessions::sign_in_as(&house, &mut browser, "bob", 2).await;
    let csrf = crate::house::hidden(&browser.get(&house, "/console/s/2/switchrole").await.body, "csrf");
    let form = [("account", OURS), ("roleName", "Vault"), ("csrf", csrf.as_str())];
    let page = browser.post(&house, "/console/s/2/switchrole", &form).await;
    let trip = Trip::on(&page);
    let xml = assertion(&house, "4", "bob", MFA, &[ADMIN]);
    let landed = answer(&house, &mut browser, (&trip.relay_state, &trip.request), ("4", &xml)).await;
    assert_eq!(landed.location.as_deref(), Some("/console/s/2"), "{}", landed.body);
    let second = crate::front_browser_sessions::who_at(&house, &mut browser, 2).await;
    assert_eq!(second["role"], arn(OURS, "Vault").as_str());
    let first = who(&house, &mut browser).await;
    assert_eq!((first["role"].as_str(), first["session_name"].as_str()), (Some(ADMIN), Some("alice@example.com")));
}
