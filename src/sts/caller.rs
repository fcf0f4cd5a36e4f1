//! Who signed this request?

use super::{Keys, Revocations, StsError};
use crate::catalogue::Catalogue;
use crate::sigv4::{RawRequest, SignedRequest};
use crate::trace::Trace;
use crate::trust::{Caller, VerifiedCaller};
use crate::words::{Secret, iso};
use time::OffsetDateTime;

/// Finds the key by what the request exposes, and has the signature verified with it: who signed, and for which region.
///
/// An unknown key costs what a known one costs: its request is verified against a secret that nobody has (threats of
/// telling keys apart by time). The session's end is looked at before the signature, as AWS does (the token itself has
/// been authenticated by its seal).
pub(super) fn authenticate(
    raw: RawRequest<'_>,
    catalogue: &Catalogue,
    keys: &Keys,
    revocations: &Revocations,
    now: OffsetDateTime,
    trace: &mut Trace,
) -> Result<(VerifiedCaller, String), StsError> {
    let signed = SignedRequest::parse(raw, "sts", now)?;
    let id = signed.access_key_id().to_owned();
    trace.pass("sigv4.form", format!("access key {id}"));
    let found = find(&signed, &id, catalogue, keys, revocations, now);
    let (caller, secret) = match found {
        Ok((caller, secret)) => (Ok(caller), secret),
        Err(error) => (Err(error), keys.secret(&id, "nobody's")),
    };
    let proof = signed.verify(&secret);
    let caller = caller?;
    let proof = proof?;
    trace.pass("sigv4.signature", &id);
    let region = proof.region().to_owned();
    let caller = VerifiedCaller::new(proof, caller).ok_or(StsError::TokenDoesNotFit { id })?;
    Ok((caller, region))
}

fn find(
    signed: &SignedRequest<'_>,
    id: &str,
    catalogue: &Catalogue,
    keys: &Keys,
    revocations: &Revocations,
    now: OffsetDateTime,
) -> Result<(Caller, Secret), StsError> {
    let does_not_fit = || StsError::TokenDoesNotFit { id: id.to_owned() };
    if let Some((user, key)) = catalogue.access_key(id) {
        return match signed.session_token() {
            None => Ok((Caller::User(user.clone()), Secret::new(key.secret.expose()))),
            Some(_) => Err(does_not_fit()),
        };
    }
    let Some(token) = signed.session_token() else { return Err(StsError::UnknownAccessKey { id: id.to_owned() }) };
    let session = keys.open(token).filter(|session| session.access_key_id == id).ok_or_else(does_not_fit)?;
    if session.has_ended(now) {
        return Err(StsError::SessionEnded { at: iso(session.expires) });
    }
    if revocations.covers(&session) {
        return Err(StsError::SessionRevoked);
    }
    let (role, name) = session.role.parse().ok().zip(session.session_name.parse().ok()).ok_or_else(does_not_fit)?;
    Ok((Caller::Session { session: Box::new(session), role, name }, keys.secret(id, token)))
}
