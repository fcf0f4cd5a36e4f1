//! The corpus of ID tokens: what the catalogue of threats says of tokens and key sets, and what honest issuers send, each
//! made from one good token and handed to both surfaces of a whole gateway: the browser's login, where the issuer's token
//! endpoint answers with it, and AssumeRoleWithWebIdentity.
//!
//! The table of a run is written to `target/attacks-tokens.txt`.

mod claims;
mod cost;
mod coverage;
mod form;
mod header;
pub(crate) mod heavy;
mod honest;
mod key;
mod keys;
mod login;
mod nearby;
mod property;
mod row;
mod signature;
mod world;

use super::table::{self, ACCEPTED, Line, ROWS_OF_A_HOUSE, code, issued};
use super::traps::Traps;
use crate::house::Browser;
use row::{Good, Row};
use std::sync::Arc;
use world::{CODE, World};

fn corpus() -> Vec<Row> {
    let hostile = [
        header::rows(),
        signature::rows(),
        key::rows(),
        form::rows(),
        claims::rows(),
        claims::time_rows(),
        claims::party_rows(),
        login::rows(),
    ];
    hostile.into_iter().flatten().chain(honest::rows()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_token_is_answered_as_it_should() {
    let (traps, rows) = (Arc::new(Traps::set()), Arc::new(corpus()));
    let parts = (0..rows.len()).step_by(ROWS_OF_A_HOUSE).map(|first| {
        let (traps, rows) = (traps.clone(), rows.clone());
        tokio::spawn(async move {
            let world = World::open().await;
            let mut lines = Vec::new();
            for row in rows.iter().skip(first).take(ROWS_OF_A_HOUSE) {
                lines.push(answered(&world, row, &traps).await);
            }
            lines
        })
    });
    let mut lines = Vec::new();
    for part in parts.collect::<Vec<_>>() {
        lines.extend(part.await.expect("a part of the table"));
    }
    let (honest, hostile): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.threat == "honest");
    let head = format!(
        "{} hostile tokens, {} honest ones, each to the browser's login and to the API",
        hostile.len(),
        honest.len()
    );
    table::publish("attacks-tokens.txt", &head, &lines);
    assert_eq!(traps.looked_at(), Vec::<String>::new(), "nothing is fetched and no file is opened");
    assert!(hostile.len() >= 90 && honest.len() >= 20);
}

/// One line of the table.
async fn answered(world: &World, row: &Row, traps: &Traps) -> String {
    // A provider is asked about so many codes in a second and no more.
    world.house.clock.advance(time::Duration::SECOND);
    let before = issued(&world.house).await;
    let login = at_the_login(world, row, traps).await;
    let between = issued(&world.house).await;
    let api = at_the_api(world, row, traps).await;
    let line = Line {
        threat: row.threat,
        name: &row.name,
        reference: row.reference,
        expected: [row.login, row.api],
        answered: [login, api],
        issued: [before, between, issued(&world.house).await],
        // At the API a token is good until it ends, so it is not redeemed.
        adds: [[1, 1, 1], [1, 0, 0]],
    };
    line.text()
}

async fn at_the_login(world: &World, row: &Row, traps: &Traps) -> String {
    let mut browser = Browser::default();
    let (state, nonce) = world.begin(&mut browser, row.provider).await;
    let token = (row.token)(&Good::new(world, row.provider, &nonce, traps));
    world.promise(row.provider, &token);
    let callback = format!("/oidc/callback/{}?code={CODE}&state={state}", row.provider);
    let answer = browser.get(&world.house, &callback).await;
    let session = browser.cookies.keys().any(|name| name.ends_with("s1") || name.ends_with("pending"));
    match (answer.status, session) {
        (303, true) => ACCEPTED.to_owned(),
        (400..=499, false) => code(&world.house, &answer).await,
        (status, session) => format!("status {status}, session {session}"),
    }
}

async fn at_the_api(world: &World, row: &Row, traps: &Traps) -> String {
    let token = (row.token)(&Good::new(world, row.provider, "of-another-place", traps));
    let role = world::role(row.provider);
    let form = [("RoleArn", role.as_str()), ("RoleSessionName", "alice"), ("WebIdentityToken", &token)];
    let answer = world.house.sts("AssumeRoleWithWebIdentity", &form).await;
    match answer.status {
        200 => ACCEPTED.to_owned(),
        400..=499 if !answer.body.contains("SecretAccessKey") => code(&world.house, &answer).await,
        status => format!("status {status}: {}", answer.body),
    }
}
