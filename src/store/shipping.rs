//! How far the records of each chain have been sent to a destination, and which node sends them.
//!
//! One node at a time sends the records of all chains there: those of operators' orders, and of nodes that are no more, have
//! nobody else who would. It holds the destination by a lock of its committer's connection, which ends when the node does.

use super::book::with_chains;
use super::checkpoints::BookChange;
use super::committer::Work;
use super::database::{Connection, DatabaseError, values};
use super::visit::Verdict;
use super::{Book, Store, StoreError};

impl Store {
    /// Whether this node sends to `target`: if nobody else does, it does from now on.
    pub async fn carries_to(&self, target: &str) -> Result<bool, StoreError> {
        Ok(self.order(Work::HoldTarget(target.to_owned())).await? == Verdict::Done)
    }

    /// Another node may send there from now on.
    pub async fn leaves(&self, target: &str) -> Result<(), StoreError> {
        self.order(Work::LeaveTarget(target.to_owned())).await.map(drop)
    }

    /// Remembers that the records of a chain have been sent up to this one.
    pub async fn shipped(&self, target: &str, node: String, number: i64) -> Result<(), StoreError> {
        self.change_book(BookChange::Shipped { target: target.to_owned(), node, number }).await
    }
}

pub(super) async fn hold(db: &mut Connection, target: &str) -> Result<Verdict, DatabaseError> {
    Ok(if db.hold(target).await? { Verdict::Done } else { Verdict::Taken })
}

/// The chains whose last record has not been sent.
const UNSHIPPED: &str = concat!(
    with_chains!(),
    "SELECT node, sent FROM
         (SELECT node, coalesce((SELECT number FROM audit_shipped WHERE target = ?1 AND audit_shipped.node = chain.node), 0)
              AS sent FROM chain WHERE node IS NOT NULL) AS known
     WHERE (SELECT max(number) FROM audit WHERE audit.node = known.node) > sent"
);

impl Book {
    /// The chains that have records which were not sent there, whoever writes on them, with the number of the last one that
    /// was.
    pub async fn unshipped(&mut self, target: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.db.fetch(UNSHIPPED, values![target]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}
