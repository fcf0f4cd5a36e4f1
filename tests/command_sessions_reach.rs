//! How far `gatehouse sessions` reaches: to what has ended by itself and goes on all the same, to sign-ins that are under
//! way, and to a gateway that is not running; and what it says of many.

use crate::book::{Book, at};
use crate::break_glass_world::{self, FRESH, ON, OPS, all_files};
use crate::command_sessions::{command, is_good, is_refused, revoke};
use crate::front::{ADMIN, CORP, admin, assume_with_saml, field, in_both_accounts};
use crate::front_console::{GUEST, answer_to, begin};
use crate::front_logout::{credentials, is_in, sign_in};
use crate::front_oidc::{self, DEV};
use crate::front_signed::{get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Address, Browser, House, KEEP, hidden};
use crate::oidc_issuer::{Issuer, NOW, RSA, claims};
use crate::running::{ended, gatehouse};
use crate::saml_logout::open;
use aws_lc_rs::digest::{SHA256, digest};
use gatehouse::ambient::Clock;
use gatehouse::store::Store;
use serde_json::{Value, json};
use std::io::Read;
use std::process::Stdio;
use std::sync::Arc;
use time::Duration;
use time::macros::datetime;

/// Stops it, lets time pass, has everything removed that has ended, and starts it again.
async fn after(house: House, passed: Duration) -> House {
    let (directory, clock, url) = house.close().await;
    clock.advance(passed);
    let (store, committer) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("it opens");
    while store.sweep(clock.now().unix_timestamp(), KEEP).await.expect("swept") {}
    drop(store);
    committer.await.expect("it ends");
    House::serve(directory, clock, url).await
}

fn token(issuer: &Issuer, members: Value) -> String {
    let mut claims = claims(&issuer.url);
    members.as_object().expect("members").iter().for_each(|(name, value)| claims[name] = value.clone());
    RSA.sign(&claims)
}

async fn choose(house: &House, browser: &mut Browser, role: &str) -> crate::house::Answer {
    let csrf = hidden(&browser.get(house, "/console/roles").await.body, "csrf");
    browser.post(house, "/console/choose", &[("csrf", &csrf), ("role", role)]).await
}

/// What it was made from may be good for longer.
#[tokio::test]
async fn what_made_a_session_is_barred_after_that_has_ended_by_itself() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let token = token(&issuer, json!({ "exp": NOW.unix_timestamp() + 20 * 3_600 }));
    let session = front_oidc::assume(&house, DEV, &token).await.credentials();
    let house = after(house, Duration::hours(10)).await;
    let said = revoke(&house, &["--session", &session.id]).await;
    assert_eq!(said, "Ended 1 live session and 0 console sessions.\n", "live by the clock of whoever gives the order");
    let again = front_oidc::assume(&house, DEV, &token).await;
    assert_eq!((again.refusal(), house.code(&again).await.as_str()), ((403, "IDPRejectedClaim"), "sts.paper-barred"));
}

/// At the API an assertion is good for each of its roles, wherever they are.
#[tokio::test]
async fn an_assertion_that_made_an_ended_session_makes_none_of_another_role() {
    let house = open("").await;
    let assertion = field(&in_both_accounts(&house, "1"), "1");
    let session = assume_with_saml(&house, ADMIN, &assertion).await.credentials();
    revoke(&house, &["--session", &session.id]).await;
    let there = CORP.replace("111122223333", "444455556666");
    for (role, provider) in [(ADMIN, CORP), (GUEST, &*there)] {
        let parameters = [("RoleArn", role), ("PrincipalArn", provider), ("SAMLAssertion", assertion.as_str())];
        let answer = house.sts("AssumeRoleWithSAML", &parameters).await;
        let code = if role == ADMIN { "sts.replayed" } else { "sts.paper-barred" };
        assert_eq!(house.code(&answer).await, code, "{role}: {}", answer.body);
    }
}

/// A console session goes on when the role that is worn in it has ended.
#[tokio::test]
async fn a_console_session_ends_by_a_role_that_was_worn_in_it() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let house = after(house, Duration::hours(5)).await;
    assert!(is_in(&house, &mut browser).await);
    let said = revoke(&house, &["--role", ADMIN]).await;
    assert!(said.ends_with("and 1 console session.\n"), "{said}");
    assert!(!is_in(&house, &mut browser).await);
}

/// An ID token of ten minutes, and a console session of twelve hours that began with it.
#[tokio::test]
async fn what_was_signed_in_with_stays_barred_as_long_as_that_lasts() {
    let house = open("").await;
    let mut browser = Browser::default();
    let (relay_state, asked) = begin(&house, &mut browser, "").await;
    let response = answer_to(&house, &asked, "1", true);
    browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_eq!(choose(&house, &mut browser, ADMIN).await.status, 303);
    let first = credentials(&house, &mut browser).await;
    assert_eq!(choose(&house, &mut browser, GUEST).await.status, 303);
    let second = credentials(&house, &mut browser).await;
    revoke(&house, &["--session", &first.id]).await;
    is_refused(&house, &first).await;
    is_good(&house, &second).await;
    assert!(is_in(&house, &mut browser).await, "another role is worn in it now");
    let house = after(house, Duration::hours(7)).await;
    assert!(is_in(&house, &mut browser).await);
    let page = choose(&house, &mut browser, ADMIN).await;
    assert_eq!((page.status, house.code(&page).await.as_str()), (403, "sts.paper-barred"));
    assert!(page.body.contains("has been ended. Please sign in again."), "{}", page.body);
}

#[tokio::test]
async fn an_id_token_is_barred_as_long_as_a_console_session_keeps_it() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let session = front_oidc::assume(&house, DEV, &token(&issuer, json!({}))).await.credentials();
    revoke(&house, &["--session", &session.id]).await;
    let until = house.rows("SELECT until FROM barred_paper").await.concat();
    assert_eq!(until, [(NOW + Duration::hours(12)).unix_timestamp().to_string()]);
}

/// By an order about their provider or themselves, through SAML.
#[tokio::test]
async fn a_sign_in_that_is_under_way_lets_nobody_in_who_is_barred() {
    let house = open("").await;
    let mut browser = Browser::default();
    let person = ["--provider", "111122223333:corp", "--subject", "alice@example.com"];
    for (id, command_name) in [("1", "revoke"), ("2", "admit")] {
        let (relay_state, asked) = begin(&house, &mut browser, "").await;
        let response = answer_to(&house, &asked, id, false);
        assert_eq!(command(&house, command_name, &person).await.0, Some(0));
        let form = [("SAMLResponse", response.as_str()), ("RelayState", &relay_state)];
        let late = browser.post(&house, "/saml/acs", &form).await;
        if command_name == "admit" {
            assert_eq!(late.status, 303, "{}", late.body);
            assert!(is_in(&house, &mut browser).await);
        } else {
            assert_eq!((late.status, house.code(&late).await.as_str()), (403, "sts.person-barred"));
            assert!(late.body.contains("Your sign-in has been barred here."), "{}", late.body);
            assert!(!is_in(&house, &mut browser).await);
            let book = house.rows("SELECT record FROM audit WHERE record LIKE '%sts.person-barred%'").await;
            assert_eq!(book.len(), 1, "somebody known was turned away");
        }
    }
    // At the other account's registration nobody has barred them, but a browser's sign-in counts for both.
    let of_another = [CORP, "--subject", "albert@example.com"];
    revoke(&house, &["--provider", of_another[0], of_another[1], of_another[2]]).await;
    assert!(is_in(&house, &mut browser).await, "another person");
}

/// By OpenID Connect; and at the API a person with as odd a name as a provider may give.
#[tokio::test]
async fn somebody_is_barred_by_exactly_their_name() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let mut browser = Browser::default();
    let begun = front_oidc::begin(&house, &mut browser).await;
    front_oidc::promise(&issuer, &begun.nonce);
    revoke(&house, &["--provider", "app", "--subject", "alice"]).await;
    let late = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
    assert_eq!((late.status, house.code(&late).await.as_str()), (403, "sts.person-barred"));
    assert!(!is_in(&house, &mut browser).await);

    let odd = "al'; DROP TABLE \"x\" -- |%_\u{2603} ";
    let session = front_oidc::assume(&house, DEV, &token(&issuer, json!({ "sub": odd }))).await.credentials();
    let said = revoke(&house, &["--provider", "app", "--subject", odd]).await;
    assert!(said.starts_with("Ended 1 live session"), "{said}");
    is_refused(&house, &session).await;
    for (subject, is_barred) in [(odd, true), ("al%", false), ("al'", false), ("Alice", false), (odd.trim_end(), false)]
    {
        let answer = front_oidc::assume(&house, DEV, &token(&issuer, json!({ "sub": subject, "jti": "2" }))).await;
        assert_eq!(house.code(&answer).await == "sts.person-barred", is_barred, "{subject}");
    }
}

#[tokio::test]
async fn of_an_issuer_in_two_accounts_the_one_that_is_named_is_meant() {
    let issuer = Issuer::start(&[&RSA]).await;
    let other = "444455556666";
    let world = front_oidc::world(&issuer);
    let moved = world.split_once("[[role]]").expect("roles").1.replace("111122223333", other);
    let (accounts, rest) = world.split_once("[[provider]]").expect("providers");
    let provider = rest.split_once("[[provider]]").expect("two").0.replace("111122223333", other);
    let more = format!("[[account]]\nid = \"{other}\"\nalias = \"sandbox\"\n\n[[provider]]{provider}[[role]]{moved}");
    let house = House::open(NOW, &[], |_: &Address| format!("{accounts}{more}\n[[provider]]{rest}")).await;
    let token = token(&issuer, json!({}));
    let here = front_oidc::assume(&house, DEV, &token).await.credentials();
    let there = front_oidc::assume(&house, &DEV.replace("111122223333", other), &token).await.credentials();
    let (status, said) = command(&house, "revoke", &["--provider", "app"]).await;
    assert_eq!((status, said.contains("more than one; say account:name")), (Some(1), true), "{said}");
    let said = revoke(&house, &["--provider", &format!("{other}:app"), "--subject", "alice"]).await;
    assert!(said.starts_with("Ended 1 live session"), "{said}");
    assert!(said.contains(&format!("alice is barred at arn:aws:iam::{other}:oidc-provider/")), "{said}");
    is_refused(&house, &there).await;
    is_good(&house, &here).await;
}

/// A user's, in the console by password and code; the moment may be of a fraction of a second.
#[tokio::test]
async fn what_was_opened_since_goes_on() {
    let clock = Clock::held(datetime!(2025-06-01 12:00:00 UTC));
    let house = House::open_tls(clock, "localhost", &all_files(), |_: &Address| break_glass_world::world(ON)).await;
    let (mut first, mut second) = (Browser::default(), Browser::default());
    break_glass_world::sign_in(&house, &mut first).await;
    assert_eq!(choose(&house, &mut first, FRESH).await.status, 303);
    let worn = credentials(&house, &mut first).await;
    let unused = login_url(&signin_token(&house, &worn, &[]).await, "");
    house.clock.advance(Duration::seconds(60));
    break_glass_world::sign_in(&house, &mut second).await;
    assert_eq!(choose(&house, &mut second, FRESH).await.status, 303);
    let since = credentials(&house, &mut second).await;
    let said = revoke(&house, &["--principal", OPS, "--before", "2025-06-01T12:00:00.25Z"]).await;
    assert!(said.ends_with("and 1 console session.\n"), "{said}");
    is_refused(&house, &worn).await;
    assert_eq!(house.get(&unused).await.status, 400);
    assert!(!is_in(&house, &mut first).await && is_in(&house, &mut second).await);
    is_good(&house, &since).await;
    revoke(&house, &["--principal", OPS]).await;
    is_refused(&house, &since).await;
    assert!(!is_in(&house, &mut second).await);
    is_good(&house, &user()).await;
}

#[tokio::test]
async fn a_gateway_that_is_started_later_knows_what_was_ended_meanwhile() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let session = admin(&house, "2").await;
    let (directory, clock, url) = house.close().await;
    let mut order = gatehouse();
    order.args(["sessions", "revoke", "--provider", "111122223333:corp", "--config"]);
    order.arg(directory.path().join("gatehouse.toml"));
    let (status, said, _) = ended(&mut order);
    assert_eq!((status, said.as_str()), (Some(0), "Ended 2 live sessions and 1 console session.\n"));
    let house = House::serve(directory, clock, url).await;
    let answer = get_caller_identity(&house, &session).await;
    assert_eq!((answer.refusal(), house.code(&answer).await.as_str()), ((403, "ExpiredToken"), "sts.session-revoked"));
    assert!(!is_in(&house, &mut browser).await);
}

/// Neither waits in vain, nothing is counted twice, and the book has one end.
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_come_at_once_are_carried_out_one_after_the_other() {
    let house = open("").await;
    for id in ["1", "2", "3"] {
        admin(&house, id).await;
    }
    let (role, provider) = (["--role", ADMIN], ["--provider", CORP]);
    let order = |whose| revoke(&house, whose);
    let said: [String; 4] = tokio::join!(order(&role), order(&provider), order(&role), order(&provider)).into();
    let ended = said.iter().filter(|said| said.starts_with("Ended 3 live sessions")).count();
    assert_eq!(
        (ended, said.iter().filter(|said| said.starts_with("Ended 0 live sessions")).count()),
        (1, 3),
        "{said:?}"
    );
    let chain = "SELECT number, hex(hash), record FROM audit WHERE node LIKE '%operator' ORDER BY number";
    let mut former = vec![0; 32];
    for (place, row) in (1..).zip(house.rows(chain).await) {
        assert_eq!(row[0], place.to_string());
        former = digest(&SHA256, &[&former, row[2].as_bytes()].concat()).as_ref().to_vec();
        assert_eq!(row[1], former.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    }
}

/// Of those from before it was written whose they are.
#[tokio::test]
async fn a_console_session_of_nobody_knows_whom_ends_with_any_order() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let book = house.hold_the_book();
    let former = "UPDATE console_session SET subject = '', providers = '', opened = 0, worn = NULL";
    book.run(former);
    book.run("COMMIT");
    revoke(&house, &["--provider", "444455556666:corp"]).await;
    assert!(!is_in(&house, &mut browser).await);
}

#[tokio::test]
async fn however_many_are_live_each_is_listed_once_and_writes_nothing_itself() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let book = house.hold_the_book();
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
         INSERT INTO role_session (access_key_id, role, session_name, issued, expires, principal, subject, account)
         SELECT 'ASIA' || i, 'role', 'name', 1, 5000000000 + i % 7, 'principal', 'al\u{1b}[2J\n\u{9b}',
             CASE WHEN i % 5 > 0 THEN '11112222333' || i % 5 ELSE '' END FROM n";
    book.run(many);
    book.run("INSERT INTO revocation (access_key_id, until) VALUES ('ASIA7', 5000000000)");
    book.run("COMMIT");
    let (status, listed) = command(&house, "list", &["--json"]).await;
    assert_eq!(status, Some(0));
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    let ids: std::collections::HashSet<&str> = listed.iter().filter_map(|session| session["id"].as_str()).collect();
    assert_eq!((listed.len(), ids.len(), ids.contains("ASIA7")), (3_499, 3_499, false));
    let places = listed.iter().map(|session| (session["expires"].as_str(), session["id"].as_str()));
    assert!(places.is_sorted_by(|one, other| one > other), "of all accounts the last to end first");
    let (_, text) = command(&house, "list", &[]).await;
    assert!(text.ends_with("\n3499 live sessions.\n") && text.lines().count() == 3_500);
    assert!(text.contains("of al\\u{1b}[2J\\u{a}\\u{9b}"), "{}", &text[..200]);
    assert!(!text.contains(['\u{1b}', '\u{9b}']));

    // Whoever has read enough hangs up.
    let mut list = gatehouse();
    list.args(["sessions", "list", "--config"]).arg(house.directory.path().join("gatehouse.toml"));
    let mut child = list.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    let status = tokio::task::spawn_blocking(move || {
        stderr.read_to_string(&mut said).expect("UTF-8");
        (child.wait().expect("it ends").code(), said)
    });
    let (status, said) = status.await.expect("it ran");
    assert_eq!((status, said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.starts_with("gatehouse: the list cannot be written"), "{said}");
}

/// A database of before revocations were numbered, with somebody in it.
#[tokio::test]
async fn a_database_of_before_is_brought_along_with_what_is_in_it() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let (gone, there) = (token(&issuer, json!({})), token(&issuer, json!({ "jti": "2" })));
    let gone = front_oidc::assume(&house, DEV, &gone).await.credentials();
    let there = front_oidc::assume(&house, DEV, &there).await.credentials();
    let (directory, clock, url) = house.close().await;
    let path = directory.path().join("gatehouse.db");
    let former = [
        "DROP TABLE key_ring".to_owned(),
        "DROP TABLE barred_person".to_owned(),
        "DROP TABLE barred_paper".to_owned(),
        "DROP TABLE revocation".to_owned(),
        "CREATE TABLE revocation (access_key_id TEXT NOT NULL PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID"
            .to_owned(),
        "CREATE INDEX revocation_by_end ON revocation (until)".to_owned(),
        format!("INSERT INTO revocation VALUES ('{}', 5000000000)", gone.id),
        "DROP INDEX role_session_by_parent".to_owned(),
        "DROP INDEX role_session_by_account; DROP INDEX role_session_by_whose".to_owned(),
        "DROP INDEX console_session_by_worn; DROP INDEX console_session_by_whose; DROP INDEX trace_by_whose".to_owned(),
        "DROP TABLE trace_about; DROP TABLE audit_block; DROP TABLE audit_found".to_owned(),
        "DROP TABLE provider_note; DROP TABLE recent_role; DROP TABLE role_use".to_owned(),
        "DROP TABLE audit_checkpoint; DROP TABLE audit_who; DROP TABLE audit_shipped".to_owned(),
        "DROP TABLE restored; DROP TABLE epoch".to_owned(),
        "DELETE FROM migration WHERE number >= 11".to_owned(),
    ];
    let columns = [
        ("role_session", "principal provider subject parent paper paper_ends whose account"),
        ("console_session", "subject providers opened worn whose"),
        ("trace", "whose decisions"),
        ("audit", "whose"),
    ];
    let columns = columns
        .into_iter()
        .flat_map(|(table, names)| names.split(' ').map(move |name| format!("ALTER TABLE {table} DROP COLUMN {name}")));
    {
        let book = Book::open(&path);
        former.into_iter().chain(columns).for_each(|statement| book.run(&statement));
    }
    let mut order = gatehouse();
    order.args(["sessions", "revoke", "--session", &there.id, "--config"]).arg(directory.path().join("gatehouse.toml"));
    let (status, _, said) = ended(&mut order);
    assert_eq!(
        (status, said.contains("is not of this version; start the gateway of this version first")),
        (Some(1), true),
        "{said}"
    );
    let house = House::serve(Arc::clone(&directory), clock, url).await;
    assert_eq!(get_caller_identity(&house, &gone).await.status, 403, "ended before");
    is_good(&house, &there).await;
    assert_eq!(revoke(&house, &["--session", &there.id]).await, "Ended 1 live session and 0 console sessions.\n");
    assert_eq!(house.rows("SELECT number FROM revocation ORDER BY number").await.concat(), ["1", "2"]);
}
