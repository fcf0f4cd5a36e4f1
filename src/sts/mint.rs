//! The only place where a session begins: a role's or a federated user's from a grant, a user's own from what they signed
//! with.

use super::paper::{issued, paper_record};
use super::{Credentials, Keys, StsError, key_id, packed};
use crate::ambient::Random;
use crate::issuer::Issued;
use crate::store::{SessionRecord, Wearer};
use crate::trust::{Carried, FederatedIdentity, FederatedSession, FederationGrant, RoleGrant, RoleSession, Session};
use crate::words::RoleArn;
use time::{Duration, OffsetDateTime};

/// What comes of a grant. The record must be durable before the credentials leave.
pub struct Minted {
    pub session: RoleSession,
    pub credentials: Credentials,
    pub record: SessionRecord,
    /// About the session, for others; then nobody is handed its credentials.
    pub token: Option<Issued>,
    /// The least number of characters that the session token was to have.
    least: usize,
}

const DEFAULT: Duration = Duration::HOUR;
const DEFAULT_FOR_FEDERATED_USERS: Duration = Duration::hours(12);

/// So many ids are drawn for one session at most. That all of them are in use does not happen (see `key_id`), unless the
/// store says so wrongly.
pub const MOST_DRAWS: usize = 8;

impl Minted {
    /// The same under another access key id: the one that was drawn is in use.
    pub fn drawn_again(mut self, keys: &Keys, random: &Random) -> Result<Self, StsError> {
        let role: RoleArn = self.session.role.parse().map_err(|_| StsError::taken())?;
        self.session.access_key_id = key_id::draw(role.account(), self.session.issued, random);
        self.record.access_key_id.clone_from(&self.session.access_key_id);
        self.issue(keys, random)
    }

    /// The same on record as made from what this identity was proven by.
    pub fn from_paper_of(mut self, identity: &FederatedIdentity, keys: &Keys, now: OffsetDateTime) -> Self {
        self.record.paper = Some(paper_record(identity, now));
        self.record.whose = Some(identity.whose());
        self.record.origin = keys.origin(identity, &identity.provider());
        self
    }

    /// The same, unless the login that its token is of has been ended since that was issued.
    pub(super) fn unless_logged_out(mut self, identity: &FederatedIdentity) -> Self {
        if let Some(paper) = &mut self.record.paper {
            paper.issued = issued(identity);
        }
        self
    }

    /// The same with a token for others about the session.
    pub(super) fn told_by(mut self, issued: Issued) -> Self {
        self.token = Some(issued);
        self
    }

    /// The same with a session token of `least` characters and more, for those who try how they bear a long one.
    pub(super) fn with_token_of(mut self, least: usize, keys: &Keys, random: &Random) -> Result<Self, StsError> {
        if least > 0 {
            self.least = least;
            return self.issue(keys, random);
        }
        Ok(self)
    }

    fn issue(mut self, keys: &Keys, random: &Random) -> Result<Self, StsError> {
        self.credentials = keys.issue(&Session::Role(self.session.clone()), self.least, random)?;
        Ok(self)
    }
}

/// Uses the grant up. `asked` is what the caller wishes, 900 to 43,200 seconds; without a wish it is an hour. A wish
/// beyond what the grant allows is refused, not shortened; the end of the identity provider's own session shortens.
pub fn mint(
    grant: RoleGrant,
    asked: Option<Duration>,
    now: OffsetDateTime,
    keys: &Keys,
    random: &Random,
) -> Result<Minted, StsError> {
    let asked = asked.unwrap_or(DEFAULT);
    if asked > grant.longest() {
        return Err(StsError::too_long(asked, grant.longest(), grant.is_chained()));
    }
    let issued = now.replace_nanosecond(0).unwrap_or(now);
    let expires = grant.ends().map_or(issued + asked, |ends| ends.min(issued + asked));
    if expires <= issued {
        return Err(StsError::NothingLeft);
    }
    let (bearer, carried) = (grant.bearer().clone(), grant.carried().clone());
    fits(&carried)?;
    let session = RoleSession {
        access_key_id: key_id::draw(grant.role().arn.account(), now, random),
        role: grant.role().arn.to_string(),
        session_name: grant.session_name().to_string(),
        issued,
        expires,
        provider: bearer.provider,
        subject: bearer.subject,
        ancestors: bearer.ancestors,
        carried,
    };
    let credentials = keys.issue(&Session::Role(session.clone()), 0, random)?;
    let record = SessionRecord {
        access_key_id: session.access_key_id.clone(),
        wearer: Wearer::Role { arn: session.role.clone(), session_name: session.session_name.clone() },
        issued: issued.unix_timestamp(),
        expires: expires.unix_timestamp(),
        origin: None,
        parent: session.ancestors.last().cloned(),
        principal: session.arn(),
        provider: session.provider.clone(),
        subject: session.subject.clone(),
        paper: None,
        // A user's who assumed it; of what others assumed their session tells.
        whose: Some(session.subject.clone()).filter(|_| session.provider.is_none() && session.ancestors.is_empty()),
    };
    Ok(Minted { session, credentials, record, token: None, least: 0 })
}

fn fits(carried: &Carried) -> Result<(), StsError> {
    match packed::percentage(carried) {
        0..=100 => Ok(()),
        percent => Err(StsError::PackedTooLarge { percent, largest: packed::largest(carried) }),
    }
}

/// What a user gives to somebody, without an id yet. Uses the grant up.
pub(super) fn begin_for_federated_user(
    grant: FederationGrant,
    lasts: Option<Duration>,
    now: OffsetDateTime,
) -> Result<FederatedSession, StsError> {
    fits(grant.carried())?;
    let issued = now.replace_nanosecond(0).unwrap_or(now);
    Ok(FederatedSession {
        access_key_id: String::new(),
        name: grant.name().to_string(),
        user: grant.user().arn.to_string(),
        made_with: grant.made_with().to_owned(),
        key_fingerprint: grant.key_fingerprint(),
        issued,
        expires: issued + lasts.unwrap_or(DEFAULT_FOR_FEDERATED_USERS),
        carried: grant.carried().clone(),
    })
}

/// The credentials of what a user has begun, for themselves or for somebody. Of their own nobody must grant them: they are
/// for less than the key that signed.
pub(super) fn mint_for_user(
    session: &Session,
    least: usize,
    keys: &Keys,
    random: &Random,
) -> Result<(Credentials, SessionRecord), StsError> {
    let credentials = keys.issue(session, least, random)?;
    let record = SessionRecord {
        access_key_id: session.access_key_id().to_owned(),
        wearer: Wearer::User { arn: session.arn() },
        issued: session.issued().unix_timestamp(),
        expires: session.expires().unix_timestamp(),
        origin: None,
        parent: None,
        principal: session.arn(),
        provider: None,
        subject: session.via().to_owned(),
        paper: None,
        whose: match session {
            Session::User(session) => Some(session.user.clone()),
            // It is for somebody whom the user calls so, and who has nothing else of theirs.
            Session::FederatedUser(session) => Some(format!("{}#{}", session.user, session.name)),
            Session::Role(_) => None,
        },
    };
    Ok((credentials, record))
}
