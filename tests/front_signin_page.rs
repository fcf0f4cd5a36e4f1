//! The sign-in page: which ways in it shows and how, the way straight to one, and ways that are closed.

use crate::config_world::{BASE, World};
use crate::front::{ADMIN, CORP, WORLD, assume_with_saml, field, files, good, in_both_accounts, sessions};
use crate::front_console::{GUEST, answer_to, begin, who};
use crate::front_exchange::{SAML2, exchange};
use crate::front_exchange_saml::alone;
use crate::house::{Address, Answer, Browser, House};
use crate::saml_identity::{NOW, changed};
use crate::{front_oidc, oidc_issuer};
use gatehouse::ambient::Clock;
use std::collections::BTreeMap;

const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><style>rect{fill:#246}</style><rect width="8" height="8"/></svg>"#;
const FIRST: &str = "[[provider]]\nname = \"corp\"\naccount = \"111122223333\"\n";
const SECOND: &str = "[[provider]]\nname = \"corp\"\naccount = \"444455556666\"\n";

/// A PNG of that size, as far as its header goes.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

/// The world, with further keys at the registrations of the identity provider.
fn world(first: &str, second: &str) -> String {
    let text = changed(WORLD, FIRST, &format!("{FIRST}{first}\n"));
    changed(&text, SECOND, &format!("{SECOND}{second}\n"))
}

async fn open(first: &str, second: &str) -> House {
    let files = files().into_iter().chain([("logo.svg", SVG.to_owned())]).collect::<Vec<_>>();
    House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world(first, second)).await
}

async fn serve_changed(house: House, change: impl FnOnce(&str) -> String) -> House {
    let (directory, clock, url) = house.close().await;
    let config = std::fs::read_to_string(directory.path().join("gatehouse.toml")).unwrap();
    directory.write("gatehouse.toml", change(&config));
    House::serve(directory, clock, url).await
}

async fn refused(house: &House, answer: &Answer, code: &str) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{:?}", answer.cookies);
    assert_eq!(house.code(answer).await, code);
}

#[tokio::test]
async fn each_way_in_has_its_name_and_its_logo() {
    let house = open("display_name = \"Example & <Corp>\"\nlogo = { file = \"logo.svg\" }", "").await;
    let page = house.get("/console").await;
    assert!(page.body.contains("Example &#38; &#60;Corp&#62;"), "{}", page.body);
    let from = page.body.find("/console/logo/").expect("a logo");
    let address = &page.body[from..from + page.body[from..].find('"').unwrap()];
    let logo = house.get(address).await;
    assert_eq!((logo.status, logo.headers["content-type"].as_str()), (200, "image/svg+xml"));
    assert_eq!(logo.body, SVG);
    let policy = &logo.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{policy}");
    assert!(policy.split("; ").any(|directive| directive == "sandbox") && !policy.contains("script"), "{policy}");
    assert_eq!(logo.headers["x-content-type-options"], "nosniff");
    assert!(logo.headers["cache-control"].contains("immutable") && logo.cookies.is_empty());
    assert_eq!(house.get("/console/logo/00000000000000000000000000000000").await.status, 404);
    assert!(!page.body.contains("style="), "{}", page.body);
}

#[tokio::test]
async fn a_link_leads_straight_to_one_and_takes_the_wish_along() {
    let house = open("", "").await;
    let mut browser = Browser::default();
    let query = format!("?role={}&destination=/console/roles", urlencoding(GUEST));
    let answer = browser.get(&house, &format!("/console/signin/111122223333:corp{query}")).await;
    let location = answer.location.clone().unwrap_or_default();
    assert!(answer.status == 303 && location.starts_with("https://idp.example/sso?"), "{location}");
    // What was wished for is kept: the answer leads to that role and place.
    let (relay_state, request) =
        begin_by(&house, &mut browser, &format!("/console/signin/111122223333:corp{query}")).await;
    let response = answer_to(&house, &request, "1", true);
    let answer = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_eq!(answer.location.as_deref(), Some(house.url("/console/roles").as_str()), "{}", answer.body);
    assert_eq!(who(&house, &mut browser).await["role"], GUEST);
    let evil = house.get("/console/signin/111122223333:corp?destination=//evil.test").await;
    assert_eq!((evil.status, evil.cookies.len()), (400, 0));
    assert_eq!(house.code(&evil).await, "console.bad-destination");
    let nobody = house.get("/console/signin/nobody").await;
    assert_eq!((nobody.status, house.code(&nobody).await.as_str()), (404, "signin.unknown-provider"));
}

#[tokio::test]
async fn the_page_keeps_what_was_wished_for() {
    let house = open("", "").await;
    let page = house.get(&format!("/console?role={}&destination=/console/roles", urlencoding(GUEST))).await.body;
    assert!(page.contains("aria-hidden=\"true\">C</span>"), "a letter stands where there is no logo: {page}");
    let from = page.find("href=\"/saml/login/111122223333:corp?").unwrap_or_else(|| panic!("{page}")) + 6;
    let href = page[from..from + page[from..].find('"').unwrap()].replace("&#38;", "&");
    let url = url::Url::parse(&house.url(&href)).unwrap();
    let query: BTreeMap<_, _> = url.query_pairs().collect();
    assert_eq!((&*query["role"], &*query["destination"]), (GUEST, "/console/roles"));
}

#[tokio::test]
async fn nobody_comes_in_by_a_provider_that_is_disabled() {
    let house = open("enabled = false", "enabled = false").await;
    let page = house.get("/console").await.body;
    assert!(!page.contains("/saml/login/") && page.contains("No identity provider"), "{page}");
    for path in ["/saml/login/111122223333:corp", "/console/signin/111122223333:corp"] {
        let begun = house.get(path).await;
        refused(&house, &begun, "trust.provider-disabled").await;
        assert!(begun.body.contains("switched off"), "{}", begun.body);
    }
    let unasked = house.post("/saml/acs", &[("SAMLResponse", &good(&house, "1"))]).await;
    refused(&house, &unasked, "trust.provider-disabled").await;
    let api = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    assert_eq!(api.refusal(), (403, "AccessDenied"));
    assert_eq!(house.code(&api).await, "trust.provider-disabled");
    let exchanged = exchange(&house, (SAML2, &alone(&house, "3")), ADMIN, &[]).await;
    assert_eq!(exchanged.status, 400, "{}", exchanged.body);
    assert_eq!(house.code(&exchanged).await, "trust.provider-disabled");
    assert_eq!(sessions(&house).await, 0);
    // Whoever has shown a good paper is known: each of these denials is in the book.
    assert_eq!(house.rows("SELECT record FROM audit WHERE record LIKE '%trust.provider-disabled%'").await.len(), 3);
    // Nothing was used up by it.
    let house = serve_changed(house, |config| config.replace("enabled = false", "enabled = true")).await;
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "2")).await.status, 200);
}

#[tokio::test]
async fn nor_with_a_token() {
    let issuer = oidc_issuer::Issuer::start(&[&oidc_issuer::RSA]).await;
    let config = |_: &Address| {
        let text = front_oidc::world(&issuer);
        changed(&text, "name = \"app\"\n", "name = \"app\"\nenabled = false\n")
    };
    let house = House::open(oidc_issuer::NOW, &[], config).await;
    let token = oidc_issuer::RSA.sign(&oidc_issuer::claims(&issuer.url));
    let answer = front_oidc::assume(&house, front_oidc::DEV, &token).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "trust.provider-disabled"));
    let begun = house.get("/oidc/login/app").await;
    refused(&house, &begun, "trust.provider-disabled").await;
}

/// One of two doors is shut: by the other one gets into its own account, and no further.
#[tokio::test]
async fn what_is_disabled_in_one_account_is_open_in_the_other() {
    let house = open("enabled = false", "").await;
    let mut browser = Browser::default();
    let response = field(&in_both_accounts(&house, "1"), "1");
    let answer = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
    browser.follow(&house, answer).await;
    assert_eq!(who(&house, &mut browser).await["role"], GUEST, "the only one");
}

#[tokio::test]
async fn who_is_in_already_chooses_no_further_role_of_it() {
    let house = open("", "").await;
    let mut browser = Browser::default();
    let (relay_state, request) = begin(&house, &mut browser, "").await;
    let response = answer_to(&house, &request, "1", true);
    browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    let house = serve_changed(house, |config| changed(config, FIRST, &format!("{FIRST}enabled = false\n"))).await;
    let page = browser.get(&house, "/console/roles").await.body;
    assert!(page.contains(GUEST) && !page.contains(ADMIN), "{page}");
    let csrf = crate::house::hidden(&page, "csrf");
    let chosen = browser.post(&house, "/console/choose", &[("role", ADMIN), ("csrf", &csrf)]).await;
    assert_eq!((chosen.status, house.code(&chosen).await.as_str()), (403, "trust.provider-disabled"));
}

#[test]
fn a_provider_that_is_disabled_is_explained_as_such() {
    use crate::running::{ended, gatehouse};
    let world = World::new();
    world.write(&changed(BASE, "kind = \"saml\"\n", "kind = \"saml\"\nenabled = false\n"));
    world.0.write("claims.json", r#"{"department": "ops", "name_id": "alice"}"#);
    let mut command = gatehouse();
    command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml"]);
    let (code, out, _) = ended(command.args(["--claims", "claims.json", "--provider", "corp"]));
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains(CORP) && out.contains("is disabled: nobody comes in by it"), "{out}");
}

#[tokio::test]
async fn a_plan_that_disables_a_provider_tells_who_loses() {
    use crate::command_plan::{against, listed};
    let house = crate::plan_world::open().await;
    let paper = crate::plan_world::paper(&house, "1", "bob@example.com", &["staff"], &[]);
    crate::plan_world::assume(&house, crate::plan_world::READER, &paper).await.credentials();
    for _ in 0..500 {
        if !house.rows("SELECT count FROM decision").await.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let (code, report) = against(&house, &[("kind = \"saml\"\n", "kind = \"saml\"\nenabled = false\n")]);
    assert_eq!(
        (code, listed(&report, "losses")),
        (3, vec![("bob@example.com", crate::plan_world::READER)]),
        "{report:#}"
    );
    assert_eq!(report["losses"][0]["code"], "trust.provider-disabled");
}

#[test]
fn a_logo_that_does_more_than_be_looked_at_is_refused_at_load() {
    let world = World::new();
    let svg = |inner: &str, attributes: &str| {
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg"{attributes}>{inner}</svg>"#).into_bytes()
    };
    let text = changed(BASE, "kind = \"saml\"\n", "kind = \"saml\"\nlogo = { file = \"logo\" }\n");
    let said = |bytes: Vec<u8>| {
        world.0.write("logo", bytes);
        world.mistakes(&text)
    };
    for (bytes, what) in [
        (svg("<script>alert(1)</script>", ""), "a script"),
        (svg("<s:SCRIPT xmlns:s='http://www.w3.org/2000/svg'/>", ""), "a script"),
        (svg("<a href=\"javascript:alert(1)\"/>", ""), "a script"),
        (svg("<rect/>", " onload=\"alert(1)\""), "an event handler"),
        (svg("<rect OnClick = 'alert(1)'/>", ""), "an event handler"),
        (svg("<rect width='8'onclick='alert(1)'/>", ""), "an event handler"),
        (svg("<foreignObject/>", ""), "a page in it"),
        ([b"<!DOCTYPE svg [<!ENTITY a 'b'>]>".to_vec(), svg("", "")].concat(), "neither a PNG nor an SVG"),
        ([svg("", ""), b"<!DOCTYPE svg>".to_vec()].concat(), "a document type"),
        (b"<html><svg xmlns='http://www.w3.org/2000/svg'/></html>".to_vec(), "neither a PNG nor an SVG"),
        (b"<svg><rect/></svg>".to_vec(), "neither a PNG nor an SVG"),
        (b"GIF89a".to_vec(), "neither a PNG nor an SVG"),
        (png(1_025, 16), "a PNG of 1025 × 16 pixels"),
        (png(16, 0), "a PNG of 16 × 0 pixels"),
        (vec![b' '; 65_537], "has 65537 bytes; at most 65536 are read"),
    ] {
        let mistakes = said(bytes);
        assert!(mistakes.len() == 1 && mistakes[0].contains(what), "{what}: {mistakes:?}");
    }
    for good in [
        png(1_024, 1_024),
        svg("<title>on = off</title>", " id='on'"),
        [b"\xef\xbb\xbf<?xml version='1.0'?><!-- by hand --> ".to_vec(), svg("", "")].concat(),
    ] {
        assert_eq!(said(good), Vec::<String>::new());
    }
}

#[test]
fn a_name_that_reads_otherwise_than_it_is_written_is_refused() {
    let world = World::new();
    for name in ["", " corp", "a\\u202eb", "a\\u200bb", "a\\nb", &"x".repeat(65)] {
        let text = changed(BASE, "kind = \"saml\"\n", &format!("kind = \"saml\"\ndisplay_name = \"{name}\"\n"));
        let mistakes = world.mistakes(&text);
        assert!(mistakes.len() == 1 && mistakes[0].contains("display_name"), "{name:?}: {mistakes:?}");
    }
}

fn urlencoding(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// [`begin`] by another address.
async fn begin_by(house: &House, browser: &mut Browser, path: &str) -> (String, String) {
    let answer = browser.get(house, path).await;
    crate::front_console::begun(&answer)
}
