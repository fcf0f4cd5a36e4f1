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
pub use step::{Outcome, Step, clip, clip_lent, key_id};

use std::borrow::Cow;

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
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Trace {
    pub id: String,
    #[serde(skip)]
    pub about: About,
    steps: Vec<Step>,
    #[serde(skip)]
    room: Option<String>,
}

/// About as many has a request that gives somebody a role.
const USUAL_STEPS: usize = 12;
/// No honest request needs more; a hostile one must not grow the record.
const MOST_STEPS: usize = 400;

impl Trace {
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), about: About::default(), steps: Vec::new(), room: None }
    }

    /// What comes from here on is of this account alone, for others are about as well; of none in particular from where
    /// there is none. What another account's policies say is nobody else's to read.
    pub fn enter(&mut self, account: Option<&str>) {
        self.room = account.map(str::to_owned);
    }

    /// A check held. `received` is what it looked at.
    pub fn pass(&mut self, check: impl Into<Cow<'static, str>>, received: impl std::fmt::Display) {
        self.push(Step::new(check, Outcome::Pass).received(received));
    }

    /// Something worth knowing that decided nothing.
    pub fn note(&mut self, check: impl Into<Cow<'static, str>>, received: impl std::fmt::Display) {
        self.push(Step::new(check, Outcome::Note).received(received));
    }

    /// A step of any shape, for decisions that carry more than two values.
    pub fn push(&mut self, step: Step) {
        if self.steps.is_empty() {
            self.steps.reserve(USUAL_STEPS);
        }
        if self.steps.len() < MOST_STEPS {
            self.steps.push(Step { account: self.room.clone(), ..step });
        }
    }

    /// The check that ended the request, or one of several alternatives that fell away.
    pub fn refuse(&mut self, error: &dyn Refusal) {
        // However long the record is, it ends with its reason. Only configured rules and the end of a request come here.
        self.steps.push(Step { account: self.room.clone(), ..Step::failed(error) });
    }

    /// Without what is of other accounts alone.
    pub fn of_account(mut self, account: &str) -> Self {
        self.steps.retain(|step| step.account.as_deref().is_none_or(|of| of == account));
        self
    }

    /// Its steps, for whoever keeps them; the request goes on under its id.
    pub fn taken(&mut self) -> Self {
        let empty = Self::new(self.id.clone());
        std::mem::replace(self, empty)
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The last failed step's code.
    pub fn refusal(&self) -> Option<&str> {
        self.steps.iter().rev().find_map(|step| step.code.as_deref())
    }
}
