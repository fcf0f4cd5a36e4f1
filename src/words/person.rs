//! A person as one short text.

use super::sha256_of_parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The person whom an identity provider calls by this subject: issuer and subject, digested.
pub fn person(issuer: &str, subject: &str) -> String {
    digested(&[issuer, subject])
}

/// Whose doing something is: that of the person whom these registrations (provider ARNs) together call by this subject,
/// all of it digested. Anybody may register an issuer's name, with a key of their own, so the name alone vouches for
/// nobody: what several registrations vouched for belongs to all of them together, and to none alone.
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
