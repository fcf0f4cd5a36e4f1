//! The second engine behind a gateway: what a login is worth when its process is gone, hangs, or is of another mind.

use crate::front::{ADMIN, WORLD, assume_with_saml, field, good, unsigned};
use crate::front_metrics::{open_with, read};
use crate::house::{Answer, House};
use crate::jail_cell::of_process;
use crate::saml_identity::changed;
use std::process::Command;

/// The processes of the second engine that this one has.
fn cells() -> Vec<u32> {
    let own = format!("PPid:\t{}\n", std::process::id());
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let text =
        |process: u32, file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
    let ours = numbers.filter(|process| text(*process, "status").contains(&own));
    ours.filter(|process| text(*process, "cmdline").contains("second-engine")).collect()
}

fn signal(name: &str, processes: &[u32]) {
    let sent = Command::new("kill").arg(format!("-{name}")).args(processes.iter().map(u32::to_string)).status();
    assert!(sent.expect("kill runs").success());
}

/// All of them: one for each processor, and one in reserve.
async fn full_house() -> Vec<u32> {
    let expected = std::thread::available_parallelism().expect("processors").get() + 1;
    loop {
        let cells = cells();
        if cells.len() == expected && cells.iter().all(|cell| of_process(*cell, "status").contains("Seccomp:\t2")) {
            return cells;
        }
        tokio::task::yield_now().await;
    }
}

async fn counted(house: &House, admin: &str, line: &str) -> u64 {
    let text = read(house, admin, "/metrics").await.body;
    let value = text.lines().find_map(|l| l.strip_prefix(line)).unwrap_or_else(|| panic!("{line} in\n{text}"));
    value.trim().parse().expect("a number")
}

/// A response that a registered key has signed, on which the engines do not agree: the namespace is a URI to one only.
async fn odd(house: &House, id: &str) -> Answer {
    let xml = changed(&unsigned(house, id), "<saml:Subject>", "<saml:Subject xmlns:x=\"urn:a b\" x:y=\"\">");
    assume_with_saml(house, ADMIN, &field(&xml, id)).await
}

const RESTARTS: &str = "gatehouse_second_engine_restarts_total";
const AGREED: &str = "gatehouse_second_engine_documents_total{opinion=\"agreed\"}";
const REFUSED: &str = "gatehouse_second_engine_documents_total{opinion=\"refused\"}";
const TOO_LATE: &str = "gatehouse_second_engine_documents_total{opinion=\"too-late\"}";

#[tokio::test]
async fn processes_that_are_killed_are_replaced() {
    let (house, admin) = open_with(WORLD).await;
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "1")).await.status, 200);
    let killed = full_house().await;
    for cell in &killed {
        assert_eq!(of_process(*cell, "environ"), "", "they are told nothing");
    }
    signal("KILL", &killed);
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "2")).await.status, 200);
    assert_eq!(counted(&house, &admin, AGREED).await, 2);
    assert_eq!(counted(&house, &admin, RESTARTS).await, killed.len() as u64);
    assert!(full_house().await.iter().all(|cell| !killed.contains(cell)));
    house.close().await;
    while !cells().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_process_that_has_no_turn_for_a_while_is_waited_for() {
    let (house, admin) = open_with(WORLD).await;
    let waiting = full_house().await;
    signal("STOP", &waiting);
    let soon = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        signal("CONT", &waiting);
    });
    let answer = assume_with_saml(&house, ADMIN, &good(&house, "1")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    soon.await.expect("sent");
    assert_eq!(counted(&house, &admin, RESTARTS).await, 0);
    house.close().await;
}

#[tokio::test]
async fn processes_that_hang_refuse_in_time_and_are_replaced() {
    let (house, admin) = open_with(WORLD).await;
    let hanging = full_house().await;
    signal("STOP", &hanging);
    for (at, _) in hanging.iter().enumerate() {
        let begun = tokio::time::Instant::now();
        let answer = assume_with_saml(&house, ADMIN, &good(&house, &format!("hung-{at}"))).await;
        let took = begun.elapsed().as_millis();
        if answer.status == 200 {
            // Those that were started in the meantime are asked before those that hang.
            assert!(at > 0, "the first was asked");
            break;
        }
        assert_eq!(house.code(&answer).await, "saml.second-engine-too-late");
        assert!((2_000..10_000).contains(&took), "{took} ms");
        assert_eq!(counted(&house, &admin, TOO_LATE).await, at as u64 + 1);
    }
    let recovered = assume_with_saml(&house, ADMIN, &good(&house, "recovered")).await;
    assert_eq!(recovered.status, 200, "{}", recovered.body);
    house.close().await;
}

#[tokio::test]
async fn enforced_it_refuses_and_reported_it_counts() {
    let (house, admin) = open_with(WORLD).await;
    let refused = odd(&house, "1").await;
    assert_eq!((refused.status, house.code(&refused).await), (400, "saml.second-engine-refused".to_owned()));
    assert_eq!(counted(&house, &admin, REFUSED).await, 1);
    house.close().await;

    let (house, admin) = open_with(&format!("[saml]\nsecond_engine = \"report\"\n{WORLD}")).await;
    let accepted = odd(&house, "2").await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    assert_eq!(counted(&house, &admin, REFUSED).await, 1);
    let steps = house.trace(&accepted.request_id).await;
    assert!(steps.iter().any(|step| step.check == "saml.second-engine.structure"), "{steps:?}");
    house.close().await;
}

#[tokio::test]
async fn off_it_is_not_started() {
    let (house, _) = open_with(&format!("[saml]\nsecond_engine = \"off\"\n{WORLD}")).await;
    assert_eq!(odd(&house, "1").await.status, 200);
    assert_eq!(cells(), Vec::<u32>::new());
    house.close().await;
}
