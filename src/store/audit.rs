//! The audit chain: each record is bound to all before it, so that an edit, a removal or a reorder shows.

use super::database::{Connection, DatabaseError, ManyRows, Value, values};
use super::marks::{Mark, mark_of};
use super::outline::{Behind, Outline};
use aws_lc_rs::digest::{Context, SHA256};
use std::sync::{Arc, LazyLock};

/// One grant or one denial of a verified principal, CloudTrail-shaped: as the text that stands in the book. Nothing is read
/// in it where everybody waits for the one writer.
pub struct AuditRecord {
    at: i64,
    record: Arc<String>,
    behind: Behind,
}

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    pub node: String,
    pub number: i64,
    pub hash: Vec<u8>,
}

impl ChainEnd {
    /// Whether the record is there, and so all before it are those that were there before it: its hash is over theirs.
    pub(super) async fn is_on_record(&self, db: &mut Connection) -> Result<bool, DatabaseError> {
        let end = "SELECT 1 FROM audit WHERE node = ?1 AND number = ?2 AND hash = ?3";
        Ok(db.fetch_optional(end, values![&self.node, self.number, &self.hash]).await?.is_some())
    }
}

/// The end of this node's chain.
#[derive(Clone)]
pub(super) struct Chain {
    node: Arc<str>,
    number: i64,
    hash: Vec<u8>,
}

/// What a transaction adds to a chain, written in few statements at its end.
pub(super) struct Page {
    end: Chain,
    entries: Vec<Entry>,
}

struct Entry {
    number: i64,
    at: i64,
    hash: [u8; 32],
    record: Arc<String>,
    whose: Option<Mark>,
}

static INSERT: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("INSERT INTO audit (node, number, at, hash, record, whose) VALUES ", 6, ""));

impl Chain {
    pub(super) async fn open(db: &mut Connection) -> Result<Self, DatabaseError> {
        let node = db.chain().await?;
        Self::last(node, db).await
    }

    /// The chain of what is done beside a gateway that holds the end of its own. Within a transaction, so that it has one
    /// end.
    pub(super) async fn beside(db: &mut Connection) -> Result<Self, DatabaseError> {
        let node = db.chain_beside().await?;
        Self::last(node, db).await
    }

    async fn last(node: String, db: &mut Connection) -> Result<Self, DatabaseError> {
        let last = "SELECT number, hash FROM audit WHERE node = ?1 ORDER BY number DESC LIMIT 1";
        let (number, hash) = match db.fetch_optional(last, values![&node]).await? {
            Some(row) => (row.get(0)?, row.get(1)?),
            None => (0, vec![0; 32]),
        };
        Ok(Self { node: node.into(), number, hash })
    }

    /// Whether it goes on where `former` ends.
    pub(super) fn is_beyond(&self, former: &Self) -> bool {
        self.number > former.number
    }

    /// Whether its end is on record.
    pub(super) async fn is_on_record(&self, db: &mut Connection) -> Result<bool, DatabaseError> {
        self.end().is_on_record(db).await
    }

    pub(super) fn end(&self) -> ChainEnd {
        ChainEnd { node: self.node.to_string(), number: self.number, hash: self.hash.clone() }
    }

    /// Brings what is known of the end up to this; `false` if it was.
    pub(super) fn show(&self, end: &mut ChainEnd) -> bool {
        let moved = (&*end.node, end.number, &end.hash) != (&*self.node, self.number, &self.hash);
        if moved {
            *end = self.end();
        }
        moved
    }

    /// One record, and nothing else.
    pub(super) async fn append(self, db: &mut Connection, audit: &AuditRecord) -> Result<(), DatabaseError> {
        let mut page = self.turned();
        page.append(db, audit).await?;
        page.write(db).await.map(drop)
    }

    /// The page that comes next.
    pub(super) fn turned(self) -> Page {
        Page { end: self, entries: Vec::new() }
    }
}

impl Page {
    pub(super) async fn append(&mut self, db: &mut Connection, audit: &AuditRecord) -> Result<(), DatabaseError> {
        let (record, whose) = (audit.record.clone(), audit.whose(db).await?);
        let (number, former) = match self.entries.last() {
            Some(last) => (last.number, &last.hash[..]),
            None => (self.end.number, &self.end.hash[..]),
        };
        let (number, hash) = (number + 1, bound(former, &record));
        self.entries.push(Entry { number, at: audit.at, hash, record, whose });
        Ok(())
    }

    /// The new end of the chain; the old one stays valid until the transaction is committed.
    pub(super) async fn write(self, db: &mut Connection) -> Result<Chain, DatabaseError> {
        let Self { mut end, entries } = self;
        let rows = entries.iter().map(|entry| entry.row(&end.node));
        db.put_all(&INSERT, &rows.collect::<Vec<_>>()).await?;
        if let Some(last) = entries.last() {
            (end.number, end.hash) = (last.number, last.hash.to_vec());
        }
        Ok(end)
    }
}

impl Entry {
    fn row<'a>(&'a self, node: &'a str) -> [Value<'a>; 6] {
        let whose = self.whose.as_ref().map(<[u8; 16]>::as_slice);
        *values![node, self.number, self.at, &self.hash, self.record.as_str(), whose]
    }
}

impl AuditRecord {
    /// By whoever knows, without reading it, who is behind what the record tells.
    pub fn new(at: i64, record: String, behind: Behind) -> Self {
        debug_assert_eq!(Outline::read(&record).behind(), behind, "{record}");
        Self { at, record: Arc::new(record), behind }
    }

    /// Of one that is written seldom: who is behind it is read there.
    pub fn read(at: i64, record: String) -> Self {
        let behind = Outline::read(&record).behind();
        Self { at, record: Arc::new(record), behind }
    }

    /// The mark of whose it is. The session that it was done with may be gone from the store by the time that it is looked
    /// for.
    async fn whose(&self, db: &mut Connection) -> Result<Option<Mark>, DatabaseError> {
        match &self.behind {
            Behind::Known(whose) => Ok(Some(*whose)),
            Behind::Session(id) => {
                let query = "SELECT whose FROM role_session WHERE access_key_id = ?1";
                let row = db.fetch_optional(query, values![id]).await?;
                let whose: Option<String> = row.map(|row| row.get(0)).transpose()?.flatten();
                Ok(whose.as_deref().map(mark_of))
            }
            Behind::Nobody => Ok(None),
        }
    }
}

/// The hash of a record behind the one of that hash; behind 32 zeros, if it is the first.
pub fn link(former: &[u8], record: &str) -> Vec<u8> {
    bound(former, record).to_vec()
}

fn bound(former: &[u8], record: &str) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(former);
    context.update(record.as_bytes());
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
