//! Looking things up. Nothing here decides: decisions are made by the statements of a visit.

use super::{Store, StoreError, database};
use crate::trace::Step;
use sqlx::Row;
use std::path::Path;

impl Store {
    /// A console session that has not ended, as it was sealed.
    pub async fn console_session(&self, id_hash: &[u8; 32], now: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT sealed FROM console_session WHERE id_hash = ? AND expires > ?");
        let row = query.bind(id_hash.as_slice()).bind(now).fetch_optional(&self.readers).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// One that has reached its end and has not been swept yet.
    pub async fn ended_console_session(&self, id_hash: &[u8; 32], now: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT sealed FROM console_session WHERE id_hash = ? AND expires <= ?");
        let row = query.bind(id_hash.as_slice()).bind(now).fetch_optional(&self.readers).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// What a sign-in token stands for, if it was ever made and has not been swept.
    pub async fn signin_token(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT sealed FROM signin_token WHERE hash = ?");
        let row = query.bind(hash.as_slice()).fetch_optional(&self.readers).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// The steps of one request.
    pub async fn trace(&self, id: &str) -> Result<Option<Vec<Step>>, StoreError> {
        let row = sqlx::query("SELECT steps FROM trace WHERE id = ?").bind(id).fetch_optional(&self.readers).await?;
        let steps: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
        Ok(steps.and_then(|steps| serde_json::from_str(&steps).ok()))
    }

    /// How often `code` was refused before verification.
    pub async fn refusals(&self, code: &str) -> Result<i64, StoreError> {
        let query = sqlx::query("SELECT coalesce(sum(count), 0) FROM refusal WHERE code = ?");
        Ok(query.bind(code).fetch_one(&self.readers).await?.try_get(0)?)
    }

    /// The last good document under this name, and when it was fetched.
    pub async fn metadata(&self, name: &str) -> Result<Option<(String, i64)>, StoreError> {
        let query = sqlx::query("SELECT document, fetched FROM metadata WHERE name = ?").bind(name);
        let row = query.fetch_optional(&self.readers).await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?)
    }

    /// [`Store::metadata`] of the database at `path`, which is neither made nor changed; none if there is no database.
    pub async fn kept_metadata(path: &Path, name: &str) -> Result<Option<(String, i64)>, StoreError> {
        let Some(mut db) = database::looked_into(path).await? else { return Ok(None) };
        let query = sqlx::query("SELECT document, fetched FROM metadata WHERE name = ?").bind(name);
        let row = query.fetch_optional(&mut db).await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?)
    }

    /// A key of the house as it was wrapped.
    pub async fn wrapped_key(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT wrapped FROM wrapped_key WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}
