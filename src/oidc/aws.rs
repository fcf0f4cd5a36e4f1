//! The claims by which identity providers speak to AWS (IAM User Guide, "Passing session tags using
//! AssumeRoleWithWebIdentity").
//!
//! Tags come nested, or flattened for issuers that cannot nest:
//!
//! ```text
//! "https://aws.amazon.com/tags": {"principal_tags": {"team": ["ops"]}, "transitive_tag_keys": ["team"]}
//! "https://aws.amazon.com/tags/principal_tags/team": "ops", "https://aws.amazon.com/tags/transitive_tag_keys": ["team"]
//! ```

use super::OidcError;
use crate::words::{SessionTags, SourceIdentity};
use serde_json::{Map, Value};

const PREFIX: &str = "https://aws.amazon.com/";
const TAGS: &str = "https://aws.amazon.com/tags";
/// The tag's key follows, whatever it holds.
const PRINCIPAL_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const TRANSITIVE_TAG_KEYS: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
const ROLES: &str = "https://aws.amazon.com/roles";

/// The tags of both forms together; a key that is in both is there twice.
///
/// # Errors
/// [`OidcError::AwsClaim`], [`OidcError::TagValues`] and [`OidcError::Tags`].
pub fn session_tags(claims: &Map<String, Value>) -> Result<SessionTags, OidcError> {
    let nested = Nested::of(claims)?;
    let flat = claims.iter().filter_map(|(name, value)| Some((name.strip_prefix(PRINCIPAL_TAG)?, value)));
    let nested_tags = nested.tags.into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    let pairs = nested_tags.chain(flat).map(|(key, value)| Ok((key.to_owned(), tag_value(key, value)?)));
    let pairs: Vec<(String, String)> = pairs.collect::<Result<_, OidcError>>()?;
    let mut transitive = tag_keys(nested.transitive)?;
    transitive.extend(tag_keys(present(claims.get(TRANSITIVE_TAG_KEYS)))?);
    SessionTags::new(pairs, &transitive).map_err(OidcError::Tags)
}

/// # Errors
/// [`OidcError::SourceIdentity`].
pub fn source_identity(claims: &Map<String, Value>) -> Result<Option<SourceIdentity>, OidcError> {
    match present(claims.get(SOURCE_IDENTITY)) {
        None => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| OidcError::SourceIdentity),
        Some(_) => Err(OidcError::SourceIdentity),
    }
}

/// The roles that the token is good for, if it says so: a list, or a string with semicolons between. What is no list and
/// no string is good for none.
pub fn roles(claims: &Map<String, Value>) -> Option<Vec<&str>> {
    match claims.get(ROLES)? {
        Value::Null => None,
        Value::String(text) => Some(text.split(';').map(str::trim).collect()),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).map(str::trim).collect()),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(Vec::new()),
    }
}

/// The names of AWS claims that are there and that nobody here acts on.
pub fn not_acted_on(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let known = [TAGS, TRANSITIVE_TAG_KEYS, SOURCE_IDENTITY, ROLES];
    let names = claims.keys().map(String::as_str);
    names.filter(move |name| name.starts_with(PREFIX) && !known.contains(name) && !name.starts_with(PRINCIPAL_TAG))
}

/// The claim that holds everything, taken apart.
#[derive(Default)]
struct Nested<'a> {
    tags: Option<&'a Map<String, Value>>,
    transitive: Option<&'a Value>,
}

impl<'a> Nested<'a> {
    fn of(claims: &'a Map<String, Value>) -> Result<Self, OidcError> {
        let Some(claim) = present(claims.get(TAGS)) else { return Ok(Self::default()) };
        let object = |value: &'a Value| value.as_object().ok_or(SHAPE);
        let claim = object(claim)?;
        if claim.keys().any(|name| !["principal_tags", "transitive_tag_keys"].contains(&name.as_str())) {
            return Err(SHAPE);
        }
        let tags = present(claim.get("principal_tags")).map(object).transpose()?;
        Ok(Self { tags, transitive: present(claim.get("transitive_tag_keys")) })
    }
}

const SHAPE: OidcError = OidcError::AwsClaim { claim: TAGS };

/// One text, on its own or in a list of one.
fn tag_value(key: &str, value: &Value) -> Result<String, OidcError> {
    let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    match texts {
        [Value::String(only)] => Ok(only.clone()),
        _ => Err(OidcError::TagValues { key: crate::trace::clip(key) }),
    }
}

/// A list of keys; an issuer that flattens may write a list of one as its only member.
fn tag_keys(value: Option<&Value>) -> Result<Vec<String>, OidcError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let keys = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let text = |key: &Value| key.as_str().map(str::to_owned);
    keys.iter().map(text).collect::<Option<_>>().ok_or(OidcError::AwsClaim { claim: TRANSITIVE_TAG_KEYS })
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}
