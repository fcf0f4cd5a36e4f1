//! Whether the book is whole: every chain, what was signed about it, and whether everybody in it was given what they use.

use super::anchor::lines;
use super::walk::Walk;
use super::{Fault, Flaw, Kind, PublicKey, Statement};
use crate::store::{Book, Entry, StoreError};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What held.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verified {
    pub chains: usize,
    pub records: u64,
    pub checkpoints: u64,
    /// Lines of the anchor. If there are neither these nor lost ones, what was given for an anchor is none.
    pub anchored: u64,
    /// Lines about records that were lost, by when the store was put back to a time before them.
    pub lost: BTreeMap<i64, u64>,
    pub sessions: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("{0}")]
    Fault(#[from] Fault),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the anchor cannot be read: {0}")]
    Anchor(#[from] std::io::Error),
}

/// What is read at once.
const PAGE: i64 = 1_000;
/// So many ids are held before they are asked about.
const MOST_IDS: usize = 50_000;
/// No credentials live longer (GetSessionToken: 36 hours); clocks differ.
const LONGEST: i64 = 48 * 3_600;

/// Reads all of it, and stops at the first fault. It takes the same memory for any book; what is written meanwhile is no
/// fault.
pub async fn verify(
    book: &mut Book,
    key: &PublicKey,
    anchor: Option<&mut dyn BufRead>,
) -> Result<Verified, VerifyError> {
    let (begins, restores, verified) = Default::default();
    let mut reading = Reading { book, key, begins, restores, grants_since: i64::MIN, verified };
    reading.begin().await?;
    for chain in reading.book.chains().await? {
        reading.chain(&chain.node).await?;
    }
    reading.checkpoints().await?;
    if let Some(anchor) = anchor {
        reading.anchor(anchor).await?;
    }
    reading.sessions().await?;
    Ok(reading.verified)
}

struct Reading<'a> {
    book: &'a mut Book,
    key: &'a PublicKey,
    /// Behind what each chain begins, if not at its very beginning.
    begins: BTreeMap<String, Statement>,
    /// When the store was put back, as the house has signed.
    restores: Vec<Restore>,
    /// Who was given something before then may be in no record any more.
    grants_since: i64,
    verified: Verified,
}

/// The records from when the copy was made until it was put back are lost.
struct Restore {
    made: i64,
    at: i64,
}

/// How a record tells of the copy. Whoever writes the database can write such a record, to pass a cut tail off as lost: it
/// is believed only where the house has signed that it is so, and read only where that was signed without the copy's time,
/// as it was at first.
#[derive(Deserialize)]
struct PutBack<'a> {
    #[serde(rename = "eventName")]
    event: &'a str,
    #[serde(rename = "requestParameters", borrow)]
    parameters: Copied<'a>,
}

#[derive(Deserialize)]
struct Copied<'a> {
    backup: &'a str,
}

impl Restore {
    const EVENT: &str = "RestoreBackup";

    /// When the copy was made, in seconds since 1970.
    fn made(entry: &Entry) -> Option<i64> {
        let told: PutBack<'_> = serde_json::from_str(&entry.record).ok()?;
        let made = OffsetDateTime::parse(told.parameters.backup, &Rfc3339).ok()?.unix_timestamp();
        (told.event == Self::EVENT).then_some(made)
    }
}

/// Where credentials were met that somebody must have been given.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Met {
    node: String,
    number: i64,
    at: i64,
}

/// Who used what, of a record.
#[derive(Deserialize)]
struct Use<'a> {
    #[serde(rename = "userIdentity", borrow, default)]
    identity: Identity<'a>,
}

#[derive(Deserialize, Default)]
struct Identity<'a> {
    #[serde(rename = "accessKeyId", borrow, default)]
    access_key_id: Option<&'a str>,
}

impl Reading<'_> {
    async fn begin(&mut self) -> Result<(), VerifyError> {
        for chain in self.book.chains().await? {
            self.begin_of(&chain.node).await?;
        }
        Ok(())
    }

    /// Behind what a chain begins by now: retention goes on while the book is read.
    async fn begin_of(&mut self, node: &str) -> Result<Option<Statement>, VerifyError> {
        let Some(record) = self.book.begin(node).await? else { return Ok(None) };
        let unsigned = Fault { node: record.node.clone(), number: record.number, flaw: Flaw::Unsigned };
        let signed = Statement::of(record, self.key).filter(|statement| statement.kind == Kind::Begin);
        let statement = signed.ok_or(unsigned)?;
        if let Some(first) = self.book.page(node, statement.number, 1).await?.first() {
            self.grants_since = self.grants_since.max(first.at.saturating_add(LONGEST));
        }
        self.begins.insert(node.to_owned(), statement.clone());
        Ok(Some(statement))
    }

    async fn chain(&mut self, node: &str) -> Result<(), VerifyError> {
        let mut users = HashMap::new();
        let mut walk = match self.begins.get(node) {
            Some(begin) => Walk::begin(node, begin.number, begin.hash.clone()),
            None => Walk::begin(node, 0, vec![0; 32]),
        };
        loop {
            let page = self.book.page(node, walk.expects() - 1, PAGE).await?;
            let Some(first) = page.first() else { break };
            if first.number > walk.expects()
                && let Some(begin) = self.begin_of(node).await?.filter(|begin| begin.number >= walk.expects())
            {
                // Retention has gone on meanwhile.
                walk = Walk::begin(node, begin.number, begin.hash);
                continue;
            }
            for entry in page {
                if let Some(entry) = walk.take(entry)? {
                    self.note(&entry, &mut users);
                }
            }
            if users.len() >= MOST_IDS {
                self.ask(&mut users, |access_key_id| Flaw::UnrecordedCaller { access_key_id }).await?;
            }
        }
        while let Some(entry) = walk.rest()? {
            self.note(&entry, &mut users);
        }
        self.verified.chains += 1;
        self.ask(&mut users, |access_key_id| Flaw::UnrecordedCaller { access_key_id }).await
    }

    fn note(&mut self, entry: &Entry, users: &mut HashMap<String, Met>) {
        self.verified.records += 1;
        let used = serde_json::from_str::<Use<'_>>(&entry.record).ok().and_then(|used| used.identity.access_key_id);
        let Some(id) = used.filter(|id| is_temporary(id) && entry.at > self.grants_since) else { return };
        if !users.contains_key(id) {
            users.insert(id.to_owned(), Met { node: entry.node.clone(), number: entry.number, at: entry.at });
        }
    }

    /// Whether each of these credentials was given to somebody; whoever uses others has come by a key of the house.
    async fn ask(&mut self, ids: &mut HashMap<String, Met>, flaw: impl Fn(String) -> Flaw) -> Result<(), VerifyError> {
        let unrecorded = self.book.unrecorded(ids).await?;
        if !unrecorded.is_empty() {
            // Retention may have gone on meanwhile, and who was given these was in what it has removed.
            self.begin().await?;
        }
        let met = unrecorded.into_iter().filter_map(|id| ids.remove_entry(&id));
        let first = met.filter(|(_, met)| met.at > self.grants_since).min_by(|(_, one), (_, other)| one.cmp(other));
        if let Some((id, Met { node, number, .. })) = first {
            return Err(Fault { node, number, flaw: flaw(id) }.into());
        }
        ids.clear();
        Ok(())
    }

    async fn checkpoints(&mut self) -> Result<(), VerifyError> {
        let mut after = (String::new(), String::new(), 0);
        loop {
            let page = self.book.checkpoints((&after.0, &after.1, after.2), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = (last.node.clone(), last.kind.clone(), last.number);
            for record in page {
                let (node, number) = (record.node.clone(), record.number);
                let unsigned = || Fault { node, number, flaw: Flaw::Unsigned };
                let statement = Statement::of(record, self.key).ok_or_else(unsigned)?;
                self.stands(&statement).await?;
                if statement.kind == Kind::Restored {
                    let restore = self.restore(&statement).await?;
                    self.restores.extend(restore);
                }
                self.verified.checkpoints += 1;
            }
        }
    }

    /// From when to when records were lost, by what was signed of it.
    async fn restore(&mut self, statement: &Statement) -> Result<Option<Restore>, VerifyError> {
        let made = match statement.made {
            Some(made) => Some(made),
            None => self.book.entry(&statement.node, statement.number).await?.as_ref().and_then(Restore::made),
        };
        Ok(made.map(|made| Restore { made, at: statement.at }))
    }

    async fn anchor(&mut self, anchor: &mut dyn BufRead) -> Result<(), VerifyError> {
        for (number, line) in (1..).zip(lines(anchor)) {
            let unsigned =
                || Fault { node: "the anchor".into(), number: 0, flaw: Flaw::UnsignedAnchor { line: number } };
            let line = line?;
            // What a loss of power has cut off says nothing; whoever can write here could as well take lines away.
            if serde_json::from_str::<serde::de::IgnoredAny>(&line).is_err() {
                continue;
            }
            let statement = Statement::read(&line, self.key).ok_or_else(unsigned)?;
            let restore = self.restores.iter().find(|restore| (restore.made..=restore.at).contains(&statement.at));
            let restored = restore.map(|restore| restore.at);
            match (self.stands(&statement).await, restored) {
                (Err(VerifyError::Fault(Fault { flaw: Flaw::CutOff { .. }, .. })), Some(at)) => {
                    *self.verified.lost.entry(at).or_default() += 1;
                }
                (stood, _) => {
                    stood?;
                    self.verified.anchored += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether the chain still has the record that was signed, as it was.
    async fn stands(&mut self, statement: &Statement) -> Result<(), VerifyError> {
        let Statement { node, number, hash, .. } = statement;
        let there = match self.removed(statement) {
            Some(hash) => Some(hash),
            None => self.book.hash(node, *number).await?,
        };
        // Retention may have gone on meanwhile.
        let there = match there {
            Some(hash) => Some(hash),
            None => self.begin_of(node).await?.and_then(|_| self.removed(statement)),
        };
        let flaw = match there {
            Some(there) if there == *hash => return Ok(()),
            Some(_) => Flaw::Rewritten { at: statement.time() },
            None => {
                let last = self.book.chains().await?.into_iter().find(|chain| chain.node == *node);
                Flaw::CutOff { at: statement.time(), last: last.map_or(0, |chain| chain.number) }
            }
        };
        Err(Fault { node: node.clone(), number: *number, flaw }.into())
    }

    /// The hash of the record that was signed, where retention has removed it: what was signed of the chain's beginning tells
    /// that of the last of those, and nothing of the others, which pass.
    fn removed(&self, statement: &Statement) -> Option<Vec<u8>> {
        let begin = self.begins.get(&statement.node).filter(|begin| begin.number >= statement.number)?;
        Some(if begin.number == statement.number { begin.hash.clone() } else { statement.hash.clone() })
    }

    async fn sessions(&mut self) -> Result<(), VerifyError> {
        let mut after = String::new();
        loop {
            let page = self.book.sessions(&after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            self.verified.sessions += page.len() as u64;
            let known = page.into_iter().filter(|(_, issued)| *issued > self.grants_since);
            let met = |at| Met { node: STORE.to_owned(), number: at, at };
            let mut ids = known.map(|(id, issued)| (id, met(issued))).collect();
            self.ask(&mut ids, |access_key_id| Flaw::UnrecordedSession { access_key_id }).await?;
        }
    }
}

/// Where a session is that no record shows.
const STORE: &str = "the store";

fn is_temporary(id: &str) -> bool {
    id.starts_with("ASIA") && id.len() == 20
}
