//! What the second engine does when the two disagree. The corpus of attacks is in `attacks/`.

use crate::saml_identity::*;
use gatehouse::saml::{SecondEngine, UnverifiedResponse};
use gatehouse::trace::{Outcome, Refusal, Trace};

/// Its namespace is a URI to one engine and none to the other.
#[test]
fn a_genuine_document_on_which_the_engines_disagree() {
    let xml = signed_with("<saml:Subject>", "<saml:Subject xmlns:x=\"urn:a b\" x:y=\"\">");
    let outcome = |mode| {
        let mut trace = Trace::new("test");
        let response = UnverifiedResponse::decode(&form(&xml)).expect("decoded");
        let code = response.authenticate(&[RSA.key()], mode, &mut trace).map(|_| ()).map_err(|e| e.code().name());
        (code, trace.steps().iter().any(|step| step.check == "saml.second-engine" && step.outcome == Outcome::Note))
    };
    assert_eq!(outcome(SecondEngine::Enforce), (Err("saml.second-engine-refused"), false));
    assert_eq!(outcome(SecondEngine::Report), (Ok(()), true));
    assert_eq!(outcome(SecondEngine::Off), (Ok(()), false));
}

#[test]
fn the_second_engine_reports_only_what_the_first_believed() {
    let mut trace = Trace::new("test");
    let forged = UnverifiedResponse::decode(&form(&sign(&response(), "_assertion", &STRANGER))).expect("decoded");
    forged.authenticate(&[RSA.key()], SecondEngine::Report, &mut trace).expect_err("a stranger's");
    assert!(trace.steps().iter().all(|step| step.check != "saml.second-engine"));
}

#[test]
fn without_a_key_nothing_is_verified() {
    let code = authenticate(&signed(), &[]).map(|_| ()).map_err(|error| error.code().name());
    assert_eq!(code, Err("saml.no-keys"));
}
