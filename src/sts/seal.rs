//! Things that travel through strangers' hands and come back: sealed, so that they can neither be read nor changed.
//!
//! AES-256-GCM. A sealed thing is `version ‖ key id ‖ nonce ‖ ciphertext`, and what it is for is authenticated with it: a
//! session token is no console session, nor one person's another's, whatever slot it is put into.

use crate::ambient::Random;
use crate::words::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

/// A seal of one key.
pub(super) struct Seal {
    key: LessSafeKey,
    id: KeyId,
}

/// Public, and in front of everything that was sealed.
pub(super) type KeyId = [u8; KEY_ID];

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const HEADER: usize = 1 + KEY_ID + NONCE_LEN;
/// How many bytes a sealed thing has more than its content: the header, and the tag of AES-GCM.
pub(super) const OVERHEAD: usize = HEADER + 16;

impl Seal {
    /// `root` is 32 secret bytes; the sealing key and its public id are derived from them.
    pub(super) fn new(root: &Secret) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, root.expose());
        let key = hmac::sign(&root, b"gatehouse seal v1");
        let id = hmac::sign(&root, b"gatehouse key id v1");
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("an AES-256 key has 32 bytes");
        let id = id.as_ref()[..KEY_ID].try_into().expect("a tag is longer than a key id");
        Self { key: LessSafeKey::new(key), id }
    }

    /// The key that a sealed thing says it was sealed with; its first bytes are enough.
    pub(super) fn named_by(sealed: &[u8]) -> Option<KeyId> {
        let (version, rest) = sealed.split_first()?;
        rest.first_chunk().filter(|_| *version == VERSION).copied()
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn seal(&self, label: &[u8], plain: &[u8], random: &Random) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = Vec::with_capacity(OVERHEAD + plain.len());
        sealed.push(VERSION);
        sealed.extend(self.id);
        sealed.extend(nonce);
        sealed.extend(plain);
        let (nonce, body) = (Nonce::assume_unique_for_key(nonce), &mut sealed[HEADER..]);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(label), body);
        sealed.extend(tag.expect("far below the limit of one message").as_ref());
        sealed
    }

    /// The content, if this seal made it under this label and nobody changed it.
    pub(super) fn open(&self, label: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (header, body) = sealed.split_at_checked(HEADER)?;
        if Self::named_by(header)? != self.id {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(&header[1 + KEY_ID..]).ok()?;
        let mut body = body.to_vec();
        let length = self.key.open_in_place(nonce, Aad::from(label), &mut body).ok()?.len();
        // The tag stands behind it.
        body.truncate(length);
        Some(body)
    }
}
