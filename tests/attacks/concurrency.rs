//! One assertion, many at once.

use super::row::Good;
use super::traps::Traps;
use super::world;
use crate::front::{ADMIN, CORP, assume_with_saml, good, open};
use crate::house::{Answer, Browser, FORM, House, encoded};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Connections that are open at once: both ends are in this process.
const AT_ONCE: usize = 200;

async fn count(house: &House) -> Vec<String> {
    let counts = "SELECT (SELECT count(*) FROM console_session), (SELECT count(*) FROM role_session), (SELECT count(*) FROM redemption)";
    house.rows(counts).await.remove(0)
}

/// Solicited: every post brings the cookie and the RelayState of the one attempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_posts_open_one_session() {
    let house = open("").await;
    let mut browser = Browser::default();
    let (relay_state, request) = world::begin(&house, &mut browser, "corp").await;
    let paper = STANDARD.encode(Good::new(&house, "1", &request, "corp", &Traps::set()).signed());
    let cookie: String = browser.cookies.iter().map(|(name, value)| format!("{name}={value}; ")).collect();
    let body = encoded(&[("SAMLResponse", &paper), ("RelayState", &relay_state)]);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let posts: Vec<_> = (0..1_000)
        .map(|_| {
            let request = house.client.post(house.url("/saml/acs")).header("content-type", FORM);
            let (request, places) = (request.header("cookie", &cookie).body(body.clone()), places.clone());
            tokio::spawn(async move {
                let _place = places.acquire().await.expect("a place");
                Answer::of(request.send().await.expect("an answer")).await
            })
        })
        .collect();
    let mut statuses = BTreeMap::<u16, usize>::new();
    for post in posts {
        let answer = post.await.expect("posted");
        let session = answer.cookies.iter().any(|cookie| cookie.starts_with("s1=") && !cookie.starts_with("s1=;"));
        assert_eq!(session, answer.status == 303, "{}", answer.body);
        *statuses.entry(answer.status).or_default() += 1;
    }
    assert_eq!(statuses.remove(&303), Some(1), "{statuses:?}");
    // Used before, or nobody had time for it.
    assert_eq!(
        statuses.into_iter().filter(|(status, _)| [403, 503].contains(status)).map(|(_, n)| n).sum::<usize>(),
        999
    );
    assert_eq!(count(&house).await, ["1", "1", "1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_surfaces_at_the_same_time_one_wins() {
    let house = open("").await;
    let mut wins = [0, 0];
    for round in 0..40 {
        let paper = good(&house, &round.to_string());
        let field = [("SAMLResponse", paper.as_str())];
        let call = [
            ("Action", "AssumeRoleWithSAML"),
            ("Version", "2011-06-15"),
            ("RoleArn", ADMIN),
            ("PrincipalArn", CORP),
            ("SAMLAssertion", &paper),
        ];
        let (acs, api) = match round % 2 {
            0 => tokio::join!(house.post("/saml/acs", &field), house.post("/", &call)),
            _ => {
                let (api, acs) = tokio::join!(house.post("/", &call), house.post("/saml/acs", &field));
                (acs, api)
            }
        };
        let loser = match (acs.status, api.status) {
            (303, 400) => (0, api),
            (403, 200) => (1, acs),
            both => panic!("round {round}: {both:?}"),
        };
        wins[loser.0] += 1;
        assert_eq!(house.code(&loser.1).await, "sts.replayed");
        let [acs_wins, api_wins] = wins;
        let rounds = acs_wins + api_wins;
        assert_eq!(count(&house).await, [acs_wins, rounds, rounds].map(|n| n.to_string()));
    }
}

#[tokio::test]
async fn a_sign_in_is_remembered_across_a_restart() {
    let house = open("").await;
    let paper = good(&house, "1");
    assert_eq!(house.post("/saml/acs", &[("SAMLResponse", &paper)]).await.status, 303);
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    let again = house.post("/saml/acs", &[("SAMLResponse", &paper)]).await;
    assert_eq!((again.status, house.code(&again).await.as_str()), (403, "sts.replayed"));
    let at_the_api = assume_with_saml(&house, ADMIN, &paper).await;
    assert_eq!((at_the_api.status, house.code(&at_the_api).await.as_str()), (400, "sts.replayed"));
    assert_eq!(count(&house).await, ["1", "1", "1"]);
}
