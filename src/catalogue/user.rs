//! An IAM user: the only long-lived credentials there are.

use super::{NamedPolicy, role::unique_id};
use crate::sigv4::SigningKeys;
use crate::words::{MfaSerial, PasswordHash, Secret, TotpSecret, UserArn};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub struct User {
    pub arn: UserArn,
    /// `AIDA` and 17 characters, stable as a role's id is.
    pub id: String,
    pub access_keys: Vec<AccessKey>,
    pub mfa: Option<MfaDevice>,
    pub password: Option<PasswordHash>,
    pub policies: Vec<NamedPolicy>,
}

pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    pub secret: Secret,
    /// An inactive one signs nothing, as if it were not there.
    pub active: bool,
    /// Those of its last signatures. They are gone with this catalogue, and so with the secret.
    pub signing_keys: SigningKeys,
    fingerprint: String,
}

/// The authenticator whose codes are the user's second factor.
pub struct MfaDevice {
    pub serial: MfaSerial,
    pub secret: TotpSecret,
    fingerprint: String,
}

impl AccessKey {
    pub fn new(id: String, secret: Secret, active: bool) -> Self {
        let fingerprint = short(secret.expose(), &id);
        Self { id, secret, active, signing_keys: SigningKeys::default(), fingerprint }
    }

    /// Another one for another secret. What was made with the key says so by this, and tells nothing of the secret.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl MfaDevice {
    pub fn new(serial: MfaSerial, secret: TotpSecret) -> Self {
        let fingerprint = short(&secret.fingerprint(), serial.as_str());
        Self { serial, secret, fingerprint }
    }

    /// Another one for another serial or another secret.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// 96 bits, 16 characters: nobody chooses secrets to make two alike, and session tokens are to stay small.
fn short(secret: &[u8], name: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), name.as_bytes());
    URL_SAFE_NO_PAD.encode(&tag.as_ref()[..12])
}

impl User {
    /// Whether they have what password sign-in asks for.
    pub fn may_sign_in(&self) -> bool {
        self.mfa.is_some() && self.password.is_some()
    }

    pub fn id_of(arn: &UserArn) -> String {
        unique_id("AIDA", arn.as_str())
    }
}
