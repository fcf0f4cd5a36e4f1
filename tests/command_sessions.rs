//! `gatehouse sessions`, beside a gateway that is serving.

use crate::front::{ADMIN, CORP, WORLD, admin, assume_with_saml, files, good, sessions};
use crate::front_logout::{credentials, is_in, sign_in};
use crate::front_oidc::{self, DEV};
use crate::front_signed::{assume, call, get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Address, Browser, Credentials, House};
use crate::key_ring_world::{forged, root};
use crate::oidc_issuer::{Issuer, RSA, claims};
use crate::running::{ended, gatehouse};
use crate::saml_logout::open;
use gatehouse::words::iso;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const GUEST: &str = "arn:aws:iam::444455556666:role/Guest";

/// Runs the command on the house's configuration: exit status, and what it said.
pub(crate) async fn command(house: &House, command: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut process = gatehouse();
    process.args(["sessions", command]).arg("--config").arg(house.directory.path().join("gatehouse.toml"));
    process.args(arguments);
    let (status, stdout, stderr) = tokio::task::spawn_blocking(move || ended(&mut process)).await.expect("it ran");
    (status, stdout + &stderr)
}

pub(crate) async fn revoke(house: &House, arguments: &[&str]) -> String {
    let (status, said) = command(house, "revoke", arguments).await;
    assert_eq!(status, Some(0), "{arguments:?}: {said}");
    said
}

/// Waits until the gateway has heard of it.
pub(crate) async fn is_refused(house: &House, by: &Credentials) {
    // Meanwhile whoever asks this often may be told to ask less.
    let heard = async { while get_caller_identity(house, by).await.status != 403 {} };
    tokio::time::timeout(Duration::from_secs(30), heard).await.expect("heard of");
    for answer in [get_caller_identity(house, by).await, assume(house, by, GUEST, &[]).await] {
        assert_eq!(answer.refusal(), (403, "ExpiredToken"));
        assert_eq!(house.code(&answer).await, "sts.session-revoked");
    }
}

pub(crate) async fn is_good(house: &House, by: &Credentials) {
    let answer = get_caller_identity(house, by).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn own(house: &House) -> Credentials {
    call(house, &user(), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await.credentials()
}

/// Each row: whose sessions end, how many are live, and which of these do: the person's in the console, what was assumed
/// with it, another of the same person by API, a user's own, the roles assumed with that at one and two removes, and a
/// role that the user assumed with the key.
#[tokio::test]
async fn sessions_end_by_what_stands_behind_them_with_all_that_descends() {
    let corp = "111122223333:corp";
    let person = ["--provider", corp, "--subject", "alice@example.com"];
    let alice = "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com";
    let ops = "arn:aws:iam::111122223333:user/ops";
    let rows: [(&[&str], i64, [bool; 7]); 7] = [
        (&["--session", "console"], 2, [true, true, false, false, false, false, false]),
        (&["--session", "own"], 3, [false, false, false, true, true, true, false]),
        (&["--role", ADMIN], 6, [true, true, true, false, true, true, true]),
        (&["--principal", alice], 3, [true, true, true, false, false, false, false]),
        (&["--principal", ops], 4, [false, false, false, true, true, true, true]),
        (&["--provider", CORP], 3, [true, true, true, false, false, false, false]),
        (&person, 3, [true, true, true, false, false, false, false]),
    ];
    for (whose, live, which) in rows {
        let house = open("").await;
        let mut browser = Browser::default();
        sign_in(&house, &mut browser, "1").await;
        let console = credentials(&house, &mut browser).await;
        let chained = assume(&house, &console, GUEST, &[]).await.credentials();
        let api = admin(&house, "2").await;
        let own = own(&house).await;
        let worn = assume(&house, &own, ADMIN, &[]).await.credentials();
        let further = assume(&house, &worn, GUEST, &[]).await.credentials();
        let by_key = assume(&house, &user(), ADMIN, &[]).await.credentials();
        let mut elsewhere = Browser::default();
        let arrived = elsewhere.get(&house, &login_url(&signin_token(&house, &console, &[]).await, "")).await;
        elsewhere.follow(&house, arrived).await;
        let unused = login_url(&signin_token(&house, &console, &[]).await, "");
        let id = |argument: &&str| match *argument {
            "console" => console.id.clone(),
            "own" => own.id.clone(),
            other => other.to_owned(),
        };
        let arguments: Vec<String> = whose.iter().map(id).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = revoke(&house, &arguments).await;
        assert!(said.starts_with(&format!("Ended {live} live sessions and ")), "{whose:?}: {said}");
        for (by, ends) in [&console, &chained, &api, &own, &worn, &further, &by_key].into_iter().zip(which) {
            if ends { is_refused(&house, by).await } else { is_good(&house, by).await }
        }
        assert_eq!(is_in(&house, &mut browser).await, !which[0], "{whose:?}");
        assert_eq!(is_in(&house, &mut elsewhere).await, !which[0], "{whose:?}");
        assert_eq!(house.get(&unused).await.status == 303, !which[0], "{whose:?}");
        is_good(&house, &user()).await;
        // Whoever has a new assertion comes again, unless they are barred.
        let again = assume_with_saml(&house, ADMIN, &good(&house, "3")).await;
        if whose.len() == 4 {
            assert_eq!(again.refusal(), (403, "IDPRejectedClaim"));
            assert_eq!(house.code(&again).await, "sts.person-barred");
        } else {
            is_good(&house, &again.credentials()).await;
        }
        let book = house.rows("SELECT record FROM audit WHERE node LIKE '%operator'").await;
        assert_eq!(book.len(), 1);
        let record: Value = serde_json::from_str(&book[0][0]).expect("JSON");
        assert_eq!(record["responseElements"]["sessionsEnded"], live, "{record}");
        house.close().await;
    }
}

#[tokio::test]
async fn what_made_an_ended_session_makes_no_other() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let token = |subject: &str, issued: i64| {
        let mut claims = claims(&issuer.url);
        claims["sub"] = subject.into();
        claims["iat"] = (claims["iat"].as_i64().expect("a time") - issued).into();
        RSA.sign(&claims)
    };
    let (first, fresh, other) = (token("alice", 0), token("alice", 1), token("albert", 0));
    let session = front_oidc::assume(&house, DEV, &first).await.credentials();
    let unaffected = front_oidc::assume(&house, DEV, &other).await.credentials();
    revoke(&house, &["--session", &session.id]).await;
    let again = front_oidc::assume(&house, DEV, &first).await;
    assert_eq!(again.refusal(), (403, "IDPRejectedClaim"));
    assert_eq!(house.code(&again).await, "sts.paper-barred");
    let renewed = front_oidc::assume(&house, DEV, &fresh).await.credentials();
    is_refused(&house, &session).await;

    let person = ["--provider", "app", "--subject", "alice"];
    let said = revoke(&house, &person).await;
    assert!(said.contains("Ended 1 live session and 0 console sessions. alice is barred at arn:aws:iam::"), "{said}");
    is_refused(&house, &renewed).await;
    let barred = front_oidc::assume(&house, DEV, &token("alice", 2)).await;
    assert_eq!(house.code(&barred).await, "sts.person-barred");
    is_good(&house, &unaffected).await;
    assert_eq!(front_oidc::assume(&house, DEV, &other).await.status, 200, "another person");
    assert_eq!(sessions(&house).await, 4);

    assert_eq!(command(&house, "admit", &person).await.0, Some(0));
    assert_eq!(front_oidc::assume(&house, DEV, &token("alice", 3)).await.status, 200);
    let still = front_oidc::assume(&house, DEV, &fresh).await;
    assert_eq!(house.code(&still).await, "sts.paper-barred", "being admitted brings nothing back");
    is_refused(&house, &renewed).await;
    let (status, said) = command(&house, "admit", &person).await;
    assert_eq!((status, said.contains("alice is not barred at")), (Some(1), true), "{said}");
}

#[tokio::test]
async fn what_was_issued_since_goes_on() {
    let house = House::open_at(Address::loopback(), &files(), WORLD.to_owned()).await;
    let before = assume(&house, &user(), ADMIN, &[]).await.credentials();
    let since = house.clock.now() + Duration::from_secs(1);
    house.clock.sleep_until(since).await;
    let after = assume(&house, &user(), ADMIN, &[]).await.credentials();
    let said = revoke(&house, &["--role", ADMIN, "--before", &iso(since)]).await;
    assert!(said.starts_with("Ended 1 live session and 0 console sessions."), "{said}");
    is_refused(&house, &before).await;
    is_good(&house, &after).await;
    let (_, listed) = command(&house, "list", &["--json"]).await;
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["id"], after.id.as_str());
    assert_eq!(listed[0]["principal"], "arn:aws:sts::111122223333:assumed-role/Admin/worker");
    let (_, listed) = command(&house, "list", &[]).await;
    assert!(listed.contains(&after.id) && listed.ends_with("1 live session.\n"), "{listed}");
    let (status, said) = command(&house, "revoke", &["--session", &after.id, "--before", &iso(since)]).await;
    assert_eq!(
        (status, said.contains("no session of that access key id that was issued before then")),
        (Some(1), true),
        "{said}"
    );
    is_good(&house, &after).await;
}

/// Whoever has come by a key makes sessions that are on no record.
#[tokio::test]
async fn a_session_that_is_on_no_record_is_ended() {
    let house = House::open_at(Address::loopback(), &files(), WORLD.to_owned()).await;
    let forged = forged(&house, &root(&house, "first"), house.clock.now() + Duration::from_secs(3_600));
    is_good(&house, &forged).await;
    let chained = assume(&house, &forged, GUEST, &[]).await.credentials();
    let said = revoke(&house, &["--session", &forged.id]).await;
    assert!(said.starts_with("Ended 1 live session and 0 console sessions. "), "what it has assumed: {said}");
    assert!(said.contains("it is refused from now on. If it was used, somebody has come by a key"), "{said}");
    is_refused(&house, &forged).await;
    is_refused(&house, &chained).await;
    let unused = revoke(&house, &["--session", "ASIAIOSFODNN7EXAMPLE"]).await;
    assert!(
        unused.contains("Ended 0 live sessions and 0 console sessions. That access key id is on no record"),
        "{unused}"
    );
    let until = house.rows("SELECT until FROM revocation WHERE access_key_id = 'ASIAIOSFODNN7EXAMPLE'").await;
    let now = house.clock.now().unix_timestamp();
    assert!(until[0][0].parse::<i64>().expect("a time") > now + 129_600, "as long as one can last");
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_ended_is_said_plainly() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    let alice = "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com";
    let rows: [(&[&str], &str); 19] = [
        (
            &["--session", "ASIAIOSFODNN7EXAMPL"],
            "ASIAIOSFODNN7EXAMPL is not the access key id of a session; nothing was ended",
        ),
        (
            &["--role", "arn:aws:iam::111122223333:role/Amdin"],
            "the configuration has no role arn:aws:iam::111122223333:role/Amdin, and nothing of it is on record; nothing was ended",
        ),
        (
            &["--principal", "arn:aws:iam::111122223333:user/osp"],
            "no user or session arn:aws:iam::111122223333:user/osp,",
        ),
        (&["--principal", "arn:aws:sts::111122223333:assumed-role/Admin/nobody"], "no user or session"),
        (&["--provider", "arn:aws:iam::111122223333:saml-provider/crop"], "no provider arn:"),
        (&["--provider", "arn:aws:iam::111122223333:saml-provider/crop", "--subject", "alice"], "no provider arn:"),
        (&["--provider", "444455556666:corp", "--subject", ""], "a value is required"),
        (&["--role", "Admin"], "Admin is not the ARN of a role"),
        (&["--principal", ADMIN], "is not the ARN of a user, a role session or a federated user"),
        (&["--provider", "corp"], "more than one; say account:name"),
        (&["--provider", "444455556666:corp", "--before", "2999-01-01T00:00:00Z"], "lies ahead"),
        (&["--role", ADMIN, "--before", "0000-01-01T00:00:00+12:00"], "not a time as in"),
        (&["--subject", "alice"], "--provider"),
        (&["--session", &session.id, "--subject", "alice"], "cannot be used with"),
        (&["--role", ADMIN, "--subject", "alice"], "cannot be used with"),
        (&["--principal", alice, "--subject", "alice"], "cannot be used with"),
        (&["--role", ADMIN, "--provider", CORP, "--subject", "alice"], "cannot be used with"),
        (&["--subject", "alice", "--role", ADMIN], "cannot be used with"),
        (&[], "required"),
    ];
    for (arguments, words) in rows {
        let (status, said) = command(&house, "revoke", arguments).await;
        assert_eq!((status, said.contains(words)), (Some(1), true), "{arguments:?}: {said}");
    }
    assert!(house.rows("SELECT record FROM audit WHERE node LIKE '%operator'").await.is_empty());
    assert!(house.rows("SELECT subject FROM barred_person").await.is_empty());
    is_good(&house, &session).await;
    revoke(&house, &["--session", &session.id]).await;
    // Of those that are configured, it is done even if nothing was live.
    for whose in [["--role", ADMIN], ["--principal", "arn:aws:iam::111122223333:user/ops"], ["--provider", CORP]] {
        assert_eq!(revoke(&house, &whose).await, "Ended 0 live sessions and 0 console sessions.\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_is_in_force_within_two_seconds_while_eight_clients_ask() {
    let often = format!("{WORLD}\n[limits]\nrate_per_source = 1000000\nrate_per_principal = 1000000\n");
    let house = Arc::new(House::open_at(Address::loopback(), &files(), often).await);
    let session = assume(&house, &user(), ADMIN, &[]).await.credentials();
    let ask = |_| {
        let (house, session) = (house.clone(), session.clone());
        tokio::spawn(async move {
            let (mut last, mut asked) = (house.clock.steady(), 0);
            loop {
                let sent = house.clock.steady();
                asked += 1;
                match get_caller_identity(&house, &session).await.status {
                    200 => last = sent,
                    status => return (last, asked, status),
                }
            }
        })
    };
    let clients: Vec<_> = (0..8).map(ask).collect();
    revoke(&house, &["--session", &session.id]).await;
    let done = house.clock.steady();
    let mut slowest = Duration::ZERO;
    let mut total = 0;
    for client in clients {
        let (last, asked, status) = client.await.expect("it asked");
        assert_eq!(status, 403);
        slowest = slowest.max(last.saturating_duration_since(done));
        total += asked;
    }
    eprintln!("the last good answer was asked for {} ms after the command ended; {total} asked", slowest.as_millis());
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}
