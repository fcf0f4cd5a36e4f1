//! Signing keys are kept of signatures that held, and of no others.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use gatehouse::sigv4::{RawRequest, SigError, SignedRequest, SigningKeys};
use gatehouse::words::{Secret, hex, parse_basic};

const NOW: &str = "20310203T040506Z";
const SECRET: &str = "a secret access key for the tests only!!";
const ANOTHER: &str = "another secret access key of the tests!!";

/// Why a request for this region is refused that was signed with one secret and is verified with another.
fn refusal(region: &str, signed_with: &str, secret: &str, keys: &SigningKeys) -> Option<SigError> {
    let scope = format!("20310203/{region}/sts/aws4_request");
    let hash = |text: &str| hex(digest(&SHA256, text.as_bytes()).as_ref());
    let canonical = format!("GET\n/\n\nhost:sts.example.org\nx-amz-date:{NOW}\n\nhost;x-amz-date\n{}", hash(""));
    let to_sign = format!("AWS4-HMAC-SHA256\n{NOW}\n{scope}\n{}", hash(&canonical));
    let mut key = format!("AWS4{signed_with}").into_bytes();
    for link in scope.split('/') {
        key = sign(&Key::new(HMAC_SHA256, &key), link.as_bytes()).as_ref().to_vec();
    }
    let signature = hex(sign(&Key::new(HMAC_SHA256, &key), to_sign.as_bytes()).as_ref());
    let credential = format!("AKIAIOSFODNN7EXAMPLE/{scope}");
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature={signature}");
    let headers: &[(&str, &[u8])] =
        &[("host", b"sts.example.org"), ("x-amz-date", NOW.as_bytes()), ("authorization", authorization.as_bytes())];
    let raw = RawRequest { method: "GET", path: "/", query: "", headers, body: b"" };
    let signed = SignedRequest::parse(raw, "sts", parse_basic(NOW).expect("a time")).expect("well formed");
    signed.verify_keeping(&Secret::new(secret), keys).err()
}

/// With another secret a right signature holds by a key that was kept, or not at all.
fn keeps(keys: &SigningKeys, region: &str) -> bool {
    refusal(region, SECRET, ANOTHER, keys).is_none()
}

#[test]
fn a_wrong_signature_puts_no_key_in_and_none_out() {
    let keys = SigningKeys::default();
    assert_eq!(refusal("eu-west-1", ANOTHER, SECRET, &keys), Some(SigError::Mismatch));
    assert!(!keeps(&keys, "eu-west-1"));
    assert_eq!(refusal("eu-west-1", SECRET, SECRET, &keys), None);
    assert!(keeps(&keys, "eu-west-1"));
    for region in ["eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1"] {
        assert_eq!(refusal(region, ANOTHER, SECRET, &keys), Some(SigError::Mismatch), "{region}");
    }
    assert!(keeps(&keys, "eu-west-1"));
    assert!(!keeps(&keys, "eu-west-2"));
}

#[test]
fn a_key_is_good_for_its_scope_and_the_last_two_are_kept() {
    let keys = SigningKeys::default();
    for region in ["eu-west-1", "eu-west-2", "eu-west-2", "eu-west-3"] {
        assert_eq!(refusal(region, SECRET, SECRET, &keys), None, "{region}");
    }
    let kept = ["eu-west-1", "eu-west-2", "eu-west-3"].map(|region| keeps(&keys, region));
    assert_eq!(kept, [false, true, true]);
}
