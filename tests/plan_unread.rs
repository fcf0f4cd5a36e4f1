//! `gatehouse plan` where it cannot know, and what stands before and beside the rules.

use crate::command_plan::{after_a_day, against, listed, nothing, plan, proposed};
use crate::front_signed::{assume as signed, call, user};
use crate::house::{Browser, House};
use crate::key_ring_world::until;
use crate::oidc_issuer::Issuer;
use crate::plan_world::{DEPLOY, PARTNER, exchange, open, open_with, token};
use crate::running::{ended, gatehouse, unheard};
use serde_json::json;
use time::Duration;

const OPS: &str = "arn:aws:iam::111122223333:user/ops";
const TICKET: (&str, &str) = ("ExternalId", "Ticket-7-of-seven");
const AUDIENCE: &str = r#""StringEquals":{"issuer.example:aud":"web"}"#;

/// Until that often something was asked and is on record.
async fn asked(house: &House, times: i64) {
    let written = async || {
        let rows = house.rows("SELECT coalesce(sum(count), 0) FROM decision").await;
        rows[0][0].parse::<i64>().is_ok_and(|count| count >= times)
    };
    until(written, "the decisions are recorded").await;
}

/// Until the last of what somebody asked is on record, whatever went for it.
async fn asked_last(house: &House, wave: &str) {
    let at = (house.clock.now().unix_timestamp() - 1).to_string();
    until(async || house.rows("SELECT max(last) FROM decision").await[0][0] == at, wave).await;
}

/// A row that no key of the house has sealed.
async fn garbage(house: &House) {
    let db = house.hold_the_book();
    let at = house.clock.now().unix_timestamp();
    let row = format!(
        "INSERT INTO decision (mark, person, sealed, last, count) VALUES (zeroblob(32), zeroblob(32), unhex('00'), {at}, 1)"
    );
    db.run(&row);
    db.run("COMMIT");
}

#[tokio::test]
async fn knowing_nothing_is_no_all_clear() {
    let house = open().await;
    proposed(&house, &[]);
    let (code, out, err) = plan(&house, &[]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("has recorded nothing in the last 14 days in "), "{err}");

    garbage(&house).await;
    let (code, out, err) = plan(&house, &[]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("no decision in ") && err.contains("another key sealed them all"), "{err}");

    exchange(&house, &token(&house, "main-1", &[]), "run-1").await.credentials();
    asked(&house, 2).await;
    let (code, report) = against(&house, &[]);
    assert_eq!((code, &report["summary"]["unreadable"]), (3, &json!(1)), "{report:#}");
    assert_eq!(report["summary"]["somebody_may_lose"], true);
    nothing(&report, &["losses", "gains", "changes", "unknown", "permissions"]);
    let (_, text, _) = plan(&house, &[]);
    assert!(text.contains("Of 1 more it cannot be told"), "{text}");
}

/// Whatever was so only when they came is not kept unless a policy reads it, and so nobody is told to be safe from a
/// policy that will.
#[tokio::test]
async fn what_only_the_new_policy_reads_of_a_request_is_not_guessed() {
    let mut house = open().await;
    house.client = reqwest::Client::builder().user_agent("aws-cli/2.0").build().expect("a client");
    for run in ["run-1", "run-2"] {
        exchange(&house, &token(&house, "main-1", &[]), run).await.credentials();
        signed(&house, &user(), PARTNER, &[TICKET]).await.credentials();
        house.clock.advance(Duration::hours(8));
    }
    asked(&house, 4).await;
    for (key, condition) in [
        ("sts:RoleSessionName", r#""StringNotEquals":{"sts:RoleSessionName":"run-1"}"#),
        ("aws:UserAgent", r#""StringNotEquals":{"aws:UserAgent":"curl"}"#),
        ("aws:RequestedRegion", r#""StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}"#),
        ("aws:SecureTransport", r#""Bool":{"aws:SecureTransport":"false"}"#),
        ("aws:SourceIp", r#""IpAddress":{"aws:SourceIp":"127.0.0.0/8"}"#),
        ("aws:CurrentTime", r#""DateGreaterThan":{"aws:CurrentTime":"2031-01-01T16:00:00Z"}"#),
    ] {
        let with = format!("{AUDIENCE},{condition}");
        let (code, report) = against(&house, &[(AUDIENCE, &with)]);
        assert_eq!((code, listed(&report, "unknown")), (3, vec![("main-1", DEPLOY)]), "{key}: {report:#}");
        let unknown = &report["unknown"][0];
        assert_eq!((&unknown["claims"], &unknown["may_be_lost"]), (&json!([key]), &json!(true)));
        nothing(&report, &["losses", "gains", "changes", "permissions"]);
    }
    // The same of somebody who signs.
    let address = r#""IpAddress":{"aws:SourceIp":"127.0.0.0/8"},"StringEquals":{"sts:ExternalId""#;
    let (code, report) = against(&house, &[(r#""StringEquals":{"sts:ExternalId""#, address)]);
    assert_eq!((code, listed(&report, "unknown")), (3, vec![(OPS, PARTNER)]), "{report:#}");
    assert_eq!(report["unknown"][0]["claims"], json!(["aws:SourceIp"]));
}

/// Of one person the latest questions are kept; what had to go is no all-clear.
#[tokio::test]
async fn whoever_asks_more_than_is_kept_is_not_cleared() {
    let house = open_with("issuer.example:sub", "issuer.example:wave").await;
    let ask = async |wave: usize| {
        let more = [("wave", json!(format!("main-{wave}")))];
        exchange(&house, &token(&house, "loud", &more), "loud").await.credentials();
        house.clock.advance(Duration::SECOND);
    };
    for wave in 100..163 {
        ask(wave).await;
    }
    asked(&house, 63).await;
    let without_first =
        r#""StringNotEquals":{"issuer.example:wave":"main-100"},"StringLike":{"issuer.example:wave":"main*"}"#;
    let change = (r#""StringLike":{"issuer.example:wave":"main*"}"#, without_first);
    let (code, report) = against(&house, &[change]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("loud", DEPLOY)]), "{report:#}");
    assert_eq!(against(&house, &[]).0, 0, "all of it is there");
    for wave in 163..170 {
        ask(wave).await;
    }
    asked_last(&house, "main-169").await;
    let (code, report) = against(&house, &[change]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![]), "the first is not there any more: {report:#}");
    let loud = json!([{ "provider": "arn:aws:iam::111122223333:oidc-provider/issuer.example", "who": "loud" }]);
    assert_eq!((&report["not_kept"]["of_people"], &report["summary"]["somebody_may_lose"]), (&loud, &json!(true)));
    let (code, text, _) = plan(&house, &[]);
    let line = "Of loud of arn:aws:iam::111122223333:oidc-provider/issuer.example it cannot be told what else they asked: as many different questions are kept as are kept of one.";
    assert!(code == 3 && text.lines().any(|it| it == line), "{text}");
}

/// What has no row of its own, or one without a question in it.
#[tokio::test]
async fn what_was_too_large_or_lost_is_not_cleared() {
    for (row, member, sentence) in [
        ("zeroblob(32)", "lost", "some questions were lost under load"),
        (
            "unhex('0707070707070707070707070707070707070707070707070707070707070707')",
            "too_large",
            "Of 1 more it cannot be told: with all",
        ),
    ] {
        let house = open().await;
        exchange(&house, &token(&house, "main-1", &[]), "run").await.credentials();
        asked(&house, 1).await;
        assert_eq!(against(&house, &[]).0, 0);
        let (db, at) = (house.hold_the_book(), house.clock.now().unix_timestamp());
        db.run(&format!(
            "INSERT INTO decision (mark, person, sealed, last, count) VALUES ({row}, {row}, zeroblob(0), {at}, 1)"
        ));
        db.run("COMMIT");
        let (code, report) = against(&house, &[]);
        let is_told = [json!(true), json!(1)].contains(&report["not_kept"][member]);
        assert!(code == 3 && is_told, "{member}: {report:#}");
        let (_, text, _) = plan(&house, &[]);
        assert!(text.contains(sentence), "{text}");
    }
}

/// Decisions that nobody can open for want of the key are not decisions that nobody has made.
#[tokio::test]
async fn keys_that_are_elsewhere_are_missed() {
    let house = after_a_day().await;
    proposed(&house, &[]);
    let keys = house.directory.path().join("keys");
    std::fs::rename(&keys, house.directory.path().join("elsewhere")).expect("renamed");
    let (code, out, err) = plan(&house, &[]);
    std::fs::rename(house.directory.path().join("elsewhere"), &keys).expect("renamed");
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.starts_with("gatehouse: the key \"session.key\" is on the ring, but not here; "), "{err}");
}

/// Read by a policy, it is kept, makes another question, and can be answered.
#[tokio::test]
async fn what_a_policy_reads_of_a_request_is_known() {
    let named = r#""StringEquals":{"issuer.example:aud":"web"},"StringNotEquals":{"sts:RoleSessionName":"root"}"#;
    let house = open_with(AUDIENCE, named).await;
    for run in ["run-1", "run-2"] {
        exchange(&house, &token(&house, "main-1", &[]), run).await.credentials();
    }
    asked(&house, 2).await;
    let (code, report) = against(&house, &[("\"sts:RoleSessionName\":\"root\"", "\"sts:RoleSessionName\":\"run-1\"")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
}

/// One question at several times is one record with the latest of them; a narrower window may be missed by the others.
#[tokio::test]
async fn a_window_is_not_judged_by_the_last_time_alone() {
    let since = |at: &str| {
        format!(r#""StringEquals":{{"issuer.example:aud":"web"}},"DateGreaterThan":{{"aws:CurrentTime":"{at}"}}"#)
    };
    let (wide, narrow) = (since("2030-01-01T00:00:00Z"), since("2031-01-01T16:00:00Z"));
    let late = since("2032-01-01T00:00:00Z");
    let house = open_with(AUDIENCE, &wide).await;
    exchange(&house, &token(&house, "main-1", &[]), "run").await.credentials();
    house.clock.advance(Duration::hours(8));
    exchange(&house, &token(&house, "main-1", &[]), "run").await.credentials();
    exchange(&house, &token(&house, "main-once", &[]), "run").await.credentials();
    asked(&house, 3).await;
    assert_eq!(against(&house, &[]).0, 0);
    let (code, report) = against(&house, &[(&wide, &narrow)]);
    assert_eq!((code, listed(&report, "unknown")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
    assert_eq!(report["unknown"][0]["claims"], json!(["aws:CurrentTime"]));
    nothing(&report, &["losses", "gains", "changes", "permissions"]);
    // What the last time is lost is.
    let (_, report) = against(&house, &[(&wide, &late)]);
    assert_eq!(listed(&report, "losses"), [("main-1", DEPLOY), ("main-once", DEPLOY)], "{report:#}");
}

/// A token for several audiences is turned away as soon as one of them is a stranger's.
#[tokio::test]
async fn an_audience_that_is_listed_no_more_is_a_loss() {
    let (alone, both) = ("client_ids = [\"web\"]", "client_ids = [\"web\"]\naudiences = [\"api\"]");
    let house = open_with(alone, both).await;
    let of_both = [("aud", json!(["web", "api"])), ("azp", json!("web"))];
    exchange(&house, &token(&house, "main-1", &of_both), "run").await.credentials();
    exchange(&house, &token(&house, "main-2", &[]), "run").await.credentials();
    asked(&house, 2).await;
    assert_eq!(against(&house, &[]).0, 0);
    let (code, report) = against(&house, &[(both, alone)]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("main-1", DEPLOY)]), "{report:#}");
    assert_eq!(report["losses"][0]["code"], "oidc.audience");
    assert!(report["losses"][0]["reason"].as_str().unwrap().contains("made out to api "), "{report:#}");
}

/// Also of a session that was made with the key, which ends with it.
#[tokio::test]
async fn a_key_that_is_taken_away_is_a_loss() {
    for by_session in [false, true] {
        let house = open().await;
        let by = match by_session {
            true => {
                call(&house, &user(), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await.credentials()
            }
            false => user(),
        };
        signed(&house, &by, PARTNER, &[TICKET]).await.credentials();
        asked(&house, 1).await;
        assert_eq!(against(&house, &[]).0, 0);
        let inactive = "secret = { file = \"ops-secret\" }, active = false";
        for (from, to, code) in [
            ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLX", "sts.unknown-access-key"),
            ("secret = { file = \"ops-secret\" }", inactive, "sts.inactive-access-key"),
        ] {
            let (status, report) = against(&house, &[(from, to)]);
            assert_eq!((status, listed(&report, "losses")), (3, vec![(OPS, PARTNER)]), "{report:#}");
            assert_eq!(report["losses"][0]["code"], code);
        }
    }
}

#[tokio::test]
async fn what_users_may_do_themselves_is_compared_as_well() {
    let keys = "access_keys = [{ id";
    let own = r#"policies = [{ name = "own", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}' }]"#;
    let house = open_with(keys, &format!("{own}\n{keys}")).await;
    signed(&house, &user(), PARTNER, &[TICKET]).await.credentials();
    asked(&house, 1).await;
    for (to, code, effect, part) in [
        ("", 3, "less", "policy \"own\" is gone"),
        (&*own.replace("s3:*", "s3:Get*"), 3, "other", "policy \"own\" differs"),
        (
            &*own.replace("]}'", r#",{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}'"#),
            0,
            "more",
            "policy \"own\" differs",
        ),
    ] {
        let (status, report) = against(&house, &[(own, to)]);
        assert_eq!(status, code, "{report:#}");
        assert_eq!(report["permissions"], json!([{ "user": OPS, "effect": effect, "parts": [part] }]));
        nothing(&report, &["losses", "gains", "changes", "unknown"]);
    }
    let (_, text, _) = plan(&house, &[]);
    assert!(text.contains(OPS) && text.contains("    the user may do more"), "{text}");
}

#[tokio::test]
async fn an_external_id_that_came_is_in_no_report() {
    let house = after_a_day().await;
    let alone = r#"{"AWS":"arn:aws:iam::111122223333:role/Admin"}"#;
    let changes = [("Ticket-7-of-seven", "Ticket-8-of-eight"), (r#"{"AWS":"111122223333"}"#, alone)];
    let (code, report) = against(&house, &changes);
    assert_eq!((code, listed(&report, "losses")), (3, vec![(OPS, PARTNER)]), "{report:#}");
    let (_, text, _) = plan(&house, &[]);
    for said in [report.to_string(), text] {
        assert!(said.contains("sts:ExternalId") && !said.contains("Ticket-"), "{said}");
    }
}

/// The callback of the authorization code flow decides as well.
#[tokio::test]
async fn a_sign_in_by_code_is_asked_about_too() {
    let issuer = Issuer::start(&[&crate::oidc_issuer::RSA]).await;
    let house = crate::front_oidc::open(&issuer).await;
    let mut browser = Browser::default();
    let begun = crate::front_oidc::begin(&house, &mut browser).await;
    crate::front_oidc::promise(&issuer, &begun.nonce);
    let callback = format!("/oidc/callback/app?code=c0de&state={}", begun.state);
    assert_eq!(browser.get(&house, &callback).await.status, 303);
    asked(&house, 1).await;
    let (code, report) = against(&house, &[("\"al*\"", "\"bo*\"")]);
    assert_eq!((code, listed(&report, "losses")), (3, vec![("alice", crate::front_oidc::DEV)]), "{report:#}");
}

/// Of whatever is asked, not of orders: those are done though nobody hears of it.
#[tokio::test]
async fn an_answer_that_cannot_be_written_is_a_failure() {
    let house = open().await;
    let session = exchange(&house, &token(&house, "main-1", &[]), "run-1").await.credentials();
    asked(&house, 1).await;
    proposed(&house, &[]);
    house.directory.write("claims.json", "{}");
    let (plan, explain) = (["plan", "--against", "new.toml"], ["explain", "--claims", "claims.json"]);
    let explain = [&explain[..], &["--provider", "corp"]].concat();
    let rows: [(&[&str], i32); 9] = [
        (&plan, 0),
        (&[&plan[..], &["--json"]].concat(), 0),
        (&explain, 2),
        (&[&explain[..], &["--json"]].concat(), 2),
        (&["keys", "list"], 0),
        (&["audit", "key"], 0),
        (&["audit", "who", &session.id], 0),
        (&["audit", "verify"], 0),
        (&["sessions", "list"], 0),
    ];
    let command = |arguments: &[&str]| {
        let mut command = gatehouse();
        command.current_dir(house.directory.path()).args(arguments).args(["--config", "gatehouse.toml"]);
        command
    };
    for (arguments, code) in rows {
        let (heard, out, err) = ended(&mut command(arguments));
        assert!(heard == Some(code) && !out.is_empty(), "{arguments:?}: {heard:?} {out}{err}");
        let (status, err) = unheard(&mut command(arguments));
        let sentence = "cannot be written: No space left on device (os error 28)\n";
        assert!(status == Some(1) && err.ends_with(sentence) && err.lines().count() == 1, "{arguments:?}: {err}");
    }
    let revoke = ["sessions", "revoke", "--session", &session.id];
    assert_eq!(unheard(&mut command(&revoke)), (Some(0), String::new()));
    assert_eq!(house.rows("SELECT until FROM revocation").await.len(), 1);
}
