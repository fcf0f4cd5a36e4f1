//! The book, for those who want to rely on it: what is signed about its chains, whether they are whole, who is behind a
//! credential, and where its records are sent.
//!
//! Each node writes a chain of its own; a record's hash is over the hash before it and the record. Whoever can write the
//! database can compute hashes as well, so from time to time the house signs how far each chain has come
//! ([`Statement`]). What was signed cannot be rewritten without showing; what was signed and has been laid down where the
//! database's writers cannot reach ([`Anchor`]) cannot be cut off either. When retention removes the oldest records, what
//! the chain then begins behind is signed, too.
//!
//! `verify` reads all of it, by a `walk` along each chain, and names the first `fault`; `person` follows a credential back to
//! somebody; `statement` is what `key` signs, `anchor` where it is laid down, `ship` where the records themselves go.

mod anchor;
mod fault;
mod key;
mod person;
mod ship;
mod statement;
mod verify;
mod walk;

pub use anchor::{Anchor, AnchorError};
pub use fault::{Fault, Flaw};
pub use key::{AuditKey, PublicKey, SEED};
pub use person::{Step, Trail, trail};
pub use ship::{Destination, ShipError, Shipment, Syslog, line};
pub use statement::{Kind, Statement};
pub use verify::{Verified, VerifyError, verify};
