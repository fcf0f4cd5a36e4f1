//! A response as it was read from the verified tree, before anybody compared it with anything.

use super::assertion::{Attribute, NameId};
use std::sync::Arc;
use time::OffsetDateTime;

/// The response's own fields. They are covered by a signature only when the response itself is signed.
pub(super) struct Envelope {
    pub(super) signed: bool,
    pub(super) version: String,
    pub(super) status: Status,
    pub(super) destination: Option<String>,
    pub(super) in_response_to: Option<String>,
    pub(super) issuer: Option<String>,
}

/// What an identity provider says came of a request: the code, and the one within it.
pub(super) struct Status {
    pub(super) code: String,
    pub(super) within: Option<String>,
}

impl Status {
    /// `…:Responder, …:NoAuthnContext`.
    pub(super) fn told(&self) -> String {
        let codes = [Some(&self.code), self.within.as_ref()];
        codes.into_iter().flatten().map(|code| crate::trace::clip(code)).collect::<Vec<_>>().join(", ")
    }
}

/// The assertion, always read from inside a verified element.
pub(super) struct Statement {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) issuer: String,
    pub(super) issue_instant: OffsetDateTime,
    pub(super) name_id: NameId,
    pub(super) confirmations: Vec<Confirmation>,
    pub(super) conditions: Option<Conditions>,
    pub(super) authentications: Vec<Authentication>,
    /// As each registration's own, who all read the same ones.
    pub(super) attributes: Arc<[Attribute]>,
}

/// One SubjectConfirmation (SAML core §2.4.1.1).
pub(super) struct Confirmation {
    pub(super) method: String,
    pub(super) recipient: Option<String>,
    pub(super) not_before: Option<OffsetDateTime>,
    pub(super) not_on_or_after: Option<OffsetDateTime>,
    pub(super) in_response_to: Option<String>,
}

/// Conditions (SAML core §2.5).
pub(super) struct Conditions {
    pub(super) not_before: Option<OffsetDateTime>,
    pub(super) not_on_or_after: Option<OffsetDateTime>,
    /// Each restriction is a list of which one must fit; all restrictions must be met.
    pub(super) audience_restrictions: Vec<Vec<String>>,
    pub(super) one_time_use: bool,
}

/// One AuthnStatement (SAML core §2.7.2).
pub(super) struct Authentication {
    pub(super) instant: OffsetDateTime,
    pub(super) session_index: Option<String>,
    pub(super) session_not_on_or_after: Option<OffsetDateTime>,
    pub(super) context: Option<String>,
}
