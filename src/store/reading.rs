//! Looking things up. Nothing here decides: decisions are made by the statements of a visit.

use super::database::{DatabaseError, values};
use super::{Address, Store, StoreError, handle};

const METADATA: &str = "SELECT document, fetched FROM metadata WHERE name = ?1";
pub(super) const WRAPPED_KEY: &str = "SELECT wrapped FROM wrapped_key WHERE name = ?1";

impl Store {
    /// A console session that has not ended, as it was sealed.
    pub async fn console_session(&self, id_hash: &[u8; 32], now: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT sealed FROM console_session WHERE id_hash = ?1 AND expires > ?2";
        let row = self.readers.fetch_optional(query, values![id_hash, now]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// One that has reached its end and has not been swept yet.
    pub async fn ended_console_session(&self, id_hash: &[u8; 32], now: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT sealed FROM console_session WHERE id_hash = ?1 AND expires <= ?2";
        let row = self.readers.fetch_optional(query, values![id_hash, now]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// What a sign-in token stands for, if it was ever made and has not been swept.
    pub async fn signin_token(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT sealed FROM signin_token WHERE hash = ?1";
        let row = self.readers.fetch_optional(query, values![hash]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// The last good document under this name, and when it was fetched.
    pub async fn metadata(&self, name: &str) -> Result<Option<(String, i64)>, StoreError> {
        let row = self.readers.fetch_optional(METADATA, values![name]).await?;
        Ok(row.map(|row| Ok::<_, DatabaseError>((row.get(0)?, row.get(1)?))).transpose()?)
    }

    /// [`Store::metadata`] of the database at `address`, which is neither made nor changed; none if there is no database.
    pub async fn kept_metadata(address: &Address, name: &str) -> Result<Option<(String, i64)>, StoreError> {
        let Some(mut db) = handle::looked_into(address).await? else { return Ok(None) };
        let row = db.fetch_optional(METADATA, values![name]).await?;
        Ok(row.map(|row| Ok::<_, DatabaseError>((row.get(0)?, row.get(1)?))).transpose()?)
    }

    /// A key of the house as it was wrapped.
    pub async fn wrapped_key(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.readers.fetch_optional(WRAPPED_KEY, values![name]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// [`Store::wrapped_key`] of the database at `address`, as [`Store::kept_metadata`].
    pub async fn kept_wrapped_key(address: &Address, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut db) = handle::looked_into(address).await? else { return Ok(None) };
        let row = db.fetch_optional(WRAPPED_KEY, values![name]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }
}
