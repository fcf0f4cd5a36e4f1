//! The sessions that are live, for whoever looks from beside a gateway that is running.

use super::database::{Connection, DatabaseError, Row, values};
use super::handle::beside;
use super::{Address, StoreError};
use std::collections::VecDeque;

/// A session that is live.
#[derive(Clone)]
pub struct LiveSession {
    pub access_key_id: String,
    pub principal: String,
    pub role: String,
    pub provider: Option<String>,
    pub subject: String,
    pub issued: i64,
    pub expires: i64,
    pub parent: Option<String>,
}

/// Those that have neither ended nor been ended, page by page: whoever reads slowly keeps no version of the database alive
/// meanwhile.
pub struct Live {
    db: Connection,
    now: i64,
    /// `None` before the first page.
    accounts: Option<Vec<Account>>,
}

/// The sessions of an account, read some at a time.
struct Account {
    name: String,
    /// What has been read of them and is on no page yet, the last to end first.
    read: VecDeque<LiveSession>,
    /// End and access key id of the last one that was read; `None` if there are no more.
    last: Option<(i64, String)>,
}

/// How many make a page,
const PAGE: usize = 1_000;
/// and how many are read of an account at least.
const FEW: usize = 20;

/// Which accounts there are sessions of, in `held`, each by a seek of its own: they are few, their sessions many.
macro_rules! with_accounts {
    () => {
        "WITH RECURSIVE held (account) AS (
             SELECT min(account) FROM role_session
             UNION ALL SELECT (SELECT min(account) FROM role_session WHERE account > held.account) FROM held
             WHERE held.account IS NOT NULL) "
    };
}
pub(super) use with_accounts;

/// What else must hold of a session that has not ended by itself: that nobody has ended it, that it was made after the store
/// was last put back, and by a key that is still there.
macro_rules! not_ended {
    () => {
        " AND access_key_id NOT IN (SELECT access_key_id FROM revocation)
         AND issued >= coalesce((SELECT max(at) FROM restored), 0)
         AND issued >= coalesce((SELECT active_from FROM key_ring WHERE kind = 'session' AND id <> 'first'
             AND number = (SELECT min(number) FROM key_ring WHERE kind = 'session')), 0) "
    };
}
pub(super) use not_ended;

impl Live {
    pub async fn open(address: &Address, now: i64) -> Result<Self, StoreError> {
        Ok(Self { db: beside(address).await?, now, accounts: None })
    }

    /// The next of them, the last to end first; none if there are no more.
    pub async fn page(&mut self) -> Result<Vec<LiveSession>, StoreError> {
        let mut accounts = match self.accounts.take() {
            Some(accounts) => accounts,
            None => accounts(&mut self.db).await?,
        };
        let (some, mut page) = ((PAGE / accounts.len().max(1)).max(FEW), Vec::new());
        while page.len() < PAGE {
            for account in &mut accounts {
                account.read_on(&mut self.db, self.now, some).await?;
            }
            accounts.retain(|account| !account.read.is_empty());
            let Some(next) = accounts.iter_mut().max_by(|one, other| one.place().cmp(&other.place())) else { break };
            page.extend(next.read.pop_front());
        }
        self.accounts = Some(accounts);
        Ok(page)
    }
}

async fn accounts(db: &mut Connection) -> Result<Vec<Account>, StoreError> {
    let query = concat!(with_accounts!(), "SELECT account FROM held WHERE account IS NOT NULL");
    let account = |row: &Row| {
        let (name, read, last) = (row.get(0)?, VecDeque::new(), Some((i64::MAX, String::new())));
        Ok(Account { name, read, last })
    };
    db.fetch(query, values![]).await?.iter().map(account).collect()
}

impl Account {
    /// The place of the next one.
    fn place(&self) -> Option<(i64, &str)> {
        self.read.front().map(|next| (next.expires, next.access_key_id.as_str()))
    }

    /// The next `some`, where all that were read are on a page.
    async fn read_on(&mut self, db: &mut Connection, now: i64, some: usize) -> Result<(), StoreError> {
        let (true, Some((expires, id))) = (self.read.is_empty(), &self.last) else { return Ok(()) };
        let query = concat!(
            "SELECT access_key_id, coalesce(principal, role), role, provider, coalesce(subject, ''), issued, expires, parent
             FROM role_session WHERE account = ?1 AND expires > ?2 AND (expires, access_key_id) < (?3, ?4)",
            not_ended!(),
            "ORDER BY expires DESC, access_key_id DESC LIMIT ?5"
        );
        let rows = db.fetch(query, values![&self.name, now, *expires, id, some as i64]).await?;
        self.read = rows.iter().map(session).collect::<Result<_, _>>()?;
        self.last = self.read.back().map(|last| (last.expires, last.access_key_id.clone()));
        Ok(())
    }
}

pub(super) fn session(row: &Row) -> Result<LiveSession, DatabaseError> {
    Ok(LiveSession {
        access_key_id: row.get(0)?,
        principal: row.get(1)?,
        role: row.get(2)?,
        provider: row.get(3)?,
        subject: row.get(4)?,
        issued: row.get(5)?,
        expires: row.get(6)?,
        parent: row.get(7)?,
    })
}
