//! By what audit records are found: what people look for, and what of a record is that, whole and to the letter.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

/// Something that is looked for; all but the last within an account.
#[derive(Clone, Copy)]
pub enum Sought<'a> {
    Everything {
        account: &'a str,
    },
    Event {
        account: &'a str,
        name: &'a str,
    },
    Refusals {
        account: &'a str,
    },
    /// An ARN, or what an identity provider calls them.
    Principal {
        account: &'a str,
        name: &'a str,
    },
    /// An access key id, of whoever asked or of what they were given.
    Key {
        account: &'a str,
        id: &'a str,
    },
    /// Everything of one person, in whichever account and role, by all that is theirs.
    Whose(&'a [String]),
}

/// 128 bits: nobody makes something else that has the mark of another's.
pub(super) type Mark = [u8; 16];

/// Where the index has a clue. Two may fall together: whoever finds a place there reads the record.
pub(super) type Hash = [u8; 8];

/// Something that a record is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clue<'a> {
    Within { account: &'a str, kind: Kind, name: &'a str },
    Whose(Mark),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Everything,
    Event,
    Refusals,
    Principal,
    Key,
}

impl<'a> Sought<'a> {
    /// A record that has one of them is looked for.
    pub(super) fn clues(self) -> Vec<Clue<'a>> {
        let (account, kind, name) = match self {
            Self::Everything { account } => (account, Kind::Everything, ""),
            Self::Event { account, name } => (account, Kind::Event, name),
            Self::Refusals { account } => (account, Kind::Refusals, ""),
            Self::Principal { account, name } => (account, Kind::Principal, name),
            Self::Key { account, id } => (account, Kind::Key, id),
            Self::Whose(all) => return all.iter().map(|whose| Clue::Whose(mark_of(whose))).collect(),
        };
        vec![Clue::Within { account, kind, name }]
    }

    /// What stands in the text of each record that is found so, as it is written there: where it does not, the record need
    /// not be read. Whose it is does not.
    pub(super) fn sight(self) -> Option<String> {
        let written = |text: &str| Value::from(text).to_string();
        Some(match self {
            Self::Everything { account } => account.to_owned(),
            Self::Event { name, .. } => format!("\"eventName\":{}", written(name)),
            Self::Refusals { .. } => "\"errorCode\":\"".to_owned(),
            Self::Principal { name, .. } | Self::Key { id: name, .. } => written(name),
            Self::Whose(_) => return None,
        })
    }
}

impl Clue<'_> {
    pub(super) fn hash(&self) -> Hash {
        let mark = match self {
            Self::Whose(mark) => *mark,
            Self::Within { account, kind, name } => mark([kind.word(), account, name]),
        };
        *mark.first_chunk().expect("a mark has 16 bytes")
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Event => "event",
            Self::Refusals => "refusals",
            Self::Principal => "principal",
            Self::Key => "key",
        }
    }
}

pub(super) fn mark_of(whose: &str) -> Mark {
    mark(["whose", whose, ""])
}

fn mark(parts: [&str; 3]) -> Mark {
    let mut text = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        text.extend((part.len() as u64).to_be_bytes());
        text.extend(part.as_bytes());
    }
    *digest(&SHA256, &text).as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}
