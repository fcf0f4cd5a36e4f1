//! What is explained, told to people and to programs.

use crate::cli::answer;
use crate::trace::{Outcome, Refusal, Step, clip};
use crate::trust::{Explanation, OnPaper, Ruling, TrustError, Worn};
use crate::words::{RoleArn, iso};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use time::OffsetDateTime;

pub(super) struct Report {
    pub(super) now: OffsetDateTime,
    pub(super) explanation: Explanation,
}

impl Report {
    pub(super) fn print_text(&self) -> Result<(), ExitCode> {
        let Explanation { trace, known, rulings } = &self.explanation;
        answer(format!("At {}:", iso(self.now)))?;
        trace.steps().iter().try_for_each(print_step)?;
        for (index, known) in known.iter().enumerate() {
            let provider = known.provider();
            answer(match known.subject() {
                "" => format!("\nThese claims name no subject; they are of {} at {}", provider.name, provider.arn),
                subject => format!("\n{subject} is {} at {}", provider.name, provider.arn),
            })?;
            known.facts().iter().try_for_each(|(name, value)| answer(format!("  {name}: {value}")))?;
            answer("  claims:")?;
            for (name, value) in known.claims() {
                answer(format!("    {name} = {}", clip(&value.to_string())))?;
            }
            answer("\nRoles:")?;
            let of_theirs = rulings.iter().filter(|(of, _)| *of == index).map(|(_, ruling)| ruling);
            let (told, mut not_given): (Vec<&Ruling>, Vec<&Ruling>) = of_theirs.partition(|it| !it.is_not_given());
            told.iter().try_for_each(|ruling| print_ruling(ruling))?;
            if not_given.len() <= FEW {
                not_given.drain(..).try_for_each(print_ruling)?;
            }
            if let Some(first) = not_given.first() {
                let remedy = first.verdict.as_ref().err().map(|error| error.code().remedy()).unwrap_or_default();
                answer(format!(
                    "  deny   {} more, which {} does not give for these claims:",
                    not_given.len(),
                    provider.arn
                ))?;
                not_given.iter().try_for_each(|ruling| answer(format!("           {}", ruling.role)))?;
                answer(format!("         → {remedy}"))?;
            }
        }
        if rulings.is_empty() {
            answer("\nRoles:\n  none can be asked about")?;
        }
        Ok(())
    }

    pub(super) fn print_json(&self) -> Result<(), ExitCode> {
        let Explanation { trace, known, rulings } = &self.explanation;
        let identity = |known: &OnPaper| {
            let facts: Map<String, Value> =
                known.facts().into_iter().map(|(name, value)| (name.replace(' ', "_"), value.into())).collect();
            json!({
                "provider": known.provider().arn.to_string(), "subject": known.subject(), "claims": known.claims(),
                "facts": facts,
            })
        };
        let roles: Vec<Value> = rulings
            .iter()
            .map(|(index, Ruling { role, verdict, conditions, depends_on })| {
                let mut told = match verdict {
                    Ok(worn) => allowed(worn),
                    Err(error) => denied(error),
                };
                told["role"] = role.as_str().into();
                told["provider"] = known[*index].provider().arn.as_str().into();
                told["conditions"] = json!(conditions);
                told["depends_on"] = json!(depends_on);
                told
            })
            .collect();
        let identities: Vec<Value> = known.iter().map(identity).collect();
        let (allowed, steps) = (self.explanation.is_allowed(), trace.steps());
        answer(json!({ "allowed": allowed, "steps": steps, "identities": identities, "roles": roles }))
    }
}

/// More roles than this that the provider does not give are told in one go.
const FEW: usize = 3;

fn print_ruling(ruling: &Ruling) -> Result<(), ExitCode> {
    let Ruling { role, verdict, conditions, .. } = ruling;
    match verdict {
        Ok(worn) => {
            print_worn(role, worn, conditions)?;
            print_doubt(ruling)
        }
        Err(error) => {
            let (code, remedy) = (error.code().name(), error.code().remedy());
            answer(format!("  deny   {role}\n         {code}: {error}"))?;
            if matches!(error, TrustError::ExplicitDeny { .. }) {
                conditions.iter().try_for_each(|condition| answer(format!("           {condition}")))?;
            }
            print_doubt(ruling)?;
            answer(format!("         → {remedy}"))
        }
    }
}

fn print_doubt(ruling: &Ruling) -> Result<(), ExitCode> {
    match ruling.doubt() {
        Some(doubt) => answer(format!("         {doubt}")),
        None => Ok(()),
    }
}

fn print_worn(role: &RoleArn, worn: &Worn, conditions: &[String]) -> Result<(), ExitCode> {
    answer(format!("  allow  {role}\n         as {}, by {}", worn.session_name, worn.statement))?;
    conditions.iter().try_for_each(|condition| answer(format!("           {condition}")))?;
    if !worn.given_by.is_empty() {
        answer(format!("         given by {}", worn.given_by.join(", ")))?;
    }
    let tags = worn.carried.tags.told();
    if !tags.is_empty() {
        answer(format!("         tags: {}", tags.join(", ")))?;
    }
    if let Some(identity) = &worn.carried.source_identity {
        answer(format!("         source identity: {identity}"))?;
    }
    let ends = worn.ends.map(|ends| format!(", and not beyond {}", iso(ends))).unwrap_or_default();
    answer(format!("         for at most {} s{ends}", worn.longest.whole_seconds()))
}

fn allowed(worn: &Worn) -> Value {
    json!({
        "decision": "allow", "session_name": worn.session_name.as_str(), "statement": worn.statement,
        "given_by": worn.given_by, "source_identity": worn.carried.source_identity.as_ref().map(ToString::to_string),
        "tags": worn.carried.tags.iter().map(|tag| {
            json!({ "key": tag.key, "value": tag.value, "transitive": tag.transitive })
        }).collect::<Vec<_>>(),
        "longest_session": worn.longest.whole_seconds(), "ends": worn.ends.map(iso),
    })
}

fn denied(error: &TrustError) -> Value {
    json!({
        "decision": "deny", "code": error.code().name(), "reason": error.to_string(), "remedy": error.code().remedy(),
    })
}

fn print_step(step: &Step) -> Result<(), ExitCode> {
    let mark = match step.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "FAIL",
        Outcome::Note => "note",
    };
    let said = step.sentence.as_deref().or(step.received.as_deref()).unwrap_or_default();
    answer(format!("  {mark}  {:<28} {said}", step.check))?;
    if step.outcome == Outcome::Fail {
        let (expected, received) = (step.expected.as_deref(), step.received.as_deref());
        for (label, text) in [("expected", expected), ("received", received), ("→", step.remedy.as_deref())] {
            if let Some(text) = text {
                answer(format!("        {label} {text}"))?;
            }
        }
    }
    Ok(())
}
