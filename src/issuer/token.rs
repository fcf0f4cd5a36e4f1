//! A token: whom it is about, for whom it is, how long it lasts.

use super::{Issuer, SigningAlgorithm};
use crate::oidc::LONGEST_JWS;
use crate::trace::{Code, Refusal};
use crate::words::{Secret, iso};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

/// What a token is to say.
pub struct Draft<'a> {
    /// An ARN.
    pub subject: &'a str,
    /// At least one.
    pub audiences: &'a [String],
    pub algorithm: SigningAlgorithm,
    pub lifetime: Duration,
    /// When the session ends that it is drawn for, if one is.
    pub session_ends: Option<OffsetDateTime>,
    /// Further claims, which stand together under [`NAMESPACE`].
    pub about: Map<String, Value>,
    /// `jti`: unpredictable, and drawn for this one token.
    pub id: String,
}

/// A signed token, and what is written down of it.
pub struct Issued {
    pub token: Secret,
    pub id: String,
    pub key_id: String,
    pub audiences: Vec<String>,
    pub expires: OffsetDateTime,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    #[error("the token would end at {asked}, after the session that it is drawn for")]
    OutlivesSession { asked: String, ends: String },
    #[error("the token would have {characters} characters")]
    TooLarge { characters: usize },
    #[error("the token could not be signed")]
    Signing,
}

/// Where AWS puts the claims that are its own (IAM User Guide, "Understanding token claims").
pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/";

impl Issuer {
    /// # Errors
    /// [`IssuerError`]. A token that would outlive its session is refused, not shortened, as at AWS.
    pub fn issue(&self, draft: Draft<'_>, now: OffsetDateTime) -> Result<Issued, IssuerError> {
        let issued = now.replace_nanosecond(0).unwrap_or(now);
        let expires = issued + draft.lifetime;
        if let Some(ends) = draft.session_ends.filter(|ends| *ends < expires) {
            return Err(IssuerError::OutlivesSession { asked: iso(expires), ends: iso(ends) });
        }
        // One audience is a string, for those who expect no list (RFC 7519 §4.1.3).
        let audience = match draft.audiences {
            [only] => json!(only),
            several => json!(several),
        };
        let claims = json!({
            "iss": self.name, "sub": draft.subject, "aud": audience, "jti": draft.id,
            "iat": issued.unix_timestamp(), "exp": expires.unix_timestamp(), NAMESPACE: draft.about,
        });
        let held = self.held();
        let key = held.keys.active(draft.algorithm, now);
        let token = key.sign(&claims).ok_or(IssuerError::Signing)?;
        // No STS takes a longer one.
        if token.len() > LONGEST_JWS {
            return Err(IssuerError::TooLarge { characters: token.len() });
        }
        let (key_id, audiences) = (key.id().to_owned(), draft.audiences.to_vec());
        Ok(Issued { token: Secret::new(token), id: draft.id, key_id, audiences, expires })
    }
}

impl Refusal for IssuerError {
    fn code(&self) -> Code {
        match self {
            Self::OutlivesSession { .. } => Code::IssuerOutlivesSession,
            Self::TooLarge { .. } => Code::IssuerTooLarge,
            Self::Signing => Code::IssuerSigning,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::OutlivesSession { ends, .. } => Some(format!("an end at {ends} or before")),
            Self::TooLarge { .. } => Some(format!("at most {LONGEST_JWS} characters")),
            Self::Signing => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::OutlivesSession { asked, .. } => Some(asked.clone()),
            Self::TooLarge { characters } => Some(format!("{characters} characters")),
            Self::Signing => None,
        }
    }
}
