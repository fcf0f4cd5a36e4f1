//! Who signed this request?

use super::{Keys, Revocations, StsError};
use crate::catalogue::{Catalogue, User};
use crate::sigv4::SignedRequest;
use crate::trace::Trace;
use crate::trust::{Caller, Session, UserSession, VerifiedCaller};
use crate::words::{Secret, iso};
use std::sync::Arc;
use time::OffsetDateTime;

/// Finds the key by what the request exposes, and has the signature verified with it: who signed, and for which region.
///
/// An unknown key costs what a known one costs: its request is verified against a secret that nobody has (threats of
/// telling keys apart by time). The session's end is looked at before the signature, as AWS does (the token itself has
/// been authenticated by its seal).
pub(super) fn authenticate(
    signed: SignedRequest<'_>,
    catalogue: &Catalogue,
    keys: &Keys,
    revocations: &Revocations,
    now: OffsetDateTime,
    trace: &mut Trace,
) -> Result<(VerifiedCaller, String), StsError> {
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
            Some(_) => Err(does_not_fit()),
            None if !key.active => Err(StsError::InactiveAccessKey { id: id.to_owned() }),
            None => {
                let caller = Caller::User { user: user.clone(), access_key_id: id.to_owned() };
                Ok((caller, Secret::new(key.secret.expose())))
            }
        };
    }
    let Some(token) = signed.session_token() else { return Err(StsError::UnknownAccessKey { id: id.to_owned() }) };
    let session = keys.open(token).filter(|session| session.access_key_id() == id).ok_or_else(does_not_fit)?;
    if session.has_ended(now) {
        return Err(StsError::SessionEnded { at: iso(session.expires()) });
    }
    if revocations.covers(&session)? {
        return Err(StsError::SessionRevoked);
    }
    let caller = match session {
        Session::Role(session) => {
            let names = session.role.parse().ok().zip(session.session_name.parse().ok());
            let (role, name) = names.ok_or_else(does_not_fit)?;
            Caller::RoleSession { session: Box::new(session), role, name }
        }
        Session::User(session) => {
            let user = maker(&session, catalogue).ok_or_else(|| StsError::UserGone { user: session.user.clone() })?;
            Caller::UserSession { user, session }
        }
    };
    Ok((caller, keys.secret(id, token)))
}

/// The user whose own session it is. It ends with them, and with the key that it was made with (at AWS it outlives the
/// key): whoever has stolen a key may have made sessions with it, and taking the key away is to end that.
fn maker(session: &UserSession, catalogue: &Catalogue) -> Option<Arc<User>> {
    let (user, key) = catalogue.access_key(&session.made_with)?;
    (key.active && user.arn.as_str() == session.user).then(|| user.clone())
}
