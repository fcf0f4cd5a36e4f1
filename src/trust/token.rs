//! May a caller have a token signed that tells others who it is?

use super::context::{self, Asks};
use super::decision::permitted;
use super::mfa::Factors;
use super::{Caller, Carried, Denial, RoleSession, Surroundings, TrustError, VerifiedCaller};
use crate::catalogue::Catalogue;
use crate::policy::Context;
use crate::trace::Trace;
use crate::words::{SessionTag, SessionTags};

/// What the token is to be.
pub struct TokenWish<'a> {
    pub audiences: &'a [String],
    /// As STS calls it: `RS256` or `ES384`.
    pub algorithm: &'a str,
    pub seconds: i64,
    /// What it is to say besides.
    pub tags: &'a SessionTags,
}

const TOKEN: &str = "sts:GetWebIdentityToken";
const TAGS: &str = "sts:TagGetWebIdentityToken";

/// The caller's own policies say, and of the tags apart: whoever trusts the token may go by them.
pub fn permit_token(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    wish: &TokenWish<'_>,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<(), Box<Denial>> {
    let known = known(catalogue, caller, wish, around);
    let known = known.map_err(|error| Box::new(Denial::without_keys(error, "*")))?;
    let with_tags = (!wish.tags.is_empty()).then_some(TAGS);
    for action in [TOKEN].into_iter().chain(with_tags) {
        permitted(catalogue, caller, action, "*", known.clone(), trace)?;
    }
    Ok(())
}

/// [`permit_token`] for a session that has just begun. Of a token that is `for_us` nobody learns anything, so that only a
/// policy that denies it stands in the way.
pub fn permit_token_about(
    catalogue: &Catalogue,
    session: &RoleSession,
    wish: &TokenWish<'_>,
    for_us: bool,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<(), TrustError> {
    match permit_token(catalogue, &wearer(session)?, wish, around, trace) {
        Err(denial) if !(for_us && denial.is_silence()) => Err(denial.error),
        Err(_) | Ok(()) => Ok(()),
    }
}

/// The tags that the session is worn with: its own, which go before those of its role.
pub fn session_tags(catalogue: &Catalogue, session: &RoleSession) -> Vec<SessionTag> {
    wearer(session).map(|caller| caller.tags(catalogue).cloned().collect()).unwrap_or_default()
}

fn wearer(session: &RoleSession) -> Result<VerifiedCaller, TrustError> {
    let names = session.role.parse().ok().zip(session.session_name.parse().ok());
    let (role, name) = names.ok_or_else(|| TrustError::NoSuchRole { role: session.role.clone() })?;
    Ok(VerifiedCaller::supposed(Caller::RoleSession { session: Box::new(session.clone()), role, name }))
}

fn known(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    wish: &TokenWish<'_>,
    around: &Surroundings,
) -> Result<Context, TrustError> {
    let carried = Carried { tags: wish.tags.clone(), ..Carried::default() };
    let factors = Factors::of_caller(caller, false, around.now);
    let mut known = context::caller(catalogue, caller, None, Asks::default(), &carried, factors, around)?;
    known.insert_many("sts:identitytokenaudience", wish.audiences)?;
    known.insert_one("sts:signingalgorithm", wish.algorithm)?;
    known.insert_one("sts:durationseconds", wish.seconds.to_string())?;
    Ok(known)
}
