//! May a caller have a token signed that tells others who it is?

use super::context::{self, Asks};
use super::decision::{hindrance, permitted};
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

/// The denial of a token about the session, by a policy that denies it; silence is none.
pub fn heed_denial_of_token(
    catalogue: &Catalogue,
    session: &RoleSession,
    wish: &TokenWish<'_>,
    around: &Surroundings,
) -> Result<(), TrustError> {
    let caller = wearer(session)?;
    let known = known(catalogue, &caller, wish, around)?;
    let session_policies = caller.session_policies(catalogue);
    let permissions = caller.permissions(catalogue, &session_policies);
    match hindrance(&permissions, TOKEN, "*", &known) {
        Some((by, denied @ Some(_), why)) => {
            let (caller, action, role) = (caller.arn(), TOKEN.into(), "*".to_owned());
            Err(TrustError::CallerNotAllowed { caller, action, role, by, denied, why })
        }
        _ => Ok(()),
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
    known.insert_many("sts:IdentityTokenAudience", wish.audiences)?;
    known.insert_one("sts:SigningAlgorithm", wish.algorithm)?;
    known.insert_one("sts:DurationSeconds", wish.seconds.to_string())?;
    Ok(known)
}
