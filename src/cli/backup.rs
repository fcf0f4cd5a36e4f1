//! `gatehouse backup` and `gatehouse restore`.

use super::{fail, fail_with_mistakes, install_cryptography, say};
use crate::ambient::Clock;
use crate::app::{back_up, restore};
use crate::config::{Loaded, Mistake, Peers, Secrets, load_untested};
use crate::words::iso;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use time::{Duration, OffsetDateTime};

/// The file holds the records, and the keys if they lie in a directory: whoever has it can mint. It is written for its owner
/// alone, and over no other file. The gateway may be running.
#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse backup --config gatehouse.toml /backup/gatehouse-$(date +%F)")]
pub(super) struct Backup {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The file to make
    file: PathBuf,
}

/// Stop the gateway first. All sessions end, and assertions, ID tokens and users' codes from before are refused: what became of
/// them since the backup was made is not in it. Access tokens of Facebook and Amazon do not say when they were issued, and go
/// on. People and papers that `sessions revoke` has barred stay barred where the former store is still there, and users'
/// factors locked; else order again what was ordered since.
#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse restore --config gatehouse.toml /backup/gatehouse-2031-01-01")]
pub(super) struct Restore {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The file that `gatehouse backup` has made
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self) -> ExitCode {
        install_cryptography();
        let now = Clock::system().now();
        let loaded = match loaded(&self.config, now) {
            Ok(loaded) => loaded,
            Err(mistakes) => return fail_with_mistakes(&mistakes),
        };
        match back_up(&loaded.settings, &self.file, now).await {
            Ok(done) => {
                say(format_args!("{}: {} lines of {}", self.file.display(), done.lines, iso(done.made)));
                ExitCode::SUCCESS
            }
            Err(error) => fail(error),
        }
    }
}

impl Restore {
    pub(super) async fn run(self) -> ExitCode {
        install_cryptography();
        let clock = Clock::system();
        let loaded = match loaded(&self.config, clock.now()) {
            Ok(loaded) => loaded,
            Err(mistakes) => return fail_with_mistakes(&mistakes),
        };
        let now = clock.now();
        match restore(&loaded.settings, &self.file, now).await {
            Ok(done) => {
                // What is issued from now on is of a later second.
                clock.sleep_until(now + Duration::seconds(2)).await;
                say(format_args!(
                    "the records are those of {} again; every session has ended, and assertions and ID tokens from before now are refused. Order again what was ordered since: bars of people (`gatehouse sessions revoke --subject`), bars of sessions that came of access tokens of Facebook or Amazon, which do not say when they were issued, keys (`gatehouse keys rotate`)",
                    iso(done.made)
                ));
                ExitCode::SUCCESS
            }
            Err(error) => fail(error),
        }
    }
}

fn loaded(path: &Path, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
    load_untested(path, Secrets::Read, Peers::Demo, now)
}
