//! An IAM user: the only long-lived credentials there are.

use super::{NamedPolicy, role::unique_id};
use crate::words::{MfaSerial, PasswordHash, Secret, TotpSecret, UserArn};

pub struct User {
    pub arn: UserArn,
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
}

/// The authenticator whose codes are the user's second factor.
pub struct MfaDevice {
    pub serial: MfaSerial,
    pub secret: TotpSecret,
}

impl User {
    /// Whether they have what password sign-in asks for.
    pub fn may_sign_in(&self) -> bool {
        self.mfa.is_some() && self.password.is_some()
    }

    /// `AIDA` and 17 characters, stable as a role's id is.
    pub fn id(&self) -> String {
        unique_id("AIDA", self.arn.as_str())
    }
}
