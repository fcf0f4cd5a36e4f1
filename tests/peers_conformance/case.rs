//! A row of the table: who calls what with which parameters, and what comes of it.

use crate::house::Credentials;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Cli1,
    Cli2,
    Boto3,
    JavaScript,
    Rust,
}

/// Those that hold parameters against botocore's model before they send anything: what must be there, the least length
/// and number. The greatest ones and the patterns they leave to the service.
pub(super) const PYTHON: &[Client] = &[Client::Cli1, Client::Cli2, Client::Boto3];
/// The CLIs have models of their own, which know nothing of a token's size.
pub(super) const CLIS: &[Client] = &[Client::Cli1, Client::Cli2];
/// Debian's is of 2023, and does not know what came later.
pub(super) const OLD: &[Client] = &[Client::Cli2];
pub(super) const ALL: &[Client] = &[Client::Cli1, Client::Cli2, Client::Boto3, Client::JavaScript, Client::Rust];

/// Who signs nothing.
pub(super) const NOBODY: Option<Credentials> = None;

pub(super) struct Case {
    name: &'static str,
    action: &'static str,
    parameters: Value,
    by: Option<Credentials>,
    expected: Expected,
    /// Who refuses by themselves, and sends nothing.
    unsent_by: Vec<Client>,
}

enum Expected {
    /// The answer has these members with these values, and perhaps more.
    Answer(Value),
    /// Status and code.
    Refusal(u16, &'static str),
}

/// Called and answered.
pub(super) fn good(
    name: &'static str,
    by: impl Into<Option<Credentials>>,
    action: &'static str,
    parameters: Value,
    answer: Value,
) -> Case {
    Case { name, action, parameters, by: by.into(), expected: Expected::Answer(answer), unsent_by: Vec::new() }
}

/// Called and refused.
pub(super) fn refused(
    name: &'static str,
    by: impl Into<Option<Credentials>>,
    action: &'static str,
    parameters: Value,
    (status, code): (u16, &'static str),
) -> Case {
    let expected = Expected::Refusal(status, code);
    Case { name, action, parameters, by: by.into(), expected, unsent_by: Vec::new() }
}

impl Case {
    pub(super) fn unsent_by(mut self, clients: &[Client]) -> Self {
        self.unsent_by.extend(clients);
        self
    }

    pub(super) fn is_refused(&self) -> bool {
        matches!(self.expected, Expected::Refusal(..))
    }

    /// As the clients read it.
    pub(super) fn written(&self) -> Value {
        let by = self.by.as_ref().map(|by| json!([by.id, by.secret, by.token]));
        json!({ "name": self.name, "action": self.action, "parameters": self.parameters, "by": by })
    }

    /// What is not as it should be, if anything is.
    pub(super) fn differs(&self, client: Client, outcome: &Outcome<'_>) -> Option<String> {
        let told =
            |wanted: &str| Some(format!("{} ({}): wanted {wanted}, got {}", self.name, self.action, outcome.told));
        if outcome.told["name"] != self.name {
            return told("an outcome of its own");
        }
        if self.unsent_by.contains(&client) {
            return outcome.told["unsent"].is_null().then(|| told("that it is not sent")).flatten();
        }
        match &self.expected {
            Expected::Answer(answer) => {
                let flaws = outcome.told["misshapen"].as_array().is_some_and(|flaws| !flaws.is_empty());
                let fits = outcome.told["status"] == 200 && contains(&outcome.told["answer"], answer);
                (flaws || !fits || !outcome.has_whole_credentials()).then(|| told(&answer.to_string())).flatten()
            }
            Expected::Refusal(status, code) => {
                let fits = outcome.told["status"] == *status && outcome.told["code"] == *code;
                let speaks = outcome.told["message"].as_str().is_some_and(|message| !message.is_empty());
                (!fits || !speaks).then(|| told(&format!("{status} {code}"))).flatten()
            }
        }
    }
}

/// What a client tells of one case.
pub(super) struct Outcome<'a> {
    told: &'a Value,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(told: &'a Value) -> Self {
        Self { told }
    }

    /// Four parts, where there are any.
    fn has_whole_credentials(&self) -> bool {
        let credentials = &self.told["answer"]["Credentials"];
        let text = |name: &str| credentials[name].as_str().unwrap_or_default();
        credentials.is_null()
            || (text("AccessKeyId").starts_with("ASIA")
                && text("SecretAccessKey").len() == 40
                && text("SessionToken").len() > 100
                && text("Expiration").len() >= 20)
    }
}

/// Whether every member of `wanted` is in `whole` with its value; `*` stands for any that is there.
fn contains(whole: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(members) => members.iter().all(|(name, value)| contains(&whole[name], value)),
        Value::String(any) if any == "*" => !whole.is_null(),
        value => whole == value,
    }
}
