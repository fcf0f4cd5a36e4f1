//! The same for tokens, and for what their issuers publish.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::oidc::{Algorithm, Discovery, KeySet, OidcError, TokenExpectation, UnverifiedToken, VerifiedToken};
use gatehouse::trace::Trace;
use serde_json::{Value, json};
use std::sync::LazyLock;
use time::OffsetDateTime;
use time::macros::datetime;

const ISSUER: &str = "https://issuer.example";
const CLIENT: &str = "client";
const NOW: OffsetDateTime = datetime!(2031-01-01 12:00 UTC);
const SKEW: time::Duration = time::Duration::seconds(60);

/// Ed25519, because it signs fastest.
struct Identity {
    pair: rcgen::KeyPair,
    keys: KeySet,
}

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("generated");
    let x = b64(rcgen::PublicKeyData::der_bytes(&pair));
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]});
    Identity { keys: KeySet::parse(keys.to_string().as_bytes()).expect("a usable key"), pair }
});

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn verify(token: &str) -> Result<VerifiedToken, OidcError> {
    let (client_ids, audiences) = ([CLIENT.to_owned()], ["api".to_owned()]);
    let expected = TokenExpectation {
        issuer: ISSUER,
        algorithms: &[Algorithm::EdDsa],
        client_ids: &client_ids,
        audiences: &audiences,
        clock_skew: SKEW,
        now: NOW,
        nonce: Some("nonce"),
        login_client: Some(CLIENT),
        access_token: Some("access"),
    };
    UnverifiedToken::decode(token)?.verify(&IDENTITY.keys, &expected, &mut Trace::new("fuzz"))
}

/// A token's text as it is, or header and payload with a NUL between them behind a NUL; nobody signed it.
pub(crate) fn token(data: &[u8]) {
    let text = match data {
        [0, parts @ ..] => {
            let cut = parts.iter().position(|byte| *byte == 0).unwrap_or(parts.len());
            let (header, payload) = parts.split_at(cut);
            format!("{}.{}.{}", b64(header), b64(payload.get(1..).unwrap_or_default()), b64(&[0; 64]))
        }
        _ => String::from_utf8_lossy(data).into_owned(),
    };
    assert!(verify(&text).is_err(), "nobody signed it");
}

/// From a payload that its issuer signed, whatever it says, to claims.
pub(crate) fn token_claims(data: &[u8]) {
    let signed = format!("{}.{}", b64(br#"{"alg":"EdDSA","kid":"k"}"#), b64(data));
    let signature = rcgen::SigningKey::sign(&IDENTITY.pair, signed.as_bytes()).expect("signed");
    let Ok(token) = verify(&format!("{signed}.{}", b64(&signature))) else { return };
    let length = token.subject().chars().count();
    assert!((1..=255).contains(&length) && !token.subject().chars().any(char::is_control));
    assert_eq!((token.issuer(), token.audience()), (ISSUER, CLIENT));
    assert!(token.issued_at() <= NOW + SKEW && token.expires_at() + SKEW > NOW);
    assert!(token.claims()["nonce"] == "nonce" && !token.claims().contains_key("events"));
    // A reader that takes the last of several members reads the same.
    let other: Value = serde_json::from_slice(data).expect("JSON to others as well");
    assert_eq!(other.as_object(), Some(token.claims()));
    assert!(token.into_said().original_audience.iter().all(|one| one == CLIENT || one == "api"));
}

/// What an issuer publishes: its key set, or its discovery document.
pub(crate) fn issuer(data: &[u8]) {
    let keys = KeySet::parse(data);
    if let Ok(discovery) = Discovery::parse(data, ISSUER) {
        assert!(discovery.jwks_uri.starts_with("https://") || discovery.jwks_uri.starts_with("http://"));
    }
    let header = br#"{"alg":"EdDSA","kid":"k"}"#;
    let text = format!("{}.{}.{}", b64(header), b64(br#"{"iss":"https://issuer.example"}"#), b64(&[0; 64]));
    if let (Ok(keys), Ok(token)) = (keys, gatehouse::oidc::CompactJws::decode(&text)) {
        assert!(token.verify(&keys, &[Algorithm::EdDsa]).is_err(), "zeros sign nothing");
    }
}
