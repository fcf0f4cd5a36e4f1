//! One check of a request.

use super::Refusal;
use crate::words::push_escaped;
use std::borrow::Cow;
use std::fmt::{Display, Write};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Pass,
    Fail,
    Note,
}

impl Outcome {
    /// As it is kept.
    fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Note => "note",
        }
    }
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
            sentence: Some(clip_sentence(error.to_string())),
            remedy: Some(code.remedy().into()),
            ..Self::new(code.name(), Outcome::Fail)
        }
    }

    /// Whether it tells what rules or policies say.
    pub fn is_of_policy(&self) -> bool {
        ["trust.", "decide.", "rule"].iter().any(|beginning| self.check.starts_with(beginning))
    }

    /// As it is kept, which is how it is read. `account` is whose it is.
    pub(super) fn write(&self, text: &mut String, account: Option<&str>) {
        begin(text, &self.check, self.outcome, account);
        let expected = [("expected", self.expected.as_deref()), ("received", self.received.as_deref())];
        let sentence = [("sentence", self.sentence.as_deref()), ("remedy", self.remedy.as_deref())];
        for (name, value) in expected.into_iter().chain([("code", self.code.as_deref())]).chain(sentence) {
            if let Some(value) = value {
                member(text, name, |text| push_escaped(text, value));
            }
        }
        text.push('}');
    }

    pub fn expected(self, text: impl Display) -> Self {
        Self { expected: Some(clipped(text.to_string())), ..self }
    }

    pub fn received(self, text: impl Display) -> Self {
        Self { received: Some(clipped(text.to_string())), ..self }
    }
}

/// A step that tells what a check looked at, as [`Step::write`] would.
pub(super) fn write_told(
    text: &mut String,
    check: &str,
    outcome: Outcome,
    account: Option<&str>,
    told: &[(&str, &dyn Display)],
) {
    begin(text, check, outcome, account);
    for (name, shown) in told {
        member(text, name, |text| push_clipped(text, shown));
    }
    text.push('}');
}

fn begin(text: &mut String, check: &str, outcome: Outcome, account: Option<&str>) {
    text.push_str("{\"check\":\"");
    push_escaped(text, check);
    text.push('"');
    member(text, "outcome", |text| text.push_str(outcome.name()));
    if let Some(account) = account {
        member(text, "account", |text| push_escaped(text, account));
    }
}

fn member(text: &mut String, name: &str, write: impl FnOnce(&mut String)) {
    text.push_str(",\"");
    text.push_str(name);
    text.push_str("\":\"");
    write(text);
    text.push('"');
}

fn push_clipped(text: &mut String, shown: &dyn Display) {
    let start = text.len();
    let _ = write!(text, "{shown}");
    let said = &text[start..];
    if !is_plain(said, MOST) || said.contains(['"', '\\']) {
        let said = text.split_off(start);
        push_escaped(text, &clip_lent(&said));
        // What was clipped takes no room where the record waits to be written.
        text.shrink_to(start + 2 * MOST);
    }
}

/// What stands in the place of an access key id, if it may be one: a secret that was pasted there is not told.
pub fn key_id(text: &str) -> String {
    let is_one = text.starts_with("AKIA") || text.starts_with("ASIA");
    if is_one { clip(text) } else { "***".to_owned() }
}

/// At most 300 characters, control characters shown as `\u{…}`: a step may quote a stranger, never be written by one.
pub fn clip(text: &str) -> String {
    if is_plain(text, MOST) { text.to_owned() } else { clip_at(text, MOST) }
}

fn clip_at(text: &str, most: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(most));
    for (count, character) in text.chars().enumerate() {
        if count == most {
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

/// The same of a sentence of the house's own, which ends with what explains it: at most 2,000 characters. What strangers say
/// is clipped before it becomes a part of one.
pub fn clip_sentence(text: String) -> String {
    if is_plain(&text, MOST_OF_A_SENTENCE) { text } else { clip_at(&text, MOST_OF_A_SENTENCE) }
}

/// The same of a text that stays.
pub fn clip_lent(text: &str) -> Cow<'_, str> {
    if is_plain(text, MOST) { Cow::Borrowed(text) } else { Cow::Owned(clip_at(text, MOST)) }
}

/// [`clip`] of a text that is nobody else's.
fn clipped(text: String) -> String {
    if is_plain(&text, MOST) { text } else { clip_at(&text, MOST) }
}

const MOST: usize = 300;
const MOST_OF_A_SENTENCE: usize = 2_000;

/// As nearly all are.
fn is_plain(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}
