//! What is kept of a decision, and what is not.

use crate::book::{Book, at};
use crate::front::CORP;
use crate::front_console::unasked;
use crate::front_signed::{call, user};
use crate::house::{Browser, Credentials, Directory, House, KEEP, hidden, shelf};
use crate::plan_world::{
    ADMIN, DEPLOY, PARTNER, READER, assume, exchange, kept, on_disk, open, open_tls, open_with, paper, token,
};
use gatehouse::store::{DecisionRecord, SealedQuestion, Store, Unkept};
use serde_json::{Value, json};
use time::Duration;

const CANARY: &str = "canary-7f3a9c51e2";
/// Elsewhere session names are on record; of a decision they are kept if a policy reads them.
const RUN: &str = "run-91c2d7";

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The question whose answer was of this role.
fn about<'v>(all: &'v [(Value, i64, i64)], role: &str) -> &'v (Value, i64, i64) {
    let found = all.iter().find(|(decided, ..)| decided["question"]["asks"]["role"] == role);
    found.unwrap_or_else(|| panic!("nothing about {role}"))
}

pub(crate) async fn closed(house: House) -> (std::sync::Arc<Directory>, Vec<(Value, i64, i64)>) {
    let (directory, ..) = house.close().await;
    let all = kept(&directory).await;
    (directory, all)
}

#[tokio::test]
async fn a_claim_that_nobody_reads_is_kept_nowhere() {
    let house = open().await;
    let attributes = [("team", "blue-team-value"), ("shoe-size", CANARY)];
    let response = paper(&house, "1", "alice@example.com", &["ops", "group-that-is-read"], &attributes);
    assume(&house, ADMIN, &response).await.credentials();
    let more = [("phone", json!(CANARY)), ("nested", json!({ "deep": [CANARY] })), ("email", json!(CANARY))];
    let more = [&more[..], &[("acr", json!(CANARY))]].concat();
    exchange(&house, &token(&house, "main-1", &more), RUN).await.credentials();
    let (directory, all) = closed(house).await;

    let everything = serde_json::to_string(&all.iter().map(|(decided, ..)| decided).collect::<Vec<_>>()).unwrap();
    for unread in [CANARY, RUN, "\"127.0.0.1\""] {
        assert!(!everything.contains(unread), "{unread} is in {everything}");
    }
    // The control: what is read is there, and can be told to be there.
    for read in ["group-that-is-read", "blue-team-value", "main-1"] {
        assert!(everything.contains(read), "{read} is not in {everything}");
    }
    let identity = &about(&all, ADMIN).0["question"]["asker"]["Federated"];
    assert_eq!(identity["identity"]["claims"].as_object().unwrap().keys().collect::<Vec<_>>(), ["groups", "team"]);
    assert!(identity["left"].as_array().unwrap().contains(&json!("shoe-size")), "{identity}");
    let identity = &about(&all, DEPLOY).0["question"]["asker"]["Federated"];
    assert_eq!(identity["identity"]["claims"], json!({ "aud": "web", "sub": "main-1" }));
    let unkept = &about(&all, DEPLOY).0["question"]["unkept"];
    assert_eq!(*unkept, json!(["aws:RequestedRegion", "aws:SecureTransport", "aws:SourceIp", "sts:RoleSessionName"]));

    // On the disk there is neither what nobody reads nor, outside of the seal, what somebody does.
    let disk = on_disk(&directory);
    for text in [CANARY, "group-that-is-read"] {
        assert!(!has(&disk, text), "{text}");
    }
    assert!(has(&disk, "alice@example.com"), "the audit record is there to be found");
}

#[tokio::test]
async fn the_same_question_is_one_row_that_counts() {
    let mut house = open().await;
    for round in 0..5_u8 {
        let session = format!("run-{round}");
        // Wherever it comes from, as long as no policy asks.
        let from = reqwest::Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, 1 + round]));
        house.client = from.build().expect("a client");
        exchange(&house, &token(&house, "main-1", &[]), &session).await.credentials();
        house.clock.advance(Duration::minutes(3));
    }
    let at = house.clock.now().unix_timestamp();
    exchange(&house, &token(&house, "other", &[]), "run").await.refusal();
    let (_, all) = closed(house).await;
    let counts: Vec<(&Value, i64, i64)> = all
        .iter()
        .map(|(decided, count, last)| {
            (&decided["question"]["asker"]["Federated"]["identity"]["subject"], *count, *last)
        })
        .collect();
    assert_eq!(counts, [(&json!("other"), 1, at), (&json!("main-1"), 5, at - 180)]);
    assert_eq!(all[0].0["refused"], "trust.no-statement-allows");
    assert_eq!(all[1].0["refused"], Value::Null);
}

/// While somebody else writes, they queue up behind the first, and are written together.
#[tokio::test]
async fn what_is_written_together_is_counted_one_by_one() {
    let directory = shelf();
    let path = directory.path().join("gatehouse.db");
    let (store, committer) = Store::open(&at(&path)).await.expect("it opens");
    let book = Book::held(&path);
    for (mark, at, is_sealed) in
        [(1, 10, true), (2, 11, true), (1, 12, false), (3, 13, false), (1, 14, true), (2, 15, false)]
    {
        let question = is_sealed.then(|| SealedQuestion { person: [mark; 32], sealed: vec![at as u8] });
        assert!(store.remember(DecisionRecord { mark: [mark; 32], at, question }));
    }
    drop((book, store));
    committer.await.expect("it ends");
    let rows = Store::kept_decisions(&at(&path), 0).await.expect("it opens").expect("a table");
    let rows: Vec<_> = rows.iter().map(|row| (row.last, row.count, row.sealed[0])).collect();
    assert_eq!(rows, [(15, 2, 11), (14, 3, 14)], "of the third nothing is there to be counted");
}

/// A queue is never waited for. What found no room in it is gone, and that is on record.
#[tokio::test]
async fn what_is_lost_is_known_to_be() {
    let directory = shelf();
    let path = directory.path().join("gatehouse.db");
    let (store, committer) = Store::open(&at(&path)).await.expect("it opens");
    let book = Book::held(&path);
    let decision = |n: u32| {
        let mut person = [1; 32];
        person[..4].copy_from_slice(&n.to_be_bytes());
        let question = Some(SealedQuestion { person, sealed: vec![1] });
        DecisionRecord { mark: person, at: 10 + i64::from(n), question }
    };
    let noted = (0..6_000).filter(|n| store.remember(decision(*n))).count();
    assert!(noted < 6_000, "the queue is bounded");
    drop(book);
    // As soon as there is room.
    let too_large = || SealedQuestion { person: [7; 32], sealed: Vec::new() };
    while !store.remember(DecisionRecord { mark: [7; 32], at: 6_010, question: Some(too_large()) }) {
        tokio::task::yield_now().await;
    }
    drop(store);
    committer.await.expect("it ends");
    let rows = Store::kept_decisions(&at(&path), 0).await.expect("it opens").expect("a table");
    assert_eq!(rows.iter().filter(|row| !row.is_empty()).count(), noted);
    let unkept = Unkept::of(&rows);
    assert_eq!((unkept.lost, unkept.too_large, unkept.of_people.len(), unkept.of_anybody), (true, 1, 0, false));
    let lost = rows.iter().find(|row| row.person == [0; 32]).expect("a row for all of them");
    assert!(lost.last >= 10 + 5_999, "{}", lost.last);
}

/// Whoever asks ever new questions has the latest kept, and nobody else's are pushed out.
#[tokio::test]
async fn one_person_cannot_fill_the_table() {
    let house = open_with("issuer.example:sub", "issuer.example:wave").await;
    exchange(&house, &token(&house, "quiet", &[("wave", json!("main"))]), "quiet").await.credentials();
    for wave in 0..70 {
        exchange(&house, &token(&house, "loud", &[("wave", json!(format!("main-{wave}")))]), "loud")
            .await
            .credentials();
        house.clock.advance(Duration::SECOND);
    }
    let (_, all) = closed(house).await;
    let of = |subject: &str| {
        let identity = |decided: &Value| decided["question"]["asker"]["Federated"]["identity"].clone();
        all.iter().map(|(decided, ..)| identity(decided)).filter(|it| it["subject"] == subject).collect::<Vec<_>>()
    };
    assert_eq!((of("quiet").len(), of("loud").len()), (1, 64));
    assert_eq!(of("loud")[0]["claims"]["wave"], "main-69");
    assert_eq!(of("loud")[63]["claims"]["wave"], "main-6");
}

/// Sessions are called as whoever assumes them likes: under ever new names they are the same person.
#[tokio::test]
async fn whoever_renames_their_sessions_is_still_one_person() {
    let trusted = r#""Principal":{"AWS":"111122223333"}"#;
    let itself = r#""Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/Partner"]}"#;
    let house = open_with(trusted, itself).await;
    exchange(&house, &token(&house, "main-1", &[]), "quiet").await.credentials();
    let ask = async |by: &Credentials, role: &str, name: &str| {
        let form = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", name)];
        call(&house, by, &[&form[..], &[("ExternalId", "Ticket-7-of-seven")]].concat()).await
    };
    for wave in 0..70 {
        let name = format!("wave-{wave}");
        let first = ask(&user(), PARTNER, &name).await.credentials();
        let second = ask(&first, PARTNER, &name).await.credentials();
        assert_eq!(ask(&second, ADMIN, &name).await.status, 403);
    }
    let (_, all) = closed(house).await;
    let by = |whose: &str| {
        let asker = |decided: &Value| decided["question"]["asker"].clone();
        let of = |asker: &Value| match asker["Session"]["s"].as_str() {
            Some(subject) => subject.contains(whose),
            None => asker.to_string().contains(whose),
        };
        all.iter().filter(|(decided, ..)| of(&asker(decided))).count()
    };
    assert_eq!(by("main-1"), 1, "nobody else's is pushed out");
    assert_eq!(by(":user/ops"), 1 + 64, "the user's own, and those of the sessions that they made");
    assert_eq!(by(":assumed-role/Partner/"), 64, "and further down the chain");
}

/// It is no secret of ours, and worth keeping where something depends on it alone.
#[tokio::test]
async fn an_external_id_that_the_role_does_not_ask_for_is_not_kept() {
    let house = open().await;
    let ask = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleSessionName", "worker"),
        ("ExternalId", "Ticket-7-of-seven"),
    ];
    for (role, status) in [(ADMIN, 403), (PARTNER, 200), ("arn:aws:iam::111122223333:role/Absent", 403)] {
        assert_eq!(call(&house, &user(), &[&ask[..], &[("RoleArn", role)]].concat()).await.status, status, "{role}");
    }
    let (_, all) = closed(house).await;
    for (role, kept) in
        [(ADMIN, None), (PARTNER, Some("Ticket-7-of-seven")), ("arn:aws:iam::111122223333:role/Absent", None)]
    {
        assert_eq!(about(&all, role).0["question"]["asks"]["external_id"].as_str(), kept, "{role}");
    }
}

/// However many people there are.
#[tokio::test]
async fn the_table_holds_so_many_and_no_more() {
    let directory = Directory::new();
    let path = directory.path().join("gatehouse.db");
    let (store, committer) = Store::open(&at(&path)).await.expect("it opens");
    let people = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50003)
         INSERT INTO decision (mark, person, sealed, last, count) SELECT 'm' || i, CAST('p' || i AS BLOB), X'00', 1000 + i, 1 FROM n";
    Book::open(&path).run(people);
    store.sweep(60_000, KEEP).await.expect("swept");
    let kept = Store::kept_decisions(&at(&path), 0).await.expect("it opens").expect("a table");
    let (latest, oldest) = (kept.first().expect("one").last, kept.last().expect("one").last);
    assert_eq!((kept.len(), latest, oldest), (50_000, 51_003, 1_004));
    assert!(Unkept::of(&kept).of_anybody && !Unkept::of(&kept[1..]).of_anybody);
    drop(store);
    committer.await.expect("it ends");
}

#[tokio::test]
async fn after_fourteen_days_it_is_forgotten() {
    let house = open().await;
    exchange(&house, &token(&house, "main-1", &[]), "run").await.credentials();
    house.clock.advance(Duration::days(13));
    exchange(&house, &token(&house, "main-2", &[]), "run").await.credentials();
    let (directory, clock, _) = house.close().await;
    let (store, committer) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("it opens");
    store.sweep((clock.now() + Duration::DAY).unix_timestamp(), KEEP).await.expect("swept");
    assert_eq!(kept(&directory).await.len(), 2, "not before");
    store.sweep((clock.now() + Duration::DAY + Duration::SECOND).unix_timestamp(), KEEP).await.expect("swept");
    let all = kept(&directory).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0["question"]["asker"]["Federated"]["identity"]["subject"], "main-2");
    drop(store);
    committer.await.expect("it ends");
}

#[tokio::test]
async fn callers_and_what_they_pass_are_kept_under_the_seal() {
    let house = open().await;
    let ask = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", PARTNER),
        ("RoleSessionName", "worker"),
        ("ExternalId", "Ticket-7-of-seven"),
    ];
    call(&house, &user(), &ask).await.credentials();
    let response = paper(&house, "1", "alice@example.com", &["ops"], &[("team", "blue-team-value")]);
    let admin = assume(&house, ADMIN, &response).await.credentials();
    call(&house, &admin, &ask[..4]).await.credentials();
    let (directory, all) = closed(house).await;
    let of_user =
        all.iter().find(|(decided, ..)| decided["question"]["asker"]["User"].is_object()).expect("the user's");
    assert_eq!(of_user.0["question"]["asks"]["external_id"], "Ticket-7-of-seven");
    let session =
        all.iter().find(|(decided, ..)| decided["question"]["asker"]["Session"].is_object()).expect("its own");
    assert_eq!(session.0["question"]["asker"]["Session"]["c"]["t"][0]["v"], "blue-team-value");
    assert_eq!(session.0["question"]["asker"]["Session"]["k"], "", "no access key id");
    assert!(!has(&on_disk(&directory), "Ticket-7-of-seven"));
}

#[tokio::test]
async fn a_sign_in_and_a_choice_are_kept_and_a_replayed_assertion_is_not() {
    let house = open_tls().await;
    let response = paper(&house, "1", "alice@example.com", &["ops", "staff"], &[("team", "blue")]);
    let mut browser = Browser::default();
    let page = unasked(&house, &mut browser, &response).await;
    house.clock.advance(Duration::SECOND);
    let choice = [("role", READER), ("csrf", &hidden(&page.body, "csrf"))];
    assert_eq!(browser.post(&house, "/console/choose", &choice).await.status, 303);
    let again = Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
    assert_eq!(house.code(&again).await, "sts.replayed");
    let (_, all) = closed(house).await;
    let asked: Vec<(&Value, i64)> =
        all.iter().map(|(decided, count, _)| (&decided["question"]["asks"]["role"], *count)).collect();
    assert_eq!(asked, [(&json!(READER), 1), (&Value::Null, 1)]);
}

/// Beside rules and trust policies, tests read claims, and permission policies do; some rules read any.
#[tokio::test]
async fn what_tests_and_permissions_read_is_kept_and_where_it_cannot_be_told_everything_is() {
    let test = r#"[[test]]
name = "main deploys"
provider = "issuer"
claims = { sub = "main", aud = "web", wave = "seven" }
role = "arn:aws:iam::111122223333:role/Deploy"
expect = "allow"

[[user]]"#;
    let reads = |permission: &str| {
        let policy = format!(
            r#"[{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${{{permission}}}"}},{{"Effect":"Allow","Action":["s3:*","sts:AssumeRole"],"Resource":"*"}}]"#
        );
        (r#"[{"Effect":"Allow","Action":["s3:*","sts:AssumeRole"],"Resource":"*"}]"#, policy)
    };
    let (statement, of_token) = reads("issuer.example:id");
    let names = |all: &[(Value, i64, i64)]| {
        let claims = all[0].0["question"]["asker"]["Federated"]["identity"]["claims"].clone();
        claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    for (from, to, kept) in
        [("[[user]]", test, &["aud", "sub", "wave"][..]), (statement, of_token.as_str(), &["aud", "id", "sub"])]
    {
        let house = open_with(from, to).await;
        let more = [("id", json!("1")), ("wave", json!("2")), ("email", json!("3"))];
        exchange(&house, &token(&house, "main-1", &more), "deploy").await.credentials();
        assert_eq!(names(&closed(house).await.1), kept);
    }
    let any = r#"when = 'claims.exists(name, name == "groups")'"#;
    let house = open_with(r#"when = 'claims.groups.exists(g, g == "staff")'"#, any).await;
    let response = paper(&house, "1", "alice@example.com", &["staff"], &[("shoe-size", CANARY)]);
    assume(&house, READER, &response).await.credentials();
    let (directory, all) = closed(house).await;
    assert!(names(&all).contains(&"shoe-size".to_owned()), "{all:?}");
    assert!(!has(&on_disk(&directory), CANARY), "it is under the seal");
    let mut check = crate::running::gatehouse();
    check.current_dir(directory.path()).args(["check", "--config", "gatehouse.toml"]);
    let (_, said, _) = crate::running::ended(&mut check);
    assert!(said.contains(&format!("note: rule[1] of {CORP} reads claims without naming them")), "{said}");
}
