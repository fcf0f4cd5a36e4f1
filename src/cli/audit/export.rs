//! `gatehouse audit export`.

use crate::app::{book, line};
use crate::cli::config_file::ConfigFile;
use crate::cli::{fail, moment, unwritten};
use crate::config::{Secrets, Settings};
use clap::Args;
use std::io::{BufWriter, Write};
use std::process::ExitCode;
use time::OffsetDateTime;

#[derive(Args)]
#[command(after_help = "\
One record a line, chain by chain, each chain in its order. The member `chain` at a record's end says where it stands; without
it the line is the text that the chain's hash is over: hash = SHA-256(former hash, text).

Examples:
  gatehouse audit export --config gatehouse.toml > audit.jsonl
  gatehouse audit export --config gatehouse.toml --since 2026-01-01T00:00:00Z --until 2026-02-01T00:00:00Z | gzip > january.gz")]
pub(super) struct Export {
    #[command(flatten)]
    config: ConfigFile,
    /// Only records of then or later (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// Only records of before then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
}

/// What is read at once: whoever reads slowly keeps no version of the database alive meanwhile.
const PAGE: i64 = 1_000;

impl Export {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        let settings = self.config.loaded(Secrets::TheStores)?.settings;
        self.write(&settings).await.map_err(fail)
    }

    async fn write(&self, settings: &Settings) -> Result<(), String> {
        let mut book = book(settings).await.map_err(|error| error.to_string())?;
        let mut out = BufWriter::new(std::io::stdout());
        let since = self.since.map_or(i64::MIN, OffsetDateTime::unix_timestamp);
        let until = self.until.map_or(i64::MAX, OffsetDateTime::unix_timestamp);
        for chain in book.chains().await.map_err(|error| error.to_string())? {
            let mut after = match self.since {
                Some(_) => book.before(&chain.node, since).await.map_err(|error| error.to_string())?,
                None => 0,
            };
            // What is written from now on is for the next time.
            while after < chain.number {
                let page = book.page(&chain.node, after, PAGE).await.map_err(|error| error.to_string())?;
                let Some(last) = page.last() else { break };
                after = last.number;
                // Behind a record that is too late, by a clock that was fast once, there may be any number that are not.
                for entry in page.iter().filter(|entry| entry.number <= chain.number) {
                    if (since..until).contains(&entry.at) {
                        writeln!(out, "{}", line(entry)).map_err(unwritten("the records"))?;
                    }
                }
            }
        }
        out.flush().map_err(unwritten("the records"))
    }
}
