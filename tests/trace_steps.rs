//! A record is written as it will be kept, whatever stands in it, and read again as it was told.

use gatehouse::oidc::OidcError;
use gatehouse::trace::{Outcome, Refusal, Step, Trace, clip};

const TOLD: [&str; 7] = ["", "plain", "\"quoted\"", "back\\slash", "line\nbreak\u{7f}", "Zoë €", "]},{\"check\":\"x\""];

#[test]
fn what_is_told_is_read_again() {
    let mut trace = Trace::new("one");
    assert_eq!((trace.text(), trace.steps().len()), ("[]", 0));
    for (place, told) in TOLD.iter().enumerate() {
        trace.enter((place % 2 == 0).then_some("111122223333"));
        trace.pass(format!("check.{told}"), told);
        trace.push(Step::new("pushed", Outcome::Note).expected(told).received(format!("{told}{told}")));
    }
    trace.enter(None);
    trace.note("long", "x".repeat(1_000));
    let error = OidcError::Audience { received: "\"nobody\"\n".to_owned(), client_ids: vec!["web".to_owned()] };
    trace.refuse(&error);
    assert_eq!(trace.refusal(), Some(error.code().name()));

    let steps = trace.steps();
    assert_eq!(steps.len(), 2 * TOLD.len() + 2);
    for (place, (told, pair)) in TOLD.iter().zip(steps.chunks_exact(2)).enumerate() {
        let account = (place % 2 == 0).then_some("111122223333");
        assert_eq!(pair[0].check, format!("check.{told}"));
        assert_eq!((pair[0].received.as_deref(), pair[0].outcome), (Some(clip(told).as_str()), Outcome::Pass));
        assert_eq!(pair[1].expected.as_deref(), Some(clip(told).as_str()));
        assert_eq!(pair[1].received, Some(clip(&format!("{told}{told}"))));
        assert!(pair.iter().all(|step| step.account.as_deref() == account), "{pair:?}");
    }
    assert_eq!(steps[2 * TOLD.len()].received.as_ref().map(|text| text.chars().count()), Some(301));
    let last = steps.last().expect("the refusal");
    assert_eq!((&*last.check, last.outcome), (error.code().name(), Outcome::Fail));
    assert_eq!(
        (last.sentence.as_ref(), last.received.as_ref()),
        (Some(&clip(&error.to_string())), error.received().map(|it| clip(&it)).as_ref())
    );
    assert_eq!(last.remedy.as_deref(), Some(error.code().remedy()));
    // As it was kept by every version so far.
    assert_eq!(trace.text(), serde_json::to_string(&steps).expect("steps are plain data"));
}

#[test]
fn what_is_anothers_is_left_out() {
    let mut trace = Trace::new("one");
    for account in [None, Some("111122223333"), Some("444455556666")] {
        trace.enter(account);
        trace.pass("check", account.unwrap_or("all"));
    }
    let kept: Trace = serde_json::from_value(serde_json::to_value(&trace).expect("plain")).expect("the same");
    assert_eq!((kept.id.as_str(), kept.text()), ("one", trace.text()));
    let own = kept.of_account("111122223333");
    let told: Vec<_> = own.steps().into_iter().filter_map(|step| step.received).collect();
    assert_eq!(told, ["all", "111122223333"]);
}

/// However long it is, it ends with its reason.
#[test]
fn it_does_not_grow_without_end() {
    let mut trace = Trace::new("one");
    (0..1_000).for_each(|n| trace.note("check", n));
    let most = trace.steps().len();
    assert!(most < 1_000, "{most}");
    trace.refuse(&OidcError::NoUsableKey);
    assert_eq!((trace.steps().len(), trace.refusal()), (most + 1, Some(OidcError::NoUsableKey.code().name())));
}
