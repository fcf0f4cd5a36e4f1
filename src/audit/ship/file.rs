//! JSON lines in a file that others may move away at any time.

use super::ShipError;
use crate::audit::anchor::torn;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file as it was opened.
pub(super) struct Open(File);

/// A file system that stands still is tried again later.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn write(open: &mut Option<Open>, path: &Path, lines: String) -> Result<(), ShipError> {
    let (was, path): (Option<Open>, PathBuf) = (open.take(), path.to_owned());
    let writing = tokio::task::spawn_blocking(move || {
        let mut file = match was.filter(|was| was.is_at(&path)) {
            Some(open) => open.0,
            None => std::fs::OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path)?,
        };
        let before = torn(&mut file)?;
        file.write_all((before.to_owned() + &lines).as_bytes())?;
        file.sync_data().map(|()| Open(file))
    });
    let written = tokio::time::timeout(PATIENCE, writing).await.map_err(|_| ShipError::Late)?;
    *open = Some(written.map_err(|_| ShipError::Late)??);
    Ok(())
}

impl Open {
    /// Whether what lies there is still what was opened.
    fn is_at(&self, path: &Path) -> bool {
        let known = |data: std::fs::Metadata| (data.dev(), data.ino());
        let there = std::fs::metadata(path).map(known).ok();
        there.is_some() && there == self.0.metadata().map(known).ok()
    }
}
