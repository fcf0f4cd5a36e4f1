//! Traces as people read them: those of their own sign-ins without any permission, the account's if they may.
//!
//! A trace is of the accounts whose registrations, rules or policies it tells of. What it tells of one account's policies
//! is for those alone who may read that account's traces; whoever reads their own, or another account's, sees of such a
//! check that it was made and what came of it. A trace of no account (a stranger has named no provider of ours) is found
//! by nobody but by its number, which whoever was refused has been shown, and opened by those who may read that trace in
//! their own account: nobody can look through them.

use super::own::Own;
use super::{Console, ConsoleError, ConsoleSession};
use crate::store::{KeptTrace, TraceLine, TracePlace, TraceSearch};
use crate::sts::Request;
use crate::trace::Step;

/// A page of traces, the newest first.
pub struct TracePage {
    pub lines: Vec<TraceLine>,
    pub next: Option<TracePlace>,
    /// Whether the page is short because the search has not come to the end.
    pub searched_in_part: bool,
}

const READ: &str = "gatehouse:ReadTrace";
const ALL: &str = "trace/*";
/// What every check of a trust policy, and its code, is called by those who may not read it: the code alone would tell
/// what the policy says, or whether the role is there at all.
pub const HELD_BACK: &str = "trust.policy";
const ASK: &str = "Ask whoever may read the account's traces, and tell them this trace's number.";
/// On a page.
const PAGE: usize = 50;

impl Console {
    pub async fn own_traces(&self, session: &ConsoleSession, before: &TracePlace) -> Result<TracePage, ConsoleError> {
        let lines = match self.own(session) {
            Own::Person(whose) => self.sts.store.traces_of(&whose, before, PAGE + 1).await?,
            Own::Browser { .. } | Own::Nobody => Vec::new(),
        };
        let held_back = |line: TraceLine| match is_of_trust(&line.code) {
            true => TraceLine { code: HELD_BACK.to_owned(), ..line },
            false => line,
        };
        let lines = lines.into_iter().map(held_back).collect();
        Ok(page(lines, None))
    }

    pub async fn account_traces(
        &self,
        session: &ConsoleSession,
        search: &TraceSearch<'_>,
        request: &mut Request,
    ) -> Result<TracePage, ConsoleError> {
        let caller = self.may(session, READ, ALL, request).await?;
        let (lines, reached) = self.sts.store.traces_in(caller.account().as_str(), search, PAGE + 1).await?;
        Ok(page(lines, reached))
    }

    pub fn could_read_traces(&self, session: &ConsoleSession, request: &Request) -> bool {
        self.could(session, READ, ALL, request)
    }

    /// One trace, as far as it is for whoever asks. Whoever may not read it is told so before anything is told of it; and of
    /// another account's the same is said as of none.
    pub async fn trace(
        &self,
        id: &str,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<KeptTrace, ConsoleError> {
        if !is_trace_id(id) {
            return Err(ConsoleError::NotThere);
        }
        let kept = self.sts.store.kept_trace(id).await?;
        let own = self.own(session);
        let own = kept.as_ref().is_some_and(|kept| own.is_of(&kept.whose));
        let resource = format!("trace/{id}");
        let account = if own && !self.could(session, READ, &resource, request) {
            None
        } else {
            Some(self.may(session, READ, &resource, request).await?.account().to_string())
        };
        let kept = kept.filter(|kept| {
            own || kept.accounts.is_empty() || kept.accounts.iter().any(|of| Some(of) == account.as_ref())
        });
        let mut kept = kept.ok_or(ConsoleError::NotThere)?;
        let only = match kept.accounts.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        let mut is_told = false;
        for step in &mut kept.steps {
            let of = step.account.as_ref().or(only.as_ref().filter(|_| step.is_of_policy()));
            let open = if step.account.is_some() || step.is_of_policy() {
                of.is_some() && of == account.as_ref()
            } else {
                true
            };
            is_told |= open && step.code.as_deref() == Some(kept.code.as_str());
            if !open {
                hold_back(step);
            }
        }
        if is_of_trust(&kept.code) && !is_told {
            HELD_BACK.clone_into(&mut kept.code);
        }
        Ok(kept)
    }
}

fn is_of_trust(code: &str) -> bool {
    code.starts_with("trust.")
}

fn hold_back(step: &mut Step) {
    (step.expected, step.received, step.sentence) = (None, None, None);
    if is_of_trust(&step.check) {
        step.check = HELD_BACK.into();
        step.code = step.code.take().map(|_| HELD_BACK.into());
        step.remedy = step.remedy.take().map(|_| ASK.into());
    }
}

/// A request's number: hexadecimal digits with dashes between.
fn is_trace_id(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn page(mut lines: Vec<TraceLine>, reached: Option<TracePlace>) -> TracePage {
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| more).map(|line| line.place.clone());
    let searched_in_part = next.is_none() && reached.is_some();
    TracePage { lines, next: next.or(reached), searched_in_part }
}
