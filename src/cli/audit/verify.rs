//! `gatehouse audit verify` and `gatehouse audit key`.

use crate::app::{VerifyError, audit_key, book, verify};
use crate::cli::config_file::ConfigFile;
use crate::cli::{answer, fail};
use crate::config::{Secrets, Settings};
use crate::words::{counted, iso_of};
use clap::Args;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
#[command(after_help = "\
It reads every record, whatever has been signed about how far the chains had come, and asks of every session whether a record
shows who was given it. Without --anchor nobody can tell that the last records were taken away together with what was
signed about them. Of an anchor's lines about records that a restored backup does not have, it is told how many there are.

Exit status: 0 if the book is whole; 2 if not, and the first bad record is named; 1 if it cannot be read, or if FILE holds no line
of an anchor.

Examples:
  gatehouse audit verify --config gatehouse.toml
  gatehouse audit verify --config gatehouse.toml --anchor /mnt/elsewhere/gatehouse.anchor")]
pub(super) struct Verify {
    #[command(flatten)]
    config: ConfigFile,
    /// What was laid down outside (audit.anchor): the file, or the posted lines
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = "\
A line of an anchor has what was signed (`signed`) and its signature in base64 (Ed25519), so that another program can check it:

  gatehouse audit key --config gatehouse.toml > audit.pem
  tail -n 1 gatehouse.anchor | jq -j .signed > signed
  tail -n 1 gatehouse.anchor | jq -r .signature | base64 -d > signature
  openssl pkeyutl -verify -pubin -inkey audit.pem -rawin -in signed -sigfile signature")]
pub(super) struct Key {
    #[command(flatten)]
    config: ConfigFile,
}

/// What says that the book is not whole.
const NOT_WHOLE: u8 = 2;

impl Verify {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        let settings = self.config.loaded(Secrets::TheHouses)?.settings;
        let verified = self.verify(&settings).await.map_err(|(status, sentence)| {
            fail(sentence);
            ExitCode::from(status)
        })?;
        answer(verified)
    }

    async fn verify(&self, settings: &Settings) -> Result<String, (u8, String)> {
        let failed = |error: &dyn std::fmt::Display| (1, error.to_string());
        let mut anchor = match &self.anchor {
            Some(path) => {
                let opened = File::open(path).map_err(|error| failed(&format!("{}: {error}", path.display())))?;
                Some(BufReader::new(opened))
            }
            None => None,
        };
        let mut book = book(settings).await.map_err(|error| failed(&error))?;
        let key = audit_key(settings).await.map_err(|error| failed(&error))?;
        let anchor = anchor.as_mut().map(|anchor| anchor as &mut dyn BufRead);
        match verify(&mut book, &key, anchor).await {
            Ok(held) => {
                let anchored = match &self.anchor {
                    // An empty file, or a torn or another one, would agree with every book.
                    Some(path) if held.anchored == 0 && held.lost.is_empty() => {
                        return Err(failed(&format!("{} holds no line of an anchor", path.display())));
                    }
                    Some(_) => format!(", and {} of the anchor", counted(held.anchored, "line")),
                    None => String::new(),
                };
                let lost = held.lost.iter().map(|(at, lines)| {
                    let (at, lines) = (iso_of(*at), counted(*lines, "line"));
                    format!(" What {lines} of the anchor told of was lost when a backup was put back at {at}.")
                });
                let lost: String = lost.collect();
                Ok(format!(
                    "The book is whole: {} in {}; {} of it, {}{anchored} agree.{lost}",
                    counted(held.records, "record"),
                    counted(held.chains, "chain"),
                    counted(held.checkpoints, "checkpoint"),
                    counted(held.sessions, "session"),
                ))
            }
            Err(VerifyError::Fault(fault)) => Err((NOT_WHOLE, fault.to_string())),
            Err(error @ (VerifyError::Store(_) | VerifyError::Anchor(_))) => Err(failed(&error)),
        }
    }
}

impl Key {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        let settings = self.config.loaded(Secrets::TheHouses)?.settings;
        let key = audit_key(&settings).await.map_err(fail)?;
        answer(key.pem().trim_end())
    }
}
