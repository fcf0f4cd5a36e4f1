//! What the house does about its book while it writes it: signs how far the chains have come, lays that down outside, keeps
//! its indexes up, and removes what is older than it is to be kept. All of it behind the grants, none of which
//! waits for it.

use crate::ambient::Clock;
use crate::audit::{Anchor, AuditKey, Kind, PublicKey, Statement};
use crate::metrics::Metrics;
use crate::store::{Book, ChainEnd, Gathered, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use time::Duration;

pub(super) struct Bookkeeper {
    store: Store,
    key: AuditKey,
    public: PublicKey,
    anchor: Option<Anchor>,
    retention: Duration,
    clock: Clock,
    metrics: Arc<Metrics>,
    /// How far each chain is signed for, and how far the others had come when they were looked at last.
    signed: HashMap<String, ChainEnd>,
    seen: HashMap<String, i64>,
    /// Chains of others of which something may be in no index yet.
    behind: Vec<ChainEnd>,
    /// What is known already of a block that is not full yet.
    gathered: Gathered,
    /// What is still to be laid down outside: of each chain the latest.
    outstanding: HashMap<String, Statement>,
    anchor_holds: bool,
}

/// A chain is signed for this often, if it has grown.
const SIGN_EVERY: Duration = Duration::MINUTE;
/// Or when it has grown by so many records.
const SIGN_AFTER: i64 = 10_000;
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);
/// Blocks of the indexes in one round: a book that was never indexed does not keep what is written now from being signed for.
const MOST_BLOCKS: usize = 4;
const MOST_FOUND_BLOCKS: usize = 64;
/// When it ends, the last statement must not keep it from ending.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(5);

impl Bookkeeper {
    pub(super) fn new(
        store: Store,
        key: AuditKey,
        (anchor, retention): (Option<Anchor>, Duration),
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (public, signed, seen, outstanding) = (key.public(), HashMap::new(), HashMap::new(), HashMap::new());
        let (behind, gathered, anchor_holds) = (Vec::new(), Gathered::default(), true);
        Self {
            store,
            key,
            public,
            anchor,
            retention,
            clock,
            metrics,
            signed,
            seen,
            behind,
            gathered,
            outstanding,
            anchor_holds,
        }
    }

    /// Until it is told to end; then it signs for what was written last.
    pub(super) async fn keep(mut self, mut end: tokio::sync::oneshot::Receiver<()>) {
        let (mut due, mut works) = (self.clock.now(), true);
        self.look_back().await;
        loop {
            let now = self.clock.now();
            // A clock that ran ahead once and was set back is not waited for.
            let is_due = now >= due || due - now > SIGN_EVERY;
            if is_due {
                due = now + SIGN_EVERY;
            }
            let kept = self.round(is_due).await;
            if let (Err(error), true) = (&kept, works) {
                tracing::error!(%error, "the book cannot be signed for, indexed or relieved of what is too old");
            }
            works = kept.is_ok();
            tokio::select! {
                _ = &mut end => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        let farewell = async {
            self.sign(&self.store.chain_end()).await?;
            self.lay_down().await;
            Ok::<(), StoreError>(())
        };
        if !matches!(tokio::time::timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
            tracing::error!("what was written into the book last could not be signed for");
        }
    }

    /// A book that was cut off while nobody wrote it goes on with numbers that were given before: it is said at once.
    async fn look_back(&self) {
        let own = self.store.chain_end();
        if let Ok(Some(last)) = self.store.book().last_checkpoint(&own.node).await
            && last.number > own.number
            && Statement::of(last, &self.public).is_some()
        {
            tracing::error!(
                node = own.node,
                "the book ends before what was signed of it: records were taken away, or an older database was put in its place; see `gatehouse audit verify`"
            );
        }
    }

    async fn round(&mut self, is_due: bool) -> Result<(), StoreError> {
        let own = self.store.chain_end();
        let signed = self.signed.get(&own.node).map_or(0, |end| end.number);
        if is_due || own.number - signed >= SIGN_AFTER {
            self.sign(&own).await?;
        }
        let mut book = self.store.book();
        self.index(&mut book, &own).await?;
        if is_due {
            self.others(&mut book, &own.node).await?;
        }
        for chain in std::mem::take(&mut self.behind) {
            if self.index(&mut book, &chain).await? {
                self.behind.push(chain);
            }
        }
        if is_due {
            self.relieve(&mut book).await?;
            self.lay_down().await;
        }
        Ok(())
    }

    /// Some blocks of a chain; whether more may be left.
    async fn index(&mut self, book: &mut Book, chain: &ChainEnd) -> Result<bool, StoreError> {
        let (end, gathered, mut blocks, mut found) = ((&*chain.node, chain.number), &mut self.gathered, 0, 0);
        loop {
            let has_found =
                found < MOST_FOUND_BLOCKS && self.store.index_found_in_next_block(book, end, gathered).await?;
            // Before anything else is gathered.
            let has_block = blocks < MOST_BLOCKS && self.store.index_next_block(book, &chain.node, gathered).await?;
            (blocks, found) = (blocks + usize::from(has_block), found + usize::from(has_found));
            if !has_found && !has_block {
                return Ok(blocks == MOST_BLOCKS || found == MOST_FOUND_BLOCKS);
            }
        }
    }

    /// The chains of operators' orders, and of nodes that are no more: of those nobody else takes care. One that grows just
    /// now is somebody's.
    async fn others(&mut self, book: &mut Book, own: &str) -> Result<(), StoreError> {
        for chain in book.chains().await?.into_iter().filter(|chain| chain.node != own) {
            if self.seen.insert(chain.node.clone(), chain.number) == Some(chain.number) {
                self.sign(&chain).await?;
                if !self.behind.contains(&chain) {
                    self.behind.push(chain);
                }
            }
        }
        Ok(())
    }

    async fn sign(&mut self, end: &ChainEnd) -> Result<(), StoreError> {
        // A database that has lost commits may have come less far than was signed for: what it has now is signed as well.
        if end.number == 0 || self.signed.get(&end.node) == Some(end) {
            return Ok(());
        }
        let statement = Statement::sign(Kind::End, end.clone(), self.clock.now(), &self.key);
        self.store.keep_checkpoint(statement.record()).await?;
        self.signed.insert(end.node.clone(), end.clone());
        self.outstanding.insert(end.node.clone(), statement);
        Ok(())
    }

    /// What cannot be laid down is tried again, with whatever has been signed by then; no grant waits for it.
    async fn lay_down(&mut self) {
        let Some(anchor) = &self.anchor else { return };
        for (node, statement) in std::mem::take(&mut self.outstanding) {
            let laid = anchor.lay_down(statement.line(&self.public)).await;
            match &laid {
                Ok(()) => self.metrics.anchored(statement.at),
                Err(error) => {
                    self.metrics.anchor_failed();
                    if self.anchor_holds {
                        tracing::error!(%error, "what is signed about the book cannot be laid down outside");
                    }
                    self.outstanding.insert(node, statement);
                }
            }
            self.anchor_holds = laid.is_ok();
        }
    }

    /// First it is signed behind what the chain begins from now on, then what is before that goes, in slices.
    async fn relieve(&mut self, book: &mut Book) -> Result<(), StoreError> {
        let oldest = (self.clock.now() - self.retention).unix_timestamp();
        for chain in book.chains().await? {
            let Some(before) = self.begin(book, &chain.node).await? else {
                tracing::error!(
                    node = chain.node,
                    "old audit records are kept: what is said of where the book begins was not signed; see `gatehouse audit verify`"
                );
                continue;
            };
            if let Some(last) = book.checkpoint_before(&chain.node, oldest).await?.filter(|last| last.number > before) {
                // Only what still stands there as it was signed: nothing is removed that somebody has changed.
                let there = book.hash(&chain.node, last.number).await?;
                let Some(statement) =
                    Statement::of(last, &self.public).filter(|last| there.as_ref() == Some(&last.hash))
                else {
                    tracing::error!(
                        node = chain.node,
                        "old audit records are kept: they are not what was signed; see `gatehouse audit verify`"
                    );
                    continue;
                };
                let begin = ChainEnd { node: statement.node, number: statement.number, hash: statement.hash };
                let begin = Statement::sign(Kind::Begin, begin, self.clock.now(), &self.key);
                self.store.keep_checkpoint(begin.record()).await?;
            }
            let Some(begin) = self.begin(book, &chain.node).await? else { continue };
            while book.page(&chain.node, 0, 1).await?.first().is_some_and(|first| first.number <= begin) {
                self.store.forget_records(chain.node.clone(), begin).await?;
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Behind which record a chain begins; `None` where that is said, and the house has not signed it.
    async fn begin(&self, book: &mut Book, node: &str) -> Result<Option<i64>, StoreError> {
        let Some(record) = book.begin(node).await? else { return Ok(Some(0)) };
        let signed = Statement::of(record, &self.public).filter(|statement| statement.kind == Kind::Begin);
        Ok(signed.map(|statement| statement.number))
    }
}
