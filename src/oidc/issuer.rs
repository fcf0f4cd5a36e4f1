//! Issuer URLs: compared as text, exactly, and never normalised.

use super::OidcError;
use crate::words::{has_safe_scheme, is_anonymous};
use url::Url;

/// Checks what OpenID Connect Discovery 1.0 §2 and this house ask of an issuer: https, a host, perhaps a port and a
/// path, nothing else, at most 255 characters. http is for loopback hosts only.
///
/// # Errors
/// [`OidcError::IssuerUrl`] with the reason.
pub fn check_issuer(issuer: &str) -> Result<(), OidcError> {
    let refuse = |reason| Err(OidcError::IssuerUrl { issuer: issuer.to_owned(), reason });
    if issuer.len() > 255 {
        return refuse("it is longer than 255 characters");
    }
    // The URL parser would quietly drop or turn these, and the text would then differ from what is fetched.
    if !issuer.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>*".contains(&b)) {
        return refuse("it holds a character that an issuer cannot have");
    }
    let Ok(url) = Url::parse(issuer) else { return refuse("it is not a URL") };
    if issuer.contains(['?', '#']) {
        return refuse("an issuer has no query and no fragment");
    }
    if !is_anonymous(&url) || issuer.contains('@') {
        return refuse("an issuer has no user name");
    }
    // Exactly so written: the parser also takes `HTTPS:` and a missing slash, the ARN and the condition keys do not.
    let written = issuer.starts_with("https://") || issuer.starts_with("http://");
    if !written || !has_safe_scheme(&url) {
        return refuse("an issuer is https; http is for loopback hosts only");
    }
    Ok(())
}

/// Issuers that write their own name in their tokens in more ways than one: the name, and its other spellings. Google has
/// always had two (Google Identity, "OpenID Connect": `iss`); Facebook's Limited Login has moved.
const SPELLINGS: [(&str, &[&str]); 2] = [
    ("https://accounts.google.com", &["accounts.google.com"]),
    ("https://www.facebook.com", &["https://limited.facebook.com", "https://facebook.com"]),
];

/// Every `iss` that the issuer's tokens may have, its own name first. They are signed by the same keys, the issuer's.
pub fn spellings(issuer: &str) -> impl Iterator<Item = &str> {
    let others = SPELLINGS.iter().find(|(name, _)| *name == issuer).map_or(&[][..], |(_, others)| others);
    std::iter::once(issuer).chain(others.iter().copied())
}

/// The issuer as it stands in provider ARNs and condition keys: without `https://`, otherwise unchanged, so that a
/// trailing slash stays.
pub fn issuer_without_scheme(issuer: &str) -> &str {
    issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://")).unwrap_or(issuer)
}
