//! A sign-in that has begun.

use crate::ambient::Random;
use crate::console::{Nth, Wish};
use crate::sts::{Purpose, Seals};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// What this browser asked of which provider. Sealed in the attempt's cookie; its handle travels to the provider and
/// back as the RelayState or the state.
#[derive(Serialize, Deserialize)]
pub struct Attempt {
    pub(super) handle: String,
    pub(super) provider: String,
    pub(super) wish: Wish,
    pub(super) asked: Asked,
    /// Of a test login, which signs nobody in.
    #[serde(default)]
    pub(super) tester: Option<Tester>,
    #[serde(with = "time::serde::timestamp")]
    expires: OffsetDateTime,
}

/// Whoever tries a provider: the session that they were in, and as whom they pressed the button.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tester {
    /// The hash of its id.
    pub session: [u8; 32],
    pub nth: Nth,
    /// ARN.
    #[serde(default)]
    pub principal: String,
    /// Of the role that they wore.
    #[serde(default)]
    pub access_key_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Asked {
    Saml {
        request_id: String,
        /// When a new authentication was asked for, if it was.
        #[serde(with = "time::serde::timestamp::option")]
        authn_since: Option<OffsetDateTime>,
    },
    /// Nothing but to hear that somebody has signed out.
    Logout { request_id: String },
    /// The same, of an OpenID Connect provider.
    EndSession,
    Oidc {
        nonce: String,
        pkce_verifier: String,
        /// When a new authentication was asked for, if it was; none in those of before it was kept.
        #[serde(default, with = "time::serde::timestamp::option")]
        authn_since: Option<OffsetDateTime>,
    },
}

/// How long a person may take at the provider.
pub(super) const LIFE: Duration = Duration::minutes(10);

impl Attempt {
    pub(super) fn new(provider: String, wish: Wish, asked: Asked, now: OffsetDateTime, random: &Random) -> Self {
        Self { handle: random.token::<18>(), provider, wish, asked, tester: None, expires: now + LIFE }
    }

    /// As a test login, if there is a tester.
    pub(super) fn by(self, tester: Option<Tester>) -> Self {
        Self { tester, ..self }
    }

    pub(super) fn seal(&self, seals: &Seals, random: &Random) -> String {
        let plain = serde_json::to_vec(self).expect("an attempt is plain data");
        let purpose = if self.tester.is_some() { Purpose::TestLogin } else { Purpose::SignInAttempt };
        seals.seal_text(purpose, &plain, random)
    }

    /// The attempt in a cookie, if it is ours and for this purpose, has not ended, and is the one that `handle` speaks of.
    pub(super) fn open(
        purpose: Purpose,
        cookie: &str,
        handle: &str,
        seals: &Seals,
        now: OffsetDateTime,
    ) -> Option<Self> {
        let plain = seals.open_text(purpose, cookie)?;
        let attempt: Self = serde_json::from_slice(&plain).ok()?;
        (attempt.handle == handle && attempt.expires > now).then_some(attempt)
    }

    /// Whether a text can be a handle, and so part of a cookie's name.
    pub fn is_handle(text: &str) -> bool {
        text.len() == 24 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}
