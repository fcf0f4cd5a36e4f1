//! The corpus: every document that the catalogue of threats speaks of, and every shape that honest identity providers
//! send, each made from one good document and sent to both surfaces of a whole gateway.
//!
//! The table of a run is written to `target/attacks.txt`. [`tokens`] does the same for ID tokens.

mod algorithm;
mod concurrency;
mod cost;
mod coverage;
mod document;
mod encryption;
mod heavy;
mod honest;
mod honest_content;
mod identity;
mod mutation;
mod nearby;
mod property;
mod protocol;
mod row;
mod signature;
mod table;
mod tokens;
mod traps;
mod world;
mod wrapping;

use crate::house::{Browser, House};
use row::{Good, Row};
use std::sync::Arc;
use table::{ACCEPTED, Line, ROWS_OF_A_HOUSE, code, issued};
use traps::Traps;
use world::{CURVED, begin};

fn corpus() -> Vec<Row> {
    let hostile = [
        wrapping::rows(),
        signature::rows(),
        algorithm::rows(),
        document::rows(),
        protocol::rows(),
        identity::rows(),
        encryption::rows(),
    ];
    let honest = [honest::rows(), honest_content::rows(), encryption::honest_rows()];
    hostile.into_iter().chain(honest).flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_document_is_answered_as_it_should() {
    let (traps, rows) = (Arc::new(Traps::set()), Arc::new(corpus()));
    let houses = (0..rows.len()).step_by(ROWS_OF_A_HOUSE).map(|first| {
        let (traps, rows) = (traps.clone(), rows.clone());
        tokio::spawn(async move {
            let house = world::open().await;
            let mut lines = Vec::new();
            for (number, row) in rows.iter().enumerate().skip(first).take(ROWS_OF_A_HOUSE) {
                lines.push(answered(&house, row, number, &traps).await);
            }
            lines
        })
    });
    let mut lines = Vec::new();
    for house in houses.collect::<Vec<_>>() {
        lines.extend(house.await.expect("a part of the table"));
    }
    let looked = traps.looked_at();
    let (honest, hostile): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.threat == "honest");
    let head =
        format!("{} hostile documents, {} honest ones, each to the ACS and to the API", hostile.len(), honest.len());
    table::publish("attacks.txt", &head, &lines);
    assert_eq!(looked, Vec::<String>::new(), "nothing is fetched and no file is opened");
    assert!(hostile.len() >= 120 && honest.len() >= 40);
}

/// One line of the table.
async fn answered(house: &House, row: &Row, number: usize, traps: &Traps) -> String {
    let before = issued(house).await;
    let acs = at_the_acs(house, row, number, traps).await;
    let between = issued(house).await;
    let api = at_the_api(house, row, number, traps).await;
    let line = Line {
        threat: row.threat,
        name: &row.name,
        reference: row.reference,
        expected: [row.acs, row.api],
        answered: [acs, api],
        issued: [before, between, issued(house).await],
        adds: [[1, 1, 1], [1, 0, 1]],
    };
    line.text()
}

async fn at_the_acs(house: &House, row: &Row, number: usize, traps: &Traps) -> String {
    let mut browser = Browser::default();
    let (relay_state, request) = match row.unasked {
        true => Default::default(),
        false => begin(house, &mut browser, row.provider).await,
    };
    let good = Good::new(house, &format!("{number}-acs"), &request, row.provider, traps);
    let mut form = vec![("SAMLResponse", (row.paper)(&good))];
    if !row.unasked {
        form.push(("RelayState", relay_state));
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.post(house, "/saml/acs", &form).await;
    let session = browser.cookies.keys().any(|name| name.ends_with("s1") || name.ends_with("pending"));
    match (answer.status, session) {
        (303, true) => ACCEPTED.to_owned(),
        (400..=499, false) => code(house, &answer).await,
        (status, session) => format!("status {status}, session {session}"),
    }
}

async fn at_the_api(house: &House, row: &Row, number: usize, traps: &Traps) -> String {
    let request = if row.unasked { "" } else { "_whoever-asked" };
    let good = Good::new(house, &format!("{number}-api"), request, row.provider, traps);
    let (role, provider) = (world::role(row.provider), world::provider(row.provider));
    let paper = (row.paper)(&good);
    let form = [("RoleArn", role.as_str()), ("PrincipalArn", &provider), ("SAMLAssertion", &paper)];
    let answer = house.sts("AssumeRoleWithSAML", &form).await;
    match answer.status {
        200 if answer.element("Subject") == "alice@example.com" => ACCEPTED.to_owned(),
        400..=499 if !answer.body.contains("SecretAccessKey") => code(house, &answer).await,
        status => format!("status {status}: {}", answer.body),
    }
}
