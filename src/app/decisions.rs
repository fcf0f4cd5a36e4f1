//! What a gateway has decided, read from beside it.

use super::{AppError, ROOT};
use crate::config::Settings;
use crate::store::Store;
use crate::sts::{Decided, KeyStore, Keys, unwrapped};

/// Decisions, the latest first.
pub struct Records {
    pub decisions: Vec<Record>,
    /// How many were sealed by another version or with another key.
    pub unreadable: usize,
}

pub struct Record {
    pub decided: Decided,
    /// Seconds since 1970.
    pub last: i64,
    /// How often the same was asked.
    pub count: i64,
}

/// The decisions since then; `None` if a gateway of this configuration has kept none yet, or has no keys here. Nothing is
/// made or changed, and the gateway may be running.
pub async fn decisions(settings: &Settings, since: i64) -> Result<Option<Records>, AppError> {
    let root = match &settings.wrapping_key {
        Some(wrapping_key) => {
            let wrapped = Store::kept_wrapped_key(&settings.store.path, ROOT).await?;
            wrapped.map(|wrapped| unwrapped(&wrapped, wrapping_key, ROOT)).transpose()?
        }
        None => KeyStore::Directory(settings.keys_directory.clone()).load(ROOT).await?,
    };
    let Some(keys) = root.as_ref().map(Keys::new) else { return Ok(None) };
    let Some(rows) = Store::kept_decisions(&settings.store.path, since).await? else { return Ok(None) };
    let mut records = Records { decisions: Vec::with_capacity(rows.len()), unreadable: 0 };
    for row in rows {
        match keys.open_decision(&row.sealed) {
            Some(decided) => records.decisions.push(Record { decided, last: row.last, count: row.count }),
            None => records.unreadable += 1,
        }
    }
    Ok(Some(records))
}
