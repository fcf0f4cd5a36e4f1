//! The book, opened from beside a gateway that may be running.

use super::AppError;
use super::keys::beside;
use crate::audit::{AuditKey, PublicKey};
use crate::config::Settings;
use crate::store::{Book, StoreError};
use crate::sts::KeyError;
use crate::words::Secret;

pub use crate::audit::{Step, Trail, VerifyError, line, trail, verify};
pub use crate::store::Entry;

/// Where the key lies that signs what is said about the book.
pub(super) const AUDIT_KEY: &str = "audit.key";

#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error("{0}")]
    App(#[from] AppError),
    #[error("a gateway of this configuration has not kept a book yet; start it first")]
    None,
}

pub async fn book(settings: &Settings) -> Result<Book, BookError> {
    let book = Book::open(&settings.store.address).await.map_err(AppError::from)?;
    book.ok_or(BookError::None)
}

/// With what others check what the house has signed about its book. A key that has signed and is not here is another loss
/// than a book that has not begun.
pub async fn audit_key(settings: &Settings) -> Result<PublicKey, BookError> {
    if let Some(seed) = beside(settings).load(AUDIT_KEY).await.map_err(AppError::from)? {
        return Ok(key_of(&seed)?.public());
    }
    match book(settings).await?.is_signed().await? {
        true => Err(AppError::from(KeyError::Missing(AUDIT_KEY.into())).into()),
        false => Err(BookError::None),
    }
}

pub(super) fn key_of(seed: &Secret) -> Result<AuditKey, AppError> {
    AuditKey::from_seed(seed).ok_or_else(|| KeyError::Damaged(AUDIT_KEY.into()).into())
}

impl From<StoreError> for BookError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}
