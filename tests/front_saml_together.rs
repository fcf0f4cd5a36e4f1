//! Responses that are verified one after another and told of together: each has its own answer, whatever the others are.

use crate::front::{ADMIN, CORP, assume_with_saml, field, good, open, sessions, unsigned};
use crate::house::{Answer, FORM, House, encoded};
use crate::saml_identity::{STRANGER, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::sts::{StsError, Verifiers};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::task::JoinSet;

/// A paper, and what becomes of it.
fn brought(house: &House, number: usize) -> (String, &'static str) {
    let id = number.to_string();
    let plain = unsigned(house, &id);
    match number % 8 {
        1 => (STANDARD.encode(sign(&plain, &format!("_assertion-{id}"), &STRANGER)), "saml.signature"),
        3 => (STANDARD.encode("<samlp:Response"), "saml.malformed"),
        5 => (
            field(
                &changed(&plain, "NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "NotOnOrAfter=\"2031-01-01T11:58:30Z\""),
                &id,
            ),
            "saml.expired",
        ),
        _ => (good(house, &id), ""),
    }
}

#[tokio::test]
async fn each_of_many_at_once_has_its_own_answer() {
    let house = open("").await;
    let papers: Vec<_> = (0..48).map(|number| brought(&house, number)).collect();
    let mut calls = JoinSet::new();
    // Whatever is good comes twice, and is good once.
    for (number, (paper, _)) in papers.iter().chain(&papers).enumerate() {
        let form = [
            ("Action", "AssumeRoleWithSAML"),
            ("Version", "2011-06-15"),
            ("RoleArn", ADMIN),
            ("PrincipalArn", CORP),
            ("SAMLAssertion", paper),
        ];
        let request = house.client.post(house.url("/")).header("content-type", FORM).body(encoded(&form));
        let number = number % papers.len();
        calls.spawn(async move { (number, Answer::of(request.send().await.expect("an answer")).await) });
    }
    let mut granted = BTreeSet::new();
    for (number, answer) in calls.join_all().await {
        let code = papers[number].1;
        if answer.status == 200 {
            assert_eq!(code, "", "{number}");
            assert!(granted.insert((format!("_assertion-{number}"), answer.credentials().id)));
        } else {
            let code = if code.is_empty() { "sts.replayed" } else { code };
            assert_eq!(house.code(&answer).await, code, "{number}: {}", answer.body);
        }
    }
    assert_eq!((granted.len(), sessions(&house).await), (30, 30));
    let mut recorded = BTreeSet::new();
    for record in house.rows("SELECT record FROM audit WHERE record LIKE '%accessKeyId%'").await {
        let record: serde_json::Value = serde_json::from_str(&record[0]).expect("JSON");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let (paper, key) = (&record["userIdentity"]["paper"]["assertionID"], &record["accessKeyId"]);
        if !text(key).is_empty() {
            recorded.insert((text(paper), text(key)));
        }
    }
    assert_eq!(recorded, granted, "everybody was given what is on record of their own paper");
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "alone")).await.status, 200);
}

/// Keeps the one turn until the returned end is used or dropped.
async fn busy(verifiers: &Arc<Verifiers>) -> (Sender<()>, tokio::task::JoinHandle<Result<(), StsError>>) {
    let (go_on, waits) = channel::<()>();
    let (begins, has_begun) = tokio::sync::oneshot::channel();
    let verifiers = verifiers.clone();
    let first = tokio::spawn(async move {
        let work = move || {
            let _ = begins.send(());
            let _ = waits.recv();
        };
        verifiers.verify(work).await
    });
    has_begun.await.expect("it has begun");
    (go_on, first)
}

/// Once, as somebody does who goes away after it.
fn poll<F: Future>(waits: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    waits.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn they_are_taken_in_the_order_in_which_they_came() {
    let verifiers = Arc::new(Verifiers::new(1));
    let (go_on, first) = busy(&verifiers).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting: Vec<_> = (0..100)
        .map(|number| {
            let order = order.clone();
            let work = move || {
                order.lock().expect("no panic").push(number);
                assert!(number != 7, "this one panics, as it should");
                number
            };
            Box::pin(verifiers.verify(work))
        })
        .collect();
    assert!(waiting.iter_mut().all(|waits| poll(waits.as_mut()).is_pending()));
    drop(go_on);
    first.await.expect("no panic").expect("verified");
    for (number, waits) in waiting.into_iter().enumerate() {
        match waits.await {
            Ok(found) => assert!(found == number && number != 7),
            Err(error) => assert!(matches!(error, StsError::VerifierFailed) && number == 7, "{number}: {error}"),
        }
    }
    assert_eq!(*order.lock().expect("no panic"), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_goes_away_leaves_nothing_behind() {
    let verifiers = Arc::new(Verifiers::new(1));
    let (go_on, first) = busy(&verifiers).await;
    let brought = Arc::new("a response");
    for _ in 0..3 {
        let mine = brought.clone();
        let mut waits = pin!(verifiers.verify(move || mine.len()));
        assert!(poll(waits.as_mut()).is_pending());
        assert_eq!(Arc::strong_count(&brought), 2);
    }
    assert_eq!(Arc::strong_count(&brought), 1, "it went with its sender");
    // Nor does one whose turn it is keep the turn.
    first.abort();
    drop(go_on);
    assert_eq!(verifiers.verify(|| "the next").await.expect("verified"), "the next");
    assert_eq!(verifiers.verify(|| "alone").await.expect("verified"), "alone");
}
