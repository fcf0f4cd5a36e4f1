//! The only place where a session begins: a role's from a grant, a user's own from what they signed with.

use super::{Credentials, Keys, StsError, packed};
use crate::ambient::Random;
use crate::store::{SessionRecord, Wearer};
use crate::trust::{RoleGrant, RoleSession, Session, UserSession};
use time::{Duration, OffsetDateTime};

/// What comes of a grant. The record must be durable before the credentials leave.
pub struct Minted {
    pub session: RoleSession,
    pub credentials: Credentials,
    pub record: SessionRecord,
}

const DEFAULT: Duration = Duration::HOUR;

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
    let percent = packed::percentage(&carried);
    if percent > 100 {
        return Err(StsError::PackedTooLarge { percent, largest: packed::largest(&carried) });
    }
    let session = RoleSession {
        access_key_id: Keys::draw_access_key_id(random),
        role: grant.role().arn.to_string(),
        session_name: grant.session_name().to_string(),
        issued,
        expires,
        provider: bearer.provider,
        subject: bearer.subject,
        ancestors: bearer.ancestors,
        carried,
    };
    let credentials = keys.issue(&Session::Role(session.clone()), random)?;
    let record = SessionRecord {
        access_key_id: session.access_key_id.clone(),
        wearer: Wearer::Role { arn: session.role.clone(), session_name: session.session_name.clone() },
        issued: issued.unix_timestamp(),
        expires: expires.unix_timestamp(),
        origin: None,
        parent: session.ancestors.last().cloned(),
    };
    Ok(Minted { session, credentials, record })
}

/// A user's own credentials for a while. Nobody must grant them: they are for less than the key that signed.
pub(super) fn mint_for_user(
    session: &UserSession,
    keys: &Keys,
    random: &Random,
) -> Result<(Credentials, SessionRecord), StsError> {
    let credentials = keys.issue(&Session::User(session.clone()), random)?;
    let record = SessionRecord {
        access_key_id: session.access_key_id.clone(),
        wearer: Wearer::User { arn: session.user.clone() },
        issued: session.issued.unix_timestamp(),
        expires: session.expires.unix_timestamp(),
        origin: None,
        parent: None,
    };
    Ok((credentials, record))
}
