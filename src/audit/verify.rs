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
    /// When the store was put back, as the chains tell and the house has signed.
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

/// How a record tells of that. Whoever writes the database can write such a record, to pass a cut tail off as lost: it is
/// believed only where the house has signed that it is so.
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

    fn of(entry: &Entry) -> Option<Self> {
        let told: PutBack<'_> = serde_json::from_str(&entry.record).ok()?;
        let made = OffsetDateTime::parse(told.parameters.backup, &Rfc3339).ok()?.unix_timestamp();
        (told.event == Self::EVENT).then_some(Self { made, at: entry.at })
    }
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
            let Some(statement) = self.begin_of(&chain.node).await? else { continue };
            if let Some(first) = self.book.page(&chain.node, statement.number, 1).await?.first() {
                self.grants_since = self.grants_since.max(first.at + LONGEST);
            }
            self.begins.insert(chain.node, statement);
        }
        Ok(())
    }

    async fn begin_of(&mut self, node: &str) -> Result<Option<Statement>, VerifyError> {
        let Some(record) = self.book.begin(node).await? else { return Ok(None) };
        let (node, number) = (record.node.clone(), record.number);
        match Statement::of(record, self.key).filter(|statement| statement.kind == Kind::Begin) {
            Some(statement) => Ok(Some(statement)),
            None => Err(Fault { node, number, flaw: Flaw::Unsigned }.into()),
        }
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
                walk = Walk::begin(node, begin.number, begin.hash.clone());
                self.begins.insert(node.to_owned(), begin);
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

    fn note(&mut self, entry: &Entry, users: &mut HashMap<String, (String, i64)>) {
        self.verified.records += 1;
        let used = serde_json::from_str::<Use<'_>>(&entry.record).ok().and_then(|used| used.identity.access_key_id);
        let Some(id) = used.filter(|id| is_temporary(id) && entry.at > self.grants_since) else { return };
        if !users.contains_key(id) {
            users.insert(id.to_owned(), (entry.node.clone(), entry.number));
        }
    }

    /// Whether each of these credentials was given to somebody; whoever uses others has come by a key of the house.
    async fn ask(
        &mut self,
        ids: &mut HashMap<String, (String, i64)>,
        flaw: impl Fn(String) -> Flaw,
    ) -> Result<(), VerifyError> {
        let unrecorded = self.book.unrecorded(ids).await?;
        let first = unrecorded.into_iter().min_by_key(|id| ids.get(id).cloned());
        if let Some((id, (node, number))) = first.and_then(|id| ids.remove_entry(&id)) {
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
                    let told = self.book.entry(&statement.node, statement.number).await?;
                    self.restores.extend(told.as_ref().and_then(Restore::of));
                }
                self.verified.checkpoints += 1;
            }
        }
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
        let fault = |flaw| Err(Fault { node: node.clone(), number: *number, flaw }.into());
        let begin = self.begins.get(node);
        match begin.map(|begin| (begin.number.cmp(number), &begin.hash == hash)) {
            Some((std::cmp::Ordering::Greater, _)) | Some((std::cmp::Ordering::Equal, true)) => return Ok(()),
            Some((std::cmp::Ordering::Equal, false)) => return fault(Flaw::Rewritten { at: statement.time() }),
            Some((std::cmp::Ordering::Less, _)) | None => {}
        }
        match self.book.hash(node, *number).await? {
            Some(there) if there == *hash => Ok(()),
            Some(_) => fault(Flaw::Rewritten { at: statement.time() }),
            None => {
                let last = self.book.chains().await?.into_iter().find(|chain| chain.node == *node);
                let last = last.map_or(0, |chain| chain.number);
                fault(Flaw::CutOff { at: statement.time(), last })
            }
        }
    }

    async fn sessions(&mut self) -> Result<(), VerifyError> {
        let mut after = String::new();
        loop {
            let page = self.book.sessions(&after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            self.verified.sessions += page.len() as u64;
            let known = page.into_iter().filter(|(_, issued)| *issued > self.grants_since);
            let mut ids = known.map(|(id, issued)| (id, (STORE.to_owned(), issued))).collect();
            self.ask(&mut ids, |access_key_id| Flaw::UnrecordedSession { access_key_id }).await?;
        }
    }
}

/// Where a session is that no record shows.
const STORE: &str = "the store";

fn is_temporary(id: &str) -> bool {
    id.starts_with("ASIA") && id.len() == 20
}
