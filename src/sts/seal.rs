//! Things that travel through strangers' hands and come back: sealed, so that they can neither be read nor changed.
//!
//! AES-256-GCM. A sealed thing is `version ‖ key id ‖ nonce ‖ ciphertext`, and the purpose is authenticated with it: a
//! session token is no console session, whatever slot it is put into.

use crate::ambient::Random;
use crate::words::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a sealed thing is for.
#[derive(Clone, Copy)]
pub enum Purpose {
    SessionToken,
    SignInAttempt,
    ConsoleSession,
    SignInToken,
    AuthorizationMessage,
    /// A question that was decided, kept to be put again.
    Decision,
    /// A key of the house under the operator's wrapping key.
    HouseKey,
}

/// The house's seal.
pub struct Seals {
    key: LessSafeKey,
    id: [u8; KEY_ID],
}

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const HEADER: usize = 1 + KEY_ID + NONCE_LEN;
/// How many bytes a sealed thing has more than its content: the header, and the tag of AES-GCM.
pub(super) const OVERHEAD: usize = HEADER + 16;

impl Seals {
    /// `root` is 32 secret bytes; the sealing key and its public id are derived from them.
    pub(super) fn new(root: &Secret) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, root.expose());
        let key = hmac::sign(&root, b"gatehouse seal v1");
        let id = hmac::sign(&root, b"gatehouse key id v1");
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("an AES-256 key has 32 bytes");
        let id = id.as_ref()[..KEY_ID].try_into().expect("a tag is longer than a key id");
        Self { key: LessSafeKey::new(key), id }
    }

    pub fn seal(&self, purpose: Purpose, plain: &[u8], random: &Random) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = Vec::with_capacity(HEADER + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend(self.id);
        sealed.extend(nonce);
        let mut body = plain.to_vec();
        let aad = Aad::from(purpose.label());
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .expect("far below the limit of one message");
        sealed.extend(body);
        sealed
    }

    /// The content, if this seal made it for this purpose and nobody changed it.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Option<Vec<u8>> {
        let (header, body) = sealed.split_at_checked(HEADER)?;
        if header[0] != VERSION || header[1..=KEY_ID] != self.id {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(&header[1 + KEY_ID..]).ok()?;
        let mut body = body.to_vec();
        let plain = self.key.open_in_place(nonce, Aad::from(purpose.label()), &mut body).ok()?;
        Some(plain.to_vec())
    }

    /// [`Seals::seal`] as base64url text.
    pub fn seal_text(&self, purpose: Purpose, plain: &[u8], random: &Random) -> String {
        URL_SAFE_NO_PAD.encode(self.seal(purpose, plain, random))
    }

    /// [`Seals::open`] of base64url text.
    pub fn open_text(&self, purpose: Purpose, text: &str) -> Option<Vec<u8>> {
        self.open(purpose, &URL_SAFE_NO_PAD.decode(text).ok()?)
    }
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SessionToken => b"session token",
            Self::SignInAttempt => b"sign-in attempt",
            Self::ConsoleSession => b"console session",
            Self::SignInToken => b"sign-in token",
            Self::AuthorizationMessage => b"authorization message",
            Self::Decision => b"decision",
            Self::HouseKey => b"house key",
        }
    }
}
