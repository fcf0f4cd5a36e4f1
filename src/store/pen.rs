//! What the committer writes with: its connection, and the end of its chain.

use super::address::Address;
use super::audit::{Chain, ChainEnd};
use super::database::{Connection, DatabaseError};
use super::migrations::{self, MigrationError};
use super::postgres::Pause;
use tokio::sync::watch;

pub(super) struct Pen {
    address: Address,
    news: watch::Sender<()>,
    db: Option<Connection>,
    /// None: in doubt.
    chain: Option<Chain>,
    pause: Pause,
}

/// Is committed as what changes something is.
pub(super) const CHANGE_NOTHING: &str = "UPDATE node SET name = name";

#[derive(Debug, thiserror::Error)]
pub(super) enum NoPen {
    #[error("{0}")]
    Database(#[from] DatabaseError),
    #[error("{0}")]
    Migrate(#[from] MigrationError),
}

impl Pen {
    pub(super) fn at(address: Address, news: watch::Sender<()>) -> Self {
        Self { address, news, db: None, chain: None, pause: Pause::default() }
    }

    /// Whether somebody else's processors do the work.
    pub(super) fn is_at_a_server(&self) -> bool {
        matches!(self.address, Address::Server(_))
    }

    /// Begins a transaction. A connection may have been lost since the last one without anybody here having heard of it.
    pub(super) async fn begin(&mut self) -> Result<(&mut Connection, Chain), NoPen> {
        match self.take().await?.0.begin().await {
            Err(DatabaseError::Away(_)) => {
                self.give_up().await;
                self.take().await?.0.begin().await?;
            }
            begun => begun?,
        }
        // This connection and no other: on one that was made meanwhile nothing would have begun.
        let db = self.db.as_mut().ok_or(DatabaseError::NoRow)?;
        Ok((db, self.chain.clone().ok_or(DatabaseError::NoRow)?))
    }

    /// Connects anew if the server has gone, brings the database to this version, and finds the end of the chain.
    pub(super) async fn take(&mut self) -> Result<(&mut Connection, Chain), NoPen> {
        if self.db.as_ref().is_none_or(|db| !db.is_there()) {
            (self.db, self.chain) = (None, None);
            if !self.pause.is_over() {
                return Err(DatabaseError::Away("it was not there a moment ago".into()).into());
            }
            match open(&self.address, &self.news).await {
                Ok(db) => self.db = Some(db),
                Err(error) => {
                    self.pause.begin();
                    return Err(error);
                }
            }
            self.pause.end();
        }
        let db = self.db.as_mut().ok_or(DatabaseError::NoRow)?;
        let chain = match &self.chain {
            Some(chain) => chain.clone(),
            None => Chain::open(db).await?,
        };
        self.chain = Some(chain.clone());
        Ok((db, chain))
    }

    /// Brings what is known of the end up to this; `false` if it was.
    pub(super) fn show(&self, end: &mut ChainEnd) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.show(end))
    }

    pub(super) fn went_on_to(&mut self, end: Chain) {
        self.chain = Some(end);
    }

    /// Nothing of what has been begun counts; where the chain ends, only the database knows.
    pub(super) async fn give_up(&mut self) {
        self.chain = None;
        if let Some(db) = &mut self.db
            && db.roll_back().await.is_err()
        {
            self.db = None;
        }
    }

    /// Whether a commit that failed, by which the chain was to come to this end, has happened after all, and will stay: a
    /// standby that was to have it has it when it has a later one.
    pub(super) async fn has_happened(&mut self, end: &Chain) -> bool {
        let found = self.find(end).await;
        if found.is_err() {
            self.give_up().await;
        }
        found.unwrap_or(false)
    }

    async fn find(&mut self, end: &Chain) -> Result<bool, NoPen> {
        let (db, _) = self.begin().await?;
        let is_there = end.is_on_record(db).await?;
        db.run(CHANGE_NOTHING).await?;
        db.commit().await?;
        Ok(is_there)
    }
}

async fn open(address: &Address, news: &watch::Sender<()>) -> Result<Connection, NoPen> {
    let mut db = Connection::make(address, news).await?;
    migrations::run(&mut db).await?;
    db.hurry().await?;
    Ok(db)
}
