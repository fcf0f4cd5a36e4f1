//! What the second engine does when the two disagree. The corpus of attacks is in `attacks/`.

use crate::saml_identity::*;
use gatehouse::saml::{ResponseText, SecondEngine, Witness};
use gatehouse::trace::{Outcome, Refusal, Trace};

/// Its namespace is a URI to one engine and none to the other.
#[test]
fn a_genuine_document_on_which_the_engines_disagree() {
    let xml = signed_with("<saml:Subject>", "<saml:Subject xmlns:x=\"urn:a b\" x:y=\"\">");
    let outcome = |witness: Option<&Witness>| {
        let mut trace = Trace::new("test");
        let text = ResponseText::decode(&form(&xml)).expect("decoded");
        let response = text.parse().expect("parsed");
        let code = response
            .authenticate(&[RSA.key()], &crate::saml_encrypted::KEYS, witness, &mut trace)
            .map(|_| ())
            .map_err(|e| e.code().name());
        (code, trace.steps().iter().any(|step| step.check == "saml.second-engine" && step.outcome == Outcome::Note))
    };
    assert_eq!(outcome(Some(&*WITNESS)), (Err("saml.second-engine-refused"), false));
    assert_eq!(outcome(Some(&witness(SecondEngine::Report))), (Ok(()), true));
    assert_eq!(outcome(None), (Ok(()), false));
}

/// What is kept of a disagreement: enough to build such a document again, nothing of what stands in this one.
#[test]
fn a_disagreement_is_described_without_its_content() {
    let answer: gatehouse::saml::Ask = std::sync::Arc::new(|_, _| Ok(b"<saml:Assertion>".to_vec()));
    let witness = Witness { ask: answer, ..witness(SecondEngine::Enforce) };
    let mut trace = Trace::new("test");
    let text = ResponseText::decode(&form(&signed())).expect("decoded");
    let response = text.parse().expect("parsed");
    let refused = response
        .authenticate(&[RSA.key()], &crate::saml_encrypted::KEYS, Some(&witness), &mut trace)
        .expect_err("they disagree");
    assert_eq!(refused.code().name(), "saml.engines-disagree");
    assert!(witness.metrics.text().contains("gatehouse_second_engine_documents_total{opinion=\"disagreed\"} 1\n"));
    let steps = trace.steps();
    let notes = steps.iter().filter(|step| step.check == "saml.second-engine.structure");
    let said: Vec<&str> = notes.filter_map(|step| step.received.as_deref()).collect();
    assert!(said[0].starts_with("first engine: ") && said[0].contains(" bytes, sha256 "), "{said:?}");
    assert!(said[1].starts_with("second engine: 16 bytes, sha256 "), "{said:?}");
    assert!(said[1].ends_with(", other from byte 15 on"), "{said:?}");
    let audience = "{urn:oasis:names:tc:SAML:2.0:assertion}Audience x1 at depth 5 to 5, attributes: ";
    assert!(said.contains(&audience), "{said:?}");
    let attribute = said.iter().find(|line| line.contains("}Attribute x")).expect("attributes");
    assert!(attribute.contains("attributes: Name x"), "{attribute}");
    let text = format!("{:?}", trace.steps());
    for content in ["alice", "staff", "ops", "gate.example", "groups", "_assertion"] {
        assert!(!said.concat().contains(content), "{content} in {text}");
    }
}

#[test]
fn the_second_engine_reports_only_what_the_first_believed() {
    let mut trace = Trace::new("test");
    let text = ResponseText::decode(&form(&sign(&response(), "_assertion", &STRANGER))).expect("decoded");
    let forged = text.parse().expect("parsed");
    forged
        .authenticate(&[RSA.key()], &crate::saml_encrypted::KEYS, Some(&witness(SecondEngine::Report)), &mut trace)
        .expect_err("a stranger's");
    assert!(trace.steps().iter().all(|step| step.check != "saml.second-engine"));
}

#[test]
fn without_a_key_nothing_is_verified() {
    let code = authenticate(&signed(), &[]).map(|_| ()).map_err(|error| error.code().name());
    assert_eq!(code, Err("saml.no-keys"));
}
