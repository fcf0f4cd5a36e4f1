//! What must survive a restart, and the only SQL.
//!
//! Everything that one request changes is a [`Visit`]. Visits queue to one [`committer`], which puts many of them into
//! one durable transaction and answers each after the commit: a credential never leaves before its record is on disk.
//! Inside a visit every decision is one statement whose row count is the answer (redeem an assertion, take a sign-in
//! token), or in a file a question that is asked in the same transaction; when it is lost, the visit leaves nothing behind.

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
mod revocations;
mod revoke;
mod role_use;
mod row;
mod session;
mod session_pages;
mod sqlite;
mod statement;
mod stretches;
mod sweep;
mod tables;
mod trace_pages;
mod unkept;
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
pub use revocations::{FurtherRevocations, RevocationPlace};
pub use revoke::{Ending, Revoke, Revoked, admit};
pub use role_use::RoleUse;
pub use session_pages::{BarredPerson, FoundSession, OpenConsole, SessionPlace};
pub use sweep::Keep;
pub use trace_pages::{KeptTrace, TraceLine, TracePlace, TraceSearch};
pub use unkept::Unkept;
pub use visit::{
    Bar, ConsoleRecord, OneTimeRecord, PaperRecord, SessionRecord, TakeToken, TraceRecord, Verdict, Visit, Wearer,
};
pub use who_index::Gathered;
