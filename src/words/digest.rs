//! SHA-256.

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    whole(digest(&SHA256, bytes))
}

/// Of several parts, each with a zero behind it: no other list of parts comes to the same, as long as only the last may
/// hold a zero.
pub fn sha256_of_parts(parts: &[impl AsRef<[u8]>]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part.as_ref());
        context.update(&[0]);
    }
    whole(context.finish())
}

fn whole(digest: Digest) -> [u8; 32] {
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
