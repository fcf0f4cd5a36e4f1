//! A place outside, where the database's writers cannot reach what was signed.

use crate::outbound::{Fetcher, OutboundError};
use crate::words::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub enum Anchor {
    /// A line is appended, and on disk before it counts as laid down.
    File { path: PathBuf, busy: Arc<AtomicBool> },
    /// A line is posted.
    Url { url: String, fetcher: Fetcher, token: Option<Secret> },
}

#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error("{path} cannot be written: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{0} does not take what is written to it")]
    Late(String),
    #[error("{0}")]
    Outbound(#[from] OutboundError),
    #[error("it was answered with {0}")]
    Refused(u16),
}

/// Longer than any line that is laid down.
const LONGEST_LINE: u64 = 4_096;
/// A disk or network file system that stands still holds up nobody longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

impl Anchor {
    pub fn file(path: PathBuf) -> Self {
        Self::File { path, busy: Arc::default() }
    }

    /// Where it is and how it is reached: another text if anything of it is another. No secret is in it.
    pub fn identity(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Url { url, fetcher, token } => door(url, fetcher, token.as_ref()),
        }
    }

    pub async fn lay_down(&self, line: String) -> Result<(), AnchorError> {
        match self {
            Self::File { path, busy } => {
                let late = || AnchorError::Late(path.display().to_string());
                if busy.swap(true, Ordering::SeqCst) {
                    return Err(late());
                }
                let (to, over) = (path.clone(), busy.clone());
                let written = tokio::task::spawn_blocking(move || {
                    let written = append(&to, &line);
                    over.store(false, Ordering::SeqCst);
                    written
                });
                let written = tokio::time::timeout(PATIENCE, written).await.map_err(|_| late())?;
                let failed = |source| AnchorError::File { path: path.display().to_string(), source };
                written.map_err(|_| late())?.map_err(failed)
            }
            Self::Url { url, fetcher, token } => {
                let answer = fetcher.post_json(url, line, token.as_ref()).await?;
                if (200..300).contains(&answer.status) { Ok(()) } else { Err(AnchorError::Refused(answer.status)) }
            }
        }
    }
}

/// An address that is posted to, and how, as a text.
pub(super) fn door(url: &str, fetcher: &Fetcher, token: Option<&Secret>) -> String {
    let token = token.map(|token| digest(&SHA256, token.expose()));
    format!("{url} {:?} {token:?}", fetcher.rules())
}

/// What was cut off by a loss of power is a line of its own, and the next one whole.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)?;
    let before = torn(&mut file)?;
    file.write_all(format!("{before}{line}\n").as_bytes())?;
    file.sync_all()
}

/// What must come first where the last line was not written whole.
pub(super) fn torn(file: &mut std::fs::File) -> std::io::Result<&'static str> {
    let mut last = [b'\n'];
    if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok(if last == [b'\n'] { "" } else { "\n" })
}

/// The lines of an anchor.
pub(super) fn lines(mut anchor: &mut dyn BufRead) -> impl Iterator<Item = std::io::Result<String>> {
    std::iter::from_fn(move || {
        let mut line = String::new();
        match (&mut anchor).take(LONGEST_LINE).read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line.trim_end_matches('\n').to_owned())),
            Err(error) => Some(Err(error)),
        }
    })
}
