//! Traces, found by people: under the accounts that they are about, the newest first, a page at a time.

use super::database::{Connection, DatabaseError, Sql};
use super::row::Row;
use super::session_pages::containing;
use super::statement::{ManyRows, Value, values};
use super::visit::TraceRecord;
use super::{Store, StoreError};
use crate::trace::Step;
use std::sync::LazyLock;

/// What is looked for among an account's traces; whatever is empty does not matter.
pub struct TraceSearch<'a> {
    /// Occurs in what was attempted, in the code, the provider or the subject, small letters or capitals.
    pub part: &'a str,
    /// `allow` or `refuse`.
    pub outcome: &'a str,
    pub since: i64,
    pub before: &'a TracePlace,
}

/// Behind which trace a page begins: the newest come first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracePlace {
    pub at: i64,
    pub id: String,
}

/// A trace in a list.
pub struct TraceLine {
    pub place: TracePlace,
    pub what: String,
    pub outcome: String,
    pub code: String,
    pub provider: String,
    pub subject: String,
}

/// A trace with what says who may see it.
pub struct KeptTrace {
    pub at: i64,
    pub what: String,
    pub outcome: String,
    pub code: String,
    pub steps: Vec<Step>,
    pub whose: String,
    pub accounts: Vec<String>,
}

/// So many of an account's traces are looked through for one page of those that are searched for.
const LOOKED_THROUGH: usize = 10_000;

static LIST: LazyLock<ManyRows> = LazyLock::new(|| {
    let insert = "INSERT INTO trace_about (account, at, id, what, outcome, code, provider, subject) VALUES ";
    ManyRows::new(insert, 8, " ON CONFLICT DO NOTHING")
});

/// Has the traces found under their accounts; they themselves have been written.
pub(super) async fn list(db: &mut Connection, traces: &[&TraceRecord]) -> Result<(), DatabaseError> {
    let rows: Vec<[Value<'_>; 8]> = traces
        .iter()
        .flat_map(|record| {
            let (about, code) = (&record.trace.about, record.code());
            let (id, what, outcome) = (&record.trace.id, record.what, record.outcome);
            about.accounts.iter().map(move |account| {
                *values![account, record.at, id, what, outcome, code, &about.provider, &about.subject]
            })
        })
        .collect();
    db.put_all(&LIST, &rows).await
}

impl Store {
    /// An account's traces; and from where to go on, if so many were looked through that there may be more.
    pub async fn traces_in(
        &self,
        account: &str,
        search: &TraceSearch<'_>,
        most: usize,
    ) -> Result<(Vec<TraceLine>, Option<TracePlace>), StoreError> {
        let query = "SELECT at, id, what, outcome, code, provider, subject FROM (
                 SELECT at, id, what, outcome, code, provider, subject FROM trace_about
                 WHERE account = ?1 AND at >= ?2 AND (at, id) < (?3, ?4) ORDER BY at DESC, id DESC LIMIT ?5) AS looked_at
             WHERE (?6 = '' OR outcome = ?6)
             AND lower(what || ' ' || code || ' ' || provider || ' ' || subject) LIKE ?7 ESCAPE '\\'
             ORDER BY at DESC, id DESC LIMIT ?8";
        let TraceSearch { part, outcome, since, before } = search;
        let (pattern, scan) = (containing(part), LOOKED_THROUGH as i64);
        let values = values![account, *since, before.at, &before.id, scan, *outcome, &pattern, most as i64];
        let rows = self.readers.search(query, values).await?;
        let found = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        if found.len() >= most {
            return Ok((found, None));
        }
        let query = "SELECT at, id FROM trace_about WHERE account = ?1 AND at >= ?2 AND (at, id) < (?3, ?4)
             ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?5";
        let last = values![account, *since, before.at, &before.id, scan - 1];
        let last = self.readers.search(query, last).await?.pop();
        let place = |row: Row| Ok::<_, DatabaseError>(TracePlace { at: row.get(0)?, id: row.get(1)? });
        Ok((found, last.map(place).transpose()?))
    }

    /// One person's traces.
    pub async fn traces_of(
        &self,
        whose: &[String],
        before: &TracePlace,
        most: usize,
    ) -> Result<Vec<TraceLine>, StoreError> {
        let fixed = values![before.at, &before.id, most as i64];
        let query = Sql::with_rows(
            "SELECT at, id, what, outcome, code, '', '' FROM trace WHERE whose IN (VALUES ",
            fixed.len(),
            (whose.len(), 1),
            ") AND whose <> '' AND (at, id) < (?1, ?2) ORDER BY at DESC, id DESC LIMIT ?3",
        );
        let values: Vec<Value<'_>> = fixed.iter().copied().chain(whose.iter().map(Value::from)).collect();
        let rows = self.readers.fetch(query, &values).await?;
        Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
    }

    /// A trace by its id.
    pub async fn kept_trace(&self, id: &str) -> Result<Option<KeptTrace>, StoreError> {
        let query = "SELECT at, what, outcome, code, steps, whose, accounts FROM trace WHERE id = ?1";
        let Some(row) = self.readers.fetch_optional(query, values![id]).await? else { return Ok(None) };
        let (steps, accounts): (String, String) = (row.get(4)?, row.get(6)?);
        let mut accounts: Vec<String> =
            accounts.split('|').filter(|account| !account.is_empty()).map(str::to_owned).collect();
        accounts.sort_unstable();
        Ok(Some(KeptTrace {
            at: row.get(0)?,
            what: row.get(1)?,
            outcome: row.get(2)?,
            code: row.get(3)?,
            steps: serde_json::from_str(&steps).unwrap_or_default(),
            whose: row.get(5)?,
            accounts,
        }))
    }
}

fn line(row: &Row) -> Result<TraceLine, DatabaseError> {
    let place = TracePlace { at: row.get(0)?, id: row.get(1)? };
    let (what, outcome, code) = (row.get(2)?, row.get(3)?, row.get(4)?);
    Ok(TraceLine { place, what, outcome, code, provider: row.get(5)?, subject: row.get(6)? })
}

impl TracePlace {
    /// Before which everything is that was kept until then.
    pub fn after(at: i64) -> Self {
        Self { at: at.saturating_add(1), id: String::new() }
    }
}
