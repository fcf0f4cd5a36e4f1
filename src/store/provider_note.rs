//! When identity providers were last heard of. Two rows for each, and each is written at most once a minute by a node,
//! however much comes.

use super::database::{Connection, DatabaseError, Row, values};
use super::{Store, StoreError};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The last time that a paper of a provider held, or did not.
#[derive(Clone)]
pub struct ProviderNote {
    /// ARN.
    pub provider: String,
    pub good: bool,
    pub at: i64,
    /// Why it did not hold.
    pub code: String,
    /// The request's.
    pub trace: String,
}

/// In which minute each kind of note about each provider was written last. Only providers that there are get in here.
#[derive(Default)]
pub(super) struct Minutes(Mutex<HashMap<String, [i64; 2]>>);

impl Minutes {
    pub(super) fn is_next(&self, provider: &str, good: bool, at: i64) -> bool {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = at.div_euclid(60);
        let Some(written) = minutes.get_mut(provider) else {
            let mut written = [i64::MIN; 2];
            written[usize::from(good)] = minute;
            minutes.insert(provider.to_owned(), written);
            return true;
        };
        std::mem::replace(&mut written[usize::from(good)], minute) != minute
    }
}

impl ProviderNote {
    /// Another node may have written a later one.
    pub(super) async fn write(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        let upsert = "INSERT INTO provider_note (provider, good, at, code, trace) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (provider, good) DO UPDATE SET at = excluded.at, code = excluded.code, trace = excluded.trace
             WHERE provider_note.at <= excluded.at";
        db.put(upsert, values![&self.provider, self.good, self.at, &self.code, &self.trace]).await
    }
}

impl Store {
    /// All there are.
    pub async fn provider_notes(&self) -> Result<Vec<ProviderNote>, StoreError> {
        let rows = self.readers.fetch("SELECT provider, good, at, code, trace FROM provider_note", values![]).await?;
        let note = |row: &Row| {
            let good: i64 = row.get(1)?;
            let (provider, at) = (row.get(0)?, row.get(2)?);
            Ok(ProviderNote { provider, good: good != 0, at, code: row.get(3)?, trace: row.get(4)? })
        };
        Ok(rows.iter().map(note).collect::<Result<_, DatabaseError>>()?)
    }
}
