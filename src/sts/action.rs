//! A form becomes an action: each parameter read once, every violation told at once.

use super::reader::Reader;
use super::role_wish::RoleWish;
use crate::issuer::SigningAlgorithm;
use crate::trust::Caller;
use crate::words::{
    FederatedName, MfaSerial, PolicyArn, ProviderArn, RoleArn, Secret, SessionName, SessionTags, SourceIdentity,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::str::FromStr;
use time::Duration;

/// What is asked for. The parameters are read afterwards, for signed actions only once the caller is known: a stranger
/// learns nothing about them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    AssumeRole,
    AssumeRoleWithSaml,
    AssumeRoleWithWebIdentity,
    GetSessionToken,
    GetFederationToken,
    GetAccessKeyInfo,
    DecodeAuthorizationMessage,
    GetWebIdentityToken,
    GetCallerIdentity,
}

pub(super) struct AssumeRole {
    pub role: RoleArn,
    pub session_name: SessionName,
    pub external_id: Option<String>,
    pub tags: SessionTags,
    pub source_identity: Option<SourceIdentity>,
    pub factor: SecondFactor,
    pub policies: SessionPolicyWish,
    pub duration: Option<Duration>,
    pub token_size: usize,
}

pub(super) struct GetSessionToken {
    pub factor: SecondFactor,
    pub duration: Option<Duration>,
    pub token_size: usize,
}

pub(super) struct GetFederationToken {
    pub name: FederatedName,
    pub tags: SessionTags,
    pub policies: SessionPolicyWish,
    pub duration: Option<Duration>,
    pub token_size: usize,
}

/// A second factor as it was sent, if one was. The code is a secret for as long as it is good.
pub(super) struct SecondFactor {
    pub serial: Option<String>,
    pub code: Option<Secret>,
}

impl SecondFactor {
    /// The device that was named, to be written down. What is no device's name may be its secret.
    pub(super) fn device(&self) -> Option<&str> {
        let told = |serial| if MfaSerial::from_str(serial).is_ok() { serial } else { "***" };
        self.serial.as_deref().map(told)
    }
}

/// Session policies, as they were asked for.
#[derive(Default)]
pub(super) struct SessionPolicyWish {
    pub inline: Option<String>,
    pub managed: Vec<PolicyArn>,
}

pub(super) struct AssumeRoleWithSaml<'a> {
    pub wish: RoleWish,
    pub provider: ProviderArn,
    /// Base64, at most 100,000 characters.
    pub assertion: &'a str,
}

pub(super) struct AssumeRoleWithWebIdentity<'a> {
    pub wish: RoleWish,
    pub token: &'a str,
    pub provider_id: Option<&'a str>,
}

pub(super) struct GetAccessKeyInfo {
    pub access_key_id: String,
}

pub(super) struct DecodeAuthorizationMessage {
    pub message: String,
}

pub(super) struct GetWebIdentityToken {
    /// At least one.
    pub audiences: Vec<String>,
    pub algorithm: SigningAlgorithm,
    pub tags: SessionTags,
    pub duration: Option<Duration>,
}

/// An encoded message has at most so many characters (STS API, "EncodedMessage").
pub(super) const LONGEST_MESSAGE: usize = 10_240;

/// One parameter that breaks its constraint, in the words that AWS uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// The parameters of one request. A name that occurs twice is refused: two readers must never see two requests.
pub struct Form<'a>(pub(super) BTreeMap<Cow<'a, str>, Cow<'a, str>>);

/// Why a form is no action.
pub enum NotAnAction {
    Missing,
    Unknown {
        name: String,
        version: String,
    },
    Repeated(String),
    Violations(Vec<Violation>),
    /// Parameters that this build does not act on; dropping a session policy, say, would widen what was asked for.
    NotActedOn(String),
}

/// Of the API, the only one that there has been.
const VERSION: &str = "2011-06-15";
/// In seconds.
const LONGEST_ROLE_SESSION: i64 = 43_200;
pub(super) const LONGEST_USER_SESSION: i64 = 129_600;
const SHORTEST_TOKEN: i64 = 60;
pub(super) const LONGEST_TOKEN: i64 = 3_600;
pub(super) const TOKEN_SIZE: &str = "MinimumSessionTokenSize";
/// More parameters than this have no honest sender.
const MOST_PARAMETERS: usize = 400;

impl<'a> Form<'a> {
    /// From decoded name–value pairs, wherever they stood.
    pub fn new(pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Result<Self, NotAnAction> {
        let mut form = BTreeMap::new();
        for (name, value) in pairs {
            let is_full = form.len() == MOST_PARAMETERS;
            match form.entry(name) {
                Entry::Vacant(free) if !is_full => _ = free.insert(value),
                taken => return Err(NotAnAction::Repeated(crate::trace::clip(taken.key()))),
            }
        }
        Ok(Self(form))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| &**value)
    }
}

impl Action {
    /// The one action that the form names.
    pub fn named(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let name = form.get("Action").ok_or(NotAnAction::Missing)?;
        let all = [
            Self::AssumeRole,
            Self::AssumeRoleWithSaml,
            Self::AssumeRoleWithWebIdentity,
            Self::GetSessionToken,
            Self::GetFederationToken,
            Self::GetAccessKeyInfo,
            Self::DecodeAuthorizationMessage,
            Self::GetWebIdentityToken,
            Self::GetCallerIdentity,
        ];
        let action = all.into_iter().find(|action| action.name() == name);
        let version = form.get("Version").unwrap_or(VERSION);
        let unknown = || NotAnAction::Unknown { name: crate::trace::clip(name), version: crate::trace::clip(version) };
        action.filter(|_| version == VERSION).ok_or_else(unknown)
    }

    /// A user's own session assumes roles and learns who it is, and can do nothing else here; a federated user learns who
    /// they are; and nobody's session makes another of the user's own, or for somebody else in the user's name (AWS STS,
    /// "Comparing AWS STS credentials").
    pub(super) fn is_for(self, caller: &Caller) -> bool {
        match caller {
            Caller::User { .. } => true,
            Caller::UserSession { .. } => matches!(self, Self::AssumeRole | Self::GetCallerIdentity),
            Caller::RoleSession { .. } => !matches!(self, Self::GetSessionToken | Self::GetFederationToken),
            Caller::FederatedUser { .. } => self == Self::GetCallerIdentity,
            // In a browser nobody signs.
            Caller::SignedIn { .. } => false,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithSaml => "AssumeRoleWithSAML",
            Self::AssumeRoleWithWebIdentity => "AssumeRoleWithWebIdentity",
            Self::GetSessionToken => "GetSessionToken",
            Self::GetFederationToken => "GetFederationToken",
            Self::GetAccessKeyInfo => "GetAccessKeyInfo",
            Self::DecodeAuthorizationMessage => "DecodeAuthorizationMessage",
            Self::GetWebIdentityToken => "GetWebIdentityToken",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }
}

impl AssumeRole {
    pub(super) fn parse(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let (role, session_name) = (reader.role(), reader.session_name());
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
        let external_id = reader.text("ExternalId", 2..=1224, fits).map(str::to_owned);
        let (factor, duration, token_size) =
            (reader.second_factor(), reader.duration(LONGEST_ROLE_SESSION), reader.token_size());
        let (tags, source_identity, policies) = (reader.tags(), reader.source_identity(), reader.session_policies());
        let read = role.zip(session_name).map(|(role, session_name)| Self {
            role,
            session_name,
            external_id,
            tags,
            source_identity,
            factor,
            policies,
            duration,
            token_size,
        });
        let known =
            ["RoleArn", "RoleSessionName", "ExternalId", "SerialNumber", "TokenCode", "DurationSeconds", TOKEN_SIZE];
        reader.finish(read, &known)
    }
}

impl GetSessionToken {
    pub(super) fn parse(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let (factor, duration, token_size) =
            (reader.second_factor(), reader.duration(LONGEST_USER_SESSION), reader.token_size());
        let read = Some(Self { factor, duration, token_size });
        reader.finish(read, &["SerialNumber", "TokenCode", "DurationSeconds", TOKEN_SIZE])
    }
}

impl GetFederationToken {
    pub(super) fn parse(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let name = reader.federated_name();
        let (duration, token_size) = (reader.duration(LONGEST_USER_SESSION), reader.token_size());
        let (tags, policies) = (reader.tags_of_the_last(), reader.session_policies());
        let read = name.map(|name| Self { name, tags, policies, duration, token_size });
        reader.finish(read, &["Name", "DurationSeconds", TOKEN_SIZE])
    }
}

impl<'a> AssumeRoleWithSaml<'a> {
    pub(super) fn parse(form: &'a Form) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let role = reader.role();
        let provider = reader.required("PrincipalArn").and_then(|text| reader.arn("principalArn", text));
        let assertion = reader.required_text("SAMLAssertion", 4..=100_000, |_| true);
        let (policies, duration, token_size) =
            (reader.session_policies(), reader.duration(LONGEST_ROLE_SESSION), reader.token_size());
        let wish = |role| RoleWish { role, session_name: None, policies, duration, token_size, audiences: None };
        let read = role.map(wish).zip(provider).zip(assertion);
        let read = read.map(|((wish, provider), assertion)| Self { wish, provider, assertion });
        reader.finish(read, &["RoleArn", "PrincipalArn", "SAMLAssertion", "DurationSeconds", TOKEN_SIZE])
    }
}

impl<'a> AssumeRoleWithWebIdentity<'a> {
    pub(super) fn parse(form: &'a Form) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let (role, session_name) = (reader.role(), reader.session_name());
        // A shell that writes a token to a file ends it with a line break, and clients send the file as it is.
        let token = reader.required_text("WebIdentityToken", 4..=20_000, |_| true).map(str::trim_ascii_end);
        let provider_id = reader.text("ProviderId", 4..=2048, |_| true);
        let (policies, duration, token_size) =
            (reader.session_policies(), reader.duration(LONGEST_ROLE_SESSION), reader.token_size());
        let read = role.zip(session_name).zip(token).map(|((role, name), token)| {
            let session_name = Some(name);
            let wish = RoleWish { role, session_name, policies, duration, token_size, audiences: None };
            Self { wish, token, provider_id }
        });
        let known = ["RoleArn", "RoleSessionName", "WebIdentityToken", "ProviderId", "DurationSeconds", TOKEN_SIZE];
        reader.finish(read, &known)
    }
}

impl GetAccessKeyInfo {
    pub(super) fn parse(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let read = reader.required_text("AccessKeyId", 16..=128, fits);
        let read = read.map(|id| Self { access_key_id: id.to_owned() });
        reader.finish(read, &["AccessKeyId"])
    }
}

impl DecodeAuthorizationMessage {
    pub(super) fn parse(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let read = reader.required_text("EncodedMessage", 1..=LONGEST_MESSAGE, |_| true);
        let read = read.map(|message| Self { message: message.to_owned() });
        reader.finish(read, &["EncodedMessage"])
    }
}

impl GetWebIdentityToken {
    pub(super) fn parse(form: &Form<'_>) -> Result<Self, NotAnAction> {
        let mut reader = Reader::new(form);
        let (audiences, algorithm) = (reader.audiences(), reader.signing_algorithm());
        let (tags, duration) = (reader.tags_of_the_last(), reader.seconds(SHORTEST_TOKEN, LONGEST_TOKEN));
        let read = algorithm.map(|algorithm| Self { audiences, algorithm, tags, duration });
        reader.finish(read, &["SigningAlgorithm", "DurationSeconds"])
    }
}
