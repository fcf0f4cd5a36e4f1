//! The process is killed while people are served: what they were given is on record, and what they used stays used.

use crate::command_serve::{ADMIN, CORP, Place};
use crate::house::{FORM, encoded};
use crate::running::{element, rows};
use gatehouse::ambient::Random;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CLIENTS: usize = 8;
/// Of each round, so many are asked for again after it.
const ASKED_AGAIN: usize = 8;

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

/// An answer that came whole, to this paper.
type Given = (String, String);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_answered_has_what_they_were_given() {
    let place = Arc::new(Place::new());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let number = Arc::new(AtomicUsize::new(0));
    let mut given: Vec<Given> = Vec::new();
    for round in 0..rounds() {
        let running = place.serve();
        // What was given before the last crash works after it, and no paper is new again.
        for (paper, answer) in given.iter().rev().take(ASKED_AGAIN) {
            assert_eq!(element(&place.who(answer), "Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice");
            let again = client.post(place.url()).header("content-type", FORM).body(form(paper)).send().await;
            let again = again.expect("an answer").text().await.expect("a body");
            assert_eq!(element(&again, "Code"), "InvalidIdentityToken", "round {round}: {again}");
        }
        let answers: Arc<Mutex<Vec<Given>>> = Arc::default();
        let clients: tokio::task::JoinSet<()> = (0..CLIENTS)
            .map(|_| {
                let (place, client, number, answers) = (place.clone(), client.clone(), number.clone(), answers.clone());
                async move {
                    loop {
                        let paper = place.paper(&format!("_p{}", number.fetch_add(1, Ordering::Relaxed)));
                        let sent =
                            client.post(place.url()).header("content-type", FORM).body(form(&paper)).send().await;
                        // Whoever gets no answer has been given nothing.
                        let Ok(answer) = sent else { return };
                        let status = answer.status();
                        let Ok(text) = answer.text().await else { return };
                        // All come from one address, which may ask so often.
                        if text.contains("<Code>Throttling</Code>") {
                            continue;
                        }
                        assert_eq!(status, 200, "{text}");
                        answers.lock().expect("no panic").push((paper, text));
                    }
                }
            })
            .collect();
        let [chance] = Random.bytes::<1>();
        tokio::time::sleep(Duration::from_millis(300 + 3 * u64::from(chance))).await;
        running.kill();
        clients.join_all().await;
        given.append(&mut answers.lock().expect("no panic"));
    }
    assert!(given.len() > rounds(), "somebody was served");
    let running = place.serve();
    assert_eq!(element(&place.who(&given[0].1), "Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice");
    running.stop();

    let book = rows(
        &place.directory,
        "SELECT node || ' ' || number || ' ' || hex(hash) || ' ' || record FROM audit ORDER BY node, number",
    )
    .await;
    let mut ends: HashMap<String, (usize, Vec<u8>)> = HashMap::new();
    let mut recorded = HashSet::new();
    for line in &book {
        let mut parts = line.splitn(4, ' ');
        let [node, number, hash, record] = std::array::from_fn(|_| parts.next().expect("a part"));
        let (last, former) = ends.entry(node.to_owned()).or_insert_with(|| (0, vec![0; 32]));
        *last += 1;
        assert_eq!(number, last.to_string(), "no gap");
        let linked = [former.as_slice(), record.as_bytes()].concat();
        *former = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &linked).as_ref().to_vec();
        assert_eq!(hash, former.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
        let record: serde_json::Value = serde_json::from_str(record).expect("JSON");
        let id = record.get("accessKeyId").and_then(|id| id.as_str());
        recorded.extend(id.map(str::to_owned));
    }
    for (_, answer) in &given {
        let id = element(answer, "AccessKeyId");
        assert!(recorded.contains(id), "{id} was given and is on no record");
    }
}
