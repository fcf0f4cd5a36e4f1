//! What a role session carries beside its name: tags, a source identity, and what SAML or a token said of the subject.

use super::rules::{GivenBy, agreed};
use super::{FederatedIdentity, Paper, RoleSession, SessionPolicies, TokenSubject, TrustError};
use crate::words::{NotSessionTags, RoleArn, SessionTags, SourceIdentity};
use serde::{Deserialize, Serialize};

/// Travels inside the session token; short names keep it small, and what is not there takes no room. What a reader does not
/// know it reads over, so that nodes of two versions read each other's tokens.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Carried {
    #[serde(rename = "t", default, skip_serializing_if = "SessionTags::is_empty")]
    pub tags: SessionTags,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<SourceIdentity>,
    /// Of a session that came by SAML, and not handed on. Its `saml:sub` is the session's subject.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<SamlSubject>,
    /// Of a session that came by a token, and not handed on. Its `<issuer>:sub` is the session's subject, the issuer its
    /// provider's.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenSubject>,
    /// What it may do at most; empty where nothing but its role limits it. Not handed on.
    #[serde(rename = "p", default, skip_serializing_if = "SessionPolicies::is_empty")]
    pub policies: SessionPolicies,
}

/// What of the `saml:` condition keys is left after the assertion (AWS, "Available keys for SAML-based federation").
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SamlSubject {
    #[serde(rename = "t")]
    pub subject_type: String,
    #[serde(rename = "q")]
    pub name_qualifier: String,
}

pub(super) const TAG_SESSION: &str = "sts:TagSession";
pub(super) const SET_SOURCE_IDENTITY: &str = "sts:SetSourceIdentity";

impl Carried {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What must be allowed beside the action that assumes the role. Inherited or new makes no difference (AWS,
    /// "Chaining roles with session tags" and "Monitor and control actions taken with assumed roles").
    pub(super) fn needs(&self) -> impl Iterator<Item = &'static str> {
        let tags = (!self.tags.is_empty()).then_some(TAG_SESSION);
        let identity = self.source_identity.is_some().then_some(SET_SOURCE_IDENTITY);
        tags.into_iter().chain(identity)
    }

    /// What the provider gives along with a role: what the rules that gave it say, else what the identity provider says.
    pub(super) fn given(
        identity: &FederatedIdentity,
        role: &RoleArn,
        given_by: &[GivenBy],
    ) -> Result<Self, TrustError> {
        let named = agreed(role, given_by, "source_identity", |by| by.source_identity.as_ref())?.cloned();
        let tags = tags_of_rules(role, given_by)?;
        let (saml, token) = match &identity.paper {
            Paper::Assertion { subject_type, name_qualifier, .. } => {
                let (subject_type, name_qualifier) = (subject_type.clone(), name_qualifier.clone());
                (Some(SamlSubject { subject_type, name_qualifier }), None)
            }
            Paper::Token { original_audience, .. } => {
                (None, Some(TokenSubject::of(identity, original_audience, role)?))
            }
        };
        Ok(Self {
            tags: tags.unwrap_or_else(|| identity.tags.clone()),
            source_identity: named.or_else(|| identity.source_identity.clone()),
            saml,
            token,
            ..Self::default()
        })
    }

    /// What a caller passes, and what its own session hands on: transitive tags, which nobody can change, and the
    /// source identity, which stays for good.
    pub(super) fn chained(
        session: Option<&RoleSession>,
        tags: SessionTags,
        source_identity: Option<SourceIdentity>,
    ) -> Result<Self, TrustError> {
        let Some(before) = session.map(|session| &session.carried) else {
            return Ok(Self { tags, source_identity, ..Self::default() });
        };
        if let (Some(fixed), Some(other)) = (&before.source_identity, &source_identity)
            && fixed != other
        {
            return Err(TrustError::SourceIdentityFixed);
        }
        let tags = tags.with(before.tags.transitive().cloned()).map_err(|error| match error {
            NotSessionTags::TooMany { .. } => TrustError::TooManyTags,
            NotSessionTags::Repeated { key }
            | NotSessionTags::Key { key }
            | NotSessionTags::Value { key }
            | NotSessionTags::NotATag { key } => TrustError::TagInherited { key },
        })?;
        let source_identity = source_identity.or_else(|| before.source_identity.clone());
        Ok(Self { tags, source_identity, ..Self::default() })
    }
}

/// The tags of all rules that gave the role; `None` when none of them speaks of tags.
fn tags_of_rules(role: &RoleArn, given_by: &[GivenBy]) -> Result<Option<SessionTags>, TrustError> {
    let (mut pairs, mut transitive) = (Vec::new(), Vec::new());
    let speaking = || given_by.iter().filter_map(|by| by.tags.as_ref());
    for tag in speaking().flat_map(SessionTags::iter) {
        let what = format!("the tag {}", tag.key);
        let value = agreed(role, given_by, &what, |by| by.tags.as_ref()?.get(&tag.key).map(|tag| &tag.value))?;
        if !pairs.iter().any(|(key, _): &(String, String)| key.to_lowercase() == tag.key.to_lowercase()) {
            pairs.extend(value.map(|value| (tag.key.clone(), value.clone())));
        }
        transitive.extend(tag.transitive.then(|| tag.key.clone()));
    }
    if speaking().next().is_none() {
        return Ok(None);
    }
    SessionTags::new(pairs, &transitive).map(Some).map_err(|_| TrustError::TooManyTags)
}
