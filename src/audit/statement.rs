//! What the house signs about a chain.

use super::{AuditKey, PublicKey};
use crate::store::{ChainEnd, CheckpointRecord};
use crate::words::{hex, iso_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The chain had come as far as this record.
    End,
    /// What was before and with this record has been removed; the chain begins behind it.
    Begin,
    /// The house has put its store back to an older time, as this record tells.
    Restored,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    pub kind: Kind,
    pub node: String,
    pub number: i64,
    pub hash: Vec<u8>,
    /// Seconds since 1970.
    pub at: i64,
    /// When the copy was made that was put back, where it tells of that: seconds since 1970. The record may be removed by
    /// retention long before nobody asks any more what was lost.
    pub made: Option<i64>,
    signature: Vec<u8>,
}

/// What it is, so that a signature of it is never one of anything else.
const LABEL: &str = "gatehouse audit checkpoint 1";

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Begin => "begin",
            Self::Restored => "restored",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::End, Self::Begin, Self::Restored].into_iter().find(|kind| kind.name() == name)
    }
}

impl Statement {
    pub fn sign(kind: Kind, end: ChainEnd, at: OffsetDateTime, key: &AuditKey) -> Self {
        Self::signed(kind, end, (at, None), key)
    }

    /// That the store was put back `at` this time to what it was when the copy was `made`, as the record tells.
    pub fn restored(told: ChainEnd, made: OffsetDateTime, at: OffsetDateTime, key: &AuditKey) -> Self {
        Self::signed(Kind::Restored, told, (at, Some(made)), key)
    }

    fn signed(kind: Kind, end: ChainEnd, (at, made): (OffsetDateTime, Option<OffsetDateTime>), key: &AuditKey) -> Self {
        let (ChainEnd { node, number, hash }, signature) = (end, Vec::new());
        let (at, made) = (at.unix_timestamp(), made.map(OffsetDateTime::unix_timestamp));
        let mut statement = Self { kind, node, number, hash, at, made, signature };
        statement.signature = key.sign(statement.message().as_bytes());
        statement
    }

    /// `None` if it is no statement of the house's.
    pub fn of(record: CheckpointRecord, key: &PublicKey) -> Option<Self> {
        let CheckpointRecord { node, kind, number, at, hash, made, signature } = record;
        let statement = Self { kind: Kind::named(&kind)?, node, number, hash, at, made, signature };
        statement.holds(key).then_some(statement)
    }

    pub fn record(&self) -> CheckpointRecord {
        let Self { kind, node, number, hash, at, made, signature } = self.clone();
        CheckpointRecord { node, kind: kind.name().to_owned(), number, at, hash, made, signature }
    }

    /// A line of JSON. `signed` is the message under the signature, so that nobody must put it together to check it.
    pub fn line(&self, key: &PublicKey) -> String {
        let line = json!({
            "kind": self.kind.name(), "node": self.node, "number": self.number, "hash": hex(&self.hash),
            "at": self.time(), "key": key.id(), "signed": self.message(), "signature": STANDARD.encode(&self.signature),
        });
        line.to_string()
    }

    /// Reads such a line; only what was signed is read of it. `None` if it is no statement of the house's.
    pub fn read(line: &str, key: &PublicKey) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        let signature = STANDARD.decode(line["signature"].as_str()?).ok()?;
        let message = line["signed"].as_str()?;
        if !key.holds(message.as_bytes(), &signature) {
            return None;
        }
        let mut lines = message.split('\n');
        let mut next = || lines.next();
        if next()? != LABEL {
            return None;
        }
        let (kind, node, number) = (Kind::named(next()?)?, next()?.to_owned(), next()?.parse().ok()?);
        let (hash, at) = (unhex(next()?)?, next()?.parse().ok()?);
        let made = next().filter(|made| !made.is_empty()).map(str::parse).transpose().ok()?;
        Some(Self { kind, node, number, hash, at, made, signature })
    }

    /// When it was signed, for people.
    pub fn time(&self) -> String {
        iso_of(self.at)
    }

    fn holds(&self, key: &PublicKey) -> bool {
        key.holds(self.message().as_bytes(), &self.signature)
    }

    fn message(&self) -> String {
        let Self { kind, node, number, hash, at, made, .. } = self;
        let made = made.map(|made| format!("{made}\n")).unwrap_or_default();
        format!("{LABEL}\n{}\n{node}\n{number}\n{}\n{at}\n{made}", kind.name(), hex(hash))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.1.is_empty().then(|| digits.0.iter().map(byte).collect())?
}
