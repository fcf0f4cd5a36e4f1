//! Whatever is changed in a signed response: its claims are the original ones, or it is refused.

use super::mutation::{Dice, mutated};
use crate::saml_identity::*;
use gatehouse::saml::{DecryptionKeys, InResponseTo, ResponseText, SamlError, VerifiedAssertion};
use gatehouse::trace::{Refusal, Trace};
use std::collections::BTreeMap;

/// Others by the environment: `ATTACK_SEED` and `ATTACK_CASES`.
const SEED: u64 = 0x5a6c_2031;
const CASES: usize = 5_000;

fn given(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The first engine alone must hold.
fn alone(xml: &str) -> Result<VerifiedAssertion, SamlError> {
    let keys = [RSA.key()];
    let response = ResponseText::decode(&form(xml))?.parse()?.authenticate(
        &keys,
        &DecryptionKeys::default(),
        None,
        &mut Trace::new("test"),
    )?;
    confirm(&response, InResponseTo::Solicited { id: REQUEST }, NOW)
}

/// All that anybody acts on.
fn claims(assertion: &VerifiedAssertion) -> String {
    let VerifiedAssertion { id, issuer, key_fingerprint, name_id, recipient, attributes, .. } = assertion;
    let times = (
        assertion.issue_instant,
        assertion.not_on_or_after,
        assertion.session_not_on_or_after,
        assertion.authn_instant,
        assertion.one_time_use,
    );
    let session = (&assertion.authn_context, &assertion.session_index, &assertion.in_response_to);
    format!("{:?}", (id, issuer, key_fingerprint, name_id, recipient, attributes, times, session))
}

/// Of alice as she is signed in each way, of bob as a donor of genuine parts, of mallory as a donor of forged ones.
struct Papers {
    alice: [String; 3],
    donors: [String; 3],
    genuine: Vec<String>,
}

fn papers() -> Papers {
    let of_bob =
        response().replace("alice@", "bob@").replace("_assertion", "_bobs").replace("role/Admin", "role/Guest");
    let of_mallory = response().replace("alice@", "mallory@").replace("role/Admin", "role/Owner");
    let bob = sign(&of_bob, "_bobs", &RSA);
    let alice = [signed(), sign(&response(), "_response", &RSA), sign(&signed(), "_response", &RSA)];
    let genuine = alice.iter().chain([&bob]).map(|xml| claims(&alone(xml).expect("genuine"))).collect();
    let donors = [bob, sign(&of_mallory, "_assertion", &STRANGER), sign(&of_mallory, "_response", &STRANGER)];
    Papers { alice, donors, genuine }
}

#[test]
fn what_is_changed_is_refused_or_changes_nothing() {
    let papers = papers();
    let seed = given("ATTACK_SEED").unwrap_or(SEED);
    let cases = given("ATTACK_CASES").map_or(CASES, |cases| cases as usize);
    let mut dice = Dice::new(seed);
    let (mut accepted, mut refused) = (0, BTreeMap::<&str, usize>::new());
    for case in 0..cases {
        let (xml, donor) = (&papers.alice[dice.below(3)], &papers.donors[dice.below(3)]);
        let changed = mutated(xml, donor, &mut dice);
        if changed == *xml {
            continue;
        }
        match alone(&changed) {
            Ok(assertion) => {
                assert!(papers.genuine.contains(&claims(&assertion)), "case {case} of seed {seed}:\n{changed}");
                accepted += 1;
            }
            Err(error) => *refused.entry(error.code().name()).or_default() += 1,
        }
    }
    let total: usize = refused.values().sum();
    eprintln!("{accepted} accepted, {total} refused for {} reasons: {refused:?}", refused.len());
    // Both outcomes, and the later checks too: otherwise the changes are too coarse to try anything.
    assert!(accepted > cases / 20 && total > cases / 2, "{accepted} accepted, {total} refused");
    assert!(refused.len() >= 25 && refused["saml.signature"] > cases / 10, "{refused:?}");
}

/// Every fifth byte of the document, one of its bits in turn.
#[test]
fn no_byte_can_be_flipped() {
    let (xml, genuine) = (signed(), papers().genuine);
    let mut accepted = 0;
    for at in (0..xml.len()).step_by(5) {
        let mut bytes = xml.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        if let Ok(assertion) = alone(&changed) {
            assert!(genuine.contains(&claims(&assertion)), "byte {at}:\n{changed}");
            accepted += 1;
        }
    }
    // The certificate in KeyInfo, and what of the response's head is neither signed nor compared.
    assert!(accepted < xml.len() / 10, "{accepted} of {}", xml.len() / 5);
}
