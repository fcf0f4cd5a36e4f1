//! What a gateway has decided, read from beside it.

use super::AppError;
use super::keys::beside;
use crate::ambient::Clock;
use crate::config::Settings;
use crate::store::Store;
pub use crate::store::{DECISIONS_KEPT, Unkept};
use crate::sts::{Decided, KeyError, KeyKind, KeyRing, Lacks, Seals, load_roots};

/// Decisions, the latest first.
pub struct Records {
    pub decisions: Vec<Record>,
    /// How many were sealed by another version or with another key.
    pub unreadable: usize,
    /// What was asked besides.
    pub unkept: Unkept,
}

pub struct Record {
    pub decided: Decided,
    /// Seconds since 1970.
    pub last: i64,
    /// How often the same was asked.
    pub count: i64,
    /// Whether whoever asked may have asked more than is kept of one.
    pub asks_too_much: bool,
}

/// The decisions since then; `None` if a gateway of this configuration has kept none yet. Nothing is made or changed, and the
/// gateway may be running.
pub async fn decisions(settings: &Settings, since: i64, clock: Clock) -> Result<Option<Records>, AppError> {
    let rows = Store::kept_decisions(&settings.store.address, since).await?;
    let all = Store::kept_key_ring(&settings.store.address).await?.unwrap_or_default();
    let ring = KeyRing::of(KeyKind::Session, &all);
    let mut lacks = Lacks::default();
    let roots = load_roots(&ring, &beside(settings), clock.now(), &mut lacks).await;
    let seals = match lacks.served() {
        Ok(()) => Seals::new(roots, clock),
        // Nobody has been here yet; who has been, and kept decisions, had a key.
        Err(KeyError::Missing(_)) if ring.is_new() && rows.as_ref().is_none_or(Vec::is_empty) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(rows) = rows else { return Ok(None) };
    let unkept = Unkept::of(&rows);
    let mut records = Records { decisions: Vec::with_capacity(rows.len()), unreadable: 0, unkept };
    for row in rows.into_iter().filter(|row| !row.is_empty()) {
        let asks_too_much = records.unkept.of_people.contains(&row.person);
        match Decided::open(&row.sealed, &seals) {
            Some(decided) => {
                records.decisions.push(Record { decided, last: row.last, count: row.count, asks_too_much });
            }
            None => records.unreadable += 1,
        }
    }
    Ok(Some(records))
}
