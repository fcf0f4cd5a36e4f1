//! The audit chain: each record is bound to all before it, so that an edit, a removal or a reorder shows.

use super::activity;
use super::database::{Connection, DatabaseError, values};
use aws_lc_rs::digest::{Context, SHA256};

/// One grant or one denial of a verified principal, CloudTrail-shaped.
pub struct AuditRecord {
    pub at: i64,
    pub record: serde_json::Value,
}

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    pub node: String,
    pub number: i64,
    pub hash: Vec<u8>,
}

/// The end of this node's chain.
#[derive(Clone)]
pub(super) struct Chain {
    node: String,
    number: i64,
    hash: Vec<u8>,
}

impl Chain {
    pub(super) async fn open(db: &mut Connection) -> Result<Self, DatabaseError> {
        let name =
            "INSERT INTO node (name) SELECT 'node-' || lower(hex(randomblob(6))) WHERE NOT EXISTS (SELECT 1 FROM node)";
        db.execute(name, values![]).await?;
        let node = db.fetch_one("SELECT name FROM node", values![]).await?.get(0)?;
        Self::last(node, db).await
    }

    /// The chain of what is done beside a gateway that holds the end of its own. Within a transaction, so that it has one
    /// end.
    pub(super) async fn beside(db: &mut Connection) -> Result<Self, DatabaseError> {
        let node = db.fetch_one("SELECT name || '-operator' FROM node", values![]).await?.get(0)?;
        Self::last(node, db).await
    }

    async fn last(node: String, db: &mut Connection) -> Result<Self, DatabaseError> {
        let last = "SELECT number, hash FROM audit WHERE node = ?1 ORDER BY number DESC LIMIT 1";
        let (number, hash) = match db.fetch_optional(last, values![&node]).await? {
            Some(row) => (row.get(0)?, row.get(1)?),
            None => (0, vec![0; 32]),
        };
        Ok(Self { node, number, hash })
    }

    pub(super) fn end(&self) -> ChainEnd {
        ChainEnd { node: self.node.clone(), number: self.number, hash: self.hash.clone() }
    }

    /// Brings what is known of the end up to this; `false` if it was.
    pub(super) fn show(&self, end: &mut ChainEnd) -> bool {
        let moved = (end.number, &end.hash) != (self.number, &self.hash);
        if moved {
            (end.number, end.hash) = (self.number, self.hash.clone());
        }
        moved
    }

    /// Appends, and returns the new end; the old one stays valid until the transaction is committed.
    pub(super) async fn append(&self, db: &mut Connection, audit: &AuditRecord) -> Result<Self, DatabaseError> {
        let record = audit.record.to_string();
        let next = Self { node: self.node.clone(), number: self.number + 1, hash: link(&self.hash, &record) };
        let insert = "INSERT INTO audit (node, number, at, hash, record) VALUES (?1, ?2, ?3, ?4, ?5)";
        db.execute(insert, values![&next.node, next.number, audit.at, &next.hash, &record]).await?;
        activity::mark(db, audit, &next.node, next.number).await?;
        Ok(next)
    }
}

/// The hash of a record behind the one of that hash; behind 32 zeros, if it is the first.
pub fn link(former: &[u8], record: &str) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(former);
    context.update(record.as_bytes());
    context.finish().as_ref().to_vec()
}
