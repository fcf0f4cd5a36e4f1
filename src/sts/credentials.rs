//! Access key, secret, session token: how they hang together.

use super::action::LONGEST_USER_SESSION;
use super::known_sessions::{KnownSession, KnownSessions};
use super::seals::{Opened, Purpose, Seals};
use super::{StsError, Unready, key_id, packed, seal};
use crate::ambient::Random;
use crate::saml::NameId;
use crate::sigv4::SigningKeys;
use crate::store::Origin;
use crate::trust::{FederatedIdentity, Paper, Session};
use crate::words::{ProviderArn, Secret, sha256};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use std::sync::Arc;
use time::OffsetDateTime;

/// What a caller signs with. The session token is as secret as the key here: both leave together, once.
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
    pub session_token: Secret,
    pub expires: OffsetDateTime,
}

/// The keys of the house that make and check credentials.
pub struct Keys {
    pub seals: Seals,
    pub unready: Unready,
    origins: hmac::Key,
    decisions: hmac::Key,
    known: KnownSessions,
}

/// A session token longer than this is none of ours (AWS: tokens are at most 4,096 bytes).
pub const LONGEST_TOKEN: usize = 4_096;
/// A session with more plain text than this is deflated.
const LONGEST_PLAIN: usize = 1_024;
/// Fifty tags of the longest kind and what stands beside them.
const LARGEST_SESSION: u64 = 256 * 1_024;

impl Keys {
    /// `index` is what [`Keys::index`] has made, the same on every node.
    pub fn new(seals: Seals, index: &Secret) -> Self {
        let (origins, decisions) = index.expose().split_at(index.expose().len() / 2);
        let key = |bytes| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let (unready, known) = (Unready::default(), KnownSessions::default());
        Self { seals, unready, origins: key(origins), decisions: key(decisions), known }
    }

    /// The 64 bytes under which people, logins and questions are found in the store, from the first session key there was.
    /// They are nobody's way in, and do not change with the session key: a logout would miss whoever came before.
    pub fn index(first: &Secret) -> Secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, first.expose());
        let derived = |label: &[u8]| hmac::sign(&key, label);
        let (origins, decisions) = (derived(b"gatehouse origins v1"), derived(b"gatehouse decisions v1"));
        Secret::new([origins.as_ref(), decisions.as_ref()].concat())
    }

    /// Under what the store keeps a person's sessions, if the identity provider may end them: as this registration of it
    /// knows the person.
    pub fn origin(&self, identity: &FederatedIdentity, provider: &ProviderArn) -> Option<Origin> {
        if let Paper::Token { .. } = identity.paper {
            let FederatedIdentity { issuer, audience: client, subject, .. } = identity;
            let login = identity.session_id().map(|session| self.login_at(issuer, client, session));
            return Some(Origin { person: self.person_at(issuer, client, subject), login });
        }
        let (name_id, index) = identity.login()?;
        Some(self.origin_of(provider, &identity.issuer, &name_id, index))
    }

    /// A person, as an OpenID Connect issuer tells one of its clients of them: another client may know them by another
    /// subject, and its logouts are its own.
    pub fn person_at(&self, issuer: &str, client: &str, subject: &str) -> [u8; 32] {
        self.keyed(&["subject", issuer, client, subject])
    }

    /// A login there, by its `sid`.
    pub fn login_at(&self, issuer: &str, client: &str, session: &str) -> [u8; 32] {
        self.keyed(&["session", issuer, client, session])
    }

    /// Whoever chooses among roles in the console, by a text that is theirs alone.
    pub fn chooser(&self, person: &str) -> [u8; 32] {
        self.keyed(&["chooser", person])
    }

    /// A person and their login, as one registration of a SAML identity provider knows them: another registration of that
    /// issuer may hold other keys, and those have no say over them.
    ///
    /// Keyed hashes: whoever reads the database learns nothing from them. Every part comes with its length, so that no
    /// two people have the same.
    pub fn origin_of(
        &self,
        provider: &ProviderArn,
        issuer: &str,
        name_id: &NameId,
        session_index: Option<&str>,
    ) -> Origin {
        let NameId { value, format, name_qualifier, sp_name_qualifier } = name_id;
        let optional = |text: &Option<String>| text.clone().map_or(String::new(), |text| format!("={text}"));
        let (qualifier, sp_qualifier) = (optional(name_qualifier), optional(sp_name_qualifier));
        let parts = [provider.as_str(), issuer, value, format, &qualifier, &sp_qualifier];
        let person = self.keyed(&parts);
        let login = session_index.map(|index| self.keyed(&[&parts[..], &[index]].concat()));
        Origin { person, login }
    }

    fn keyed(&self, parts: &[&str]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.origins);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    }

    /// What stands for a text in the table of decisions: a keyed hash, so that nobody can try whether it is of somebody
    /// they suspect.
    pub(super) fn mark(&self, text: &[u8]) -> [u8; 32] {
        hmac::sign(&self.decisions, text).as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    }

    /// The credentials of a session that is about to be recorded, under its id and until its end, with a token of `least`
    /// characters and more. A token that could not be presented is none.
    pub(super) fn issue(
        &self,
        session: &impl Serialize,
        (access_key_id, expires): (&str, OffsetDateTime),
        least: usize,
        random: &Random,
    ) -> Result<Credentials, StsError> {
        let mut plain = Vec::with_capacity(LONGEST_PLAIN);
        serde_json::to_writer(&mut plain, session).expect("a session is plain data");
        let mut plain = packed::pack(plain, LONGEST_PLAIN);
        // Blanks after the JSON, or after the end that the deflated text knows itself, are read over.
        let padded = (least.min(LONGEST_TOKEN) * 3).div_ceil(4).saturating_sub(seal::OVERHEAD);
        plain.resize(padded.max(plain.len()), b' ');
        let token = self.seals.seal_text(Purpose::SessionToken, &plain, random);
        if token.len() > LONGEST_TOKEN {
            return Err(StsError::SessionTooLarge { characters: token.len() });
        }
        Ok(self.with_token(access_key_id, expires, token))
    }

    /// The same credentials again, from a session token that was sealed before.
    pub fn with_token(&self, access_key_id: &str, expires: OffsetDateTime, token: String) -> Credentials {
        Credentials {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: self.secret(access_key_id, &token),
            session_token: Secret::new(token),
            expires,
        }
    }

    /// The session that a token carries; `None` for any text that this house did not seal, and for a session that it does
    /// not make: one that is of a time when the key sealed nothing any more, lasts longer than any, or has an access key id
    /// by which nobody could end it. Whoever has come by a key can say an earlier time; the key's end is what ends that.
    pub fn open(&self, token: &str) -> Option<Session> {
        self.read(token).map(|(session, _)| session)
    }

    /// With how many bytes it has in the token.
    fn read(&self, token: &str) -> Option<(Session, usize)> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let Opened { plain, latest } =
            self.seals.opened(Purpose::SessionToken, &URL_SAFE_NO_PAD.decode(token).ok()?)?;
        let text = packed::unpack(&plain, LARGEST_SESSION)?;
        let session = Session::read(&text)?;
        let lasts = session.expires() - session.issued();
        let is_ours = session.issued().unix_timestamp() <= latest
            && lasts.whole_seconds() <= LONGEST_USER_SESSION
            && key_id::is_well_formed(session.access_key_id());
        is_ours.then_some((session, text.len()))
    }

    /// The session of a token that has signed something lately.
    pub(super) fn known(&self, id: &str, token: &str, now: OffsetDateTime) -> Option<Arc<KnownSession>> {
        self.known.of(id, token, &self.seals.ring(), now)
    }

    /// [`Keys::open`] of the token that came with this access key id, with what its requests are signed with.
    pub(super) fn signer(&self, id: &str, token: &str, now: OffsetDateTime) -> Option<Arc<KnownSession>> {
        // Before it is opened: a ring that is renewed meanwhile is another.
        let ring = self.seals.ring();
        let (session, size) = self.read(token).filter(|(session, _)| session.access_key_id() == id)?;
        let (secret, token, signing_keys) = (self.secret(id, token), Secret::new(token), SigningKeys::default());
        Some(Arc::new(KnownSession { session, secret, signing_keys, token, ring, opened: now, size }))
    }

    /// A signature of it was verified.
    pub(super) fn keep(&self, signer: Arc<KnownSession>, now: OffsetDateTime) {
        self.known.keep(signer, now);
    }

    /// HMAC-SHA-256 over (access key id, SHA-256 of the token), 40 characters: whoever sees the token alone can sign
    /// nothing, and no table of secrets exists.
    pub fn secret(&self, access_key_id: &str, token: &str) -> Secret {
        let tag = self.seals.derive(token, |context| {
            context.update(access_key_id.as_bytes());
            context.update(&sha256(token.as_bytes()));
        });
        Secret::new(STANDARD.encode(&tag.as_ref()[..30]))
    }
}
