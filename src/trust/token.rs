//! May a caller have a token signed that tells others who it is?

use super::context::{self, Asks};
use super::decision::permitted;
use super::mfa::Factors;
use super::{Carried, Denial, Surroundings, TrustError, VerifiedCaller};
use crate::catalogue::Catalogue;
use crate::policy::Context;
use crate::trace::Trace;
use crate::words::SessionTags;

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
