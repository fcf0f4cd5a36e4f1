//! Who signed this request?

use super::known_sessions::KnownSession;
use super::{Keys, Revocations, StsError};
use crate::catalogue::{AccessKey, Catalogue, User};
use crate::sigv4::{ProvenSignature, SigError, SignedRequest};
use crate::trace::{Trace, key_id};
use crate::trust::{Caller, FederatedSession, Session, UserSession, VerifiedCaller};
use crate::words::{Secret, iso};
use std::hint::black_box;
use std::sync::Arc;
use time::OffsetDateTime;

/// Finds the key by what the request exposes, and has the signature verified with it: who signed, and for which region. The
/// trace is told of a refusal here.
///
/// An unknown key costs what a known one costs: its request is verified against a secret that nobody has (threats of
/// telling keys apart by time). The session's end is looked at before the signature, as AWS does (the token itself has
/// been authenticated by its seal).
///
/// Whoever signs with the right secret of a key or session that has ended is somebody known, and turned away as such
/// ([`StsError::Former`]); what that costs whoever has it not is what a wrong secret costs.
pub(super) fn authenticate(
    signed: SignedRequest<'_>,
    catalogue: &Catalogue,
    keys: &Keys,
    revocations: &Revocations,
    now: OffsetDateTime,
    trace: &mut Trace,
) -> Result<Signatory, StsError> {
    let id = signed.access_key_id().to_owned();
    let (found, key) = match find(&signed, &id, catalogue, keys, revocations, now) {
        Ok((found, key)) => (Ok(found), key),
        Err(error) => (Err(error), Key::Derived(keys.secret(&id, "nobody's"))),
    };
    let proof = key.verify(signed, keys, now);
    let is_right = found.is_ok() && proof.is_ok();
    if is_right && matches!(found, Ok(Found::Caller(_))) {
        key.used(keys, now);
    }
    let signatory = found.and_then(|found| Signatory::of(found, proof, &id));
    signatory.inspect_err(|_| tell(&id, is_right, trace))
}

/// Who signed, and for which region. In the trace it stands once it was told.
pub(super) struct Signatory {
    pub(super) caller: VerifiedCaller,
    pub(super) region: String,
}

impl Signatory {
    fn of(found: Found, proof: Result<ProvenSignature, SigError>, id: &str) -> Result<Self, StsError> {
        let caller = match found {
            Found::Caller(caller) => caller,
            Found::Former { user, error } if proof.is_ok() => {
                return Err(StsError::Former { user, id: id.to_owned(), error });
            }
            Found::Former { error, .. } => return Err(*error),
        };
        let proof = proof?;
        let region = proof.region().to_owned();
        let does_not_fit = || StsError::TokenDoesNotFit { id: id.to_owned() };
        Ok(Self { caller: VerifiedCaller::new(proof, caller).ok_or_else(does_not_fit)?, region })
    }

    pub(super) fn tell(&self, trace: &mut Trace) {
        tell(self.caller.access_key_id().unwrap_or_default(), true, trace);
        if let Caller::UserSession { user, session } = self.caller.who()
            && session.device.is_some()
            && !session.shown_by(user)
        {
            trace.note("sts.mfa", "the code that the session was taken with is of another device, and counts no more");
        }
    }
}

fn tell(id: &str, is_right: bool, trace: &mut Trace) {
    trace.pass("sigv4.form", format_args!("access key {}", key_id(id)));
    if is_right {
        trace.pass("sigv4.signature", id);
    }
}

/// Whose key it is that a request names.
enum Found {
    Caller(Caller),
    /// It was this user's (an ARN), and is good for nothing now.
    Former {
        user: String,
        error: Box<StsError>,
    },
}

impl Found {
    fn gone(user: String) -> Self {
        let error = Box::new(StsError::UserGone { user: user.clone() });
        Self::Former { user, error }
    }
}

/// What a request is to be signed with.
enum Key<'a> {
    OfUser(&'a AccessKey),
    OfSession(Signer),
    /// Nobody's.
    Derived(Secret),
}

/// A session whose token came with a request, and whether it has signed something lately.
struct Signer {
    session: Arc<KnownSession>,
    is_known: bool,
}

impl Key<'_> {
    fn verify(&self, signed: SignedRequest<'_>, keys: &Keys, now: OffsetDateTime) -> Result<ProvenSignature, SigError> {
        match self {
            Self::OfUser(key) => signed.verify_keeping(&key.secret, &key.signing_keys),
            Self::OfSession(signer) => {
                let KnownSession { secret, signing_keys, .. } = &*signer.session;
                signed.verify_keeping(secret, signing_keys).inspect_err(|_| signer.open_again(keys, now))
            }
            Self::Derived(secret) => signed.verify(secret),
        }
    }

    /// The signature was right.
    fn used(self, keys: &Keys, now: OffsetDateTime) {
        if let Self::OfSession(Signer { session, .. }) = self {
            keys.keep(session, now);
        }
    }
}

impl Signer {
    fn of(id: &str, token: &str, keys: &Keys, now: OffsetDateTime) -> Option<Self> {
        match keys.known(id, token, now) {
            Some(session) => Some(Self { session, is_known: true }),
            None => keys.signer(id, token, now).map(|session| Self { session, is_known: false }),
        }
    }

    /// Only who is let in is spared it: by the time of a refusal nobody learns which sessions have been used lately.
    fn open_again(&self, keys: &Keys, now: OffsetDateTime) {
        if self.is_known {
            let token = self.session.token.expose_str().unwrap_or_default();
            drop(black_box(keys.signer(self.session.session.access_key_id(), token, now)));
        }
    }
}

/// Whether the user who made the session for themselves or for somebody is there, as [`maker`] has it. A role's has none.
pub(super) fn is_made_by_somebody(session: &Session, catalogue: &Catalogue) -> bool {
    match session {
        Session::Role(_) => true,
        Session::User(UserSession { user, made_with, key_fingerprint, .. })
        | Session::FederatedUser(FederatedSession { user, made_with, key_fingerprint, .. }) => {
            maker(user, made_with, key_fingerprint, catalogue).is_some()
        }
    }
}

/// The key is the one that such a request is signed with.
fn find<'a>(
    signed: &SignedRequest<'_>,
    id: &str,
    catalogue: &'a Catalogue,
    keys: &Keys,
    revocations: &Revocations,
    now: OffsetDateTime,
) -> Result<(Found, Key<'a>), StsError> {
    let does_not_fit = || StsError::TokenDoesNotFit { id: key_id(id) };
    if let Some((user, key)) = catalogue.access_key(id) {
        if signed.session_token().is_some() {
            return Err(does_not_fit());
        }
        let found = if key.active {
            Found::Caller(Caller::User { user: user.clone(), access_key_id: id.to_owned() })
        } else {
            let error = StsError::InactiveAccessKey { id: id.to_owned() };
            Found::Former { user: user.arn.to_string(), error: Box::new(error) }
        };
        return Ok((found, Key::OfUser(key)));
    }
    let Some(token) = signed.session_token() else {
        // Whether there is such a session is not known without its token.
        let is_of_a_session = id.starts_with("ASIA");
        return Err(if is_of_a_session { does_not_fit() } else { StsError::UnknownAccessKey { id: key_id(id) } });
    };
    let signer = Signer::of(id, token, keys, now).ok_or_else(does_not_fit)?;
    let session = &signer.session.session;
    let found = in_force(session, id, catalogue, revocations, now).inspect_err(|_| signer.open_again(keys, now))?;
    Ok((found, Key::OfSession(signer)))
}

/// Whose session it is, if it has neither ended nor been ended.
fn in_force(
    session: &Session,
    id: &str,
    catalogue: &Catalogue,
    revocations: &Revocations,
    now: OffsetDateTime,
) -> Result<Found, StsError> {
    if session.has_ended(now) {
        return Err(StsError::SessionEnded { at: iso(session.expires()) });
    }
    if revocations.covers(session)? {
        return Err(StsError::SessionRevoked);
    }
    match (wearer(session.clone(), catalogue), session) {
        (Some(caller), _) => Ok(Found::Caller(caller)),
        (None, Session::User(UserSession { user, .. }) | Session::FederatedUser(FederatedSession { user, .. })) => {
            Ok(Found::gone(user.clone()))
        }
        (None, Session::Role(_)) => Err(StsError::TokenDoesNotFit { id: key_id(id) }),
    }
}

/// Whoever wears a session, if the user who made it for themselves or for somebody is there.
fn wearer(session: Session, catalogue: &Catalogue) -> Option<Caller> {
    Some(match session {
        Session::Role(session) => {
            let (role, name) = session.role.parse().ok().zip(session.session_name.parse().ok())?;
            Caller::RoleSession { session: Box::new(session), role, name }
        }
        Session::FederatedUser(session) => {
            let user = maker(&session.user, &session.made_with, &session.key_fingerprint, catalogue)?;
            let name = session.name.parse().ok()?;
            Caller::FederatedUser { user, session: Box::new(session), name }
        }
        Session::User(session) => {
            let user = maker(&session.user, &session.made_with, &session.key_fingerprint, catalogue)?;
            let mfa_at = session.mfa_at.filter(|_| session.shown_by(&user));
            Caller::UserSession { user, session: UserSession { mfa_at, ..session } }
        }
    })
}

/// Whoever wears this in a browser, whose cookie has opened the seal that it was kept under.
pub(super) fn in_a_browser(session: Session, catalogue: &Catalogue) -> Option<VerifiedCaller> {
    wearer(session, catalogue).map(VerifiedCaller::in_a_browser)
}

/// The user (by ARN) who made a session, their own or a federated user's. It ends with them, and with the key that it was
/// made with, or the secret of that (at AWS it outlives the key): whoever has stolen a key may have made sessions with it,
/// and taking the key away, or giving it another secret, is to end that.
fn maker(arn: &str, made_with: &str, fingerprint: &str, catalogue: &Catalogue) -> Option<Arc<User>> {
    let (user, key) = catalogue.access_key(made_with)?;
    let same = user.arn.as_str() == arn && key.fingerprint() == fingerprint;
    (key.active && same).then(|| user.clone())
}
