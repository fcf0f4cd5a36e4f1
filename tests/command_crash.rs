//! The process is killed while people are served: what they were given is on record, and what they used stays used.

use crate::audit_world::audit;
use crate::command_serve::{ADMIN, CORP, Place};
use crate::house::{Directory, FORM, encoded, store_on};
use crate::postgres_server::PostgresServer;
use crate::running::{element, rows};
use gatehouse::ambient::Random;
use reqwest::Client;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const CLIENTS: usize = 8;
/// Of each round, so many are asked for again after it.
const ASKED_AGAIN: usize = 8;
/// A paper is good for longer.
const PAPER: Duration = Duration::from_secs(180);
const ARN: &str = "arn:aws:sts::111122223333:assumed-role/Admin/alice";

/// More of them by `GATEHOUSE_CRASHES`.
fn rounds() -> usize {
    std::env::var("GATEHOUSE_CRASHES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

fn form(paper: &str) -> String {
    let fields = [
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", ADMIN),
        ("PrincipalArn", CORP),
        ("SAMLAssertion", paper),
    ];
    encoded(&fields)
}

/// An answer that came whole, to the paper of this id.
struct Given {
    at: Instant,
    id: String,
    paper: String,
    answer: String,
}

#[derive(Clone)]
struct Crowd {
    place: Arc<Place>,
    client: Client,
    number: Arc<AtomicUsize>,
    given: Arc<Mutex<Vec<Given>>>,
}

impl Crowd {
    fn at(place: Place) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { place: Arc::new(place), client, number: Arc::default(), given: Arc::default() }
    }

    /// Status and body; none where the connection was lost.
    async fn send(&self, paper: &str) -> Option<(u16, String)> {
        let request = self.client.post(self.place.url()).header("content-type", FORM).body(form(paper));
        let answer = request.send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Asks once, with a paper that is new: whether it was given something. Whoever gets no answer has been given nothing.
    async fn ask(&self) -> Option<u16> {
        let id = format!("_p{}", self.number.fetch_add(1, Ordering::Relaxed));
        let paper = self.place.paper(&id);
        let (status, answer) = self.send(&paper).await?;
        if status == 200 {
            self.given.lock().expect("no panic").push(Given { at: Instant::now(), id, paper, answer });
        } else if status != 503 {
            // All come from one address, which may ask so often.
            assert!(answer.contains("<Code>Throttling</Code>"), "{answer}");
        }
        Some(status)
    }

    /// Each asks until it is served no more.
    fn come(&self) -> JoinSet<()> {
        (0..CLIENTS).map(|_| self.clone().stay()).collect()
    }

    async fn stay(self) {
        while self.ask().await.is_some_and(|status| status != 503) {}
    }

    /// What was given before the last crash works after it, and no paper is new again.
    async fn look_back(&self, round: usize) {
        let last = {
            let given = self.given.lock().expect("no panic");
            let last = given.iter().rev().take(ASKED_AGAIN);
            last.map(|given| (given.paper.clone(), given.answer.clone())).collect::<Vec<_>>()
        };
        for (paper, answer) in last {
            assert_eq!(element(&self.place.who(&answer), "Arn"), ARN);
            let (_, again) = self.send(&paper).await.expect("an answer");
            assert_eq!(element(&again, "Code"), "InvalidIdentityToken", "round {round}: {again}");
        }
    }

    /// At the end everything is on record.
    async fn look_through(&self) {
        let given = std::mem::take(&mut *self.given.lock().expect("no panic"));
        assert!(given.len() > rounds(), "somebody was served");
        let directory = &self.place.directory;
        let used: HashSet<String> = rows(directory, "SELECT paper FROM redemption").await.into_iter().collect();
        let recorded = recorded(directory).await;
        for Given { at, id, answer, .. } in &given {
            // What is not good any more need not be known.
            assert!(used.contains(id) || at.elapsed() > PAPER, "{id} was used and could be used again");
            let key = element(answer, "AccessKeyId");
            assert!(recorded.contains(key), "{key} was given and is on no record");
        }
        let (status, said) = audit(directory.path(), &["verify"]).await;
        assert!(status == Some(0) && said.starts_with("The book is whole"), "{status:?}: {said}");
    }
}

/// The access key ids that were given by the book, each chain of which holds.
async fn recorded(directory: &Directory) -> HashSet<String> {
    let book = "SELECT node || ' ' || number || ' ' || hex(hash) || ' ' || record FROM audit ORDER BY node, number";
    let mut ends: HashMap<String, (usize, Vec<u8>)> = HashMap::new();
    let mut recorded = HashSet::new();
    for line in &rows(directory, book).await {
        let mut parts = line.splitn(4, ' ');
        let [node, number, hash, record] = std::array::from_fn(|_| parts.next().expect("a part"));
        let (last, former) = ends.entry(node.to_owned()).or_insert_with(|| (0, vec![0; 32]));
        *last += 1;
        assert_eq!(number, last.to_string(), "no gap");
        let linked = [former.as_slice(), record.as_bytes()].concat();
        *former = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &linked).as_ref().to_vec();
        assert_eq!(hash, former.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
        let record: Value = serde_json::from_str(record).expect("JSON");
        recorded.extend(record["accessKeyId"].as_str().map(str::to_owned));
    }
    recorded
}

/// Until anything may be under way.
async fn some_time() {
    let [chance] = Random.bytes::<1>();
    tokio::time::sleep(Duration::from_millis(300 + 3 * u64::from(chance))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_answered_has_what_they_were_given() {
    let crowd = Crowd::at(Place::new());
    for round in 0..rounds() {
        let running = crowd.place.serve();
        crowd.look_back(round).await;
        let clients = crowd.come();
        some_time().await;
        running.kill();
        clients.join_all().await;
    }
    let running = crowd.place.serve();
    crowd.look_back(rounds()).await;
    running.stop();
    crowd.look_through().await;
}

/// With the store on a server, which crashes as well every now and then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_answered_has_what_they_were_given_with_a_server() {
    let (server, directory) = (Arc::new(PostgresServer::start_lasting()), Directory::new());
    let store = store_on(server.clone(), &directory);
    let crowd = Crowd::at(Place::with(directory, store));
    for round in 0..rounds() {
        let running = crowd.place.serve();
        crowd.look_back(round).await;
        let clients = crowd.come();
        some_time().await;
        if round % 4 == 3 {
            survive(&crowd, &server, clients, round).await;
        } else {
            running.kill();
            clients.join_all().await;
        }
    }
    let running = crowd.place.serve();
    crowd.look_back(rounds()).await;
    running.stop();
    crowd.look_through().await;
}

/// The gateway goes on by itself, and knows what it has written.
async fn survive(crowd: &Crowd, server: &PostgresServer, clients: JoinSet<()>, round: usize) {
    server.crash();
    clients.join_all().await;
    server.go_on();
    let served = async { while crowd.ask().await.expect("it runs") != 200 {} };
    tokio::time::timeout(Duration::from_secs(30), served).await.expect("it gives again");
    crowd.look_back(round).await;
}
