//! Decisions, kept so that they can be put to a configuration that is only planned.
//!
//! Sealed, and found under keyed hashes: whoever reads the database learns neither who asked nor what. The same question
//! is one row, however often it is asked.

use super::{Keys, Purpose, Request, Seals, Sts, StsError, packed};
use crate::store::DecisionRecord;
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
            Err(error) if error.is_a_decision() => Some(error.code().name().to_owned()),
            Err(_) => return,
        };
        let (mark, person) = (self.keys.mark(&question.essence()), self.keys.mark(&question.person()));
        let at = request.now.unix_timestamp();
        match self.keys.seal_decision(&Decided { question, refused }, &self.random) {
            Some(sealed) => {
                request.trace.about.decided(&mark);
                self.store.remember(DecisionRecord { mark, person, sealed, at });
            }
            None => request.trace.note("sts.decision", "it has too many claims to be kept for `gatehouse plan`"),
        }
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
