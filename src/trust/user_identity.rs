//! A user of ours who is signed in with a browser.

use super::VerifiedCaller;
use crate::catalogue::{Catalogue, User};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Who it is, and what they showed. Made where password and code were both accepted; read back only from a seal of ours.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserIdentity {
    arn: String,
    #[serde(with = "time::serde::timestamp")]
    authenticated_at: OffsetDateTime,
    /// The password hash and the device, its secret among it, digested: with others than these they have not signed in.
    factors: String,
}

impl UserIdentity {
    /// Only the console's sign-in calls this, which a test of the architecture holds it to.
    pub fn proven(user: &User, now: OffsetDateTime) -> Self {
        Self { arn: user.arn.to_string(), authenticated_at: now, factors: factors(user).unwrap_or_default() }
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The user as they are now. `None` when they are gone, or would have to sign in with something else.
    pub fn caller(&self, catalogue: &Catalogue) -> Option<VerifiedCaller> {
        let user = catalogue.user(&self.arn.parse().ok()?)?;
        (factors(user)? == self.factors).then(|| VerifiedCaller::signed_in(user.clone(), self.authenticated_at))
    }
}

fn factors(user: &User) -> Option<String> {
    let (password, device) = user.password.as_ref().zip(user.mfa.as_ref())?;
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(password.fingerprint());
    context.update(device.fingerprint().as_bytes());
    Some(URL_SAFE_NO_PAD.encode(context.finish()))
}
