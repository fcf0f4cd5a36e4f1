//! Questions on paper: one JSON object holds the documents, the question and what is known, and the live engine answers.
//!
//! `{"id", "identity_policies", "boundary", "session_policies", "action", "resource", "context"}` asks what policies
//! permit, `{"id", "trust_policy", "principal", "action", "context"}` whom a role lets in. Nothing else is known: no
//! configuration, no clock. So every condition key is allowed that has the form of one, and `context` says what it holds.

use super::context::Context;
use super::document::{Kind, Policy};
use super::error::{Faults, PolicyError, located, member};
use super::evaluate::{Decision, Effect, Permissions, evaluate_permissions, evaluate_trust};
use super::json::{self, Json};
use super::keys::Vocabulary;
use super::pattern::is_one_action;
use super::principal::Principal;
use crate::trace::clip;
use serde::Serialize;

/// What a question came to. Written out it is `{"id", "decision", "matched"}` or `{"id", "error"}`.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// `None` where the question has none that is a string.
    pub id: Option<String>,
    #[serde(flatten)]
    pub verdict: Verdict,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Verdict {
    /// `matched`: the Sids of the statements that decided, or `identity_policies[0]#1`.
    Decided { decision: Effect, matched: Vec<String> },
    /// One mistake anywhere spoils the question, even where another statement would deny.
    Wrong { error: String },
}

/// The longest question that is read, in bytes: room for more documents than a session can have.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Answers one question, a JSON object in UTF-8.
pub fn answer(question: &[u8]) -> Answer {
    let mut faults = Faults::default();
    let tree = std::str::from_utf8(question).ok().and_then(|text| json::parse(text, MOST_BYTES, &mut faults));
    let Some(Json::Object(members)) = tree else {
        let error =
            faults.none_or("a question is a JSON object".to_owned()).unwrap_or_else(|faults| sentence("", &faults));
        return Answer { id: None, verdict: Verdict::Wrong { error } };
    };
    let sheet = Sheet { members };
    let Some(Json::Text(id)) = sheet.member("id") else {
        return Answer {
            id: None,
            verdict: Verdict::Wrong { error: "a question has an \"id\", which is a string".into() },
        };
    };
    let verdict = sheet.decide().unwrap_or_else(|error| Verdict::Wrong { error });
    Answer { id: Some(id.clone()), verdict }
}

/// A permission policy as a question on paper reads it, for asking many times.
///
/// # Errors
/// All mistakes in one sentence, each with its place, which begins with `name`.
pub fn identity_policy(name: &str, text: &str) -> Result<Policy, String> {
    let mut faults = Faults::default();
    match json::parse(text, MOST_BYTES, &mut faults) {
        Some(tree) => {
            Policy::of(&tree, Kind::Identity, Vocabulary::Any).map_err(|errors| sentence(name, &located(errors, text)))
        }
        None => Err(faults.none_or(String::new()).err().map(|faults| sentence(name, &faults)).unwrap_or_default()),
    }
}

/// What is known, from a JSON object: a string is one value, an array many, numbers and booleans count as their text.
///
/// # Errors
/// A sentence that names the key: no such values, or a key that is there twice, in whatever case.
pub fn context(text: &str) -> Result<Context, String> {
    let mut faults = Faults::default();
    match json::parse(text, MOST_BYTES, &mut faults) {
        Some(tree) => context_of(&tree),
        None => Err(faults.none_or(String::new()).err().map(|faults| sentence("context", &faults)).unwrap_or_default()),
    }
}

/// Whether a question can be about it.
///
/// # Errors
/// A sentence: it is no action, or covers more than one.
pub fn names_one_action(action: &str) -> Result<(), String> {
    let sentence = || format!("action: \"{}\" does not name one action, as in \"s3:GetObject\"", clip(action));
    is_one_action(action).then_some(()).ok_or_else(sentence)
}

const PERMISSION: [&str; 7] =
    ["id", "identity_policies", "boundary", "session_policies", "action", "resource", "context"];
const TRUST: [&str; 5] = ["id", "trust_policy", "principal", "action", "context"];

struct Sheet {
    members: Vec<(String, Json)>,
}

impl Sheet {
    fn member(&self, name: &str) -> Option<&Json> {
        self.members.iter().find(|(there, _)| there == name).map(|(_, value)| value)
    }

    fn decide(&self) -> Result<Verdict, String> {
        let asks_trust = self.member("trust_policy").is_some();
        self.has_only(if asks_trust { &TRUST } else { &PERMISSION })?;
        let context = self.member("context").map(context_of).transpose()?.unwrap_or_else(Context::new);
        let action = self.text("action")?;
        names_one_action(action)?;
        if asks_trust { self.trust(action, &context) } else { self.permission(action, &context) }
    }

    fn permission(&self, action: &str, context: &Context) -> Result<Verdict, String> {
        let identity = self.policies("identity_policies")?.ok_or("identity_policies: is missing")?;
        let session = self.policies("session_policies")?.unwrap_or_default();
        let boundary = match self.member("boundary") {
            None | Some(Json::Null) => None,
            Some(document) => Some(policy(document, Kind::Identity, "boundary")?),
        };
        let resource = self.text("resource")?;
        let permissions = Permissions {
            identity: Some(identity.iter().map(|(name, policy)| (name.as_str(), policy)).collect()),
            boundary: boundary.as_ref().map(|policy| ("boundary", policy)),
            session: session.iter().map(|(name, policy)| (name.as_str(), policy)).collect(),
        };
        Ok(Verdict::of(&evaluate_permissions(&permissions, action, resource, context)))
    }

    fn trust(&self, action: &str, context: &Context) -> Result<Verdict, String> {
        let document = self.member("trust_policy").ok_or("trust_policy: is missing")?;
        let policy = policy(document, Kind::Trust, "trust_policy")?;
        let principal = self.principal()?;
        Ok(Verdict::of(&evaluate_trust(&policy, &principal, action, context)))
    }

    fn principal(&self) -> Result<Principal<'_>, String> {
        let one = match self.member("principal") {
            Some(Json::Object(members)) => match members.as_slice() {
                [(kind, Json::Text(name))] => Some((kind.as_str(), name.as_str())),
                _ => None,
            },
            _ => None,
        };
        let principal = match one {
            Some(("Federated", name)) => Principal::federated(name),
            Some(("AWS", arn)) => Principal::aws(arn),
            Some(("Service", name)) => Principal::service(name),
            _ => None,
        };
        principal.ok_or_else(|| {
            "principal: wants one of {\"Federated\": …}, {\"AWS\": …} and {\"Service\": …}, which names one as a policy does"
                .to_owned()
        })
    }

    fn text(&self, name: &str) -> Result<&str, String> {
        match self.member(name) {
            Some(Json::Text(text)) => Ok(text),
            Some(_) => Err(format!("{name}: is not a string")),
            None => Err(format!("{name}: is missing")),
        }
    }

    fn policies(&self, name: &str) -> Result<Option<Vec<(String, Policy)>>, String> {
        let entries = match self.member(name) {
            None => return Ok(None),
            Some(Json::Array(entries)) => entries,
            Some(_) => return Err(format!("{name}: is not a list of policies")),
        };
        let named = |(index, document)| {
            let name = format!("{name}[{index}]");
            policy(document, Kind::Identity, &name).map(|policy| (name, policy))
        };
        entries.iter().enumerate().map(named).collect::<Result<_, _>>().map(Some)
    }

    /// A misspelt `session_policies` would be a session without any.
    fn has_only(&self, known: &[&str]) -> Result<(), String> {
        for (at, (name, _)) in self.members.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(format!("{}: such a question has {} and nothing else", clip(name), known.join(", ")));
            }
            if self.members[..at].iter().any(|(before, _)| before == name) {
                return Err(format!("{name}: is there twice"));
            }
        }
        Ok(())
    }
}

impl Verdict {
    fn of(decision: &Decision<'_>) -> Self {
        Self::Decided { decision: decision.effect, matched: decision.matched.iter().map(ToString::to_string).collect() }
    }
}

fn policy(document: &Json, kind: Kind, name: &str) -> Result<Policy, String> {
    Policy::of(document, kind, Vocabulary::Any).map_err(|faults| sentence(name, &faults))
}

pub(super) fn context_of(tree: &Json) -> Result<Context, String> {
    let Json::Object(members) = tree else { return Err("context: is not an object".into()) };
    let mut context = Context::new();
    for (key, value) in members {
        let unfit =
            || format!("{}: is neither a string, a number, a boolean nor a list of these", member("context", key));
        let inserted = match value {
            Json::Array(entries) => {
                let values: Option<Vec<&str>> = entries.iter().map(scalar).collect();
                context.insert_many(key.clone(), values.ok_or_else(unfit)?)
            }
            one => context.insert_one(key.clone(), scalar(one).ok_or_else(unfit)?),
        };
        inserted.map_err(|repeated| format!("context: {repeated}"))?;
    }
    Ok(context)
}

fn scalar(value: &Json) -> Option<&str> {
    match value {
        Json::Text(text) | Json::Number(text) => Some(text),
        Json::Bool(true) => Some("true"),
        Json::Bool(false) => Some("false"),
        Json::Null | Json::Array(_) | Json::Object(_) | Json::Deeper => None,
    }
}

pub(super) fn sentence(name: &str, faults: &[PolicyError]) -> String {
    let placed = |fault: &PolicyError| match (name, fault.place.as_str()) {
        ("", "document") => fault.fault.to_string(),
        (name, "document") => format!("{name}: {}", fault.fault),
        (name, _) => format!("{name}.{fault}"),
    };
    faults.iter().map(placed).collect::<Vec<_>>().join("; ")
}
