//! How far a logout reaches: into chains, past the end of what it ended, to logins that are still under way, and not to
//! what came by another key.

use crate::front::{ADMIN, WORLD, admin, assume_with_saml, field, files, good, unsigned};
use crate::front_console::{GUEST, answer_to, begin};
use crate::front_logout::{credentials, is_in, sign_in};
use crate::front_signed::{assume, call, get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Address, Browser, Credentials, House, hidden, idp_metadata};
use crate::metadata_server::{Following, Publisher, listing};
use crate::saml_identity::{IDP, NOW, RSA, STRANGER, changed};
use crate::saml_logout::{open, redirect, request};
use gatehouse::ambient::Clock;
use time::Duration;

/// A session of the role `Guest`, which lasts an hour.
async fn chained(house: &House, by: &Credentials) -> Credentials {
    let form = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", GUEST), ("RoleSessionName", "worker")];
    call(house, by, &form).await.credentials()
}

async fn log_out(house: &House, at: &str) {
    let order = changed(&request(house), "12:00:00Z", at);
    let order = changed(&order, "ID=\"_logout\"", &format!("ID=\"_at-{}\"", at.replace(':', ".")));
    let told = Browser::default().get(house, &redirect("SAMLRequest", &order, None, &RSA)).await;
    assert_eq!(told.status, 303, "{}", told.body);
}

/// A browser that somebody else's, or one's own, sign-in URL has opened.
async fn opened_by(house: &House, by: &Credentials) -> Browser {
    let mut browser = Browser::default();
    let answer = browser.get(house, &login_url(&signin_token(house, by, &[]).await, "")).await;
    browser.follow(house, answer).await;
    assert!(is_in(house, &mut browser).await);
    browser
}

async fn is_revoked(house: &House, session: &Credentials) -> bool {
    let answer = get_caller_identity(house, session).await;
    answer.status == 403 && house.code(&answer).await == "sts.session-revoked"
}

/// A chained session may outlive the one that it came from, which is worn for two hours here.
#[tokio::test]
async fn what_descends_from_an_ended_session_does_not_come_back() {
    let house = open("logout_revokes = true").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let worn = credentials(&house, &mut browser).await;
    house.clock.advance(Duration::minutes(110));
    let chain = chained(&house, &worn).await;
    log_out(&house, "13:50:00Z").await;
    assert!(is_revoked(&house, &chain).await);
    house.clock.advance(Duration::minutes(30));
    // Another logout has the list read again, without what has ended.
    log_out(&house, "14:20:00Z").await;
    assert!(is_revoked(&house, &chain).await, "its parent has ended by itself by now");
}

#[tokio::test]
async fn what_outlives_its_parent_is_ended_with_the_login() {
    let house = open("logout_revokes = true").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let worn = credentials(&house, &mut browser).await;
    house.clock.advance(Duration::minutes(110));
    let chain = chained(&house, &worn).await;
    house.clock.advance(Duration::minutes(20));
    assert_eq!(get_caller_identity(&house, &worn).await.status, 403, "ended by itself");
    assert_eq!(get_caller_identity(&house, &chain).await.status, 200);
    log_out(&house, "14:10:00Z").await;
    assert!(is_revoked(&house, &chain).await);
}

/// Also where the role sessions go on: what was opened in the console ends.
#[tokio::test]
async fn a_browser_that_was_opened_by_ones_own_sign_in_url_is_reached() {
    for setting in ["", "logout_revokes = true"] {
        let house = open(setting).await;
        let mut browser = Browser::default();
        sign_in(&house, &mut browser, "1").await;
        let worn = credentials(&house, &mut browser).await;
        let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
        let shared = browser.post(&house, "/console/signin-url", &[("csrf", &csrf)]).await.body;
        let from = shared.find("/federation?").unwrap_or_else(|| panic!("no URL in {shared}"));
        let url = &shared[from..from + shared[from..].find(['"', '<']).expect("an end")];
        let mut own = Browser::default();
        let answer = own.get(&house, &url.replace("&#38;", "&").replace("&amp;", "&")).await;
        own.follow(&house, answer).await;
        assert!(is_in(&house, &mut own).await);
        let mut chain = opened_by(&house, &chained(&house, &worn).await).await;
        let by_user = assume(&house, &user(), ADMIN, &[]).await.credentials();
        let mut others = opened_by(&house, &by_user).await;
        log_out(&house, "12:00:00Z").await;
        assert!(!is_in(&house, &mut browser).await);
        assert!(!is_in(&house, &mut own).await && !is_in(&house, &mut chain).await, "{setting}");
        assert!(is_in(&house, &mut others).await, "what comes of no login goes on");
        assert_eq!(is_revoked(&house, &worn).await, !setting.is_empty());
    }
}

/// SAML core §3.7.3.1: an order is also for assertions of before that arrive after.
#[tokio::test]
async fn a_login_that_is_under_way_is_ended_too() {
    let house = open("").await;
    let mut browser = Browser::default();
    let (relay_state, asked) = begin(&house, &mut browser, "").await;
    let response = answer_to(&house, &asked, "1", false);
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "2")).await.status, 200);
    log_out(&house, "11:59:30Z").await;
    let late = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_eq!((late.status, house.code(&late).await.as_str()), (403, "sts.logged-out"));
    assert!(!is_in(&house, &mut browser).await);
    let api = assume_with_saml(&house, ADMIN, &good(&house, "3")).await;
    assert_eq!((api.refusal(), house.code(&api).await.as_str()), ((400, "ExpiredTokenException"), "sts.logged-out"));

    let of_another = changed(&unsigned(&house, "4"), "\"_session\"", "\"_other\"");
    assert_eq!(assume_with_saml(&house, ADMIN, &field(&of_another, "4")).await.status, 200, "another login of theirs");
    let anew =
        unsigned(&house, "5").replace("IssueInstant=\"2031-01-01T11:59:00Z\"", "IssueInstant=\"2031-01-01T11:59:31Z\"");
    assert_eq!(assume_with_saml(&house, ADMIN, &field(&anew, "5")).await.status, 200, "has signed in again since");
}

/// The same identity provider by name, in two accounts with a key each.
#[tokio::test]
async fn a_key_ends_only_what_came_by_it() {
    let mut files = files();
    files.push(("other.xml", idp_metadata(IDP, "https://idp.example/sso", &[&STRANGER.certificate])));
    let second = "account = \"444455556666\"\nkind = \"saml\"\nmetadata = { file = \"idp.xml\" }";
    let world = changed(WORLD, second, &format!("{}\nlogout_revokes = true", changed(second, "idp.xml", "other.xml")));
    let house = House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world).await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let worn = credentials(&house, &mut browser).await;
    let by = async |key, id: &str| {
        let order = changed(&request(&house), "ID=\"_logout\"", &format!("ID=\"{id}\""));
        Browser::default().get(&house, &redirect("SAMLRequest", &order, None, key)).await
    };
    assert_eq!(by(&STRANGER, "_a").await.status, 200, "heard; it takes no answers");
    assert!(is_in(&house, &mut browser).await && get_caller_identity(&house, &worn).await.status == 200);
    assert_eq!(by(&RSA, "_b").await.status, 200);
    assert!(!is_in(&house, &mut browser).await);
    assert_eq!(get_caller_identity(&house, &worn).await.status, 200, "its own registration does not revoke");
}

/// The same identity provider in two accounts, of which only the second knows its new key, and revokes.
async fn with_a_key_for_the_second() -> House {
    let mut files = files();
    let both = [&*RSA.certificate, &*STRANGER.certificate];
    files.push(("other.xml", idp_metadata(IDP, "https://idp.example/sso", &both)));
    let second = "account = \"444455556666\"\nkind = \"saml\"\nmetadata = { file = \"idp.xml\" }";
    let world = changed(WORLD, second, &format!("{}\nlogout_revokes = true", changed(second, "idp.xml", "other.xml")));
    House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world).await
}

/// Signs alice in, known in both accounts, and wears this role.
async fn wearing(house: &House, role: &str, id: &str) -> (Browser, Credentials) {
    let mut browser = Browser::default();
    let (relay_state, asked) = begin(house, &mut browser, "").await;
    let response = answer_to(house, &asked, id, true);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", &relay_state)];
    assert_eq!(browser.post(house, "/saml/acs", &form).await.location.as_deref(), Some("/console/roles"));
    let csrf = hidden(&browser.get(house, "/console/roles").await.body, "csrf");
    let chosen = browser.post(house, "/console/choose", &[("csrf", &csrf), ("role", role)]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    let worn = credentials(house, &mut browser).await;
    (browser, worn)
}

async fn order_by_the_new_key(house: &House, at: &str) {
    let order = changed(&request(house), "12:00:00Z", at);
    let told = Browser::default().get(house, &redirect("SAMLRequest", &order, None, &STRANGER)).await;
    assert_eq!(told.status, 200, "heard; it takes no answers: {}", told.body);
}

/// A session is found by every registration that it counts for, a role by the one that gave it.
#[tokio::test]
async fn a_key_of_one_registration_ends_what_counts_for_it() {
    let house = with_a_key_for_the_second().await;
    let (mut first, admin) = wearing(&house, ADMIN, "1").await;
    let (mut second, guest) = wearing(&house, GUEST, "2").await;
    order_by_the_new_key(&house, "12:00:00Z").await;
    assert!(!is_in(&house, &mut first).await && !is_in(&house, &mut second).await);
    assert!(is_revoked(&house, &guest).await, "given through the registration that holds the key");
    assert_eq!(get_caller_identity(&house, &admin).await.status, 200, "given where the key is unknown");
    let left = house.rows("SELECT id_hash FROM console_login").await;
    assert!(left.is_empty(), "what led to the sessions goes with them");
}

#[tokio::test]
async fn a_login_under_way_is_ended_by_any_registration_that_it_counts_for() {
    let house = with_a_key_for_the_second().await;
    let mut browser = Browser::default();
    let (relay_state, asked) = begin(&house, &mut browser, "").await;
    let response = answer_to(&house, &asked, "1", true);
    order_by_the_new_key(&house, "11:59:30Z").await;
    let late = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_eq!((late.status, house.code(&late).await.as_str()), (403, "sts.logged-out"));
    assert!(!is_in(&house, &mut browser).await);
    let api = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    assert_eq!(api.status, 200, "the API asks for one registration, and it does not know the key: {}", api.body);
}

#[tokio::test]
async fn signing_out_revokes_what_a_registration_gave_that_revokes() {
    let house = with_a_key_for_the_second().await;
    let (_, admin) = wearing(&house, ADMIN, "1").await;
    let (mut browser, guest) = wearing(&house, GUEST, "2").await;
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    assert_eq!(browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await.status, 303);
    assert!(is_revoked(&house, &guest).await);
    assert_eq!(get_caller_identity(&house, &admin).await.status, 200);
}

/// As another node or an operator's command writes it, or as it is left by a gateway that was told no more of it.
#[tokio::test]
async fn a_revocation_that_is_only_in_the_book_is_heard_of() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    assert_eq!(get_caller_identity(&house, &session).await.status, 200);
    let book = house.hold_the_book();
    let insert = "INSERT INTO revocation (access_key_id, until) SELECT access_key_id, expires FROM role_session";
    book.run(insert);
    book.run("COMMIT");
    let heard = async { while !is_revoked(&house, &session).await {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), heard).await.expect("within seconds");
}

#[tokio::test]
async fn a_logout_by_a_new_key_is_believed_at_once() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = Following::open(&publisher).await;
    following.is_fresh().await;
    publisher.publish(listing(&[&STRANGER]));
    let house = &following.house;
    let answer = Browser::default().get(house, &redirect("SAMLRequest", &request(house), None, &STRANGER)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let steps = house.trace(&answer.request_id).await;
    assert!(steps.iter().any(|step| step.check == "saml.metadata"), "{steps:?}");
    for _ in 0..3 {
        let former = Browser::default().get(house, &redirect("SAMLRequest", &request(house), None, &RSA)).await;
        assert_eq!((former.status, house.code(&former).await.as_str()), (403, "saml.signature"));
    }
    assert_eq!(publisher.asked(), 2, "and nobody is asked for what is no key at all");
    following.house.close().await;
}
