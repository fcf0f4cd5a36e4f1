//! The configuration: TOML in, typed values out, every mistake at once.
//!
//! [`load_untested`] reads the file and what it includes, and hands each table to the file here that knows it. A table is read
//! through a [`Section`], which remembers the keys that were asked for: what is left over at the end is a mistake and
//! the nearest right name is known. Nothing outside `app` and `cli` reads this module; the rest of the house sees the
//! settings and the [`Catalogue`] that come out of it.
//!
//! ```text
//! file.rs       the files, read in order; sources.rs notes which, to see whether they have changed since
//! section.rs    one table, read key by key; mistake.rs is what is wrong there
//! limits.rs     the tables about Gatehouse itself: some here, the others in server.rs (with forward.rs and tls.rs), store.rs,
//!               audit.rs; settings.rs is what they come to
//! provider.rs   [[provider]]; social.rs for Facebook and Amazon. Parts: metadata.rs, mfa.rs, groups.rs, claims.rs, face.rs
//!               and rule.rs
//! account.rs, role.rs, user.rs, service.rs: their tables; document.rs: policies, wherever they stand
//! test.rs       [[test]]: what must hold, or the configuration does not
//! ```

mod account;
mod audit;
mod claims;
mod document;
mod face;
mod file;
mod forward;
mod groups;
mod limits;
mod metadata;
mod mfa;
mod mistake;
mod provider;
mod role;
mod rule;
mod section;
mod server;
mod service;
mod settings;
mod social;
mod sources;
mod store;
mod test;
mod tls;
mod user;

pub use file::{Loaded, Peers, Secrets, load_untested, load_untested_from};
pub use mistake::Mistake;
pub use settings::{
    AuditSettings, ConsoleSettings, ForwardListen, MutualTls, SamlSettings, ServerSettings, Settings, StoreSettings,
    TlsFiles, TraceSettings,
};
pub use sources::Sources;
pub use test::{PaperKind, Test, TestPaper, Unproven};

use section::Section;
