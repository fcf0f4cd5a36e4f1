//! The same question, asked over and over: within a minute it is counted, and kept as it was sealed.

use crate::book::at;
use crate::front_decisions::closed;
use crate::front_signed::{call, user};
use crate::house::{House, keys_of};
use crate::key_ring_world::until;
use crate::plan_world::{ADMIN, PARTNER, READER, assume, exchange, open, open_with, paper, token};
use crate::reload_world::UNLIMITED;
use gatehouse::store::Store;
use gatehouse::sts::{Decided, Purpose};
use serde_json::{Value, json};
use time::Duration;

const AUDIENCE: &str = r#""StringEquals":{"issuer.example:aud":"web"}"#;

fn asked_at(decided: &Value) -> i64 {
    decided["question"]["around"]["now"].as_i64().expect("a time")
}

/// Asks, and lets time pass.
async fn ask(house: &House, subject: &str, more: &[(&str, Value)], pass: Duration) -> String {
    let answer = exchange(house, &token(house, subject, more), "run").await;
    house.clock.advance(pass);
    answer.request_id
}

#[tokio::test]
async fn within_a_minute_the_same_question_is_counted_and_in_the_next_it_is_sealed_again() {
    let house = open().await;
    let (start, ten) = (house.clock.now().unix_timestamp(), Duration::seconds(10));
    let mut traces = Vec::new();
    for round in 0..6 {
        // What nobody reads does not tell one from another.
        traces.push(ask(&house, "main-1", &[("sid", json!(round))], ten).await);
    }
    ask(&house, "main-2", &[("sid", json!(0))], ten).await;
    traces.push(ask(&house, "main-1", &[("sid", json!(0))], ten).await);
    ask(&house, "main-2", &[("sid", json!(0))], ten).await;
    let (directory, all) = closed(house).await;
    let rows: Vec<_> = all.iter().map(|(decided, count, last)| (*count, *last, asked_at(decided))).collect();
    assert_eq!(rows, [(2, start + 80, start + 60), (7, start + 70, start + 70)]);

    let (store, committer) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("it opens");
    for trace in traces {
        assert_eq!(store.decisions_of(&trace).await.expect("it reads").len(), 1, "each of them leads to the question");
    }
    drop(store);
    committer.await.expect("it ends");
}

#[tokio::test]
async fn what_a_policy_reads_makes_another_question_in_the_same_minute() {
    let house = open_with("issuer.example:sub", "issuer.example:wave").await;
    for wave in ["main-1", "main-2", "main-1", "other", "main-2", "main-1", "other"] {
        ask(&house, "main", &[("wave", json!(wave))], Duration::SECOND).await;
    }
    let (_, all) = closed(house).await;
    let claims = |decided: &Value| decided["question"]["asker"]["Federated"]["identity"]["claims"]["wave"].clone();
    let rows: Vec<_> = all.iter().map(|(decided, count, _)| (claims(decided), *count)).collect();
    assert_eq!(rows, [(json!("other"), 2), (json!("main-1"), 3), (json!("main-2"), 2)]);
    assert_eq!(all[0].0["refused"], "trust.no-statement-allows");
    assert!(all[1..].iter().all(|(decided, ..)| decided["refused"].is_null()));
}

/// So it is of a request: where it comes from, as soon as somebody asks.
#[tokio::test]
async fn an_address_that_a_policy_reads_makes_another_question() {
    let from_here = r#""StringEquals":{"issuer.example:aud":"web"},"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}"#;
    for (condition, rows) in [(AUDIENCE, vec![4]), (from_here, vec![2, 2])] {
        let mut house = open_with(AUDIENCE, condition).await;
        for round in 0..4_u8 {
            let from = std::net::IpAddr::from([127, 0, 0, 1 + round % 2]);
            house.client = reqwest::Client::builder().local_address(from).build().expect("a client");
            ask(&house, "main-1", &[], Duration::SECOND).await;
        }
        let (_, all) = closed(house).await;
        assert_eq!(all.iter().map(|(_, count, _)| *count).collect::<Vec<_>>(), rows, "{condition}");
    }
}

/// At one second it is refused, and at every other it is not.
#[tokio::test]
async fn what_came_of_it_last_is_kept_however_soon_that_was() {
    let but_then =
        r#""StringEquals":{"issuer.example:aud":"web"},"DateNotEquals":{"aws:CurrentTime":"2031-01-01T12:00:20Z"}"#;
    for (rounds, refused) in [(2, json!(null)), (3, json!("trust.no-statement-allows")), (4, json!(null))] {
        let house = open_with(AUDIENCE, but_then).await;
        let start = house.clock.now().unix_timestamp();
        for _ in 0..rounds {
            ask(&house, "main-1", &[], Duration::seconds(10)).await;
        }
        let (_, all) = closed(house).await;
        let rows: Vec<_> =
            all.iter().map(|(decided, count, last)| (&decided["refused"], *count, *last - start)).collect();
        assert_eq!(rows, [(&refused, rounds, 10 * (rounds - 1))]);
    }
}

/// What is kept of a question depends on the configuration.
#[tokio::test]
async fn another_configuration_seals_it_anew() {
    let house = open().await;
    let start = house.clock.now().unix_timestamp();
    ask(&house, "main-1", &[], Duration::SECOND).await;
    ask(&house, "main-1", &[], Duration::SECOND).await;
    let path = house.directory.path().join("gatehouse.toml");
    let text = std::fs::read_to_string(&path).expect("the configuration");
    house.directory.write("gatehouse.toml", text.replace("main*", "*main*") + UNLIMITED);
    house.reload.ask();
    let is_in_force = async || exchange(&house, &token(&house, "the-main-one", &[]), "run").await.status == 200;
    until(is_in_force, "the configuration is in force").await;
    ask(&house, "main-1", &[], Duration::SECOND).await;
    ask(&house, "main-1", &[], Duration::SECOND).await;
    let (_, all) = closed(house).await;
    assert_eq!((all[0].1, all[0].2, asked_at(&all[0].0)), (4, start + 3, start + 2));
}

/// Whoever asks: what is sealed is, to the letter, the form in which it is read.
#[tokio::test]
async fn what_is_written_of_a_question_is_what_is_read() {
    let house = open_with(
        r#""issuer.example:aud":"web""#,
        r#""issuer.example:aud":"web","aws:RequestedRegion":"eu-central-1""#,
    )
    .await;
    let tags = json!({ "principal_tags": { "team": ["blue"] }, "transitive_tag_keys": ["team"] });
    let more = [("https://aws.amazon.com/tags", tags), ("acr", json!("two")), ("auth_time", json!(1))];
    ask(&house, "main-1", &more, Duration::SECOND).await;
    ask(&house, "other", &[], Duration::SECOND).await;
    let response = paper(&house, "1", "alice@example.com", &["ops", "staff"], &[("team", "blue"), ("shoe-size", "44")]);
    let admin = assume(&house, ADMIN, &response).await.credentials();
    let with = |action: &'static str, more: &[(&'static str, &'static str)]| {
        [&[("Action", action), ("Version", "2011-06-15")], more].concat()
    };
    let partner = [("RoleArn", PARTNER), ("RoleSessionName", "worker"), ("DurationSeconds", "900")];
    let tagged = [("ExternalId", "Ticket-7-of-seven"), ("Tags.member.1.Key", "wave"), ("Tags.member.1.Value", "7")];
    let own = call(&house, &user(), &with("GetSessionToken", &[])).await.credentials();
    for caller in [&user(), &own, &admin] {
        call(&house, caller, &with("AssumeRole", &[&partner[..], &tagged].concat())).await;
        call(&house, caller, &with("AssumeRole", &[("RoleArn", READER), ("RoleSessionName", "worker")])).await;
    }
    let (directory, ..) = house.close().await;
    let keys = keys_of(std::fs::read(directory.path().join("keys/session.key")).expect("a key"));
    let rows = Store::kept_decisions(&at(&directory.path().join("gatehouse.db")), 0).await.expect("it opens");
    let rows = rows.expect("a table");
    assert_eq!(rows.len(), 9);
    for row in rows {
        let written = keys.seals.open(Purpose::Decision, &row.sealed).expect("its own seal");
        let read = Decided::open(&row.sealed, &keys.seals).expect("a decision");
        assert_eq!(String::from_utf8(written).expect("JSON"), serde_json::to_string(&read).expect("plain data"));
    }
}
