//! JSON lines in a file that others may move away at any time.

use super::ShipError;
use crate::audit::anchor::torn;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Writes one delivery at a time: one that stands still keeps one thread, and what comes later does not overtake it.
#[derive(Default)]
pub(super) struct Writer {
    /// As it was opened last.
    file: Option<File>,
    busy: Arc<AtomicBool>,
}

/// A file system that stands still is tried again later.
const PATIENCE: Duration = Duration::from_secs(30);

impl Writer {
    pub(super) async fn write(&mut self, path: &Path, lines: String) -> Result<(), ShipError> {
        if self.busy.swap(true, Ordering::SeqCst) {
            return Err(ShipError::Late);
        }
        let (was, path, over): (_, PathBuf, _) = (self.file.take(), path.to_owned(), self.busy.clone());
        let writing = tokio::task::spawn_blocking(move || {
            let written = append(was, &path, &lines);
            over.store(false, Ordering::SeqCst);
            written
        });
        let written = tokio::time::timeout(PATIENCE, writing).await.map_err(|_| ShipError::Late)?;
        self.file = Some(written.map_err(|_| ShipError::Late)??);
        Ok(())
    }
}

fn append(was: Option<File>, path: &Path, lines: &str) -> std::io::Result<File> {
    let mut file = match was.filter(|was| is_at(was, path)) {
        Some(open) => open,
        None => std::fs::OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)?,
    };
    let before = torn(&mut file)?;
    file.write_all((before.to_owned() + lines).as_bytes())?;
    file.sync_data().map(|()| file)
}

/// Whether what lies there is still what was opened.
fn is_at(open: &File, path: &Path) -> bool {
    let known = |data: std::fs::Metadata| (data.dev(), data.ino());
    let there = std::fs::metadata(path).map(known).ok();
    there.is_some() && there == open.metadata().map(known).ok()
}
