//! `gatehouse audit`. Reading takes no secret but the store's; what is signed is checked with the house's key, which may be
//! wrapped.

mod export;
mod tail;
mod told;
mod verify;
mod who;

use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Args)]
#[command(after_help = "\
Examples:
  gatehouse audit tail --config gatehouse.toml
  gatehouse audit who --config gatehouse.toml ASIA...
  gatehouse audit verify --config gatehouse.toml --anchor /mnt/elsewhere/gatehouse.anchor")]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the last records, and each new one as it is written
    Tail(tail::Tail),
    /// Writes all records as JSON lines
    Export(export::Export),
    /// Says whether the book is whole, or which record is the first that is not as it was written
    Verify(verify::Verify),
    /// Says who is behind a credential
    Who(who::Who),
    /// Prints the public key with which others check what is signed about the book
    Key(verify::Key),
}

impl Audit {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        super::install_cryptography();
        match self.command {
            Command::Tail(tail) => tail.run().await,
            Command::Export(export) => export.run().await,
            Command::Verify(verify) => verify.run().await,
            Command::Who(who) => who.run().await,
            Command::Key(key) => key.run().await,
        }
    }
}
