//! What two nodes on one database give, and take back, as one.

use crate::cluster_world::Cluster;
use crate::command_sessions::{is_good, revoke};
use crate::front::{ADMIN, admin, assume_with_saml, good, sessions};
use crate::front_console::{answer_to, begin, who};
use crate::front_signed::{assume, get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::front_users::{self, code, with_code};
use crate::house::{Browser, House};
use crate::key_ring_world::{order, sealed_by, until};
use gatehouse::app::Former;
use gatehouse::sts::KeyKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const GUEST: &str = "arn:aws:iam::444455556666:role/Guest";

/// The public URL is A's, so what is made out to the house is made by it; B is another door of the same house.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_assertion_that_is_sent_a_thousand_times_to_both_makes_one_session() {
    let cluster = Arc::new(Cluster::open("[saml]\nsecond_engine = \"off\"\n").await);
    let (assertion, given, refused) =
        (Arc::new(good(&cluster.a, "1")), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..40)
        .map(|caller| {
            let (cluster, assertion) = (cluster.clone(), assertion.clone());
            let (given, refused) = (given.clone(), refused.clone());
            tokio::spawn(async move {
                let house = if caller % 2 == 0 { &cluster.a } else { &cluster.b };
                for _ in 0..25 {
                    let answer = assume_with_saml(house, ADMIN, &assertion).await;
                    match answer.status {
                        200 => given.fetch_add(1, Ordering::SeqCst),
                        _ => {
                            assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{}", answer.body);
                            refused.fetch_add(1, Ordering::SeqCst)
                        }
                    };
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("no panic");
    }
    assert_eq!((given.load(Ordering::SeqCst), refused.load(Ordering::SeqCst)), (1, 999));
    assert_eq!(sessions(&cluster.a).await, 1);
    assert_eq!(cluster.book().rows("SELECT 1 FROM redemption").len(), 1);
    cluster.chains();
}

/// Before and behind it, callers go on being answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_revoked_at_one_node_is_refused_at_the_other() {
    let cluster = Arc::new(Cluster::open("").await);
    let (ended, other) = (admin(&cluster.a, "1").await, admin(&cluster.a, "2").await);
    is_good(&cluster.b, &ended).await;
    let stop = Arc::new(AtomicBool::new(false));
    let crowd: Vec<_> = (0..4)
        .map(|_| {
            let (cluster, other, stop) = (cluster.clone(), other.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    assert_eq!(get_caller_identity(&cluster.b, &other).await.status, 200);
                    assert_eq!(assume(&cluster.b, &other, GUEST, &[]).await.status, 200);
                }
            })
        })
        .collect();
    revoke(&cluster.a, &["--session", &ended.id]).await;
    let heard = async { while get_caller_identity(&cluster.b, &ended).await.status != 403 {} };
    tokio::time::timeout(Duration::from_secs(2), heard).await.expect("heard of in time");
    stop.store(true, Ordering::SeqCst);
    for caller in crowd {
        caller.await.expect("the others are answered");
    }
    assert_eq!(get_caller_identity(&cluster.b, &ended).await.refusal(), (403, "ExpiredToken"));
    cluster.chains();
}

#[tokio::test]
async fn a_sign_in_that_began_at_one_node_ends_at_the_other() {
    let Cluster { a, b, server: _server } = Cluster::open("").await;
    let mut browser = Browser::default();
    let (relay_state, request) = begin(&a, &mut browser, "").await;
    let response = answer_to(&a, &request, "1", false);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay_state.as_str())];
    let answer = browser.post(&b, "/saml/acs", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    for node in [&a, &b] {
        assert_eq!(who(node, &mut browser).await["signed_in"], true);
    }
    let answer = Browser::default().post(&a, "/saml/acs", &form).await;
    assert!((400..500).contains(&answer.status), "it is bound to its browser, and used up: {}", answer.status);
}

#[tokio::test]
async fn a_sign_in_url_of_one_node_opens_the_console_at_the_other_once() {
    let Cluster { a, b, server: _server } = Cluster::open("").await;
    let url = login_url(&signin_token(&a, &admin(&a, "1").await, &[]).await, "");
    let mut browser = Browser::default();
    let answer = browser.get(&b, &url).await;
    browser.follow(&b, answer).await;
    assert_eq!(who(&a, &mut browser).await["role"], ADMIN);
    assert_eq!(Browser::default().get(&a, &url).await.status, 400);
}

#[tokio::test]
async fn credentials_of_one_node_are_good_at_the_other_and_make_others_there() {
    let Cluster { a, b, server: _server } = Cluster::open("").await;
    let first = admin(&a, "1").await;
    let second = assume(&b, &first, GUEST, &[]).await.credentials();
    is_good(&a, &second).await;
    revoke(&b, &["--session", &first.id]).await;
    for node in [&a, &b] {
        let refused = async || get_caller_identity(node, &second).await.status == 403;
        until(refused, "what descends from it has ended as well").await;
    }
}

/// Each counts what the other has seen.
#[tokio::test]
async fn a_code_is_good_once_and_a_factor_is_locked_at_both() {
    let Cluster { a, b, server: _server } = Cluster::of(&front_users::world(), &front_users::all_files()).await;
    let try_it = async |node: &House, code: &str| with_code(node, &user(), "Mfa", code).await.status;
    assert_eq!(try_it(&a, &code(&a, 0)).await, 200);
    assert_eq!(try_it(&b, &code(&b, 0)).await, 403, "it was used at the other");
    let wrong =
        (0..).map(|n| format!("{n:06}")).find(|wrong| [-1, 0, 1, 2].iter().all(|step| *wrong != code(&a, *step)));
    let wrong = wrong.expect("one of them");
    for node in [&a, &b, &a, &b, &a] {
        assert_eq!(try_it(node, &wrong).await, 403);
    }
    a.clock.advance(time::Duration::seconds(30));
    assert_eq!(try_it(&b, &code(&b, 0)).await, 403, "it is locked at both");
    a.clock.advance(time::Duration::seconds(31));
    assert_eq!(try_it(&b, &code(&b, 0)).await, 200);
}

#[tokio::test]
async fn a_key_that_is_rotated_beside_one_node_is_taken_up_by_both() {
    let Cluster { a, b, server: _server } = Cluster::open("").await;
    let before = admin(&a, "1").await;
    order(&a, KeyKind::Session, Former::Stay).await.expect("rotated");
    a.clock.advance(time::Duration::seconds(61));
    for node in [&a, &b] {
        let renewed = async || sealed_by(&assume(node, &user(), ADMIN, &[]).await.credentials()) != sealed_by(&before);
        until(renewed, "the new key is in use").await;
        is_good(node, &before).await;
    }
}
