//! The flight record: every check of one request, in order, with what was expected and what came.
//!
//! A check that passes says so with [`Trace::pass`]. A check that fails returns its module's error, and whoever ends
//! the request writes that error down once with [`Trace::refuse`]: every error is a [`Refusal`], which has a stable
//! [`Code`] (with its remedy) and the two sides of the comparison. Nothing secret belongs in a step: digests, names
//! and times, never a token, a key, an assertion or a signature.

mod about;
mod code;
mod step;

pub use about::About;
pub use code::Code;
pub use step::{Outcome, Step, clip, clip_lent, clip_sentence, in_its_words, key_id};

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Display;

/// An error that a person may want explained.
pub trait Refusal: std::error::Error {
    fn code(&self) -> Code;
    /// What would have passed, if that can be said in a line.
    fn expected(&self) -> Option<String> {
        None
    }
    /// What came instead.
    fn received(&self) -> Option<String> {
        None
    }
}

/// The record of one request. Its id is the request id that the caller sees.
///
/// It is written as it will be kept, into one text: most are read by nobody.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Read", into = "Read")]
pub struct Trace {
    pub id: String,
    pub about: About,
    /// The steps as a list in JSON; empty before the first.
    text: String,
    count: usize,
    refusal: Option<Cow<'static, str>>,
    room: Option<String>,
}

/// A trace as it is taken along by somebody who is to read it: of whom it is about, they know.
#[derive(Serialize, Deserialize)]
struct Read {
    id: String,
    steps: Vec<Step>,
}

/// Room for what a request leaves that gives somebody a role.
const USUAL: usize = 1_536;
/// No honest request needs more; a hostile one must not grow the record.
const MOST_STEPS: usize = 400;

impl Trace {
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), about: About::default(), text: String::new(), count: 0, refusal: None, room: None }
    }

    /// From here on, steps belong to this account alone, because the request is about others as well; without one, they
    /// belong to no account in particular. What another account's policies say is nobody else's to read.
    pub fn enter(&mut self, account: Option<&str>) {
        self.room = account.map(str::to_owned);
    }

    /// A check held. `received` is what it looked at.
    pub fn pass(&mut self, check: impl AsRef<str>, received: impl Display) {
        self.tell(check.as_ref(), Outcome::Pass, &[("received", &received)]);
    }

    /// A check held of which both sides are told.
    pub fn pass_both(&mut self, check: &str, expected: impl Display, received: impl Display) {
        self.tell(check, Outcome::Pass, &[("expected", &expected), ("received", &received)]);
    }

    /// Something worth knowing that decided nothing.
    pub fn note(&mut self, check: impl AsRef<str>, received: impl Display) {
        self.tell(check.as_ref(), Outcome::Note, &[("received", &received)]);
    }

    /// A step of any shape, for decisions that carry more than two values.
    pub fn push(&mut self, step: Step) {
        if self.count < MOST_STEPS {
            self.add(step);
        }
    }

    /// The check that ended the request, or one of several alternatives that fell away.
    pub fn refuse(&mut self, error: &dyn Refusal) {
        // However long the record is, it ends with its reason. Only configured rules and the end of a request come here.
        self.add(Step::failed(error));
    }

    /// Without what is of other accounts alone.
    pub fn of_account(self, account: &str) -> Self {
        let mut steps = self.steps();
        steps.retain(|step| step.account.as_deref().is_none_or(|of| of == account));
        Self { about: self.about, room: self.room, ..Read { id: self.id, steps }.into() }
    }

    /// Its steps, for whoever keeps them; the request goes on under its id.
    pub fn taken(&mut self) -> Self {
        let empty = Self::new(self.id.clone());
        std::mem::replace(self, empty)
    }

    /// The steps, read again.
    pub fn steps(&self) -> Vec<Step> {
        serde_json::from_str(self.text()).expect("steps are written as they are read")
    }

    /// The steps as they are kept: a list in JSON.
    pub fn text(&self) -> &str {
        if self.text.is_empty() { "[]" } else { &self.text }
    }

    /// The last failed step's code.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn tell(&mut self, check: &str, outcome: Outcome, told: &[(&str, &dyn Display)]) {
        if self.count < MOST_STEPS {
            self.begin();
            step::write_told(&mut self.text, check, outcome, self.room.as_deref(), told);
            self.text.push(']');
        }
    }

    fn add(&mut self, step: Step) {
        self.begin();
        step.write(&mut self.text, self.room.as_deref());
        self.text.push(']');
        self.refusal = step.code.or(self.refusal.take());
    }

    fn begin(&mut self) {
        self.count += 1;
        match self.text.pop() {
            Some(_) => self.text.push(','),
            None => {
                self.text.reserve(USUAL);
                self.text.push('[');
            }
        }
    }
}

impl From<Read> for Trace {
    fn from(read: Read) -> Self {
        let mut trace = Self::new(read.id);
        for mut step in read.steps {
            trace.room = step.account.take();
            trace.add(step);
        }
        trace.room = None;
        trace
    }
}

impl From<Trace> for Read {
    fn from(trace: Trace) -> Self {
        Self { steps: trace.steps(), id: trace.id }
    }
}
