//! What an action answers, before it is written as XML or JSON.

use super::{Credentials, packed};
use crate::trust::FederatedSession;
use crate::words::{AccountId, Secret};
use time::OffsetDateTime;

pub enum Answer {
    AssumeRole(Credentials, AssumedRole),
    WithSaml(Credentials, AssumedRole, SamlFacts),
    WithWebIdentity(Credentials, AssumedRole, WebIdentityFacts),
    SessionToken(Credentials),
    FederationToken(Credentials, FederatedUser),
    AccessKeyInfo {
        account: AccountId,
    },
    /// JSON.
    DecodedMessage(String),
    /// The token, and when it ends.
    WebIdentityToken(Secret, OffsetDateTime),
    CallerIdentity(CallerIdentity),
}

pub struct AssumedRole {
    /// `AROA…:session`
    pub id: String,
    pub arn: String,
    /// How much of the room for session policies and tags is taken up, in percent; without them there is nothing to say.
    pub packed_policy_size: Option<u32>,
    pub source_identity: Option<String>,
}

pub struct FederatedUser {
    /// `<account>:<name>`
    pub id: String,
    pub arn: String,
    /// As of an [`AssumedRole`].
    pub packed_policy_size: Option<u32>,
}

impl FederatedUser {
    pub(super) fn of(session: &FederatedSession) -> Self {
        let packed_policy_size = Some(packed::percentage(&session.carried)).filter(|percent| *percent > 0);
        Self { id: session.id(), arn: session.arn(), packed_policy_size }
    }
}

pub struct SamlFacts {
    pub subject: String,
    pub subject_type: String,
    pub issuer: String,
    /// The recipient of the assertion, as AWS has it.
    pub audience: String,
    pub name_qualifier: String,
}

pub struct WebIdentityFacts {
    pub subject: String,
    /// The provider's ARN.
    pub provider: String,
    pub audience: String,
}

pub struct CallerIdentity {
    pub arn: String,
    pub user_id: String,
    pub account: AccountId,
}
