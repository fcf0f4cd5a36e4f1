//! The console's lists with a full book behind them: 1,000,000 audit records, the last 4,000 of which no index has yet,
//! 100,000 live sessions, 100,000 traces of one account. Time to the last byte of each page, one request after the other.
//! `make bench`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
mod served;
#[allow(dead_code)]
use aws_lc_rs::digest::{Context, SHA256};
use gatehouse::words::whose;
use nix::time::ClockId;
use reqwest::header::{COOKIE, SET_COOKIE};
use rusqlite::{Connection, params};
use served::signed::{Credentials, signed};
use served::{Server, at, free_port, head};
use std::path::Path;

const ID: &str = "AKIAEXAMPLEBENCH0001";
const SECRET: &str = "an example of a secret key, forty letters";
const ACCOUNT: &str = "111122223333";
const USER: &str = "arn:aws:iam::111122223333:user/bench";
/// Of blocks of 1,024, and nearly another one.
const RECORDS: i64 = 980 * BLOCK - 40;
const BLOCK: i64 = 1_024;
const OTHERS: i64 = 100_000;
const TIMES: usize = 101;

fn main() {
    let directory = std::env::temp_dir().join(format!("gatehouse-pages-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    drop(gatehouse(&directory));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let began = at(ClockId::CLOCK_MONOTONIC);
    fill(&directory.join("gatehouse.db"));
    println!("\nfilled in {:.0} s", (at(ClockId::CLOCK_MONOTONIC) - began).as_secs_f64());
    let gate = gatehouse(&directory);
    let began = at(ClockId::CLOCK_MONOTONIC);
    await_index(&directory.join("gatehouse.db"));
    println!("indexed in {:.0} s", (at(ClockId::CLOCK_MONOTONIC) - began).as_secs_f64());
    runtime.block_on(measure(&gate));
    drop(gate);
    let _ = std::fs::remove_dir_all(&directory);
}

fn gatehouse(directory: &Path) -> Server {
    let port = free_port();
    std::fs::write(directory.join("secret"), SECRET).expect("written");
    let text = format!(
        r#"
{}
[[account]]
id = "{ACCOUNT}"
[[role]]
arn = "arn:aws:iam::{ACCOUNT}:role/Auditor"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"sts:AssumeRole"}}]}}' }}
policies = [{{ name = "all", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"gatehouse:*","Resource":"*"}}]}}' }}]
[[user]]
arn = "{USER}"
access_keys = [{{ id = "{ID}", secret = {{ file = "secret" }} }}]
policies = [{{ name = "all", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:*","Resource":"*"}}]}}' }}]
"#,
        head(port)
    );
    let config = directory.join("gatehouse.toml");
    std::fs::write(&config, text).expect("written");
    Server::gatehouse(&config, port)
}

/// As the store marks whose its records are.
fn mark(whose: &str) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in ["whose", whose, ""] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref()[..16].to_vec()
}

/// Ten thousand people, each with a hundred records over a year.
fn fill(path: &Path) {
    let db = Connection::open(path).expect("the database");
    let (now, provider) = (now(), format!("arn:aws:iam::{ACCOUNT}:saml-provider/corp"));
    db.execute_batch("PRAGMA synchronous = OFF; BEGIN IMMEDIATE").expect("begun");
    {
        let insert = "INSERT INTO audit (node, number, at, hash, record, whose) VALUES ((SELECT name FROM node), ?1, ?2, ?3, ?4, ?5)";
        let mut record = db.prepare(insert).expect("prepared");
        for number in 1..=RECORDS {
            let at = now - (RECORDS - number) * 30;
            let (person, refused) = (format!("person-{}@example.com", number % 10_000), number % 50 == 0);
            let (event, key) = (
                ["AssumeRole", "AssumeRoleWithSAML", "ConsoleSignIn", "ConsoleChooseRole"][number as usize % 4],
                format!("ASIA{number:016}"),
            );
            let error = if refused {
                r#""errorCode":"trust.no-statement-allows","errorMessage":"no statement of the trust policy allows it","#
            } else {
                ""
            };
            let own = number % 10_000 == 0;
            let identity = if own {
                format!(
                    r#"{{"accessKeyId":"ASIAOWN{number:013}","accountId":"{ACCOUNT}","arn":"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/bench","type":"AssumedRole"}}"#
                )
            } else {
                format!(
                    r#"{{"identityProvider":"https://idp.example/metadata","issuer":"https://idp.example/metadata","paper":{{"assertionID":"_{number}"}},"providerArn":"arn:aws:iam::{ACCOUNT}:saml-provider/corp","type":"SAMLUser","userName":"{person}"}}"#
                )
            };
            let text = format!(
                r#"{{"accessKeyId":"{key}",{error}"eventName":"{event}","eventSource":"sts.gatehouse","eventTime":"2026-01-31T12:00:00Z","eventVersion":"1.0","requestID":"00000000-0000-4000-8000-{number:012}","requestParameters":{{"principalTags":{{"team":"platform"}},"roleArn":"arn:aws:iam::{ACCOUNT}:role/Admin"}},"responseElements":{{"assumedRole":"arn:aws:iam::{ACCOUNT}:role/Admin","credentials":{{"accessKeyId":"{key}","expiration":"2026-01-31T13:00:00Z"}},"roleSessionName":"{person}"}},"sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.13 md/pyimpl#CPython cfg/retry-mode#standard","userIdentity":{identity}}}"#
            );
            let whose = if own { USER.to_owned() } else { whose([provider.as_str()], &person) };
            record.execute(params![number, at, [0_u8; 32].as_slice(), text, mark(&whose)]).expect("written");
        }
        let mut session = db.prepare("INSERT INTO role_session (access_key_id, role, session_name, issued, expires, principal, provider, subject, whose, account) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?3, ?8, ?9)").expect("prepared");
        let mut trace = db.prepare("INSERT INTO trace (id, at, what, outcome, code, steps, whose, accounts) VALUES (?1, ?2, 'SamlSignIn', ?3, ?4, ?5, ?6, ?7)").expect("prepared");
        let mut about = db.prepare("INSERT INTO trace_about (account, at, id, what, outcome, code, provider, subject) VALUES (?1, ?2, ?3, 'SamlSignIn', ?4, ?5, ?6, ?7)").expect("prepared");
        let steps = format!("[{}]", vec![r#"{"check":"saml.audience","outcome":"pass","expected":"https://localhost:8443/saml/metadata","received":"https://localhost:8443/saml/metadata"}"#; 25].join(","));
        for number in 0..OTHERS {
            let person = format!("person-{}@example.com", number % 10_000);
            let whose = if number % 1_000 == 0 { USER } else { &person };
            let principal = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/{person}");
            let role = format!("arn:aws:iam::{ACCOUNT}:role/Admin");
            session
                .execute(params![
                    format!("ASIAS{number:015}"),
                    role,
                    person,
                    now,
                    now + 3_600 + number % 30_000,
                    principal,
                    provider,
                    whose,
                    ACCOUNT
                ])
                .expect("written");
            let (id, at) = (format!("ffffffff-0000-7000-9000-{number:012}"), now - number * 10);
            let (outcome, code) = if number % 10 == 0 { ("refuse", "saml.audience") } else { ("allow", "") };
            trace.execute(params![id, at, outcome, code, steps, whose, format!("|{ACCOUNT}|")]).expect("written");
            about.execute(params![ACCOUNT, at, id, outcome, code, provider, person]).expect("written");
        }
    }
    db.execute_batch("COMMIT").expect("written");
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("written");
}

/// The gateway writes it behind the records.
fn await_index(path: &Path) {
    let db = Connection::open(path).expect("the database");
    let blocks = || db.query_row("SELECT count(*) FROM audit_block", [], |row| row.get::<_, i64>(0)).expect("a count");
    while blocks() < RECORDS / BLOCK {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

fn now() -> i64 {
    gatehouse::ambient::Clock::system().now().unix_timestamp()
}

async fn measure(gate: &Server) {
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
    let base = format!("http://127.0.0.1:{}", gate.port);
    let cookie = sign_in(gate, &client, &base).await;
    let pages = [
        ("your sessions", "/console/sessions"),
        ("the account's sessions", "/console/sessions/all"),
        ("the same, a subject that occurs", "/console/sessions/all?q=person-77%40"),
        ("the same, one that does not", "/console/sessions/all?q=nobody"),
        ("the same, an access key id", "/console/sessions/all?q=ASIAS000000000000777"),
        ("your activity", "/console/activity"),
        ("the account's activity", "/console/activity/all"),
        ("the same, an event", "/console/activity/all?event=ConsoleSignIn"),
        ("the same, an event that never was", "/console/activity/all?event=Nothing"),
        ("the same, a principal", "/console/activity/all?principal=person-77%40example.com"),
        ("the same, a principal that is not there", "/console/activity/all?principal=nobody"),
        ("the same, an access key id", "/console/activity/all?key=ASIA0000000000000777"),
        ("the same, refused", "/console/activity/all?outcome=refused"),
        ("the same, what never happens together", "/console/activity/all?outcome=refused&event=Nothing"),
        ("the same, half a year ago", "/console/activity/all?until=2026-05-31"),
        ("your traces", "/console/traces"),
        ("the account's traces", "/console/traces/all"),
        ("the same, refused, of a subject", "/console/traces/all?outcome=refuse&q=person-7770%40"),
        ("the same, a subject that does not occur", "/console/traces/all?q=nobody"),
        ("one trace", "/console/traces/ffffffff-0000-7000-9000-000000077777"),
    ];
    println!("{:45} {:>8} {:>8} {:>9}", "page", "median", "p95", "bytes");
    for (name, path) in pages {
        let mut took = Vec::new();
        let mut length = 0;
        for _ in 0..TIMES {
            let began = at(ClockId::CLOCK_MONOTONIC);
            let answer = client.get(format!("{base}{path}")).header(COOKIE, &cookie).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{path}");
            length = answer.bytes().await.expect("a body").len();
            took.push((at(ClockId::CLOCK_MONOTONIC) - began).as_secs_f64() * 1e3);
        }
        took.sort_unstable_by(f64::total_cmp);
        println!("{name:45} {:5.1} ms {:5.1} ms {length:9}", took[TIMES / 2], took[TIMES * 95 / 100]);
    }
}

/// By a sign-in URL; the cookie.
async fn sign_in(gate: &Server, client: &reqwest::Client, base: &str) -> String {
    let own = Credentials { id: ID.to_owned(), secret: SECRET.to_owned(), token: None };
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2FAuditor&RoleSessionName=bench"
    );
    let role = Credentials::of(&gate.row("", &signed(&own, gate.port, &form), 200).once());
    let session = serde_json::json!({ "sessionId": role.id, "sessionKey": role.secret, "sessionToken": role.token });
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("Action", "getSigninToken"), ("Session", &session.to_string())])
        .finish();
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let answer = client
        .post(format!("{base}/federation"))
        .header("content-type", kind)
        .body(form)
        .send()
        .await
        .expect("an answer");
    let token: serde_json::Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    let token = token["SigninToken"].as_str().expect("a token");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("Action", "login"), ("SigninToken", token), ("Destination", &format!("{base}/console"))])
        .finish();
    let waiting = cookies(&client.get(format!("{base}/federation?{query}")).send().await.expect("an answer"));
    let confirm = client.get(format!("{base}/console/confirm")).header(COOKIE, waiting);
    cookies(&confirm.send().await.expect("an answer"))
}

/// Those that an answer sets, as they are sent back.
fn cookies(answer: &reqwest::Response) -> String {
    let set = answer.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let set: Vec<&str> = set.filter_map(|cookie| cookie.split(';').next()).collect();
    set.join("; ")
}
