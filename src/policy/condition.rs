//! One line of a Condition block: operator, key, values. Values of one key are alternatives; lines must all hold.

use super::attribute_keys::is_attribute_key;
use super::context::{Context, Values};
use super::pattern::Glob;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    StringEquals,
    StringLike,
}

impl Operator {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "StringEquals" => Some(Self::StringEquals),
            "StringLike" => Some(Self::StringLike),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::StringEquals => "StringEquals",
            Self::StringLike => "StringLike",
        }
    }

    /// Both operators are positive and case-sensitive.
    fn holds(self, expected: &Glob, received: &str) -> bool {
        match self {
            Self::StringEquals => expected.text() == received,
            Self::StringLike => expected.matches(received),
        }
    }
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    key: Box<str>,
    folded_key: Box<str>,
    values: Vec<Glob>,
}

impl Condition {
    pub(super) fn new(operator: Operator, key: &str, values: Vec<Glob>) -> Self {
        Self { operator, key: key.into(), folded_key: key.to_ascii_lowercase().into(), values }
    }

    pub(super) fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(Glob::text)
    }

    /// An absent key, and a list under an operator without a set prefix, never satisfy a positive operator.
    pub(super) fn holds(&self, context: &Context) -> bool {
        match context.folded(&self.folded_key) {
            Some(Values::One(received)) => self.values.iter().any(|expected| self.operator.holds(expected, received)),
            Some(Values::Many(_)) | None => false,
        }
    }

    pub(super) fn unmet<'a>(&'a self, context: &'a Context) -> Unmet<'a> {
        Unmet { condition: self, received: context.folded(&self.folded_key) }
    }
}

/// A condition that did not hold, with both sides of the comparison.
#[derive(Clone, Copy)]
pub struct Unmet<'a> {
    condition: &'a Condition,
    received: Option<&'a Values>,
}

impl<'a> Unmet<'a> {
    pub fn operator(&self) -> &'static str {
        self.condition.operator.name()
    }

    /// The key as the document writes it.
    pub fn key(&self) -> &'a str {
        &self.condition.key
    }

    pub fn expected(&self) -> impl Iterator<Item = &'a str> {
        self.condition.values()
    }

    /// `None` when the request has no such key.
    pub fn received(&self) -> Option<&'a Values> {
        self.received
    }
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected: Vec<&str> = self.expected().collect();
        write!(f, "{} on {} wants one of {expected:?}; ", self.operator(), self.key())?;
        match self.received {
            None => f.write_str("the request has no such key"),
            Some(Values::One(value)) => write!(f, "received {value:?}"),
            Some(Values::Many(values)) => {
                write!(f, "received the list {values:?}, which this operator never matches without a set prefix")
            }
        }
    }
}

impl fmt::Debug for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The fixed keys this build knows, in lower case.
const KEYS: [&str; 14] = [
    "aws:federatedprovider",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "saml:aud",
    "saml:doc",
    "saml:iss",
    "saml:namequalifier",
    "saml:sub",
    "saml:sub_type",
    "sts:externalid",
    "sts:rolesessionname",
];

/// Whether a condition key means anything here: one of the fixed ones, or a provider's claim,
/// `<issuer without scheme>:<claim>`.
pub(super) fn is_known_key(key: &str) -> bool {
    let folded = key.to_ascii_lowercase();
    KEYS.contains(&folded.as_str()) || is_attribute_key(&folded) || is_claim_key(&folded)
}

/// `idp.example/realms/a:groups`, `127.0.0.1:7201:aud`, `[::1]:7201:sub`. The issuer's host has a dot, a port, or is
/// localhost, so that no key of a service (`s3:prefix`) passes for a claim.
fn is_claim_key(key: &str) -> bool {
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
