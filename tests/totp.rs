//! One-time passwords against the vectors of RFC 6238 appendix B (its SHA-1 column, the last six of its eight digits).

use aws_lc_rs::hmac;
use gatehouse::words::{NotATotpSecret, TotpSecret};
use time::{Duration, OffsetDateTime};

/// An authenticator: a second, independent writing of RFC 4226 and RFC 6238.
pub(crate) fn code_of(key: &[u8], seconds: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &u64::try_from(seconds / 30).expect("after 1970").to_be_bytes());
    let at = (tag.as_ref()[19] & 0xf) as usize;
    let word = tag.as_ref()[at..at + 4].iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    let digits = (word & 0x7fff_ffff).to_string();
    format!("{digits:0>6}")[digits.len().max(6) - 6..].to_owned()
}

/// "12345678901234567890" in base32.
pub(crate) const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn secret(text: &str) -> TotpSecret {
    TotpSecret::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time")
}

#[test]
fn the_vectors_of_the_rfc_hold() {
    let secret = secret(RFC);
    for (seconds, code) in VECTORS {
        assert_eq!(secret.step_of(code, at(seconds)), Some(seconds / 30), "{seconds}");
        assert_eq!(code_of(b"12345678901234567890", seconds), code, "{seconds}: the test's own");
    }
}

#[test]
fn a_code_is_good_in_its_step_and_the_ones_beside_it() {
    let secret = secret(RFC);
    let (start, code) = (1_234_567_890 / 30 * 30, "005924");
    let step = Some(start / 30);
    for (seconds, found) in
        [(-31, None), (-30, step), (-1, step), (0, step), (29, step), (30, step), (59, step), (60, None)]
    {
        assert_eq!(secret.step_of(code, at(start) + Duration::seconds(seconds)), found, "{seconds}");
    }
}

#[test]
fn only_the_code_itself_is_the_code() {
    let secret = secret(RFC);
    for wrong in ["", "05924", "5924", "0059240", "005925", " 005924", "005924\n", "00592４", "+05924"] {
        assert_eq!(secret.step_of(wrong, at(1_234_567_890)), None, "{wrong:?}");
    }
    let other = TotpSecret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(other.step_of("005924", at(1_234_567_890)), None);
}

#[test]
fn a_secret_is_base32_in_either_case_with_its_padding_or_without() {
    let (seconds, code) = VECTORS[3];
    for text in [RFC, &RFC.to_lowercase(), "GezdGnbvGy3tqojqGezdGnbvGy3tqojq"] {
        assert!(secret(text).step_of(code, at(seconds)).is_some(), "{text}");
    }
    // 88 bits end in the middle of a group.
    for (text, padded) in [("GEZDGNBVGY3TQOJQGE", "GEZDGNBVGY3TQOJQGE======"), (RFC, RFC)] {
        let code = code_of(&b"12345678901234567890"[..text.len() * 5 / 8], seconds);
        for text in [text, padded] {
            assert!(secret(text).step_of(&code, at(seconds)).is_some(), "{text}");
        }
    }
    for text in [
        "GEZDGNBVGY3TQOJQ GEZDGNBVGY3TQOJQ",
        " GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQO8Q",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ-",
        "GEZDGNBVGY3TQOJQGE=",
        "GEZDGNBVGY3TQOJQGE=======",
        "GEZDGNBV=Y3TQOJQGE======",
        "GEZDGNBVGY3TQOJQG",
        "GEZDGNBVGY3TQOJQGF",
        "GEZDGNBVGY3TQOJQ========",
        "========",
    ] {
        assert_eq!(TotpSecret::parse(text).err(), Some(NotATotpSecret::Base32), "{text}");
    }
    assert_eq!(TotpSecret::parse("GEZDGNBVGY3TQOI").err(), Some(NotATotpSecret::Short { bits: 72 }));
    assert_eq!(TotpSecret::parse("").err(), Some(NotATotpSecret::Short { bits: 0 }));
    assert!(TotpSecret::parse("GEZDGNBVGY3TQOJQ").is_ok(), "80 bits");
}
