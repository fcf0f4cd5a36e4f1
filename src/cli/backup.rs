//! `gatehouse backup` and `gatehouse restore`.

use super::config_file::ConfigFile;
use super::{fail, install_cryptography, say};
use crate::ambient::Clock;
use crate::app::{back_up, restore};
use crate::config::Secrets;
use crate::words::iso;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use time::Duration;

/// The file holds the records, and the keys if they lie in a directory: whoever has it can mint. It is written for its owner
/// alone, and over no other file. The gateway may be running.
#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse backup --config gatehouse.toml /backup/gatehouse-$(date +%F)")]
pub(super) struct Backup {
    #[command(flatten)]
    config: ConfigFile,
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
    #[command(flatten)]
    config: ConfigFile,
    /// The file that `gatehouse backup` has made
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let now = Clock::system().now();
        let loaded = self.config.loaded(Secrets::TheHouses)?;
        let done = back_up(&loaded.settings, &self.file, now).await.map_err(fail)?;
        say(format_args!("{}: {} lines of {}", self.file.display(), done.lines, iso(done.made)));
        Ok(())
    }
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let clock = Clock::system();
        let loaded = self.config.loaded(Secrets::TheHouses)?;
        let now = clock.now();
        let done = restore(&loaded.settings, &self.file, now).await.map_err(fail)?;
        // What is issued from now on is of a later second.
        clock.sleep_until(now + Duration::seconds(2)).await;
        say(format_args!(
            "the records are those of {} again; every session has ended, and assertions and ID tokens from before now are refused. Order again what was ordered since: bars of people (`gatehouse sessions revoke --subject`), bars of sessions that came of access tokens of Facebook or Amazon, which do not say when they were issued, keys (`gatehouse keys rotate`)",
            iso(done.made)
        ));
        Ok(())
    }
}
