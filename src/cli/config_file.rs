//! `--config`: which configuration a command is about.

use super::fail_with_mistakes;
use crate::ambient::Clock;
use crate::config::{Loaded, Mistake, Secrets, load_untested};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use time::OffsetDateTime;

// A doc comment here would stand in the help of a command that has none of its own.
#[derive(Args)]
pub(super) struct ConfigFile {
    /// The configuration file
    #[arg(long = "config", value_name = "FILE")]
    path: PathBuf,
}

impl ConfigFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// As it is now, its tests not asked. Else every mistake has been told, and the command ends with that status.
    pub(super) fn loaded(&self, secrets: Secrets) -> Result<Loaded, ExitCode> {
        self.load(secrets, Clock::system().now()).map_err(fail_with_mistakes)
    }

    /// The same as of `now`, for whoever tries again with fewer secrets before anything is told.
    pub(super) fn load(&self, secrets: Secrets, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
        load_untested(&self.path, secrets, now)
    }
}
