//! Is this message for us, for now?

use super::LogoutError;
use crate::saml::assertion::NameId;
use crate::saml::names::{ASSERTION, PROTOCOL, SUCCESS};
use crate::saml::tree::{Tree, instant};
use crate::saml::{SamlError, reading};
use crate::trace::Trace;
use crate::words::iso;
use time::{Duration, OffsetDateTime};
use uppsala::NodeId;

/// Longer than any redirect takes, shorter than it would be good to keep an order to end sessions.
const GOOD_FOR: Duration = Duration::minutes(5);
const MOST_SESSIONS: usize = 64;

/// What a message must be made out to.
pub struct Addressed<'a> {
    pub now: OffsetDateTime,
    pub clock_skew: Duration,
    /// Our single logout service, compared exactly.
    pub destination: &'a str,
}

/// What both messages have (SAML core §3.2).
struct Head {
    id: String,
    version: String,
    destination: Option<String>,
    issue_instant: OffsetDateTime,
    issuer: String,
    key_fingerprint: String,
}

/// A LogoutRequest of a registered key.
pub struct AuthenticRequest {
    head: Head,
    not_on_or_after: Option<OffsetDateTime>,
    name_id: Option<NameId>,
    session_indexes: Vec<String>,
}

/// A LogoutResponse of a registered key.
pub struct AuthenticResponse {
    head: Head,
    in_response_to: Option<String>,
    status: String,
}

/// An order to end sessions that has been checked.
pub struct LogoutRequest {
    pub id: String,
    pub issue_instant: OffsetDateTime,
    /// Until then a copy of it would be believed, whatever clock skew another registration allows.
    pub keep_until: OffsetDateTime,
    pub name_id: NameId,
    /// The sessions that are meant; all of the person's if it is empty.
    pub session_indexes: Vec<String>,
}

/// The checked answer to a request of ours.
pub struct LogoutResponse {
    pub confirmed: bool,
}

impl AuthenticRequest {
    /// `opened` is the name that its EncryptedID held, if it has one.
    pub(super) fn read(
        tree: Tree<'_, '_>,
        root: NodeId,
        key: &str,
        opened: Option<NameId>,
    ) -> Result<Self, LogoutError> {
        let name_id = match (&tree.named(root, ASSERTION, "NameID")[..], opened) {
            ([name_id], None) => Some(reading::name_id(tree, *name_id).map_err(|_| LogoutError::NameId)?),
            ([], opened) => opened,
            _ => None,
        };
        let indexes = tree.named(root, PROTOCOL, "SessionIndex").into_iter();
        Ok(Self {
            head: Head::read(tree, root, key)?,
            not_on_or_after: time(tree, root, "NotOnOrAfter")?,
            name_id,
            session_indexes: indexes.map(|node| reading::leaf(tree, node)).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn key_fingerprint(&self) -> &str {
        &self.head.key_fingerprint
    }

    pub fn confirm(self, addressed: &Addressed<'_>, trace: &mut Trace) -> Result<LogoutRequest, LogoutError> {
        self.head.fits(addressed, trace)?;
        let Addressed { now, clock_skew, .. } = *addressed;
        if let Some(until) = self.not_on_or_after
            && now >= until.saturating_add(clock_skew)
        {
            return Err(LogoutError::Expired { until, now });
        }
        let name_id = self.name_id.ok_or(LogoutError::NameId)?;
        if self.session_indexes.len() > MOST_SESSIONS {
            return Err(LogoutError::TooManySessions { count: self.session_indexes.len() });
        }
        let keep_until = self.head.issue_instant.saturating_add(GOOD_FOR).saturating_add(Duration::minutes(5));
        trace.pass("saml.logout", format_args!("{} sessions named", self.session_indexes.len()));
        let Self { head: Head { id, issue_instant, .. }, session_indexes, .. } = self;
        Ok(LogoutRequest { id, issue_instant, keep_until, name_id, session_indexes })
    }
}

impl AuthenticResponse {
    pub(super) fn read(tree: Tree<'_, '_>, root: NodeId, key: &str) -> Result<Self, LogoutError> {
        Ok(Self {
            head: Head::read(tree, root, key)?,
            in_response_to: tree.attribute(root, "InResponseTo").map(str::to_owned),
            status: reading::status(tree, root)?.code,
        })
    }

    pub(super) fn key_fingerprint(&self) -> &str {
        &self.head.key_fingerprint
    }

    /// `request` is the id of the request of ours that this browser carried away.
    pub fn confirm(
        self,
        addressed: &Addressed<'_>,
        request: &str,
        trace: &mut Trace,
    ) -> Result<LogoutResponse, LogoutError> {
        self.head.fits(addressed, trace)?;
        if self.in_response_to.as_deref() != Some(request) {
            return Err(LogoutError::InResponseTo { found: self.in_response_to });
        }
        trace.pass("saml.in-response-to", request);
        trace.note("saml.status", &self.status);
        Ok(LogoutResponse { confirmed: self.status == SUCCESS })
    }
}

impl Head {
    fn read(tree: Tree<'_, '_>, root: NodeId, key: &str) -> Result<Self, LogoutError> {
        let owned = |name| tree.attribute(root, name).map(str::to_owned);
        let element = if tree.is(root, PROTOCOL, "LogoutRequest") { "LogoutRequest" } else { "LogoutResponse" };
        let issue_instant = time(tree, root, "IssueInstant")?;
        let [issuer] = tree.named(root, ASSERTION, "Issuer")[..] else { return Err(LogoutError::IssuerMissing) };
        Ok(Self {
            id: owned("ID").unwrap_or_default(),
            version: owned("Version").unwrap_or_default(),
            destination: owned("Destination"),
            issue_instant: issue_instant.ok_or(SamlError::MissingAttribute { element, attribute: "IssueInstant" })?,
            issuer: reading::leaf(tree, issuer)?,
            key_fingerprint: key.to_owned(),
        })
    }

    fn fits(&self, addressed: &Addressed<'_>, trace: &mut Trace) -> Result<(), LogoutError> {
        let Addressed { now, clock_skew, destination } = *addressed;
        if self.version != "2.0" {
            return Err(LogoutError::Version { found: self.version.clone() });
        }
        if self.destination.as_deref() != Some(destination) {
            return Err(LogoutError::Destination { found: self.destination.clone(), expected: destination.to_owned() });
        }
        trace.pass("saml.destination", destination);
        trace.pass("saml.issuer", &self.issuer);
        let at = self.issue_instant;
        if now.saturating_add(clock_skew) < at {
            return Err(LogoutError::IssuedInFuture { at, now });
        }
        if now > at.saturating_add(GOOD_FOR).saturating_add(clock_skew) {
            return Err(LogoutError::IssuedTooLongAgo { at, now });
        }
        trace.pass("saml.issue-instant", iso(at));
        Ok(())
    }
}

fn time(tree: Tree<'_, '_>, root: NodeId, name: &'static str) -> Result<Option<OffsetDateTime>, SamlError> {
    tree.attribute(root, name).map(|text| instant(text).ok_or(SamlError::TimeSyntax { field: name })).transpose()
}
