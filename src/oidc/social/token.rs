//! An access token before and after its network has spoken, and the two networks.

use super::{Amazon, Facebook, SocialError};
use crate::outbound::Fetcher;
use crate::words::{Secret, sha256};
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// A text that has the form of an access token. It shows nothing but its digest.
pub struct UnverifiedAccess {
    pub(super) text: Secret,
    pub(super) digest: [u8; 32],
}

/// What a network has vouched for: an access token in force, made for our app, and the person whose it is. Made by
/// [`AccessDesk::verify`](super::AccessDesk::verify) and by nothing else.
pub struct VerifiedAccess {
    pub(super) vouched: Vouched,
    pub(super) digest: [u8; 32],
}

/// What the first question about a token brought to light.
pub(super) struct Vouched {
    pub(super) subject: String,
    /// The app or client that the token was made for.
    pub(super) audience: String,
    /// `None`: the network sets no end.
    pub(super) ends: Option<OffsetDateTime>,
    /// Under the names that AWS gives them in condition keys, where it has one.
    pub(super) claims: Map<String, Value>,
}

/// Whose tokens AWS knows by ProviderId.
pub enum SocialNetwork {
    Facebook(Facebook),
    Amazon(Amazon),
}

/// No token of either is longer; none is this short.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=2048;

impl SocialNetwork {
    /// The ProviderId, which is also the principal's name in trust policies and what its condition keys begin with.
    pub fn provider_id(&self) -> &'static str {
        match self {
            Self::Facebook(_) => "graph.facebook.com",
            Self::Amazon(_) => "www.amazon.com",
        }
    }

    /// [`SocialNetwork::provider_id`] as a URL.
    pub fn issuer(&self) -> &'static str {
        match self {
            Self::Facebook(_) => "https://graph.facebook.com",
            Self::Amazon(_) => "https://www.amazon.com",
        }
    }

    /// Whether a token that was made for this app is for us.
    pub fn is_ours(&self, app: &str) -> bool {
        match self {
            Self::Facebook(facebook) => facebook.app_id == app,
            Self::Amazon(amazon) => amazon.client_ids.iter().any(|id| id == app),
        }
    }

    /// Length and alphabet; nobody is asked.
    ///
    /// # Errors
    /// [`SocialError::Form`].
    pub fn decode(&self, text: &str) -> Result<UnverifiedAccess, SocialError> {
        let fits = match self {
            Self::Facebook(_) => Facebook::has_form(text),
            Self::Amazon(_) => Amazon::has_form(text),
        };
        if !fits || !LENGTHS.contains(&text.len()) {
            return Err(SocialError::Form { network: self.provider_id() });
        }
        let digest = sha256(text.as_bytes());
        Ok(UnverifiedAccess { text: Secret::new(text), digest })
    }

    /// Whose app the token is for, whose it is, and whether it is in force.
    pub(super) async fn introspect(
        &self,
        fetcher: &Fetcher,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Vouched, SocialError> {
        match self {
            Self::Facebook(facebook) => facebook.introspect(fetcher, token, now).await,
            Self::Amazon(amazon) => amazon.introspect(fetcher, token, now).await,
        }
    }

    /// The token is used once for what it is for, as its app would: it must open the account of that same person.
    pub(super) async fn confirm(&self, fetcher: &Fetcher, token: &str, seen: Vouched) -> Result<Vouched, SocialError> {
        match self {
            Self::Facebook(facebook) => facebook.confirm(fetcher, token, seen).await,
            Self::Amazon(amazon) => amazon.confirm(fetcher, token, seen).await,
        }
    }
}

impl VerifiedAccess {
    pub fn subject(&self) -> &str {
        &self.vouched.subject
    }

    /// The app or client that the token was made for.
    pub fn audience(&self) -> &str {
        &self.vouched.audience
    }

    /// When the token ends, if its network says so.
    pub fn ends(&self) -> Option<OffsetDateTime> {
        self.vouched.ends
    }

    /// `id`, `app_id` and `scopes` of Facebook; `user_id`, `app_id`, `aud` and the profile of Amazon.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.vouched.claims
    }

    /// SHA-256 of the token's text, by which it can be recognised without being kept.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}
