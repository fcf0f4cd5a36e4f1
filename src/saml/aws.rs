//! The attributes by which identity providers speak to AWS (IAM User Guide, "Configure SAML assertions").

use super::assertion::VerifiedAssertion;
use crate::trace::{Code, Refusal};
use crate::words::{AccountId, ProviderArn, ProviderKind, RoleArn};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const ROLE: &str = "https://aws.amazon.com/SAML/Attributes/Role";
const ROLE_SESSION_NAME: &str = "https://aws.amazon.com/SAML/Attributes/RoleSessionName";
const SESSION_DURATION: &str = "https://aws.amazon.com/SAML/Attributes/SessionDuration";

/// A role, and the provider through which it may be assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePair {
    pub role: RoleArn,
    pub provider: ProviderArn,
}

/// The Role attribute: what could be read, and the values that could not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    pub pairs: Vec<RolePair>,
    pub malformed: Vec<String>,
}

/// Why an AWS attribute does not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    #[error("the SessionDuration is not one number of seconds from 900 to 43200")]
    SessionDuration { found: Vec<String> },
}

impl Refusal for AttributeError {
    fn code(&self) -> Code {
        match self {
            Self::SessionDuration { .. } => Code::SamlSessionDuration,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::SessionDuration { found } => Some(found.join(", ")),
        }
    }
}

/// The Role values: a role ARN and a SAML provider's ARN in either order, separated by a comma, blanks around each
/// ignored.
pub fn roles(assertion: &VerifiedAssertion) -> Roles {
    let mut roles = Roles::default();
    for value in assertion.values(ROLE) {
        match pair(value) {
            Some(pair) => roles.pairs.push(pair),
            None => roles.malformed.push(value.clone()),
        }
    }
    roles
}

fn pair(value: &str) -> Option<RolePair> {
    let (left, right) = value.split_once(',').map(|(left, right)| (left.trim(), right.trim()))?;
    let (role, provider) = match (left.parse::<RoleArn>(), right.parse::<RoleArn>()) {
        (Ok(role), Err(_)) => (role, right.parse::<ProviderArn>().ok()?),
        (Err(_), Ok(role)) => (role, left.parse::<ProviderArn>().ok()?),
        _ => return None,
    };
    (provider.kind() == ProviderKind::Saml).then_some(RolePair { role, provider })
}

/// The names of AWS attributes that are there and that nobody here acts on: session tags and source identities.
pub fn not_acted_on(assertion: &VerifiedAssertion) -> impl Iterator<Item = &str> {
    let names = assertion.attributes.iter().map(|attribute| attribute.name.as_str());
    let known = [ROLE, ROLE_SESSION_NAME, SESSION_DURATION];
    names.filter(move |name| name.starts_with("https://aws.amazon.com/SAML/Attributes/") && !known.contains(name))
}

/// The values of RoleSessionName as they came; whether one is needed, and good, is for whoever names the session.
pub fn role_session_names(assertion: &VerifiedAssertion) -> &[String] {
    assertion.values(ROLE_SESSION_NAME)
}

/// SessionDuration in seconds, 900 to 43200, if the assertion has it.
pub fn session_duration(assertion: &VerifiedAssertion) -> Result<Option<u32>, AttributeError> {
    let values = assertion.values(SESSION_DURATION);
    let number = match values {
        [] => return Ok(None),
        [only] if only.bytes().all(|byte| byte.is_ascii_digit()) => only.parse::<u32>().ok(),
        _ => None,
    };
    match number {
        Some(seconds) if (900..=43_200).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(AttributeError::SessionDuration { found: values.to_vec() }),
    }
}

/// `saml:namequalifier`: Base64(SHA-1(issuer + account + "/" + provider name)), as STS answers it. SHA-1 is the
/// interface here; nothing is trusted by it.
pub fn name_qualifier(issuer: &str, account: AccountId, provider_name: &str) -> String {
    let text = format!("{issuer}{account}/{provider_name}");
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}
