//! Whatever is changed in a signed token: it says what its issuer signed, or it is refused.

use crate::oidc_issuer::{CLIENT, EC, NOW, RSA, Signer, claims};
use gatehouse::oidc::{KeySet, OidcError, TokenExpectation, UnverifiedToken, VerifiedToken};
use gatehouse::trace::{Refusal, Trace};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use time::Duration;

pub(super) const ISSUER: &str = "https://issuer.example/tenant";

static KEYS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::parse(json!({"keys": [RSA.jwk, EC.jwk]}).to_string().as_bytes()).expect("a key set"));

pub(super) fn verify(token: &str) -> Result<VerifiedToken, OidcError> {
    let client_ids = [CLIENT.to_owned()];
    let expected = TokenExpectation {
        issuer: ISSUER,
        algorithms: &[],
        client_ids: &client_ids,
        audiences: &[],
        clock_skew: Duration::seconds(60),
        now: NOW,
        nonce: None,
        login_client: None,
        access_token: None,
    };
    UnverifiedToken::decode(token)?.verify(&KEYS, &expected, &mut Trace::new("test"))
}

/// Every character in turn is replaced, left out and doubled, and two tokens are crossed at every place.
#[test]
fn what_is_changed_is_refused() {
    let signers: [&Signer; 2] = [&RSA, &EC];
    let mut refused = BTreeMap::<&str, usize>::new();
    for signer in signers {
        let mut other = claims(ISSUER);
        other["sub"] = json!("bobby");
        let (token, other) = (signer.sign(&claims(ISSUER)), signer.sign(&other));
        assert_eq!(verify(&token).expect("accepted").subject(), "alice");
        for at in 0..token.len() {
            let (before, rest) = token.split_at(at);
            let (character, behind) = rest.split_at(1);
            let replacement = if character == "A" { "B" } else { "A" };
            let crossed = format!("{before}{}", &other[at.min(other.len())..]);
            for changed in [
                format!("{before}{replacement}{behind}"),
                format!("{before}{behind}"),
                format!("{before}{character}{character}{behind}"),
                crossed,
            ] {
                if changed == token || changed == other {
                    continue;
                }
                let error = verify(&changed).err().unwrap_or_else(|| panic!("accepted: {changed}"));
                *refused.entry(error.code().name()).or_default() += 1;
            }
        }
    }
    // Each layer has had its part: otherwise the changes are too coarse to try anything.
    assert!(refused.len() >= 6 && refused["oidc.signature"] > 500, "{refused:?}");
}
