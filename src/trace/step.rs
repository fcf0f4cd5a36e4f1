//! One check of a request.

use super::Refusal;
use std::borrow::Cow;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Pass,
    Fail,
    Note,
}

/// A check, its outcome, and both sides of the comparison. Failed steps have a code, a sentence and a remedy.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Step {
    pub check: Cow<'static, str>,
    pub outcome: Outcome,
    /// Whose registration, rules or policies it is about, where it is one's among others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Cow<'static, str>>,
}

impl Step {
    pub fn new(check: impl Into<Cow<'static, str>>, outcome: Outcome) -> Self {
        let check = check.into();
        Self { check, outcome, account: None, expected: None, received: None, code: None, sentence: None, remedy: None }
    }

    /// The step of a check that failed; its name is the code's.
    pub fn failed(error: &dyn Refusal) -> Self {
        let code = error.code();
        Self {
            expected: error.expected().map(clipped),
            received: error.received().map(clipped),
            code: Some(code.name().into()),
            sentence: Some(clipped(error.to_string())),
            remedy: Some(code.remedy().into()),
            ..Self::new(code.name(), Outcome::Fail)
        }
    }

    /// Whether it tells what rules or policies say.
    pub fn is_of_policy(&self) -> bool {
        ["trust.", "decide.", "rule"].iter().any(|beginning| self.check.starts_with(beginning))
    }

    pub fn expected(self, text: impl std::fmt::Display) -> Self {
        Self { expected: Some(clipped(text.to_string())), ..self }
    }

    pub fn received(self, text: impl std::fmt::Display) -> Self {
        Self { received: Some(clipped(text.to_string())), ..self }
    }
}

/// What stands in the place of an access key id, if it may be one: a secret that was pasted there is not told.
pub fn key_id(text: &str) -> String {
    let is_one = text.starts_with("AKIA") || text.starts_with("ASIA");
    if is_one { clip(text) } else { "***".to_owned() }
}

/// At most 300 characters, control characters shown as `\u{…}`: a step may quote a stranger, never be written by one.
pub fn clip(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len().min(MOST));
    for (count, character) in text.chars().enumerate() {
        if count == MOST {
            kept.push('…');
            break;
        }
        if character.is_control() {
            kept.extend(character.escape_unicode());
        } else {
            kept.push(character);
        }
    }
    kept
}

/// The same of a text that stays.
pub fn clip_lent(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(clip(text)) }
}

/// [`clip`] of a text that is nobody else's.
fn clipped(text: String) -> String {
    if is_plain(&text) { text } else { clip(&text) }
}

const MOST: usize = 300;

/// As nearly all are.
fn is_plain(text: &str) -> bool {
    text.len() <= MOST && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
