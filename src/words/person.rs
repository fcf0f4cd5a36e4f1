//! A person as one short text.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Whom an identity provider calls by this subject: both, digested.
pub fn person(issuer: &str, subject: &str) -> String {
    let mut context = Context::new(&SHA256);
    for part in [issuer, subject] {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}
