//! Opening what was encrypted to us.
//!
//! Whoever may ask whether a ciphertext opens, and learns why not, can open other people's (Bleichenbacher 1998, Manger
//! 2001, Jager and Somorovsky 2011). So there is one failure and one way to it: every key is tried with every
//! wrapped key, and where none opens, the content is decrypted all the same, under a key that nobody has.

use super::assertion::NameId;
use super::decryption_key::{DecryptionKey, DecryptionKeys};
use super::encryption_shape::{Cipher, Digest, Sealed, SealedKey};
use super::error::SamlError;
use super::reading;
use super::signed_document::parse;
use super::tree::Tree;
use super::white_space::normalise;
use crate::trace::Trace;
use crate::words::Secret;
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use openssl::md::Md;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::symm::{self, Crypter, Mode};
use zeroize::Zeroizing;

type Octets = Zeroizing<Vec<u8>>;

/// The plaintext, which is text. Nothing is known of who wrote it: everybody may encrypt to us.
pub(super) fn open(sealed: &Sealed, keys: &DecryptionKeys, trace: &mut Trace) -> Result<Secret, SamlError> {
    let length = match sealed.cipher {
        Cipher::Gcm(length) | Cipher::Cbc(length) => length,
    };
    let keys = keys.current();
    let stand_in = keys.first().and_then(|key| key.stand_in(&sealed.ciphertext, length));
    let stand_in = stand_in.ok_or(SamlError::NoDecryptionKey)?;
    let mut opened = None;
    for wrapped in &sealed.keys {
        for key in keys.iter() {
            // Asked of all, whoever came first: how many keys were tried must not depend on which one fits.
            let content_key = unwrap(key, wrapped).filter(|content_key| content_key.len() == length);
            opened = opened.or(content_key.map(|content_key| (content_key, key.name)));
        }
    }
    let (content_key, name) = opened.unwrap_or((stand_in, "no"));
    let plaintext = match sealed.cipher {
        Cipher::Gcm(_) => gcm(&content_key, &sealed.ciphertext),
        Cipher::Cbc(_) => cbc(&content_key, &sealed.ciphertext),
    };
    let plaintext = plaintext.map(|mut octets| {
        normalise(&mut octets);
        Secret::new(std::mem::take(&mut *octets))
    });
    let plaintext = plaintext.filter(|text| text.expose_str().is_some()).ok_or(SamlError::Decryption)?;
    let mode = if sealed.needs_signature() { "CBC" } else { "GCM" };
    trace.pass("saml.decryption", format_args!("AES-{}-{mode}, by the {name} key", length * 8));
    Ok(plaintext)
}

/// What an EncryptedID holds. It must have stood in what was verified: then the identity provider wrote it.
pub(super) fn name_id(sealed: &Sealed, keys: &DecryptionKeys, trace: &mut Trace) -> Result<NameId, SamlError> {
    let plaintext = open(sealed, keys, trace)?;
    let xml = plaintext.expose_str().ok_or(SamlError::Decryption)?;
    let document = parse(xml).map_err(|_| SamlError::Decryption)?;
    reading::sole_name_id(Tree(&document)).ok_or(SamlError::Decryption)
}

fn unwrap(key: &DecryptionKey, wrapped: &SealedKey) -> Option<Octets> {
    let md = |digest| match digest {
        Digest::Sha1 => Md::sha1(),
        Digest::Sha256 => Md::sha256(),
    };
    let mut context = PkeyCtx::new(&key.private).ok()?;
    context.decrypt_init().ok()?;
    context.set_rsa_padding(Padding::PKCS1_OAEP).ok()?;
    context.set_rsa_oaep_md(md(wrapped.digest)).ok()?;
    context.set_rsa_mgf1_md(md(wrapped.mask)).ok()?;
    let mut octets = Zeroizing::new(vec![0; key.private.size()]);
    let length = context.decrypt(&wrapped.ciphertext, Some(&mut octets)).ok()?;
    octets.truncate(length);
    Some(octets)
}

/// Twelve octets of initialisation vector, the ciphertext, sixteen octets of tag (XML Encryption 1.1 §5.2.4).
fn gcm(key: &[u8], ciphertext: &[u8]) -> Option<Octets> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        _ => &AES_256_GCM,
    };
    let (vector, rest) = ciphertext.split_first_chunk::<12>()?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let mut octets = Zeroizing::new(rest.to_vec());
    let length = key.open_in_place(Nonce::assume_unique_for_key(*vector), Aad::empty(), &mut octets).ok()?.len();
    octets.truncate(length);
    Some(octets)
}

/// Sixteen octets of initialisation vector, and blocks of which the last octet says how many are padding (XML
/// Encryption 1.1 §5.2). Reached only with a ciphertext that the identity provider has signed.
fn cbc(key: &[u8], ciphertext: &[u8]) -> Option<Octets> {
    let cipher = match key.len() {
        16 => symm::Cipher::aes_128_cbc(),
        24 => symm::Cipher::aes_192_cbc(),
        _ => symm::Cipher::aes_256_cbc(),
    };
    let (vector, rest) = ciphertext.split_first_chunk::<16>()?;
    let mut crypter = Crypter::new(cipher, Mode::Decrypt, key, Some(vector)).ok()?;
    crypter.pad(false);
    let mut octets = Zeroizing::new(vec![0; rest.len() + cipher.block_size()]);
    let length = crypter.update(rest, &mut octets).ok()?;
    let length = length + crypter.finalize(&mut octets[length..]).ok()?;
    octets.truncate(length);
    let padding = usize::from(*octets.last()?);
    if !(1..=16).contains(&padding) {
        return None;
    }
    octets.truncate(length.checked_sub(padding)?);
    Some(octets)
}
