//! The attributes by which identity providers speak to AWS (IAM User Guide, "Configure SAML assertions").

use super::assertion::{Attribute, VerifiedAssertion};
use crate::trace::{Code, Refusal};
use crate::words::{AccountId, NotSessionTags, ProviderArn, ProviderKind, RoleArn, SessionTags, SourceIdentity};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const ROLE: &str = "https://aws.amazon.com/SAML/Attributes/Role";
const ROLE_SESSION_NAME: &str = "https://aws.amazon.com/SAML/Attributes/RoleSessionName";
const SESSION_DURATION: &str = "https://aws.amazon.com/SAML/Attributes/SessionDuration";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/SAML/Attributes/SourceIdentity";
/// The tag's key follows, whatever it holds.
const PRINCIPAL_TAG: &str = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:";
const TRANSITIVE_TAG_KEYS: &str = "https://aws.amazon.com/SAML/Attributes/TransitiveTagKeys";

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
    #[error("there are {count} values of SourceIdentity")]
    SeveralSourceIdentities { count: usize },
    #[error("the SourceIdentity is not 2 to 64 letters, digits and _+=,.@-, or begins with aws:")]
    SourceIdentity,
    #[error("the attribute PrincipalTag:{key} has {count} values; a tag has one")]
    TagValues { key: String, count: usize },
    #[error("{0}")]
    Tags(NotSessionTags),
}

impl Refusal for AttributeError {
    fn code(&self) -> Code {
        match self {
            Self::SessionDuration { .. } => Code::SamlSessionDuration,
            Self::SeveralSourceIdentities { .. } | Self::SourceIdentity => Code::SamlSourceIdentity,
            Self::TagValues { .. } | Self::Tags(NotSessionTags::Value { .. }) => Code::SamlTagValue,
            Self::Tags(NotSessionTags::TooMany { .. }) => Code::SamlTooManyTags,
            Self::Tags(NotSessionTags::Key { .. }) => Code::SamlTagKey,
            Self::Tags(NotSessionTags::Repeated { .. }) => Code::SamlTagRepeated,
            Self::Tags(NotSessionTags::NotATag { .. }) => Code::SamlTransitiveTagKey,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::SessionDuration { found } => Some(found.join(", ")),
            Self::SeveralSourceIdentities { count } | Self::TagValues { count, .. } => Some(format!("{count} values")),
            Self::SourceIdentity | Self::Tags(_) => None,
        }
    }
}

/// The Role values: a role ARN and a SAML provider's ARN in either order, separated by a comma, blanks around each
/// ignored.
pub fn roles(attributes: &[Attribute]) -> Roles {
    let mut roles = Roles::default();
    for value in values(attributes, ROLE) {
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

/// The names of AWS attributes that are there and that nobody here acts on.
pub fn not_acted_on(assertion: &VerifiedAssertion) -> impl Iterator<Item = &str> {
    let names = assertion.attributes.iter().map(|attribute| attribute.name.as_str());
    let known = [ROLE, ROLE_SESSION_NAME, SESSION_DURATION, SOURCE_IDENTITY, TRANSITIVE_TAG_KEYS];
    names.filter(move |name| {
        name.starts_with("https://aws.amazon.com/SAML/Attributes/")
            && !known.contains(name)
            && !name.starts_with(PRINCIPAL_TAG)
    })
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

/// SourceIdentity, if the assertion has it.
pub fn source_identity(attributes: &[Attribute]) -> Result<Option<SourceIdentity>, AttributeError> {
    match values(attributes, SOURCE_IDENTITY) {
        [] => Ok(None),
        [only] => only.parse().map(Some).map_err(|_| AttributeError::SourceIdentity),
        several => Err(AttributeError::SeveralSourceIdentities { count: several.len() }),
    }
}

/// The tags of the PrincipalTag attributes, of which TransitiveTagKeys go along.
pub fn session_tags(attributes: &[Attribute]) -> Result<SessionTags, AttributeError> {
    let tag = |attribute: &Attribute| {
        let key = attribute.name.strip_prefix(PRINCIPAL_TAG)?;
        Some(match attribute.values.as_slice() {
            [only] => Ok((key.to_owned(), only.clone())),
            values => Err(AttributeError::TagValues { key: crate::trace::clip(key), count: values.len() }),
        })
    };
    let tags: Vec<(String, String)> = attributes.iter().filter_map(tag).collect::<Result<_, _>>()?;
    SessionTags::new(tags, values(attributes, TRANSITIVE_TAG_KEYS)).map_err(AttributeError::Tags)
}

fn values<'a>(attributes: &'a [Attribute], name: &str) -> &'a [String] {
    attributes.iter().find(|attribute| attribute.name == name).map_or(&[], |attribute| &attribute.values)
}

/// `saml:namequalifier`: Base64(SHA-1(issuer + account + "/" + provider name)), as STS answers it. SHA-1 is the
/// interface here; nothing is trusted by it.
pub fn name_qualifier(issuer: &str, account: AccountId, provider_name: &str) -> String {
    let text = format!("{issuer}{account}/{provider_name}");
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}
