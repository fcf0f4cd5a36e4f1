//! What must survive a restart, and the only SQL.
//!
//! Everything that one request changes is a [`Visit`]. Visits queue to one [`committer`], which puts many of them into
//! one durable transaction and answers each after the commit: a credential never leaves before its record is on disk.
//! Inside a visit every decision is one statement whose row count is the answer (redeem an assertion, take a sign-in
//! token), or in a file a question that is asked in the same transaction; when it is lost, the visit leaves nothing behind.
//!
//! ```text
//! handle.rs       the store, as everybody else holds it; reading.rs looks things up in it
//! visit.rs        what one request changes. committer.rs is the one writer and pen.rs its connection; notes.rs are the writes
//!                 for which nobody waits (refusals.rs, provider_note.rs, decisions.rs and, of what was not kept, unkept.rs)
//! redemption.rs, session.rs, factor.rs: papers used up, sessions recorded, factors tried; role_use.rs and recent.rs: the
//!                 roles that somebody put on and switched to
//! revoke.rs, logout.rs end sessions; orders.rs has the writer do so, revocations.rs is the list that nodes follow
//! live.rs, session_pages.rs, trace_pages.rs, activity.rs: what people look through, a page at a time
//! key_ring.rs, metadata.rs: the keys of the house by id, and what providers publish of themselves
//! audit.rs        the chain of records; checkpoints.rs what is signed about it, book.rs reads it from beside, stretches.rs
//!                 from its end backwards. outline.rs, marks.rs say by what a record is found, found_index.rs and who_index.rs
//!                 where, reread.rs holds what they say against the records; shipping.rs how far they were sent on
//! sweep.rs        removes what has ended
//! database.rs     the only place that knows what the database is: sqlite.rs or postgres/. statement.rs and row.rs are what
//!                 goes in and comes out, readers.rs who reads meanwhile, migrations.rs brings it to this version
//! address.rs, claim.rs: where it is, and that one gateway at a time writes to a file
//! backup.rs       a copy as text, and back; tables.rs says which tables there are
//! ```

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
pub use reread::Reread;
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
