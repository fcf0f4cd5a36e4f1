//! `gatehouse audit who`.

use super::told::person;
use crate::app::{Step, Trail, book, trail};
use crate::cli::config_file::ConfigFile;
use crate::cli::{answer, fail};
use crate::config::{Secrets, Settings};
use crate::sts::is_session_id;
use crate::trace::clip;
use crate::words::iso_of;
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Args)]
#[command(after_help = "\
It follows the records from the credential to the one that it was made with, and so on, to whoever was there first.

Exit status: 0 if that is known; 1 if not.

Example:
  gatehouse audit who --config gatehouse.toml ASIA...")]
pub(super) struct Who {
    #[command(flatten)]
    config: ConfigFile,
    /// The access key id of temporary credentials
    #[arg(value_name = "ACCESS_KEY_ID")]
    access_key_id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Who {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        if !is_session_id(&self.access_key_id) {
            return Err(fail(format!(
                "{} is not the access key id of temporary credentials",
                clip(&self.access_key_id)
            )));
        }
        let settings = self.config.loaded(Secrets::TheStores)?.settings;
        let trail = self.find(&settings).await.map_err(fail)?;
        self.tell(&trail)
    }

    async fn find(&self, settings: &Settings) -> Result<Trail, String> {
        let mut book = book(settings).await.map_err(|error| error.to_string())?;
        let trail = trail(&mut book, &self.access_key_id).await.map_err(|error| error.to_string())?;
        trail.ok_or_else(|| {
            format!(
                "no record shows who was given {}; if it is in use, somebody has come by a key of the gateway: see `gatehouse audit verify`",
                self.access_key_id
            )
        })
    }

    fn tell(&self, trail: &Trail) -> Result<(), ExitCode> {
        answer(if self.json { as_json(trail).to_string() } else { as_text(trail) })?;
        match &trail.lost {
            None => Ok(()),
            Some(id) => Err(fail(format!("no record is kept of {id}, with which the last of these was made"))),
        }
    }
}

fn as_text(trail: &Trail) -> String {
    let told = |step: &Step| {
        let name = step.session_name().map(|name| format!(" as \"{}\"", clip(name))).unwrap_or_default();
        let source = step.source_identity().map(|id| format!(", source identity {}", clip(id))).unwrap_or_default();
        let (event, at) = (clip(step.record["eventName"].as_str().unwrap_or_default()), iso_of(step.entry.at));
        let bearer = step.bearer().map(|arn| format!(" {}", clip(arn))).unwrap_or_default();
        format!("{}{bearer}{name}{source}: {event} at {at}, by", step.access_key_id)
    };
    let steps = trail.steps.iter().map(told);
    let first = trail.steps.last().map(|step| match &trail.lost {
        None => person(step.identity()),
        Some(id) => id.clone(),
    });
    steps.chain(first).collect::<Vec<_>>().join("\n")
}

/// `person` is who was there first, as their record tells it; nobody, where that is not kept.
fn as_json(trail: &Trail) -> Value {
    let told = |step: &Step| {
        json!({
            "accessKeyId": step.access_key_id, "arn": step.bearer(), "sessionName": step.session_name(),
            "sourceIdentity": step.source_identity(), "event": step.record["eventName"], "at": iso_of(step.entry.at),
            "requestID": step.record["requestID"], "node": step.entry.node, "number": step.entry.number,
        })
    };
    let first = trail.steps.last().filter(|_| trail.lost.is_none());
    json!({
        "accessKeyId": trail.steps.first().map(|step| &step.access_key_id),
        "person": first.map(Step::identity), "steps": trail.steps.iter().map(told).collect::<Vec<_>>(),
    })
}
