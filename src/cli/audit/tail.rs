//! `gatehouse audit tail`.

use super::told::as_text;
use crate::app::{Entry, book, line};
use crate::cli::config_file::ConfigFile;
use crate::cli::{fail, unwritten};
use crate::config::{Secrets, Settings};
use clap::Args;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
#[command(after_help = "\
Ctrl-C ends it. Records of several nodes are shown in the order of their times.

Examples:
  gatehouse audit tail --config gatehouse.toml
  gatehouse audit tail --config gatehouse.toml --lines 0 --json | jq .eventName")]
pub(super) struct Tail {
    #[command(flatten)]
    config: ConfigFile,
    /// Begin with so many of the records that are there
    #[arg(long, value_name = "N", default_value_t = 10)]
    lines: u16,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

const LOOK_EVERY: Duration = Duration::from_millis(200);
const PAGE: i64 = 1_000;

impl Tail {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        let settings = self.config.loaded(Secrets::TheStores)?.settings;
        self.follow(&settings).await.map_err(fail)
    }

    async fn follow(&self, settings: &Settings) -> Result<(), String> {
        let mut book = book(settings).await.map_err(|error| error.to_string())?;
        let mut shown: BTreeMap<String, i64> = BTreeMap::new();
        let mut first = Vec::new();
        for chain in book.chains().await.map_err(|error| error.to_string())? {
            let after = (chain.number - i64::from(self.lines)).max(0);
            first
                .extend(book.page(&chain.node, after, i64::from(self.lines)).await.map_err(|error| error.to_string())?);
            shown.insert(chain.node, chain.number);
        }
        first.sort_by_key(|entry| entry.at);
        let most = usize::from(self.lines);
        self.show(&first[first.len().saturating_sub(most)..])?;
        loop {
            let mut new = Vec::new();
            for chain in book.chains().await.map_err(|error| error.to_string())? {
                let after = shown.entry(chain.node.clone()).or_default();
                let page = book.page(&chain.node, *after, PAGE).await.map_err(|error| error.to_string())?;
                *after = page.last().map_or(*after, |last| last.number);
                new.extend(page);
            }
            new.sort_by_key(|entry| entry.at);
            self.show(&new)?;
            if new.is_empty() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }

    fn show(&self, entries: &[Entry]) -> Result<(), String> {
        let mut out = std::io::stdout().lock();
        for entry in entries {
            let text = if self.json { line(entry) } else { as_text(entry) };
            writeln!(out, "{text}").map_err(unwritten("the records"))?;
        }
        out.flush().map_err(unwritten("the records"))
    }
}
