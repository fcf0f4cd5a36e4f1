//! A large book: who is behind a credential, whether all of it is whole, and what a grant costs when it is full. `make bench`.
//!
//! AUDIT_RECORDS says how many records; AUDIT_DIRECTORY where (some two gigabytes a million).
#![allow(clippy::print_stdout)]

use gatehouse::audit::{AuditKey, trail, verify};
use gatehouse::store::{Address, AuditRecord, Book, Gathered, SessionRecord, Store, Visit, Wearer, link};
use gatehouse::words::Secret;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RECORDS: i64 = 200_000;
/// Grants of one measurement, and how many at once.
const GRANTS: i64 = 20_000;
const AT_ONCE: i64 = 64;

fn main() {
    let records = std::env::var("AUDIT_RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(RECORDS);
    let directory = std::env::var_os("AUDIT_DIRECTORY").map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = directory.join(format!("gatehouse-audit-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&directory.join("book.db"), records));
    std::fs::remove_dir_all(&directory).expect("removed");
}

async fn measure(path: &Path, records: i64) {
    let (store, ended) = Store::open(&Address::File(path.to_owned())).await.expect("a store");
    let node = store.chain_end().node;
    let empty = grants(&store, 1).await;
    println!("{:>12.0} grants a second into an empty book", empty);
    drop(store);
    ended.await.expect("ended");
    let since = now();
    let size = fill(path, &node, records);
    println!("{records:>12} records written in {:.0?}, {} MB", since.elapsed(), size / 1_000_000);

    let (store, ended) = Store::open(&Address::File(path.to_owned())).await.expect("a store");
    let (mut book, since, mut blocks, mut longest) = (store.book(), now(), 0, Duration::ZERO);
    let last = store.chain_end().number;
    loop {
        let one = now();
        if !store.index_found_in_next_block(&mut book, (&node, last), &mut Gathered::default()).await.expect("indexed")
        {
            break;
        }
        (blocks, longest) = (blocks + 1, longest.max(one.elapsed()));
    }
    let each = since.elapsed() / blocks.max(1) / 1_024;
    println!(
        "{blocks:>12} blocks of what is looked for behind them in {:.0?}, {each:.1?} a record, the longest {longest:.0?}",
        since.elapsed()
    );

    let (since, mut blocks, mut longest) = (now(), 0, Duration::ZERO);
    loop {
        let one = now();
        if !store.index_next_block(&mut book, &node, &mut Gathered::default()).await.expect("indexed") {
            break;
        }
        (blocks, longest) = (blocks + 1, longest.max(one.elapsed()));
    }
    let each = since.elapsed() / blocks.max(1) / 16_384;
    println!(
        "{blocks:>12} blocks of who was given what in {:.0?}, {each:.1?} a record, the longest {longest:.0?}",
        since.elapsed()
    );

    let full = grants(&store, 2).await;
    println!("{full:>12.0} grants a second into the full book: {:.2} of the empty one", full / empty);
    let indexing = tokio::spawn(index_on(store.clone(), node.clone()));
    let indexed = grants(&store, 3).await;
    indexing.abort();
    println!("{indexed:>12.0} grants a second while the index is kept up: {:.2} of the empty one", indexed / empty);

    let mut beside = Book::open(&Address::File(path.to_owned())).await.expect("opened").expect("a book");
    let last = store.chain_end().number;
    for (which, id) in
        [("oldest", id(1, 0)), ("middle", id(9, records / 2)), ("newest", id(3, GRANTS - 1)), ("nobody's", id(8, 1))]
    {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..9 {
            let since = now();
            let found = trail(&mut beside, &id).await.expect("read");
            times.push(since.elapsed());
            assert_eq!(found.is_some(), which != "nobody's", "{which}");
        }
        times.sort();
        println!("{:>12.1?} for who is behind the {which} of {last}, {:.1?} at most", times[4], times[8]);
    }
    let key = AuditKey::from_seed(&Secret::new([7; 32])).expect("a key").public();
    let since = now();
    let held = verify(&mut beside, &key, None).await.expect("whole");
    let rate = held.records as f64 / since.elapsed().as_secs_f64();
    println!("{rate:>12.0} records a second are verified: {} in {:.0?}", held.records, since.elapsed());
    drop(store);
    ended.await.expect("ended");
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}

async fn index_on(store: Store, node: String) {
    let (mut book, mut gathered) = (store.book(), Gathered::default());
    loop {
        let end = (node.as_str(), store.chain_end().number);
        while store.index_found_in_next_block(&mut book, end, &mut gathered).await.unwrap_or(false) {
            let _ = store.index_next_block(&mut book, &node, &mut gathered).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// An id of the form that ours have.
fn id(series: i64, number: i64) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mixed = ((series as u128) << 64) | ((number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15) % (1 << 64));
    (0..16).rev().map(|n| char::from(ALPHABET[((mixed >> (5 * n)) & 31) as usize])).fold(
        "ASIA".to_owned(),
        |mut id, letter| {
            id.push(letter);
            id
        },
    )
}

fn record(id: &str) -> Value {
    let role = "arn:aws:iam::111122223333:role/Deployment";
    json!({
        "eventVersion": "1.11", "eventTime": "2031-01-01T12:00:00Z", "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.7",
        "userAgent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12",
        "requestID": "3f1c2b7e-5d3a-4a57-9f0e-3f6a6b0c8d21", "eventID": "7b0f5a52-9a0e-4c7b-8a44-5a1d2c3e4f60",
        "readOnly": true, "eventType": "AwsApiCall", "managementEvent": true, "eventCategory": "Management",
        "userIdentity": { "type": "WebIdentityUser", "userName": "repo:example-org/website:ref:refs/heads/main",
            "identityProvider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" },
        "requestParameters": { "roleArn": role, "roleSessionName": "website", "durationSeconds": 3600 },
        "responseElements": { "credentials": { "accessKeyId": id, "expiration": "2031-01-01T13:00:00Z" },
            "assumedRoleUser": { "arn": "arn:aws:sts::111122223333:assumed-role/Deployment/website" } },
        "resources": [{ "ARN": role, "accountId": "111122223333", "type": "AWS::IAM::Role" }],
        "recipientAccountId": "111122223333", "accessKeyId": id,
    })
}

/// Grants as they are written by the gateway; how many a second.
async fn grants(store: &Store, series: i64) -> f64 {
    let since = now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..AT_ONCE {
        let store = store.clone();
        tasks.spawn(async move {
            for number in (task..GRANTS).step_by(AT_ONCE as usize) {
                let id = id(series, number);
                let audit = Some(AuditRecord::read(1_925_035_200, record(&id).to_string()));
                let session = Some(SessionRecord {
                    access_key_id: id,
                    wearer: Wearer::Role {
                        arn: "arn:aws:iam::111122223333:role/Deployment".into(),
                        session_name: "website".into(),
                    },
                    issued: 1_925_035_200,
                    expires: 1_925_038_800,
                    origin: None,
                    parent: None,
                    principal: "arn:aws:sts::111122223333:assumed-role/Deployment/website".into(),
                    provider: None,
                    subject: "repo:example-org/website:ref:refs/heads/main".into(),
                    paper: None,
                    whose: None,
                });
                store.commit(Visit { session, audit, ..Visit::default() }).await.expect("written");
            }
        });
    }
    tasks.join_all().await;
    GRANTS as f64 / since.elapsed().as_secs_f64()
}

/// Behind what is there, as fast as it goes.
fn fill(path: &Path, node: &str, records: i64) -> u64 {
    let mut db = rusqlite::Connection::open(path).expect("the database");
    db.execute_batch("PRAGMA synchronous = OFF").expect("set");
    let (first, mut former): (i64, Vec<u8>) = db
        .query_row("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("an end");
    let text = record("ASIAXXXXXXXXXXXXXXXX").to_string();
    let mut written = 0;
    while written < records {
        let transaction = db.transaction().expect("begun");
        {
            let insert = "INSERT INTO audit (node, number, at, hash, record) VALUES (?1, ?2, 1925035200, ?3, ?4)";
            let mut insert = transaction.prepare_cached(insert).expect("prepared");
            for _ in 0..50_000.min(records - written) {
                let record = text.replace("ASIAXXXXXXXXXXXXXXXX", &id(9, written));
                written += 1;
                former = link(&former, &record);
                insert.execute((node, first + written, &former, &record)).expect("inserted");
            }
        }
        transaction.commit().expect("committed");
    }
    std::fs::metadata(path).expect("a file").len()
}
