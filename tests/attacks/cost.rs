//! Bad work is cheap: a document that is made to cost is refused for what an honest one of its size costs, or little more.
//!
//! The bound here is a relation, because test builds are slow and machines are loaded; the figure of 10 ms is asserted by
//! `make bench`, in a release build.

use super::heavy;
use crate::allocations;
use crate::saml_identity::*;
use gatehouse::saml::logout::{Carried, LogoutError, MessageText};
use gatehouse::saml::{DecryptionKeys, ResponseText, SamlError};
use gatehouse::trace::Trace;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// How many times the cost of the largest honest document is still cheap.
const CHEAP: u32 = 8;
/// How often it may ask for memory until a document is refused that never comes to the parser.
const FEW: u64 = 100;

fn verify(field: &str) -> Result<(), SamlError> {
    let keys = [RSA.key(), EC.key(), STRANGER.key()];
    ResponseText::decode(field)?
        .parse()?
        .authenticate(&keys, &DecryptionKeys::default(), None, &mut Trace::new("test"))
        .map(drop)
}

/// As the single logout service does.
fn hear(query: &str) -> Result<(), LogoutError> {
    let text = MessageText::decode(&Carried::Query(query.to_owned()))?;
    text.parse()?.authenticate(&[RSA.key()], &DecryptionKeys::default(), None, &mut Trace::new("test")).map(drop)
}

/// The processor time of this thread; the best of a few tries, for others' caches are in the way.
fn cost<T>(work: impl Fn() -> T, tries: usize) -> Duration {
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock"));
    let once = || {
        let before = now();
        work();
        now() - before
    };
    (0..tries).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn bad_work_is_cheap() {
    let group = "<saml:AttributeValue>cn=department,ou=groups,dc=example,dc=com</saml:AttributeValue>";
    let good =
        form(&signed_with("<saml:AttributeValue>staff", &format!("{}<saml:AttributeValue>staff", group.repeat(780))));
    assert!(good.len() > 90_000);
    verify(&good).expect("accepted");
    let good = cost(|| verify(&good), 5);
    let mut dear = Vec::new();
    let mut held = |name: &str, spent: Duration| {
        if spent > good * CHEAP {
            dear.push(format!("{name}: {spent:?}, a good one {good:?}"));
        }
    };
    for (name, field) in heavy::documents() {
        verify(&field).expect_err(name);
        held(name, cost(|| verify(&field), 3));
    }
    for (name, query) in heavy::queries() {
        hear(&query).expect_err(name);
        held(name, cost(|| hear(&query), 3));
    }
    assert_eq!(dear, Vec::<String>::new());
}

/// Else it would copy the namespace's name, or look through all that are declared, once for each element.
#[test]
fn namespaces_are_bounded_before_anything_is_parsed() {
    for (name, field) in heavy::namespaces() {
        let parsed = || ResponseText::decode(&field).and_then(|text| text.parse().map(|it| it.issuer().len()));
        let (count, refused) = allocations::during(parsed);
        refused.expect_err(name);
        assert!(count < FEW, "{name}: {count}");
    }
    for (name, query) in heavy::queries() {
        let carried = Carried::Query(query);
        let parsed = || MessageText::decode(&carried).and_then(|text| text.parse().map(|it| it.issuer().len()));
        let (count, refused) = allocations::during(parsed);
        refused.expect_err(name);
        assert!(count < FEW, "{name}: {count}");
    }
}
