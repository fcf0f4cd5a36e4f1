//! SimpleSAMLphp as identity provider and Chromium as browser: `http://localhost` and `https://gate.test` are different
//! sites, so cookies travel (or do not) as they would in the world.

use crate::house::{Address, Answer, Browser, House};
use crate::peers_browser::{Scene, View};
use crate::peers_simplesamlphp::{Signed, SimpleSaml};
use crate::peers_start::saml_response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// Three accounts that each know SimpleSAMLphp, and every role that its people are given.
pub(crate) fn campus(idp_initiated: bool) -> String {
    let accounts = [("111111111111", "campus"), ("222222222222", "laboratory"), ("333333333333", "treasury")];
    let accounts = accounts.map(|(id, alias)| {
        format!(
            r#"
[[account]]
id = "{id}"
alias = "{alias}"

[[provider]]
name = "ssp"
account = "{id}"
kind = "saml"
metadata = {{ file = "ssp.xml" }}
idp_initiated = {idp_initiated}
"#
        )
    });
    let roles = [
        ("111111111111", "Student", "Course notes and a sandbox of one's own"),
        ("111111111111", "ReadOnly", "Looks at everything, changes nothing"),
        ("111111111111", "Admin", "Runs the campus systems"),
        ("222222222222", "Admin", "Runs the instruments and their data"),
        ("333333333333", "Auditor", "Reads the books"),
    ];
    let roles = roles.map(|(account, role, description)| {
        format!(
            r#"
[[role]]
arn = "arn:aws:iam::{account}:role/{role}"
description = "{description}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{account}:saml-provider/ssp"}},"Action":"sts:AssumeRoleWithSAML"}}]}}' }}
"#
        )
    });
    accounts.concat() + &roles.concat()
}

async fn house(address: Address, idp: &SimpleSaml, signed: Signed, idp_initiated: bool) -> House {
    let house = House::open_at(address, &[("ssp.xml", idp.metadata.clone())], campus(idp_initiated)).await;
    idp.knows(&house, &signed.setting()).await;
    house
}

const LOGIN: &str = "/saml/login/111111111111:ssp";
const STUDENT: &str = "arn:aws:iam::111111111111:role/Student";

/// What /console/session says of student@example.org.
fn is_the_student(view: &View, how: &str) {
    let session = view.json();
    assert_eq!(view.status, 200, "{how}: signed in");
    assert_eq!(session["signed_in"], true, "{how}");
    let via = "arn:aws:iam::111111111111:saml-provider/ssp";
    assert_eq!(session["original"], json!(format!("{via}:student@example.org")), "{how}: who they are at the provider");
    assert_eq!(session["via"], json!(via), "{how}");
    assert_eq!(session["role"], json!(STUDENT), "{how}");
    assert_eq!(session["session_name"], json!("student@example.org"), "{how}");
    let expires = session["expires"].as_str().expect("a time");
    let expires = OffsetDateTime::parse(expires, &time::format_description::well_known::Rfc3339).expect("a time");
    let now = gatehouse::ambient::Clock::system().now();
    assert!(expires > now && expires <= now + Duration::hours(12), "{how}: ends at {expires}");
}

/// Which elements carry a signature: (the response, the assertion).
fn signatures(response: &str) -> (bool, bool) {
    let xml = String::from_utf8(STANDARD.decode(response).expect("base64")).expect("XML");
    let (before, assertion) = xml.split_at(xml.find("<saml:Assertion").expect("an assertion"));
    (before.contains("<ds:Signature "), assertion.contains("<ds:Signature "))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_it_signs_people_get_in() {
    let shapes = [Signed::Assertion, Signed::Response, Signed::Both];
    let idp = SimpleSaml::start().await;
    let mut houses = Vec::new();
    for signed in shapes {
        houses.push(house(Address::tls("gate.test"), &idp, signed, true).await);
    }

    let mut scene = Scene::new();
    for (signed, house) in shapes.iter().zip(&houses) {
        let gate = &house.public_url;
        for (how, start) in [("asked", house.url(LOGIN)), ("unasked", idp.unasked(gate))] {
            scene = scene
                .goto(&start)
                .cookies(gate)
                .view(&format!("{signed:?} {how} before"))
                .saml_login("student")
                .wait_for(&format!("{gate}/console"))
                .heading("You wear Student")
                .view(&format!("{signed:?} {how} page"))
                .cookies(gate)
                .view(&format!("{signed:?} {how} after"))
                .goto(&format!("{gate}/console/session"))
                .view(&format!("{signed:?} {how} session"))
                .forget_all();
        }
    }
    let seen = scene.violations().view("violations").play().await;

    for (signed, house) in shapes.iter().zip(&houses) {
        let posted = saml_response(&idp.unasked(&house.public_url), "student").await;
        let expected = (*signed != Signed::Assertion, *signed != Signed::Response);
        assert_eq!(signatures(&posted.response), expected, "SimpleSAMLphp signs what it was told: {signed:?}");
        for how in ["asked", "unasked"] {
            let (how, of) = (format!("{signed:?} {how}"), |part: &str| &seen[&format!("{signed:?} {how} {part}")]);
            let page = of("page");
            assert_eq!((page.url.as_str(), page.status), (house.url("/console").as_str(), 200), "{how}: straight in");
            let arn = "arn:aws:sts::111111111111:assumed-role/Student/student@example.org";
            assert!(page.text.contains(arn), "{how}: the session's ARN is on the page: {}", page.text);
            is_the_student(of("session"), &how);
            assert_eq!(of("after").cookie("__Host-s1"), (true, true, "Lax", "/"), "{how}: the session's cookie");
            assert_eq!(of("after").cookies.len(), 1, "{how}: no other cookie stays: {:?}", of("after").cookies);
        }
        let attempt = seen[&format!("{signed:?} asked before")].cookie("__Host-a-");
        assert_eq!(attempt, (true, true, "None", "/"), "{signed:?}: the attempt's cookie");
    }
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    for house in houses {
        house.close().await;
    }
}

/// For the README, when GATEHOUSE_SCREENSHOTS is set: target/screenshots/NAME.png.
pub(crate) fn shoot(scene: Scene, name: &str) -> Scene {
    if std::env::var_os("GATEHOUSE_SCREENSHOTS").is_none() {
        return scene;
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&directory).expect("a directory");
    scene.screenshot(&directory.join(name).with_extension("png"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_provider_in_three_accounts_is_one_chooser() {
    let idp = SimpleSaml::start().await;
    let house = house(Address::tls("gate.test"), &idp, Signed::Assertion, false).await;
    let gate = house.public_url.as_str();
    let session = house.url("/console/session");

    let scene = Scene::new().goto(&house.url("/console")).heading("Sign in").view("sign-in");
    let scene = shoot(scene, "sign-in").click(&format!("a[href='{LOGIN}']")).saml_login("global");
    let scene = scene.wait_for(&house.url("/console/roles")).heading("Choose a role").view("chooser");
    let scene = shoot(scene, "chooser").press("button", "Choose Admin in laboratory");
    let scene = scene.heading("You wear Admin").view("admin");
    let scene = shoot(scene, "console").goto(&session).view("admin session").goto(&house.url("/console"));
    let scene = scene.press("link", "Choose another role").heading("Choose a role").view("chooser again");
    let scene = scene.press("button", "Choose Auditor in treasury").heading("You wear Auditor").view("auditor");
    let scene = scene.goto(&session).view("auditor session").violations().view("violations");
    // The same without scripts; SimpleSAMLphp then shows a button instead of posting on by itself.
    let scene = scene.forget_all().without_scripts().goto(&house.url(LOGIN)).saml_login("employee");
    let scene = scene.submit_to("/saml/acs");
    let scene = scene.wait_for(&format!("{gate}/console")).heading("Choose a role").view("employee's chooser");
    let scene = scene.press("button", "Choose ReadOnly in campus").heading("You wear ReadOnly").view("read-only");
    let seen = scene.play().await;

    let all = ["campus", "laboratory", "treasury", "ReadOnly", "Admin", "Auditor", "as global@example.org"];
    for text in all {
        assert!(seen["chooser"].text.contains(text), "the chooser shows {text}: {}", seen["chooser"].text);
    }
    assert!(!seen["chooser"].text.contains("Student"), "and no role of somebody else");
    assert!(!seen["chooser"].text.contains("worn now"), "nothing is worn yet");
    assert!(seen["chooser again"].text.contains("worn now"), "the worn role is marked");
    for (page, account, alias, role) in
        [("admin", "222222222222", "laboratory", "Admin"), ("auditor", "333333333333", "treasury", "Auditor")]
    {
        let text = &seen[page].text;
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/global@example.org");
        assert!(text.contains(&arn) && text.contains(alias), "{page}: role and account are on the page: {text}");
        let session = seen[&format!("{page} session")].json();
        assert_eq!(session["role"], json!(format!("arn:aws:iam::{account}:role/{role}")), "{page}");
        assert_eq!(session["session_name"], "global@example.org", "{page}");
    }
    let door = seen["sign-in"].text.matches("campus, laboratory, treasury").count();
    assert_eq!(door, 1, "one door for three accounts: {}", seen["sign-in"].text);
    let employee = &seen["employee's chooser"].text;
    assert!(employee.contains("Admin") && !employee.contains("laboratory"), "one account's roles: {employee}");
    let worn = "arn:aws:sts::111111111111:assumed-role/ReadOnly/employee@example.org";
    assert!(seen["read-only"].text.contains(worn), "without scripts: {}", seen["read-only"].text);
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_browser_did_not_ask_for_does_not_slip_in() {
    let idp = SimpleSaml::start().await;
    let strict = house(Address::tls("gate.test"), &idp, Signed::Assertion, false).await;
    let open = house(Address::tls("gate.test"), &idp, Signed::Both, true).await;

    let acs = strict.url("/saml/acs");
    let scene = Scene::new().goto(&idp.unasked(&strict.public_url)).saml_login("student").wait_for(&acs);
    let scene = shoot(scene.heading("Not let in").view("unsolicited"), "refusal").cookies(&strict.public_url);
    let scene = scene.view("refused's cookies").forget_all();
    let mut scene = scene;
    for (name, house) in [("strict", &strict), ("open", &open)] {
        // Cookies know no ports: both gateways' go.
        scene = scene.goto(&house.url(LOGIN)).saml_form("student").forget("gate.test").click("#submit_button");
        scene = scene.wait_for(&house.url("/saml/acs")).heading("Not let in").view(&format!("{name} without cookie"));
        scene = scene.forget_all();
    }
    // Somebody is signed in already; another login arrives that this browser did not ask for.
    let (session, unasked) = (open.url("/console/session"), idp.unasked(&open.public_url));
    let scene = scene.goto(&open.url(LOGIN)).saml_login("student").wait_for(&open.url("/console"));
    let scene = scene.heading("You wear Student").forget("localhost").goto(&unasked).saml_login("employee");
    let scene = scene.wait_for(&open.url("/console/confirm")).heading("Sign in as employee@example.org (ssp)?");
    let scene = scene.goto(&session).view("asked").goto(&open.url("/console/confirm"));
    let scene = scene.press("button", "Stay student@example.org (ssp)").heading("You wear Student");
    let scene = scene.goto(&session).view("stayed").goto(&unasked).wait_for(&open.url("/console/confirm"));
    let scene = scene
        .press("button", "Sign in as employee@example.org (ssp), and sign")
        .heading("Choose a role")
        .view("replaced");
    let seen = scene.play().await;

    let refused = |name: &str, code: &str| {
        let view = &seen[name];
        assert_eq!(view.status, 403, "{name}: {}", view.text);
        assert!(view.text.contains(code), "{name}: the page says {code}: {}", view.text);
    };
    refused("unsolicited", "saml.unsolicited");
    assert!(seen["refused's cookies"].cookies.is_empty(), "{:?}", seen["refused's cookies"].cookies);
    refused("strict without cookie", "saml.in-response-to");
    refused("open without cookie", "saml.in-response-to");
    is_the_student(&seen["asked"], "before the answer");
    is_the_student(&seen["stayed"], "after no");
    assert!(seen["replaced"].text.contains("as employee@example.org"), "after yes: {}", seen["replaced"].text);
    strict.close().await;
    open.close().await;
}

fn page_refuses(answer: &Answer, code: &str, how: &str) {
    assert_eq!(answer.status, 403, "{how}: {}", answer.body);
    assert!(answer.body.contains(&format!("<code>{code}</code>")), "{how}: {}", answer.body);
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{how}: {:?}", answer.cookies);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_signs_in_once() {
    let idp = SimpleSaml::start().await;
    let house = house(Address::loopback(), &idp, Signed::Response, true).await;

    let mut browser = Browser::default();
    let start = browser.get(&house, LOGIN).await.location.expect("to the provider");
    let posted = saml_response(&start, "student").await;
    let form = [("SAMLResponse", posted.response.as_str()), ("RelayState", posted.relay_state.as_str())];
    let mut twin = Browser { cookies: browser.cookies.clone() };
    let signed_in = browser.post(&house, "/saml/acs", &form).await;
    assert_eq!((signed_in.status, signed_in.location.as_deref()), (303, Some("/console")), "{}", signed_in.body);
    let session = browser.get(&house, "/console/session").await;
    assert!(session.body.contains(STUDENT), "signed in: {}", session.body);
    page_refuses(&twin.post(&house, "/saml/acs", &form).await, "sts.replayed", "with the attempt's cookie again");
    page_refuses(&browser.post(&house, "/saml/acs", &form).await, "saml.in-response-to", "after the attempt has ended");

    let posted = saml_response(&idp.unasked(&house.public_url), "student").await;
    let form = [("SAMLResponse", posted.response.as_str())];
    let mut stranger = Browser::default();
    let arrived = stranger.post(&house, "/saml/acs", &form).await;
    assert_eq!((arrived.status, arrived.location.as_deref()), (303, Some("/console/confirm")), "{}", arrived.body);
    page_refuses(&stranger.post(&house, "/saml/acs", &form).await, "sts.replayed", "an unasked response again");
    house.close().await;
}
