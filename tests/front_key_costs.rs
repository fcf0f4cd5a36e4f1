//! Nobody learns from our time whose key ids there are.

use crate::front::{WORLD, files};
use crate::front_signed::{call, call_with, get_caller_identity, user};
use crate::house::{Credentials, House};
use crate::saml_identity::NOW;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

const FORM: [(&str, &str); 2] = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];

/// CPU time of this thread, on which the house answers as well.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

/// Each request is long, so that what costs is to verify it: whoever is refused unverified stands out.
#[tokio::test]
async fn an_unknown_key_costs_what_a_wrong_signature_costs() {
    let inactive = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/former"
access_keys = [{ id = "AKIAIOSFODNN7FORMERX", secret = { file = "ops-secret" }, active = false }]
"#;
    let house = House::open(NOW, &files(), |_| format!("{WORLD}{inactive}")).await;
    let session = [("Action", "GetSessionToken"), ("Version", "2011-06-15"), ("DurationSeconds", "900")];
    let (ended, live) = (call(&house, &user(), &session).await.credentials(), [session[0], session[1]]);
    house.clock.advance(time::Duration::hours(1));
    let unused = call(&house, &user(), &live).await.credentials();
    let live = call(&house, &user(), &live).await.credentials();
    assert_eq!(get_caller_identity(&house, &live).await.status, 200);
    let wrong = |by: &Credentials| Credentials { secret: "x".repeat(40), ..by.clone() };
    let named = |id: &str| Credentials { id: id.into(), ..wrong(&user()) };
    let of_nobody = Credentials { token: Some("A".repeat(live.token.as_ref().map_or(0, String::len))), ..wrong(&live) };
    let rows = [
        ("a user's", wrong(&user()), "SignatureDoesNotMatch"),
        ("nobody's", named("AKIAIOSFODNN7NOBODYX"), "InvalidClientTokenId"),
        ("inactive", named("AKIAIOSFODNN7FORMERX"), "InvalidClientTokenId"),
        ("a session's", wrong(&live), "SignatureDoesNotMatch"),
        ("an unused session's", wrong(&unused), "SignatureDoesNotMatch"),
        ("a session's without its token", Credentials { token: None, ..wrong(&live) }, "InvalidClientTokenId"),
        ("a session's with nobody's token", of_nobody, "InvalidClientTokenId"),
        ("an ended session's", wrong(&ended), "ExpiredToken"),
    ];
    let padding = "a b ".repeat(2_000);
    let names: Vec<String> = (0..6).map(|n| format!("x-padding-{n}")).collect();
    let padding: Vec<(&str, &str, Option<&str>)> =
        names.iter().map(|name| (name.as_str(), padding.trim(), Some(padding.trim()))).collect();
    let once = async |by: &Credentials, code: &str| {
        let began = cpu();
        let answer = call_with(&house, by, &FORM, &padding).await;
        let spent = cpu() - began;
        assert_eq!(answer.refusal(), (403, code), "{}", answer.body);
        spent
    };
    // In turn, so that a bad moment of the machine meets all of them, and by the least of each: noise only adds to a cost, and
    // rounds go on until it has left each of them alone once. One that costs less does so in every round.
    let mut least = [Duration::MAX; 8];
    let spread = |least: &[Duration]| {
        let (low, high) = (least.iter().min(), least.iter().max());
        high.map_or(0.0, Duration::as_secs_f64) / low.map_or(0.0, Duration::as_secs_f64)
    };
    for round in 0..200 {
        for (least, (_, by, code)) in least.iter_mut().zip(&rows) {
            *least = (*least).min(once(by, code).await);
        }
        if round >= 20 && spread(&least) < 1.15 {
            break;
        }
    }
    let told: Vec<_> = rows.iter().map(|row| row.0).zip(least).collect();
    eprintln!("{:.2}: {told:?}", spread(&least));
    assert!(spread(&least) < 1.15, "one stands out: {:.2}: {told:?}", spread(&least));
}
