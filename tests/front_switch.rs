//! Switching to another role through the front door, and coming back.

use crate::break_glass_world::{FRESH, code, records, sign_in as sign_in_ops};
use crate::command_sessions::revoke;
use crate::federated_world::last_record;
use crate::front::ADMIN;
use crate::front_console::{GUEST, who};
use crate::front_signed::get_caller_identity;
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Browser, House, hidden};
use crate::pages_world::refused as told;
use crate::switch_world::{READER, alice, back, credentials, open, refused, sign_in, switch, switched};
use crate::use_case_world::{OURS, THEIRS, arn, key};
use time::Duration;

async fn role(house: &House, browser: &mut Browser) -> Option<String> {
    who(house, browser).await["role"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_link_fills_a_form_in_and_changes_nothing() {
    let house = open().await;
    let link = "/switchrole?account=production&roleName=team/Reader&displayName=Look%20only&color=%23AbCdEf";
    let mut browser = Browser::default();
    let answer = browser.get(&house, link).await;
    let door = answer.location.clone().unwrap();
    assert!(
        answer.status == 303 && door.starts_with("/console?destination=%2Fswitchrole%3Faccount%3Dproduction"),
        "{door}"
    );
    let page = browser.get(&house, &door).await.body;
    let query = page[page.find("/saml/login/111122223333:corp?").unwrap()..].split('"').next().unwrap().to_owned();
    let query = query.split_once('?').unwrap().1.replace("&#38;", "&");
    let answer = sign_in(&house, &mut browser, "1", &format!("?{query}"), &[ADMIN]).await;
    let landed = answer.location.clone().unwrap();
    assert!(landed.ends_with(&link.replace(' ', "%20")), "back to where they wanted to go: {landed}");
    let cookie = browser.cookies["__Host-s1"].clone();
    let page = browser.get(&house, &landed).await;
    assert_eq!(page.status, 200);
    for text in [
        "name=\"account\" value=\"production\"",
        "name=\"roleName\" value=\"team/Reader\"",
        "name=\"displayName\" value=\"Look only\"",
        "value=\"abcdef\" checked",
        "href=\"/console/color/abcdef.css\"",
    ] {
        assert!(page.body.contains(text), "{text} is not in {}", page.body);
    }
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(ADMIN), "a link changes nothing");
    assert_eq!(browser.cookies["__Host-s1"], cookie);
}

#[tokio::test]
async fn a_role_is_switched_to_and_left_again() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let before = browser.cookies["__Host-s1"].clone();
    let more = [("displayName", "Look only"), ("color", "#99BCE3")];
    let answer = switch(&house, &mut browser, "production", "/team/Reader", &more).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    let session = who(&house, &mut browser).await;
    assert_eq!((session["role"].as_str(), session["session_name"].as_str()), (Some(READER), Some("alice@example.com")));
    assert!(session["original"].as_str().unwrap().ends_with(":alice@example.com"), "{session}");
    let page = browser.get(&house, "/console").await.body;
    for text in ["banner-99bce3", "<strong>Look only</strong>", READER, "action=\"/console/switch/back\""] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(!page.contains("style=") && !page.contains("<style"), "the pages' policy would not let it in: {page}");
    let css = browser.get(&house, "/console/color/99bce3.css").await;
    assert_eq!(css.headers["content-type"], "text/css; charset=utf-8");
    assert!(
        css.headers["cache-control"].contains("max-age") && css.body.contains("--banner-ink: #000000"),
        "{}",
        css.body
    );
    let worn = credentials(&house, &mut browser).await;
    let identity = get_caller_identity(&house, &worn).await;
    assert_eq!(identity.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Reader/alice@example.com");
    let during = browser.cookies["__Host-s1"].clone();
    let answer = back(&house, &mut browser).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(ADMIN));
    assert!(!browser.get(&house, "/console").await.body.contains("switch/back"), "the banner is gone");
    assert_eq!(
        [&before, &during, &browser.cookies["__Host-s1"]].iter().collect::<std::collections::BTreeSet<_>>().len(),
        3
    );
    for old in [before, during] {
        let mut old = Browser { cookies: [("__Host-s1".to_owned(), old)].into() };
        assert_eq!(who(&house, &mut old).await["signed_in"], false, "each change is a new session id");
    }
    let record = last_record(&house, "SwitchRole").await;
    assert_eq!(record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"], READER);
    assert_eq!(record["userIdentity"]["accessKeyId"], worn.id);
    assert_eq!(record["responseElements"]["SwitchRole"], "Success");
    assert_eq!(record["accessKeyId"], worn.id);
    let admin = "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com";
    assert_eq!(record["additionalEventData"]["SwitchFrom"], admin);
    assert_eq!(record["requestParameters"]["roleArn"], READER);
    let record = last_record(&house, "ExitRole").await;
    assert_eq!(record["responseElements"]["ExitRole"], "Success");
    assert_eq!(record["userIdentity"]["accessKeyId"], worn.id);
    assert_eq!(record["additionalEventData"]["SwitchTo"], admin);
    refused(&house, &back(&house, &mut browser).await, 400, "console.not-switched").await;
}

#[tokio::test]
async fn it_is_always_the_first_identity_that_asks() {
    let house = open().await;
    let mut browser = alice(&house).await;
    switched(&house, &mut browser, OURS, "team/Reader").await;
    // Reader may assume nothing, and need not; what trusts Reader trusts nobody who has switched to it.
    let deep = switch(&house, &mut browser, OURS, "Deep", &[]).await;
    refused(&house, &deep, 403, "trust.no-statement-allows").await;
    assert!(
        deep.body
            .contains("This role is not open to you. Whoever runs this gateway can look up why by the number below."),
        "{}",
        deep.body
    );
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(READER), "they stay where they were");
    switched(&house, &mut browser, "sandbox", "Deploy").await;
    assert_eq!(role(&house, &mut browser).await, Some(arn(THEIRS, "Deploy")));
    let denied = last_record(&house, "SwitchRole").await;
    assert_eq!(
        denied["additionalEventData"]["SwitchFrom"],
        "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com"
    );
    back(&house, &mut browser).await;
    assert_eq!(
        role(&house, &mut browser).await.as_deref(),
        Some(ADMIN),
        "back is to the beginning, however many there were"
    );
}

#[tokio::test]
async fn the_page_says_the_same_of_a_role_that_is_there_and_of_one_that_is_not() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let mut pages = Vec::new();
    for (account, there) in [(OURS, "Deep"), (THEIRS, "Sealed")] {
        for (name, code) in [(there, "trust.no-statement-allows"), ("Nobody", "trust.no-such-role")] {
            let switch = switch(&house, &mut browser, account, name, &[]).await;
            let link = format!("/console/go/{account}/{name}");
            let csrf = hidden(&browser.get(&house, &link).await.body, "csrf");
            let go = browser.post(&house, &link, &[("csrf", &csrf)]).await;
            for answer in [switch, go] {
                refused(&house, &answer, 403, code).await;
                assert_eq!(told(&answer), (403, "trust.policy"), "{name} in {account}");
                pages.push(answer.body.replace(&answer.request_id, ""));
            }
        }
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
}

#[tokio::test]
async fn what_the_worn_role_may_not_assume_is_refused_and_in_the_book() {
    let house = open().await;
    let mut browser = Browser::default();
    let plain = arn(OURS, "Plain");
    sign_in(&house, &mut browser, "1", "", &[&plain]).await;
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(&*plain));
    let answer = switch(&house, &mut browser, OURS, "team/Reader", &[]).await;
    refused(&house, &answer, 403, "trust.caller-not-allowed").await;
    let record = records(&house, "\"SwitchRole\"").await.pop().unwrap();
    assert_eq!(
        (record["errorCode"].as_str(), record["requestParameters"]["roleArn"].as_str()),
        (Some("trust.caller-not-allowed"), Some(READER))
    );
    assert_eq!(role(&house, &mut browser).await, Some(plain));
}

#[tokio::test]
async fn what_the_identity_provider_gives_is_switched_to_directly() {
    let house = open().await;
    let mut browser = Browser::default();
    let plain = arn(OURS, "Plain");
    let answer = sign_in(&house, &mut browser, "1", "", &[&plain, GUEST]).await;
    assert_eq!(answer.location.as_deref(), Some("/console/roles"));
    // Even where no role is worn yet; then none is worn after the return.
    switched(&house, &mut browser, "sandbox", "Guest").await;
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(GUEST));
    let answer = back(&house, &mut browser).await;
    assert!(browser.follow(&house, answer).await.body.contains("Choose a role"));
    assert_eq!(role(&house, &mut browser).await, None);
    // Plain may assume nothing; Guest is given to the person, not to it.
    let csrf = hidden(&browser.get(&house, "/console/roles").await.body, "csrf");
    browser.post(&house, "/console/choose", &[("role", &plain), ("csrf", &csrf)]).await;
    switched(&house, &mut browser, THEIRS, "Guest").await;
    let identity = get_caller_identity(&house, &credentials(&house, &mut browser).await).await;
    assert_eq!(identity.element("Arn"), "arn:aws:sts::444455556666:assumed-role/Guest/alice@example.com");
}

#[tokio::test]
async fn a_user_switches_as_the_user_with_the_factor_of_their_sign_in() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_ops(&house, &mut browser).await;
    let csrf = hidden(&browser.get(&house, "/console/roles").await.body, "csrf");
    browser.post(&house, "/console/choose", &[("role", FRESH), ("csrf", &csrf)]).await;
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(FRESH));
    // Fresh may assume nothing; the user may assume Admin.
    switched(&house, &mut browser, "production", "Admin").await;
    let identity = get_caller_identity(&house, &credentials(&house, &mut browser).await).await;
    assert_eq!(identity.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/ops");
    // And Admin may assume Reader, but the user may not.
    refused(&house, &switch(&house, &mut browser, OURS, "team/Reader", &[]).await, 403, "trust.caller-not-allowed")
        .await;
    let external = switch(&house, &mut browser, OURS, "Partner", &[]).await;
    refused(&house, &external, 403, "trust.external-id-wanted").await;
    assert!(external.body.contains("This role wants an external id."), "{}", external.body);
    back(&house, &mut browser).await;
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(FRESH));
    assert_eq!(code(&house).len(), 6);
}

#[tokio::test]
async fn whoever_came_by_a_sign_in_url_switches_with_the_role_of_the_url() {
    let house = open().await;
    let admin = crate::front::admin(&house, "1").await;
    let url = login_url(&signin_token(&house, &admin, &[]).await, "");
    let mut browser = Browser::default();
    let answer = browser.get(&house, &url).await;
    browser.follow(&house, answer).await;
    switched(&house, &mut browser, OURS, "team/Reader").await;
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(READER));
    // Of that session nobody knows any second factor, and nobody can be asked for one.
    refused(&house, &switch(&house, &mut browser, OURS, "Vault", &[]).await, 403, "trust.no-statement-allows").await;
    back(&house, &mut browser).await;
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(ADMIN));
    // A federated user assumes no role.
    let broker = key("broker");
    let bob = crate::federated_world::get_federation_token(
        &house,
        &broker,
        "bob",
        &[("Policy", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)],
    );
    let url = login_url(&signin_token(&house, &bob.await.credentials(), &[]).await, "");
    let mut browser = Browser::default();
    let answer = browser.get(&house, &url).await;
    browser.follow(&house, answer).await;
    refused(&house, &switch(&house, &mut browser, OURS, "team/Reader", &[]).await, 403, "console.no-switching").await;
}

#[tokio::test]
async fn a_role_that_wants_an_external_id_is_refused_with_that_sentence() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let answer =
        switch(&house, &mut browser, OURS, "Vendor", &[("externalId", "Ticket-7"), ("ExternalId", "Ticket-7")]).await;
    refused(&house, &answer, 403, "trust.external-id-wanted").await;
    assert!(answer.body.contains("This role wants an external id. Switching brings none"), "{}", answer.body);
    let told = house.rows("SELECT steps FROM trace UNION ALL SELECT record FROM audit").await.concat().concat();
    assert!(!told.contains("Ticket-7"), "the id is nobody's to read");
}

#[tokio::test]
async fn what_is_switched_to_is_no_chain_and_ends_with_what_it_came_from() {
    let house = open().await;
    let mut browser = alice(&house).await;
    house.clock.advance(Duration::minutes(10));
    switched(&house, &mut browser, OURS, "team/Reader").await;
    // Reader allows four hours, a chain one; Admin has one hour and fifty minutes left.
    let page = browser.get(&house, "/console").await.body;
    assert!(page.contains("in 1 h 50 min"), "{page}");
    house.clock.advance(Duration::minutes(110));
    assert_eq!(role(&house, &mut browser).await, None, "it ends with what it came from");
    let page = browser.get(&house, "/console").await;
    assert_eq!(page.location.as_deref(), Some("/console/switchrole"));
    assert!(browser.follow(&house, page).await.body.contains("/console/switch/back"));
    refused(&house, &switch(&house, &mut browser, OURS, "team/Reader", &[]).await, 403, "console.base-ended").await;
    let answer = back(&house, &mut browser).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "console.base-ended"));
    assert!(answer.body.contains("has ended, so there is nothing to return to"), "{}", answer.body);
    let page = browser.get(&house, "/console").await;
    assert_eq!(page.location.as_deref(), Some("/console/roles"), "they may choose again without the identity provider");
}

#[tokio::test]
async fn a_base_that_is_revoked_takes_along_what_was_switched_from_it() {
    let house = open().await;
    for (direct, name) in [("1", "team/Reader"), ("2", "Plain")] {
        let mut browser = Browser::default();
        let plain = arn(OURS, "Plain");
        let (query, roles) = (format!("?role={ADMIN}"), [ADMIN, &plain]);
        sign_in(&house, &mut browser, direct, &query, &roles).await;
        let base = credentials(&house, &mut browser).await;
        switched(&house, &mut browser, OURS, name).await;
        let worn = credentials(&house, &mut browser).await;
        assert_eq!(get_caller_identity(&house, &worn).await.status, 200);
        revoke(&house, &["--session", &base.id]).await;
        let heard = async { while get_caller_identity(&house, &worn).await.status != 403 {} };
        tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("its credentials have ended");
        assert_eq!(who(&house, &mut browser).await["signed_in"], false, "{name}");
        let answer = browser.post(&house, "/console/switch/back", &[("csrf", "x")]).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (401, "console.not-signed-in"));
        assert!(answer.body.contains("your session has ended"), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_last_five_are_one_press_away_and_theirs_alone() {
    let house = open().await;
    let mut browser = alice(&house).await;
    for (nth, (account, role)) in
        [("sandbox", "Deploy"), ("production", "team/Reader"), ("sandbox", "Deploy"), ("sandbox", "Guest")]
            .into_iter()
            .enumerate()
    {
        let label = format!("place {nth}");
        let answer = switch(&house, &mut browser, account, role, &[("displayName", &label), ("color", "b7ca9d")]).await;
        assert_eq!(answer.status, 303, "{role}: {}", answer.body);
    }
    let page = browser.get(&house, "/switchrole").await.body;
    let places: Vec<_> = ["place 3", "place 2", "place 1"].map(|label| page.find(label)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted() && !page.contains("place 0"), "{page}");
    // One press: the form that stands there.
    let menu = &page[page.find("<details").unwrap()..page.find("</details>").unwrap()];
    let from = &menu[menu.find("place 1").map(|at| menu[..at].rfind("<form").unwrap()).unwrap()..];
    let fields = ["csrf", "account", "roleName", "displayName", "color"].map(|name| (name, hidden(from, name)));
    let form: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post(&house, "/switchrole", &form).await.status, 303);
    assert_eq!(role(&house, &mut browser).await.as_deref(), Some(READER));
    // They are the person's, and nobody else's, wherever they sign in next.
    let mut elsewhere = Browser::default();
    sign_in(&house, &mut elsewhere, "again", "", &[ADMIN]).await;
    let page = elsewhere.get(&house, "/switchrole").await.body;
    assert!(page.find("place 1").unwrap() < page.find("place 3").unwrap(), "the latest is the first: {page}");
    let other = crate::front_browser_sessions::sign_in_as(&house, &mut browser, "mallory", 2).await;
    assert_eq!(other.status, 303);
    assert!(!browser.get(&house, "/console/s/2/switchrole").await.body.contains("place 1"));
    let kept = house.rows("SELECT hex(sealed), hex(person) FROM recent_role").await;
    assert_eq!(kept.len(), 1);
    assert!(!kept.concat().concat().contains(&hex_of("place 1")), "whoever reads the database learns nothing");
}

#[tokio::test]
async fn of_six_roles_the_first_is_forgotten() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let places = ["team/Reader", "Admin", "r1", "r2", "r3", "r4"];
    for (nth, role) in places.into_iter().enumerate() {
        let answer = switch(&house, &mut browser, OURS, role, &[("displayName", &format!("place {nth}"))]).await;
        assert_eq!(answer.status, 303, "{role}: {}", answer.body);
    }
    let page = browser.get(&house, "/switchrole").await.body;
    assert!((1..6).all(|nth| page.contains(&format!("place {nth}"))) && !page.contains("place 0"), "{page}");
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}
