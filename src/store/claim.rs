//! One gateway at a time writes to a file: it alone knows where its chain ends.
//!
//! Commands beside it write as well, but ask the database for the end. The claim lies beside the database, for whoever closes a
//! file that SQLite has open takes its locks away.

use super::{Address, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file is this process's as long as it holds it; the kernel lets go of it when the process ends, however it does.
pub struct Claim {
    _lock: Option<File>,
}

impl Claim {
    /// Of a server, each node has a chain of its own, and this is none.
    ///
    /// # Errors
    /// [`StoreError::Claimed`] if another gateway has the file, [`StoreError::Lock`] if it cannot be told whether one has.
    pub fn on(address: &Address) -> Result<Self, StoreError> {
        match address {
            Address::File(path) => Self::on_file(path),
            Address::Server(_) => Ok(Self { _lock: None }),
        }
    }

    /// The same of a file that may not be there yet.
    pub fn on_file(path: &Path) -> Result<Self, StoreError> {
        // One file may have several names.
        let mut name = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
        name.push(".lock");
        let name = PathBuf::from(name);
        let shown = || path.display().to_string();
        if let Some(directory) = path.parent() {
            let failed = |source: std::io::Error| StoreError::Open { path: shown(), source: source.into() };
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let failed = |source| StoreError::Lock { path: name.display().to_string(), source };
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(&name).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Claimed(shown())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
