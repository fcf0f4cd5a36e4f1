//! What must survive a restart, and the only SQL.
//!
//! Everything that one request changes is a [`Visit`]. Visits queue to one [`committer`], which puts many of them into
//! one durable transaction and answers each after the commit: a credential never leaves before its record is on disk.
//! Inside a visit every decision is one statement whose row count is the answer (redeem an assertion, take a sign-in
//! token), or in a file a question that is asked in the same transaction; when it is lost, the visit leaves nothing behind.
//!
//! - What a visit has: `visit`, `session`, `redemption`, `logout`, `factor`, `recent`, `role_use`.
//! - Writing: `handle` is what everybody holds, `committer` the one writer with its `pen`, `notes` what decides nothing
//!   (`refusals`, `decisions`, `provider_note`), `orders` and `revoke` how sessions are ended, `key_ring` and `metadata`
//!   what is kept of keys and documents, `sweep` what goes.
//! - The book: `audit` is the chain, `book` how it is read, `checkpoints` what is written behind the records, `shipping` how
//!   far they were sent on. Found by what was given: `who_index`, held against the records by `reread`. Found by whatever
//!   people look for: `activity`, by way of `stretches`, `found_index`, `outline` and `marks`.
//! - Reading: `reading`, `live`, `session_pages`, `trace_pages`, `revocations`.
//! - The database: `database` for everybody else here, behind it `sqlite` and `postgres`, with `readers`, `statement`, `row`,
//!   `address` and `claim`; `migrations`, `tables` and `backup` for the whole of it.

mod activity;
mod address;
mod audit;
mod backup;
mod book;
mod checkpoints;
mod claim;
mod committer;
mod database;
mod decisions;
mod factor;
mod found_index;
mod handle;
mod key_ring;
mod live;
mod logout;
mod marks;
mod metadata;
mod migrations;
mod notes;
mod orders;
mod outline;
mod pen;
mod postgres;
mod provider_note;
mod readers;
mod reading;
mod recent;
mod redemption;
mod refusals;
mod reread;
mod revocations;
mod revoke;
mod role_use;
mod row;
mod session;
mod session_pages;
mod shipping;
mod sqlite;
mod statement;
mod stretches;
mod sweep;
mod tables;
mod trace_pages;
mod visit;
mod who_index;

pub use activity::{BookPlace, KeptRecord};
pub use address::{Address, AddressError, Server};
pub use audit::{AuditRecord, ChainEnd, link};
pub use backup::{CopyError, Filled, Held, PutBack, copy, steps};
pub use book::{Book, Entry};
pub use checkpoints::CheckpointRecord;
pub use claim::Claim;
pub use database::DatabaseError;
pub use decisions::{DecisionRecord, KEPT as DECISIONS_KEPT, KeptDecision, SealedQuestion};
pub use factor::{Attempt, Attempted, Factor, Shown};
pub use handle::{News, Store, StoreError};
pub use key_ring::{NewKey, Place, RingKey, SpentKey, activate};
pub use live::{Live, LiveSession};
pub use logout::{Ended, Logout, Origin};
pub use marks::Sought;
pub use migrations::MigrationError;
pub use outline::Behind;
pub use provider_note::ProviderNote;
pub use recent::{KEPT as RECENT_ROLES_KEPT, RecentRecord};
pub use redemption::{Login, Redemption, Surface};
pub use refusals::Refused;
pub use reread::Reread;
pub use revocations::{FurtherRevocations, RevocationPlace};
pub use revoke::{Ending, Revoke, Revoked, admit};
pub use role_use::RoleUse;
pub use session_pages::{BarredPerson, FoundSession, OpenConsole, SessionPlace};
pub use sweep::Keep;
pub use trace_pages::{KeptTrace, TraceLine, TracePlace, TraceSearch};
pub use visit::{
    Bar, ConsoleRecord, OneTimeRecord, PaperRecord, SessionRecord, TakeToken, TraceRecord, Verdict, Visit, Wearer,
};
pub use who_index::Gathered;
