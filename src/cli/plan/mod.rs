//! `gatehouse plan`: the recorded decisions, put to the configuration as it is and as it is planned.
//!
//! Both are asked, and both as of the time when somebody asked, so that what differs comes from the configurations alone.

mod difference;
mod permissions;
mod report;

use super::{fail, fail_with_mistakes, install_cryptography};
use crate::ambient::Clock;
use crate::app::{DECISIONS_KEPT, Records, decisions, load, recipients};
use crate::config::{Loaded, Mistake, Peers, Secrets, load_untested};
use crate::trust::Configuration;
use clap::Args;
use difference::Differences;
use report::Report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use time::{Duration, OffsetDateTime};

#[derive(Args)]
#[command(after_help = "\
Puts what was asked in the last 14 days to both configurations, and lists who would gain and lose which role, whose
session would be named, tagged or limited otherwise, and worn roles and users who asked for one whose policies differ.
The gateway may be running; nothing is changed.

Kept is what rules and policies read, and what the role would carry (session tags, source identity); of claims, user
agent, address, region, session name and so on that nothing reads, the names alone. The same question is kept once, with
the latest time. What the new configuration reads besides cannot be told, and is said so.

Not asked again is what proves a token or an assertion: signing keys, clock skew, encryption, the audiences of SAML, and
whether a sign-in began at the identity provider (idp_initiated). Whoever a change of those turns away is not listed.

Exit status: 0 if nobody loses anything; 3 if somebody does or may: a role is not given any more, or it cannot be told
because the new configuration reads what was not kept, a record cannot be read, or more was asked than is kept (64 different
questions of one person or program, 50,000 of all; none that is too large, or was lost under load), or the policies of a
worn role or of a user permit less or something else; 1 if a configuration has a mistake, or nothing that can be read is on
record.

Examples:
  gatehouse plan --config gatehouse.toml --against proposed.toml
  gatehouse plan --config gatehouse.toml --against proposed.toml --json | jq .losses")]
pub(super) struct Plan {
    /// The configuration that decided; its store and keys are read
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The configuration that is planned
    #[arg(long, value_name = "NEW")]
    against: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let clock = Clock::system();
        let now = clock.now();
        let present = present(&self.config, now).map_err(fail_with_mistakes)?;
        let planned = load(&self.against, Secrets::LeaveShut, Peers::Demo, now).map_err(fail_with_mistakes)?;
        let since = now - Duration::seconds(DECISIONS_KEPT);
        let records = recorded(&self.config, &present, &planned, since, clock).await.map_err(fail)?;
        let differences = Differences::of(&records.decisions, &configuration(&present), &configuration(&planned));
        let permissions = permissions::changes(&differences, &present.catalogue, &planned.catalogue);
        let report = Report { since, records: &records, differences, permissions };
        if self.json {
            report.print_json()?;
        } else {
            report.print_text()?;
        }
        if report.somebody_may_lose() { Err(ExitCode::from(3)) } else { Ok(()) }
    }
}

/// Secrets are read for the wrapping key's sake; where others are missing, the keys may still be in their directory.
fn present(path: &Path, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
    load_untested(path, Secrets::Read, now).or_else(|mistakes| {
        let bare = load_untested(path, Secrets::TheStores, now);
        bare.ok().filter(|bare| bare.settings.keys_directory.exists()).ok_or(mistakes)
    })
}

/// The records, at least one, once both configurations know the metadata that the gateway has kept.
async fn recorded(
    path: &Path,
    present: &Loaded,
    planned: &Loaded,
    since: OffsetDateTime,
    clock: Clock,
) -> Result<Records, String> {
    let store = &present.settings.store.address;
    for live in [present, planned].iter().flat_map(|loaded| loaded.catalogue.metadata()).filter(|it| it.is_followed()) {
        live.restore_from(store).await.map_err(|error| error.to_string())?;
    }
    let records =
        decisions(&present.settings, since.unix_timestamp(), clock).await.map_err(|error| error.to_string())?;
    let (gateway, days) = (path.display(), DECISIONS_KEPT / 86_400);
    match records {
        Some(records) if !records.decisions.is_empty() => Ok(records),
        Some(Records { unreadable: 1.., .. }) => Err(format!(
            "no decision in {store} can be read: another version of Gatehouse or another key sealed them all"
        )),
        Some(records) if !records.unkept.is_nothing() => Err(format!(
            "of what a gateway of {gateway} was asked in the last {days} days nothing is kept in {store}: it was too large, or was lost"
        )),
        Some(_) => Err(format!("a gateway of {gateway} has recorded nothing in the last {days} days in {store}")),
        None => Err(format!(
            "a gateway of {gateway} has recorded nothing yet in {store}; start it, and plan when people have come"
        )),
    }
}

fn configuration(loaded: &Loaded) -> Configuration<'_> {
    let settings = &loaded.settings;
    Configuration { catalogue: &loaded.catalogue, recipients: recipients(&settings.server.public_url, &settings.saml) }
}
