//! What an action answers, before it is written as XML.

use super::Credentials;

pub enum Answer {
    AssumeRole(Credentials, AssumedRole),
    WithSaml(Credentials, AssumedRole, SamlFacts),
    WithWebIdentity(Credentials, AssumedRole, WebIdentityFacts),
    CallerIdentity(CallerIdentity),
}

pub struct AssumedRole {
    /// `AROA…:session`
    pub id: String,
    pub arn: String,
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
    pub account: String,
}
