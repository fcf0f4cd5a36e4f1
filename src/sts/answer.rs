//! What an action answers, before it is written as XML.

use super::{Credentials, packed};
use crate::catalogue::Role;
use crate::trust::{Carried, FederatedSession, RoleSession};
use crate::words::{AccountId, RoleArn, Secret};
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

impl AssumedRole {
    pub(super) fn of(session: &RoleSession) -> Self {
        let name = &session.session_name;
        let id = session.role.parse::<RoleArn>().map(|role| format!("{}:{name}", Role::id_of(&role)));
        Self {
            id: id.unwrap_or_default(),
            arn: session.arn(),
            packed_policy_size: packed_policy_size(&session.carried),
            source_identity: session.carried.source_identity.as_ref().map(ToString::to_string),
        }
    }
}

fn packed_policy_size(carried: &Carried) -> Option<u32> {
    Some(packed::percentage(carried)).filter(|percent| *percent > 0)
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
        Self { id: session.id(), arn: session.arn(), packed_policy_size: packed_policy_size(&session.carried) }
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
