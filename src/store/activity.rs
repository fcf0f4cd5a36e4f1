//! The book, read by people: by what its records are found, the newest first, a page at a time.

use super::database::{Connection, DatabaseError};
use super::marks::{Behind, Mark};
use super::row::Row;
use super::statement::{ManyRows, Value, values};
use super::{AuditRecord, Sought, Store, StoreError};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// Where a record stands among all in the order of time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BookPlace {
    pub at: i64,
    pub node: String,
    pub number: i64,
}

/// A record as it was written.
pub struct KeptRecord {
    pub place: BookPlace,
    pub record: String,
}

/// Thirty days.
pub(super) const MONTH: i64 = 30 * 86_400;
/// As many months are looked through at most, the latest first: ten years.
const MOST_MONTHS: usize = 125;

/// What the record is found by.
pub(super) async fn marks(db: &mut Connection, audit: &AuditRecord) -> Result<Vec<Mark>, DatabaseError> {
    let whose = match audit.behind() {
        Behind::Known(whose) => Some(whose),
        Behind::Session(id) => {
            let query = "SELECT whose FROM role_session WHERE access_key_id = ?1";
            db.fetch_optional(query, values![id]).await?.map(|row| row.get(0)).transpose()?.flatten()
        }
        Behind::Nobody => None,
    };
    Ok(audit.marks(whose.as_deref()))
}

pub(super) static MARK: LazyLock<ManyRows> = LazyLock::new(|| {
    let insert = "INSERT INTO audit_mark (month, mark, at, node, number) VALUES ";
    ManyRows::new(insert, 5, " ON CONFLICT DO NOTHING")
});

pub(super) fn mark<'a>(mark: &'a Mark, at: i64, node: &'a str, number: i64) -> [Value<'a>; 5] {
    [at.div_euclid(MONTH).into(), mark.as_slice().into(), at.into(), node.into(), number.into()]
}

impl Store {
    /// The records of before that place and not of before `since`, the newest first, and no more than `most`.
    pub async fn activity(
        &self,
        sought: Sought<'_>,
        before: &BookPlace,
        since: i64,
        most: usize,
    ) -> Result<Vec<KeptRecord>, StoreError> {
        let first = self.readers.fetch_one("SELECT min(month) FROM audit_mark", values![]).await?;
        let last = self.readers.fetch_one("SELECT max(month) FROM audit_mark", values![]).await?;
        let Some((first, last)) = first.get::<Option<i64>>(0)?.zip(last.get::<Option<i64>>(0)?) else {
            return Ok(Vec::new());
        };
        let (first, last) = (first.max(since.div_euclid(MONTH)), last.min(before.at.div_euclid(MONTH)));
        let marks = sought.marks();
        let mut found: Vec<KeptRecord> = Vec::new();
        for month in (first..=last).rev().take(MOST_MONTHS) {
            let query = "SELECT m.at, m.node, m.number, a.record FROM (
                     SELECT at, node, number FROM audit_mark
                     WHERE month = ?1 AND mark = ?2 AND at >= ?3 AND (at, node, number) < (?4, ?5, ?6)
                     ORDER BY at DESC, node DESC, number DESC LIMIT ?7) AS m
                 JOIN audit AS a ON a.node = m.node AND a.number = m.number
                 ORDER BY m.at DESC, m.node DESC, m.number DESC";
            let left = (most - found.len()) as i64;
            let (at, node, number) = (before.at, &before.node, before.number);
            let mut of_month = Vec::new();
            for mark in &marks {
                let rows = values![month, &mark[..], since, at, node, number, left];
                for row in self.readers.fetch(query, rows).await? {
                    of_month.push(kept(&row)?);
                }
            }
            if marks.len() > 1 {
                of_month.sort_unstable_by(|one, other| other.place.cmp(&one.place));
                of_month.truncate(most - found.len());
            }
            found.append(&mut of_month);
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }
}

fn kept(row: &Row) -> Result<KeptRecord, DatabaseError> {
    let place = BookPlace { at: row.get(0)?, node: row.get(1)?, number: row.get(2)? };
    Ok(KeptRecord { place, record: row.get(3)? })
}

impl BookPlace {
    /// Before which everything is that was written until then.
    pub fn after(at: i64) -> Self {
        Self { at: at.saturating_add(1), node: String::new(), number: 0 }
    }
}

/// As it stands in an address: `at.number.node`.
impl fmt::Display for BookPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.number, self.node)
    }
}

impl FromStr for BookPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(());
        let (at, number, node) = (next()?, next()?, next()?);
        let fits = node.len() <= 64 && node.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let place =
            Self { at: at.parse().map_err(drop)?, number: number.parse().map_err(drop)?, node: node.to_owned() };
        if fits { Ok(place) } else { Err(()) }
    }
}
