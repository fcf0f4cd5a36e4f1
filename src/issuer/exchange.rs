//! What a token exchange asks for (OAuth 2.0 Token Exchange, RFC 8693 §2.1), read once.
//!
//! Whoever asks is known by the paper that they bring and by nothing else: there are no clients here, and nobody acts
//! for somebody. What the specification has ignored is ignored; what it lets us refuse and would give more than was asked
//! for, or less, is refused.

use crate::trace::{Code, Refusal, clip};
use crate::words::{RoleArn, SessionName};
use std::collections::BTreeMap;

pub struct Exchange {
    pub paper: SubjectToken,
    pub role: RoleArn,
    pub issue: Issue,
}

/// What is brought. None has been looked at.
pub enum SubjectToken {
    /// Base64url of an assertion, or of a response that holds one.
    Saml2(String),
    IdToken(String),
    AccessToken(String),
}

/// What is wanted for it.
pub enum Issue {
    /// Credentials of the role.
    Credentials {
        /// As the bearer wishes to be called, which counts where the STS's RoleSessionName would.
        session_name: Option<SessionName>,
    },
    /// A token about the role's session, for these; without any it is for this house. Who the session is of others will
    /// believe, so nobody has a name of their own choice in it.
    Token { audiences: Vec<String> },
}

/// Why it cannot be read, in the order of the checks. Each is a sentence for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    #[error("The body must be application/x-www-form-urlencoded in UTF-8, and nothing may stand in the query.")]
    Form,
    #[error("The parameter {0} must be sent once.")]
    Repeated(String),
    #[error("There may be {MOST_PARAMETERS} parameters.")]
    TooMany,
    #[error("The parameter {0} is missing.")]
    Missing(&'static str),
    #[error("The grant_type {0} is not supported; send {GRANT}.")]
    GrantType(String),
    #[error("There are no clients here: send no client authentication.")]
    ClientAuthentication,
    #[error("Nobody acts for somebody here: send no actor_token.")]
    Actor,
    #[error("There are no scopes here: leave scope out, the role says what may be done.")]
    Scope,
    #[error("The subject_token_type {0} is not supported; send {SAML2}, {ID_TOKEN} or {ACCESS_TOKEN}.")]
    SubjectTokenType(String),
    #[error("The requested_token_type {0} is not supported; send {JWT} or {CREDENTIALS}.")]
    RequestedTokenType(String),
    #[error("The parameter resource must name the one role that is wanted, by its ARN.")]
    Resource,
    #[error("There may be {MOST_AUDIENCES} audiences, each of 1 to 1,000 characters.")]
    Audience,
    #[error(
        "The parameter role_session_name has 2 to 64 characters of letters, digits and _+=,.@-, and an assertion names its session itself."
    )]
    SessionName,
    #[error(
        "A token says who somebody is in the words of their identity provider: leave role_session_name out; a rule of the provider with session_name may name the session."
    )]
    ChosenName,
}

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
pub const CREDENTIALS: &str = "urn:gatehouse:params:oauth:token-type:aws-credentials";
const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Of one token, and each so many characters long, whoever asks for it (STS API, "Audience").
pub const MOST_AUDIENCES: usize = 10;
pub const LONGEST_AUDIENCE: usize = 1_000;
/// More parameters than this have no honest sender.
const MOST_PARAMETERS: usize = 100;

impl Exchange {
    /// From decoded name–value pairs.
    pub fn parse(pairs: Vec<(String, String)>) -> Result<Self, ExchangeError> {
        let mut form = Parameters::of(pairs)?;
        match form.take("grant_type").ok_or(ExchangeError::Missing("grant_type"))? {
            grant if grant == GRANT => {}
            other => return Err(ExchangeError::GrantType(clip(&other))),
        }
        // A client_id alone proves nothing and is not looked at (RFC 6749 §3.2.1).
        if form.has(&["client_secret", "client_assertion", "client_assertion_type"]) {
            return Err(ExchangeError::ClientAuthentication);
        }
        if form.has(&["actor_token", "actor_token_type"]) {
            return Err(ExchangeError::Actor);
        }
        if form.has(&["scope"]) {
            return Err(ExchangeError::Scope);
        }
        let paper = form.subject_token()?;
        let audiences = form.audiences()?;
        let issue = match form.take("requested_token_type").as_deref() {
            None | Some(JWT) if form.has(&["role_session_name"]) => return Err(ExchangeError::ChosenName),
            None | Some(JWT) => Issue::Token { audiences },
            Some(CREDENTIALS) => Issue::Credentials { session_name: form.session_name(&paper)? },
            Some(other) => return Err(ExchangeError::RequestedTokenType(clip(other))),
        };
        Ok(Self { paper, role: form.role()?, issue })
    }
}

/// What was sent with a value; what has none was not sent (RFC 6749 §3.2).
struct Parameters(BTreeMap<String, Vec<String>>);

/// What may be sent several times (RFC 8693 §2.1).
const LISTS: [&str; 2] = ["audience", "resource"];

impl Parameters {
    fn of(pairs: Vec<(String, String)>) -> Result<Self, ExchangeError> {
        let mut form = BTreeMap::<String, Vec<String>>::new();
        let sent = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        for (count, (name, value)) in sent.enumerate() {
            if count == MOST_PARAMETERS {
                return Err(ExchangeError::TooMany);
            }
            let values = form.entry(name.clone()).or_default();
            if !(values.is_empty() || LISTS.contains(&name.as_str())) {
                return Err(ExchangeError::Repeated(clip(&name)));
            }
            values.push(value);
        }
        Ok(Self(form))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)?.pop()
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains_key(*name))
    }

    fn subject_token(&mut self) -> Result<SubjectToken, ExchangeError> {
        let kind = self.take("subject_token_type").ok_or(ExchangeError::Missing("subject_token_type"))?;
        let of_kind = match kind.as_str() {
            SAML2 => SubjectToken::Saml2,
            // Whoever has an ID token may call it a JWT, which it is (RFC 8693 §3).
            ID_TOKEN | JWT => SubjectToken::IdToken,
            ACCESS_TOKEN => SubjectToken::AccessToken,
            _ => return Err(ExchangeError::SubjectTokenType(clip(&kind))),
        };
        // A token out of a file may end with its line break.
        let token = self.take("subject_token").ok_or(ExchangeError::Missing("subject_token"))?;
        Ok(of_kind(token.trim_ascii_end().to_owned()))
    }

    fn audiences(&mut self) -> Result<Vec<String>, ExchangeError> {
        let audiences = self.0.remove("audience").unwrap_or_default();
        let fit = audiences.iter().all(|audience| audience.chars().count() <= LONGEST_AUDIENCE);
        if fit && audiences.len() <= MOST_AUDIENCES { Ok(audiences) } else { Err(ExchangeError::Audience) }
    }

    fn session_name(&mut self, paper: &SubjectToken) -> Result<Option<SessionName>, ExchangeError> {
        let Some(name) = self.take("role_session_name") else { return Ok(None) };
        match paper {
            SubjectToken::Saml2(_) => Err(ExchangeError::SessionName),
            SubjectToken::IdToken(_) | SubjectToken::AccessToken(_) => {
                name.parse().map(Some).map_err(|_| ExchangeError::SessionName)
            }
        }
    }

    fn role(&mut self) -> Result<RoleArn, ExchangeError> {
        match self.0.remove("resource").unwrap_or_default().as_slice() {
            [only] => only.parse().map_err(|_| ExchangeError::Resource),
            _ => Err(ExchangeError::Resource),
        }
    }
}

impl Refusal for ExchangeError {
    fn code(&self) -> Code {
        match self {
            Self::Form => Code::ExchangeForm,
            Self::Repeated(_) => Code::ExchangeRepeated,
            Self::TooMany => Code::ExchangeTooMany,
            Self::Missing(_) => Code::ExchangeMissing,
            Self::GrantType(_) => Code::ExchangeGrantType,
            Self::ClientAuthentication => Code::ExchangeClientAuthentication,
            Self::Actor => Code::ExchangeActor,
            Self::Scope => Code::ExchangeScope,
            Self::SubjectTokenType(_) => Code::ExchangeSubjectTokenType,
            Self::RequestedTokenType(_) => Code::ExchangeRequestedTokenType,
            Self::Resource => Code::ExchangeResource,
            Self::Audience => Code::ExchangeAudience,
            Self::SessionName => Code::ExchangeSessionName,
            Self::ChosenName => Code::ExchangeChosenName,
        }
    }
}
