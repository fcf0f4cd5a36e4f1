//! An operator's orders, given in the console: the one writer carries them out, so that its chain has one end.

use super::audit::Page;
use super::database::{Connection, DatabaseError};
use super::visit::Verdict;
use super::{AuditRecord, Revoke, Revoked, Store, StoreError, committer::Work};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Ordered {
    order: Revoke,
    record: Box<dyn Fn(Revoked) -> AuditRecord + Send + Sync>,
    /// By the transaction that was tried last.
    ended: Mutex<Option<Revoked>>,
}

impl Ordered {
    /// `Spent` of nobody who is known or on record: then nothing has been done.
    pub(super) async fn apply(&self, db: &mut Connection, page: &mut Page) -> Result<Verdict, DatabaseError> {
        db.run("SAVEPOINT orders").await?;
        let ended = self.order.apply(db, false).await?;
        let verdict = match ended {
            Some(ended) => {
                page.append(db, &(self.record)(ended)).await?;
                *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
                Verdict::Done
            }
            None => {
                db.run("ROLLBACK TO orders").await?;
                Verdict::Spent
            }
        };
        db.run("RELEASE orders").await?;
        Ok(verdict)
    }
}

impl Store {
    /// As [`Revoke::run`], by the node that answers; durable when this returns.
    pub async fn revoke(
        &self,
        order: Revoke,
        record: impl Fn(Revoked) -> AuditRecord + Send + Sync + 'static,
    ) -> Result<Option<Revoked>, StoreError> {
        let ordered = Arc::new(Ordered { order, record: Box::new(record), ended: Mutex::default() });
        match self.order(Work::Revoke(ordered.clone())).await? {
            Verdict::Done => Ok(*ordered.ended.lock().unwrap_or_else(PoisonError::into_inner)),
            _ => Ok(None),
        }
    }
}
