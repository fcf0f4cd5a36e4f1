//! Which condition keys mean anything here.

use super::attribute_keys::{is_attribute_key, is_list_of_an_attribute};
use super::error::Fault;
use crate::trace::clip;

/// The fixed keys this build knows, in lower case.
const KEYS: [&str; 24] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceip",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "saml:aud",
    "saml:doc",
    "saml:iss",
    "saml:namequalifier",
    "saml:sub",
    "saml:sub_type",
    "sts:externalid",
    "sts:roleauthorizedbyidp",
    "sts:rolesessionname",
];

/// Those that a request for a token of ours has, and no request for a role.
const OF_TOKENS: [&str; 3] = ["sts:durationseconds", "sts:identitytokenaudience", "sts:signingalgorithm"];

/// Whether the key is a list whenever a request has it, which no operator without a set operator matches. Any case.
pub(super) fn is_always_a_list(key: &str) -> bool {
    let folded = key.to_ascii_lowercase();
    let of_methods = || folded.ends_with(":amr") && is_claim_key(&folded);
    LISTS.contains(&&*folded) || is_list_of_an_attribute(&folded) || of_methods()
}

const LISTS: [&str; 3] = ["aws:tagkeys", "sts:identitytokenaudience", "sts:transitivetagkeys"];

/// Whether this house itself says what the key holds, of whoever signs with credentials of its own; or, for what a provider
/// vouches for, that nobody else may say it. Any case.
pub(super) fn is_told_by_the_house(key: &str) -> bool {
    let folded = key.to_ascii_lowercase();
    TOLD.contains(&&*folded) || TOLD_PREFIXES.iter().any(|prefix| folded.starts_with(prefix)) || is_claim_key(&folded)
}

const TOLD: [&str; 7] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
];
const TOLD_PREFIXES: [&str; 4] = ["aws:multifactorauth", "aws:principal", "saml:", "sts:"];

/// Whether the condition key of this claim is there in what a session asks for later, and not only while its token is
/// traded for a role (AWS, "Available keys for AWS web identity federation"). Any case; `issuer` is without its scheme.
pub fn outlasts_the_token(issuer: &str, claim: &str) -> bool {
    let is = |name: &str| claim.eq_ignore_ascii_case(name);
    let of_network = |(network, name): (&str, &str)| is(name) && issuer.eq_ignore_ascii_case(network);
    OF_SESSIONS.into_iter().any(is) || OF_NETWORKS.into_iter().any(of_network)
}

const OF_SESSIONS: [&str; 4] = ["amr", "aud", "id", "sub"];
/// What the built-in providers call the person and the app.
const OF_NETWORKS: [(&str, &str); 4] = [
    ("accounts.google.com", "oaud"),
    ("graph.facebook.com", "app_id"),
    ("www.amazon.com", "app_id"),
    ("www.amazon.com", "user_id"),
];

/// What is there later of the assertion that a session was traded for (AWS, "Available keys for SAML-based AWS STS
/// federation").
const SAML_OF_SESSIONS: [&str; 3] = ["saml:namequalifier", "saml:sub", "saml:sub_type"];

/// Which condition keys a document may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// Those that a live request to assume a role can have: one of the fixed ones, or a provider's claim,
    /// `<issuer without scheme>:<claim>`.
    Trust,
    /// These, but of a token or an assertion only what outlasts it; those of a request for a token, and the keys of services:
    /// whoever asks about a service's action brings them along.
    Permission,
    /// Whatever has the form of a key, `service:name`: a question on paper brings its own.
    Any,
}

impl Vocabulary {
    pub(super) fn has(self, key: &str) -> bool {
        let folded = key.to_ascii_lowercase();
        is_key(&folded)
            && match self {
                Self::Trust => is_live_key(&folded),
                Self::Permission if is_claim_key(&folded) => is_lasting_claim(&folded),
                Self::Permission if folded.starts_with("saml:") => SAML_OF_SESSIONS.contains(&&*folded),
                Self::Permission => is_live_key(&folded) || OF_TOKENS.contains(&&*folded) || is_service_key(&folded),
                Self::Any => true,
            }
    }

    /// Why a document may not speak of the key.
    pub(super) fn check(self, key: &str) -> Result<(), Fault> {
        match self {
            _ if self.has(key) => Ok(()),
            Self::Permission if is_claim_key(key) => Err(Fault::PassingClaim { key: clip(key) }),
            Self::Permission if Self::Trust.has(key) => Err(Fault::PassingSamlKey { key: clip(key) }),
            _ => Err(Fault::Key { key: clip(key) }),
        }
    }
}

/// A colon in an issuer's path would leave open where the claim's name begins: `idp.example/a:custom:id` is taken for the
/// claim `custom:id`, which no session keeps.
fn is_lasting_claim(key: &str) -> bool {
    let Some((issuer, claim)) = key.rsplit_once(':') else { return false };
    let path = issuer.split_once('/').map_or("", |(_, path)| path);
    !path.contains(':') && outlasts_the_token(issuer, claim)
}

fn is_live_key(folded: &str) -> bool {
    KEYS.contains(&folded) || is_attribute_key(folded) || is_claim_key(folded)
}

/// `s3:prefix`. What begins with one of our own prefixes and is not known is a slip of the pen.
fn is_service_key(key: &str) -> bool {
    let service = key.split_once(':').map(|(service, _)| service);
    let ours = |service: &str| ["aws", "saml", "sts"].contains(&service);
    let named = |service: &str| service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    service.is_some_and(|service| named(service) && !ours(service)) && !key.contains("://")
}

/// `service:name`. A key that only looks like another one is never there, so that a negated condition on it always holds:
/// none has white space, except within the key of a tag (`aws:PrincipalTag/cost centre`), and a service is in ASCII.
fn is_key(key: &str) -> bool {
    let Some((service, name)) = key.split_once(':') else { return false };
    let (plain, tag) = name.split_once("tag/").unwrap_or((name, ""));
    let service_fits = !service.is_empty() && service.bytes().all(|b| b.is_ascii_graphic());
    let name_fits = !name.is_empty() && !plain.contains(char::is_whitespace) && tag.trim_end() == tag;
    service_fits && name_fits && key.chars().count() <= 512 && !key.chars().any(char::is_control)
}

/// `idp.example/realms/a:groups`, `127.0.0.1:7201:aud`, `[::1]:7201:sub`. The issuer's host has a dot, a port, or is
/// localhost, so that no key of a service (`s3:prefix`) passes for a claim.
pub(super) fn is_claim_key(key: &str) -> bool {
    let Some((issuer, claim)) = key.rsplit_once(':') else { return false };
    let claim_fits = !claim.is_empty() && claim.len() <= 128 && claim.bytes().all(|b| b.is_ascii_graphic());
    let authority = issuer.split('/').next().unwrap_or_default();
    let path_fits = issuer.len() <= 255 && issuer.bytes().all(|b| b.is_ascii_graphic() && !b"*?\"".contains(&b));
    claim_fits && path_fits && is_authority(authority)
}

fn is_authority(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<std::net::Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host_fits = !host.is_empty()
        && host.split('.').all(|label| !label.is_empty())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    let tells_a_host = host.contains('.') || host == "localhost" || port.is_some();
    host_fits && tells_a_host && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
