//! A person as one short text.

use super::sha256_of_parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Whom an identity provider calls by this subject: both, digested.
pub fn person(issuer: &str, subject: &str) -> String {
    digested(&[issuer, subject])
}

/// Whose it is that somebody does whom these registrations (ARNs) together call by this subject: all of it, digested. An
/// issuer's name may be registered by anybody, with a key of their own as well, and speaks for nobody; so what several
/// registrations vouched for is of all of them, and of no one alone.
pub fn whose<'a>(registrations: impl IntoIterator<Item = &'a str>, subject: &str) -> String {
    let mut parts: Vec<&str> = registrations.into_iter().collect();
    parts.sort_unstable();
    parts.dedup();
    // No ARN is empty: the list ends here.
    parts.extend(["", subject]);
    digested(&parts)
}

fn digested(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(sha256_of_parts(parts))
}
