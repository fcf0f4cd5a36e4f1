//! The only place where a session begins: a role's or a federated user's from a grant, a user's own from what they signed
//! with.

use super::paper::{issued, paper_record};
use super::{AssumedRole, Credentials, Keys, StsError, key_id, packed};
use crate::ambient::Random;
use crate::issuer::Issued;
use crate::store::{Origin, PaperRecord, SessionRecord, Wearer};
use crate::trust::{
    Bearer, Carried, FederatedIdentity, FederatedSession, FederationGrant, RoleGrant, RoleSession, Session,
};
use crate::words::RoleArn;
use time::{Duration, OffsetDateTime};

/// What comes of a grant. It must be on record before the credentials leave.
pub struct Minted {
    pub session: RoleSession,
    /// The role as it is worn in the session.
    pub worn: AssumedRole,
    pub credentials: Credentials,
    /// About the session, for others; then nobody is handed its credentials.
    pub token: Option<Issued>,
    /// The access key id of the session that it ends with.
    pub parent: Option<String>,
    proof: Option<Proof>,
    /// The least number of characters that the session token was to have.
    least: usize,
}

/// What it was made from.
struct Proof {
    paper: PaperRecord,
    whose: String,
    origin: Option<Origin>,
}

const DEFAULT: Duration = Duration::HOUR;
const DEFAULT_FOR_FEDERATED_USERS: Duration = Duration::hours(12);

/// So many ids are drawn for one session at most. That all of them are in use does not happen (see `key_id`), unless the
/// store says so wrongly.
pub const MOST_DRAWS: usize = 8;

impl Minted {
    /// As it is put on record.
    pub fn record(&self) -> SessionRecord {
        let (session, proof) = (&self.session, self.proof.as_ref());
        // A user's who assumed it; of what others assumed their session tells.
        let of_a_user = || (session.provider.is_none() && session.ancestors.is_empty()).then_some(&session.subject);
        SessionRecord {
            access_key_id: session.access_key_id.clone(),
            wearer: Wearer::Role { arn: session.role.clone(), session_name: session.session_name.clone() },
            issued: session.issued.unix_timestamp(),
            expires: session.expires.unix_timestamp(),
            origin: proof.and_then(|proof| proof.origin),
            parent: self.parent.clone(),
            principal: self.worn.arn.clone(),
            provider: session.provider.clone(),
            subject: session.subject.clone(),
            paper: proof.map(|proof| proof.paper.clone()),
            whose: proof.map(|proof| &proof.whose).or_else(of_a_user).cloned(),
        }
    }

    /// Whose the paper is, if it was made from one.
    pub(super) fn whose(&self) -> Option<&str> {
        self.proof.as_ref().map(|proof| proof.whose.as_str())
    }

    /// The same under another access key id: the one that was drawn is in use.
    pub fn drawn_again(&mut self, keys: &Keys, random: &Random) -> Result<(), StsError> {
        let role: RoleArn = self.session.role.parse().map_err(|_| StsError::taken())?;
        self.session.access_key_id = key_id::draw(role.account(), self.session.issued, random);
        self.issue(keys, random)
    }

    /// The same on record as made from what this identity was proven by.
    pub fn from_paper_of(self, identity: &FederatedIdentity, keys: &Keys, now: OffsetDateTime) -> Self {
        self.proven_by((identity, identity.whose()), keys, now)
    }

    /// The same where it is known already whose the paper is ([`FederatedIdentity::whose`]).
    pub(super) fn proven_by(
        mut self,
        (identity, whose): (&FederatedIdentity, String),
        keys: &Keys,
        now: OffsetDateTime,
    ) -> Self {
        let origin = keys.origin(identity, &identity.provider());
        self.proof = Some(Proof { paper: paper_record(identity, now), whose, origin });
        self
    }

    /// The same, unless the login that its token is of has been ended since that was issued.
    pub(super) fn unless_logged_out(mut self, identity: &FederatedIdentity) -> Self {
        if let Some(proof) = &mut self.proof {
            proof.paper.issued = issued(identity);
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
            self.issue(keys, random)?;
        }
        Ok(self)
    }

    fn issue(&mut self, keys: &Keys, random: &Random) -> Result<(), StsError> {
        let named = (self.session.access_key_id.as_str(), self.session.expires);
        self.credentials = keys.issue(&self.session, named, self.least, random)?;
        Ok(())
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
    let packed = fits(grant.carried())?;
    let (role, name) = (grant.role(), grant.session_name());
    let worn = AssumedRole {
        id: [&role.id, ":", name.as_str()].concat(),
        arn: role.arn.session(name),
        packed_policy_size: Some(packed).filter(|percent| *percent > 0),
        source_identity: grant.carried().source_identity.as_ref().map(ToString::to_string),
    };
    let access_key_id = key_id::draw(role.arn.account(), now, random);
    let (role, session_name) = (role.arn.to_string(), name.to_string());
    let (Bearer { provider, subject, ancestors }, carried) = grant.used_up();
    let parent = ancestors.last().cloned();
    let session =
        RoleSession { access_key_id, role, session_name, issued, expires, provider, subject, ancestors, carried };
    let credentials = keys.issue(&session, (&session.access_key_id, expires), 0, random)?;
    Ok(Minted { session, worn, credentials, token: None, parent, proof: None, least: 0 })
}

/// The percentage of the room that it takes up.
fn fits(carried: &Carried) -> Result<u32, StsError> {
    match packed::percentage(carried) {
        percent @ 0..=100 => Ok(percent),
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
    let credentials = keys.issue(session, (session.access_key_id(), session.expires()), least, random)?;
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
