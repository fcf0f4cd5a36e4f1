//! An IAM user: the only long-lived credentials there are.

use super::{NamedPolicy, role::unique_id};
use crate::words::{Secret, UserArn};

pub struct User {
    pub arn: UserArn,
    pub access_keys: Vec<AccessKey>,
    pub policies: Vec<NamedPolicy>,
}

pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    pub secret: Secret,
}

impl User {
    /// `AIDA` and 17 characters, stable as a role's id is.
    pub fn id(&self) -> String {
        unique_id("AIDA", self.arn.as_str())
    }
}
