//! `gatehouse simulate`: the live policy engine on documents alone.

use super::{fail, say};
use crate::policy::{Effect, Permissions, Policy, explain_permissions, paper};
use clap::Args;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Of one question: exit status 0 if the policies allow it, 2 if not, 1 if it could not be understood. Of many: 0 once
/// every one has its answer.
#[derive(Args)]
#[command(after_help = "Examples:
  gatehouse simulate --policy read-only.json --action s3:GetObject --resource arn:aws:s3:::files/a
  gatehouse simulate --policy a.json --policy b.json --action sts:AssumeRole --resource '*' --context context.json
  gatehouse simulate --cases questions.jsonl")]
pub(super) struct Simulate {
    /// A permission policy; may be repeated
    #[arg(long, value_name = "FILE", required_unless_present = "cases", requires = "action")]
    policy: Vec<PathBuf>,
    /// What is to be done, as in s3:GetObject
    #[arg(long, value_name = "ACTION", requires = "resource")]
    action: Option<String>,
    /// What it is to be done to: an ARN, or * where the action knows no resource
    #[arg(long, value_name = "ARN", requires = "policy")]
    resource: Option<String>,
    /// Condition keys and their values, as a JSON object
    #[arg(long, value_name = "FILE", requires = "policy")]
    context: Option<PathBuf>,
    /// Questions, one JSON object a line; one answer a line comes out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "action", "resource", "context"])]
    cases: Option<PathBuf>,
}

impl Simulate {
    pub(super) fn run(self) -> ExitCode {
        let outcome = match &self.cases {
            Some(cases) => answer_all(cases).map(|()| ExitCode::SUCCESS),
            None => self.ask().map(|allowed| ExitCode::from(if allowed { 0 } else { 2 })),
        };
        outcome.unwrap_or_else(fail)
    }

    fn ask(&self) -> Result<bool, String> {
        let (action, resource) =
            (self.action.as_deref().unwrap_or_default(), self.resource.as_deref().unwrap_or_default());
        paper::names_one_action(action)?;
        let policies: Vec<(String, Policy)> =
            self.policy.iter().map(|path| read_policy(path)).collect::<Result<_, _>>()?;
        let context = match &self.context {
            Some(path) => paper::context(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?,
            None => crate::policy::Context::new(),
        };
        let permissions = Permissions::of(policies.iter().map(|(name, policy)| (name.as_str(), policy)));
        let decision = explain_permissions(&permissions, action, resource, &context);
        let by: Vec<String> = decision.matched.iter().map(ToString::to_string).collect();
        match decision.effect {
            Effect::Allow => say(format!("allow: {}", by.join(", "))),
            Effect::ExplicitDeny => say(format!("explicit deny: {}", by.join(", "))),
            Effect::ImplicitDeny => {
                say("implicit deny: no statement allows it");
                for report in &decision.considered {
                    if let Some(miss) = report.miss {
                        say(format!("  {}: {miss}", report.statement));
                    }
                }
            }
        }
        Ok(decision.is_allowed())
    }
}

fn answer_all(path: &Path) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let mut questions = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut answers = BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    let most = paper::MOST_BYTES as u64 + 1;
    while questions.by_ref().take(most).read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
        let line = std::mem::take(&mut line);
        if line.len() > paper::MOST_BYTES && !line.ends_with(b"\n") {
            questions.skip_until(b'\n').map_err(unreadable)?;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = paper::answer(&line);
        let written = serde_json::to_writer(&mut answers, &answer).map_err(io::Error::from);
        written
            .and_then(|()| answers.write_all(b"\n"))
            .map_err(|error| format!("cannot write the answers: {error}"))?;
    }
    answers.flush().map_err(|error| format!("cannot write the answers: {error}"))
}

fn read_policy(path: &Path) -> Result<(String, Policy), String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paper::identity_policy(&path.display().to_string(), &read(path)?).map(|policy| (name, policy))
}

/// One byte more than is ever understood, so that too much is seen to be too much.
fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(paper::MOST_BYTES as u64 + 1).read_to_string(&mut text));
    read.map(|_| text).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
