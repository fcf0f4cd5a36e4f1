//! Decisions, kept so that they can be put to a configuration that is only planned.
//!
//! Sealed, and found under keyed hashes: whoever reads the database learns neither who asked nor what. The same question
//! is one row, however often it is asked; within a minute it is sealed once, and then counted.

use super::{Keys, Purpose, Request, Seals, Sts, StsError, packed};
use crate::store::{DecisionRecord, SealedQuestion};
use crate::trace::Refusal;
use crate::trust::{Asking, Question};
use serde::{Deserialize, Serialize};

/// A question, and the stable name of the reason for which it was refused, if it was.
#[derive(Serialize, Deserialize)]
pub struct Decided<Q = Question> {
    pub question: Q,
    pub refused: Option<String>,
}

/// More plain text than this is deflated; most questions have a kilobyte.
const LONGEST_PLAIN: usize = 4 * 1_024;
/// What is larger sealed is not kept: nobody's groups take up so much.
const LARGEST: usize = 64 * 1_024;
/// What it may come to when it is opened.
const LARGEST_PLAIN: u64 = 1_024 * 1_024;

impl Sts {
    /// Keeps a question with what came of it, if rules and policies decided it. It takes its turn behind everything that
    /// somebody waits for, and is lost where there is no room.
    pub fn remember(&self, question: Asking<'_>, outcome: Result<(), &StsError>, request: &mut Request) {
        let refused = match outcome {
            Ok(()) => None,
            Err(error) if error.is_a_decision() => Some(error.code()),
            Err(_) => return,
        };
        let (mark, at) = (self.keys.mark(&question.essence()), request.now.unix_timestamp());
        if !self.sealed_lately.count_again(&mark, refused, at, &self.store) {
            let person = self.keys.mark(&question.person());
            let decided = Decided { question, refused: refused.map(|code| code.name().to_owned()) };
            let Some(sealed) = self.keys.seal_decision(&decided, &self.random) else {
                request.trace.note("sts.decision", "it has too many claims to be kept for `gatehouse plan`");
                // That somebody asked is kept: whoever plans is not to take silence for consent.
                let question = Some(SealedQuestion { person, sealed: Vec::new() });
                self.store.remember(DecisionRecord { mark, at, question });
                return;
            };
            let question = Some(SealedQuestion { person, sealed });
            self.sealed_lately.keep(DecisionRecord { mark, at, question }, refused, &self.store);
        }
        request.trace.about.decided(&mark);
    }
}

impl Keys {
    fn seal_decision(&self, decided: &Decided<Asking<'_>>, random: &crate::ambient::Random) -> Option<Vec<u8>> {
        let plain = packed::pack(serde_json::to_vec(decided).expect("a decision is plain data"), LONGEST_PLAIN);
        let sealed = self.seals.seal(Purpose::Decision, &plain, random);
        (sealed.len() <= LARGEST).then_some(sealed)
    }
}

impl Decided {
    /// What was sealed; `None` for anything that this house did not seal, or cannot read any more.
    pub fn open(sealed: &[u8], seals: &Seals) -> Option<Self> {
        let plain = seals.open(Purpose::Decision, sealed)?;
        serde_json::from_slice(&packed::unpack(&plain, LARGEST_PLAIN)?).ok()
    }
}
