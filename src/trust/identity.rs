//! Who somebody is, as their identity provider says: the common form of a verified assertion and a verified token.

use crate::catalogue::Provider;
use crate::oidc::social::VerifiedAccess;
use crate::oidc::{self, OidcError, Said, VerifiedToken};
use crate::saml::aws::{self, AttributeError};
use crate::saml::{Attribute, NameId, VerifiedAssertion, attributes};
use crate::words::{ProviderArn, RoleArn, SessionTags, SourceIdentity, hex};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// A person or program, proven. Built from a verified paper; read back only from a seal of ours (a console session
/// keeps it so that another role can be chosen later).
#[derive(Clone, Serialize, Deserialize)]
pub struct FederatedIdentity {
    pub(super) provider: ProviderArn,
    pub issuer: String,
    pub subject: String,
    /// The recipient of an assertion, or the client that a token was made for.
    pub audience: String,
    /// Every value a list of strings for SAML; the token's payload for OpenID Connect.
    pub claims: Map<String, Value>,
    /// What AWS's attributes and claims for them say that a session shall carry.
    #[serde(default)]
    pub(super) tags: SessionTags,
    #[serde(default)]
    pub(super) source_identity: Option<SourceIdentity>,
    pub paper: Paper,
    /// When the identity provider's own session ends; nothing outlives it (SAML core §2.7.2).
    #[serde(with = "time::serde::timestamp::option")]
    pub ends: Option<OffsetDateTime>,
    /// When the person authenticated, if the identity provider says so: AuthnInstant, or `auth_time`.
    #[serde(with = "time::serde::timestamp::option", default)]
    pub authenticated_at: Option<OffsetDateTime>,
    /// How: AuthnContextClassRef, or `acr`; empty when the identity provider does not say.
    #[serde(default)]
    pub authn_context: String,
}

/// What it was proven by.
#[derive(Clone, Serialize, Deserialize)]
pub enum Paper {
    Assertion {
        id: String,
        subject_type: String,
        name_qualifier: String,
        /// (role, provider) pairs of the AWS Role attribute.
        pairs: Vec<(String, String)>,
        /// The values of the AWS RoleSessionName attribute, as they came.
        session_names: Vec<String>,
        /// The AWS SessionDuration attribute in seconds.
        session_duration: Option<i64>,
        /// (condition key, the attribute that it stands for) for those attributes that AWS makes keys of.
        #[serde(default)]
        condition_keys: Vec<(String, String)>,
        #[serde(default)]
        login: Option<Box<SamlLogin>>,
    },
    Token {
        /// SHA-256 of the token, in hex.
        digest: String,
        /// Every `aud` value of a token that names an authorized party, which is then the audience; else empty.
        original_audience: Vec<String>,
    },
}

/// Who a token is about, and for whom.
pub(super) struct TokenFacts {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: String,
}

/// How a single logout speaks of a login, beside the subject (SAML core §3.7.1).
#[derive(Clone, Serialize, Deserialize)]
pub struct SamlLogin {
    format: String,
    name_qualifier: Option<String>,
    sp_name_qualifier: Option<String>,
    session_index: Option<String>,
}

impl FederatedIdentity {
    /// The claim by which rules read an assertion's subject. An attribute of this name is not looked at.
    pub const NAME_ID: &str = "name_id";

    /// Fails when an AWS attribute is there and is not what it should be.
    pub fn from_assertion(assertion: &VerifiedAssertion, provider: &Provider) -> Result<Self, AttributeError> {
        let text = |values: &[String]| Value::Array(values.iter().map(|v| Value::String(v.clone())).collect());
        let attributes = assertion.attributes.iter().map(|a| (a.name.clone(), text(&a.values)));
        let mut claims: Map<String, Value> = attributes.collect();
        // Whom it is about, over whatever attribute is called so.
        claims.insert(Self::NAME_ID.to_owned(), text(std::slice::from_ref(&assertion.name_id.value)));
        let pairs = aws::roles(&assertion.attributes).pairs;
        Ok(Self {
            provider: provider.arn.clone(),
            issuer: assertion.issuer.clone(),
            subject: assertion.name_id.value.clone(),
            audience: assertion.recipient.clone(),
            claims,
            tags: aws::session_tags(&assertion.attributes)?,
            source_identity: aws::source_identity(&assertion.attributes)?,
            paper: Paper::Assertion {
                id: assertion.id.clone(),
                subject_type: subject_type(&assertion.name_id.format),
                name_qualifier: aws::name_qualifier(&assertion.issuer, provider.account(), &provider.name),
                pairs: pairs.iter().map(|pair| (pair.role.to_string(), pair.provider.to_string())).collect(),
                session_names: aws::role_session_names(assertion).to_vec(),
                session_duration: aws::session_duration(assertion)?.map(i64::from),
                condition_keys: condition_keys(&assertion.attributes),
                login: Some(Box::new(SamlLogin {
                    format: assertion.name_id.format.clone(),
                    name_qualifier: assertion.name_id.name_qualifier.clone(),
                    sp_name_qualifier: assertion.name_id.sp_name_qualifier.clone(),
                    session_index: assertion.session_index.clone(),
                })),
            },
            ends: assertion.session_not_on_or_after,
            authenticated_at: Some(assertion.authn_instant),
            authn_context: assertion.authn_context.clone().unwrap_or_default(),
        })
    }

    /// Fails when an AWS claim is there and is not what it should be.
    pub fn from_token(token: VerifiedToken, provider: &Provider) -> Result<Self, OidcError> {
        let Said { issuer, subject, audience, original_audience, mut claims, digest } = token.into_said();
        if provider.social().is_some() {
            // As in an access token of the same app and person, over whatever the token calls so.
            claims.insert("id".to_owned(), subject.as_str().into());
            claims.insert("app_id".to_owned(), audience.as_str().into());
        }
        let paper = Paper::Token { digest: hex(&digest), original_audience };
        let facts = TokenFacts { issuer: provider.issuer().unwrap_or(issuer), subject, audience };
        Self::of_claims(facts, claims, paper, provider)
    }

    /// A network's own claims; none of AWS's can be among them.
    pub fn from_access(access: &VerifiedAccess, provider: &Provider) -> Self {
        Self {
            provider: provider.arn.clone(),
            issuer: provider.issuer().unwrap_or_default(),
            subject: access.subject().to_owned(),
            audience: access.audience().to_owned(),
            claims: access.claims().clone(),
            tags: SessionTags::default(),
            source_identity: None,
            paper: Paper::Token { digest: hex(access.digest()), original_audience: Vec::new() },
            ends: None,
            authenticated_at: None,
            authn_context: String::new(),
        }
    }

    pub(super) fn of_claims(
        facts: TokenFacts,
        claims: Map<String, Value>,
        paper: Paper,
        provider: &Provider,
    ) -> Result<Self, OidcError> {
        Ok(Self {
            provider: provider.arn.clone(),
            issuer: facts.issuer,
            subject: facts.subject,
            audience: facts.audience,
            tags: oidc::aws::session_tags(&claims)?,
            source_identity: oidc::aws::source_identity(&claims)?,
            paper,
            ends: None,
            authenticated_at: authenticated_at(&claims),
            authn_context: context_class(&claims),
            claims,
        })
    }

    pub fn provider(&self) -> ProviderArn {
        self.provider.clone()
    }

    /// The same as a text.
    pub fn provider_arn(&self) -> &str {
        self.provider.as_str()
    }

    /// The same person at another registration of the same identity provider.
    pub fn at(&self, provider: &Provider) -> Self {
        let mut identity = Self { provider: provider.arn.clone(), ..self.clone() };
        if let Paper::Assertion { name_qualifier, .. } = &mut identity.paper {
            *name_qualifier = aws::name_qualifier(&self.issuer, provider.account(), &provider.name);
        }
        identity
    }

    /// The same person: same provider, same subject.
    pub fn is(&self, other: &Self) -> bool {
        self.provider == other.provider && self.subject == other.subject
    }

    /// The person as issuer and subject.
    pub fn named(&self) -> (&str, &str) {
        (&self.issuer, &self.subject)
    }

    /// The person as one short text: issuer and subject, digested.
    pub fn person(&self) -> String {
        crate::words::person(&self.issuer, &self.subject)
    }

    /// Whose it is that they do by this registration.
    pub fn whose(&self) -> String {
        crate::words::whose([self.provider.as_str()], &self.subject)
    }

    /// By what name, and in which session, the identity provider knows whom it signed in; `None` if it did not do so by SAML.
    pub fn login(&self) -> Option<(NameId, Option<&str>)> {
        let Paper::Assertion { login: Some(login), .. } = &self.paper else { return None };
        let name_id = NameId {
            value: self.subject.clone(),
            format: login.format.clone(),
            name_qualifier: login.name_qualifier.clone(),
            sp_name_qualifier: login.sp_name_qualifier.clone(),
        };
        Some((name_id, login.session_index.as_deref()))
    }

    /// How an OpenID Connect provider numbers the login (`sid`: Front-Channel Logout 1.0 §3).
    pub fn session_id(&self) -> Option<&str> {
        let Paper::Token { .. } = self.paper else { return None };
        self.claims.get("sid")?.as_str()
    }

    /// How long the identity provider wants a console session to last (the AWS SessionDuration attribute).
    pub fn console_duration(&self) -> Option<Duration> {
        match self.paper {
            Paper::Assertion { session_duration, .. } => session_duration.map(Duration::seconds),
            Paper::Token { .. } => None,
        }
    }

    /// The API action whose trust is asked for.
    pub fn action(&self) -> &'static str {
        match self.paper {
            Paper::Assertion { .. } => "sts:AssumeRoleWithSAML",
            Paper::Token { .. } => "sts:AssumeRoleWithWebIdentity",
        }
    }

    /// The condition key that a claim serves, if it serves one.
    pub(super) fn condition_key(&self, provider: &Provider, claim: &str) -> Option<String> {
        match &self.paper {
            Paper::Assertion { condition_keys, .. } => {
                condition_keys.iter().find(|(_, attribute)| attribute == claim).map(|(key, _)| key.clone())
            }
            Paper::Token { .. } => Some(format!("{}:{claim}", provider.key_prefix())),
        }
    }

    /// The roles that the token itself is good for, if it says so.
    pub(super) fn bound_to(&self) -> Option<Vec<&str>> {
        match self.paper {
            Paper::Assertion { .. } => None,
            Paper::Token { .. } => oidc::aws::roles(&self.claims),
        }
    }

    /// The roles that the AWS Role attribute pairs with this very provider.
    pub(super) fn paired_roles(&self) -> Vec<RoleArn> {
        let Paper::Assertion { pairs, .. } = &self.paper else { return Vec::new() };
        let ours = pairs.iter().filter(|(_, provider)| provider == self.provider.as_str());
        ours.filter_map(|(role, _)| role.parse().ok()).collect()
    }
}

/// OpenID Connect Core §2: seconds since 1970. Another spelling says nothing.
pub(super) fn authenticated_at(claims: &Map<String, Value>) -> Option<OffsetDateTime> {
    let value = claims.get("auth_time")?;
    let seconds = value.as_i64().or_else(|| value.as_f64().filter(|s| s.abs() < 1e12).map(|s| s.floor() as i64))?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

pub(super) fn context_class(claims: &Map<String, Value>) -> String {
    claims.get("acr").and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn condition_keys(attributes: &[Attribute]) -> Vec<(String, String)> {
    attributes::condition_keys(attributes).into_iter().map(|found| (found.key.to_owned(), found.attribute)).collect()
}

/// `saml:sub_type`: the 2.0 prefix is dropped, any other format stays whole (AWS, "Using
/// SAML-based federation for API access").
fn subject_type(format: &str) -> String {
    format.strip_prefix("urn:oasis:names:tc:SAML:2.0:nameid-format:").unwrap_or(format).to_owned()
}
