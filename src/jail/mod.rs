//! The second signature engine behind bars. It is C that reads what strangers wrote, so it runs in processes that have
//! nothing: no keys, no environment, no files, no network, a bounded memory, and one socket on which documents come in
//! and canonical bytes go out. What a process answers is compared with our own bytes and used for nothing else, so even one that
//! has fallen to its document can refuse a login and never allow one.
//!
//! ```text
//! gatehouse ─ warden.rs: so many cells, the dead replaced ─ cell.rs: one process, its socket, its time
//!                                                              │ wire.rs
//!        gatehouse second-engine ─ inside.rs: document after document ─ confinement.rs: limits and system calls
//! ```

mod cell;
mod confinement;
mod inside;
mod warden;
mod wire;

pub use cell::JailError;
pub use confinement::confine;
pub use inside::serve;
pub use warden::Jail;
pub use wire::{Answer, read_answer, write_question};

/// The hidden command that a cell's process is started with.
pub const COMMAND: &str = "second-engine";
