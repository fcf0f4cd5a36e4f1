//! What is written down and decides nothing: counts, traces, decisions that were made. Nobody waits for it.
//!
//! It waits a little, so that many are written together: each page that they change is written once for all of them. Then a
//! commit of what is granted takes them along. Where nothing is granted, they have a transaction of their own, which waits for
//! no disk.

use super::database::{Connection, DatabaseError};
use super::pen::Pen;
use super::refusals::{self, Crowd, Refused};
use super::unkept::Lost;
use super::visit::TraceRecord;
use super::{DecisionRecord, ProviderNote, SealedQuestion};
use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Sleep;

pub(super) enum Note {
    Refused(Refused),
    Trace(Box<TraceRecord>),
    Decision(Box<DecisionRecord>),
    Provider(Box<ProviderNote>),
}

/// The notes that are to be written, and where they come from.
pub(super) struct Notes {
    desk: mpsc::Receiver<Note>,
    waiting: Vec<Note>,
    /// When the first of them has waited for long enough.
    due: Option<Pin<Box<Sleep>>>,
    /// Whether they are part of the transaction that is open.
    are_in: bool,
    /// Whether they have spoilt a transaction, which went on without them.
    went_without: bool,
    /// Decisions that did not get here, or were not written.
    lost: Lost,
    crowd: Crowd,
}

/// As many are written at once.
const MOST: usize = 256;
/// So many wait no longer for others,
const MANY: usize = 128;
/// and nor does one that has waited for so long.
const PATIENCE: Duration = Duration::from_millis(20);

impl Notes {
    pub(super) fn of(desk: mpsc::Receiver<Note>, lost: Lost) -> Self {
        Self { desk, waiting: Vec::new(), due: None, are_in: false, went_without: false, lost, crowd: Crowd::default() }
    }

    /// Returns when some have waited for long enough; never, if there will be none.
    pub(super) async fn are_due(&mut self) {
        if self.waiting.is_empty() && self.desk.recv_many(&mut self.waiting, MOST).await == 0 {
            std::future::pending::<()>().await;
        }
        self.due().await;
    }

    fn due(&mut self) -> Pin<&mut Sleep> {
        self.due.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE))).as_mut()
    }

    async fn go_along(&mut self) -> bool {
        self.are_there()
            && (self.waiting.len() >= MANY
                || tokio::select! { biased; () = self.due() => true, () = std::future::ready(()) => false })
    }

    /// Whether there are some that are to wait no longer.
    pub(super) fn are_left(&mut self) -> bool {
        self.are_there() && (self.went_without || self.due.as_ref().is_some_and(|due| due.is_elapsed()))
    }

    /// Whether there are any.
    pub(super) fn are_there(&mut self) -> bool {
        self.gather();
        !self.waiting.is_empty()
    }

    fn gather(&mut self) {
        while self.waiting.len() < MOST
            && let Ok(note) = self.desk.try_recv()
        {
            self.waiting.push(note);
        }
        // It rides with others: alone it would be tried without end where nothing can be written.
        if !self.waiting.is_empty() {
            self.waiting.extend(self.lost.take().map(|lost| Note::Decision(Box::new(lost))));
        }
    }

    fn lose(&self, noted: &[Note]) {
        let at = |note: &Note| if let Note::Decision(decision) = note { Some(decision.at) } else { None };
        noted.iter().filter_map(at).for_each(|at| self.lost.note(at));
    }

    /// Writes those that are due as a part of the transaction, unless they have spoilt one before.
    pub(super) async fn write_along(&mut self, db: &mut Connection) -> Result<(), DatabaseError> {
        self.are_in = false;
        if self.went_without || !self.go_along().await {
            return Ok(());
        }
        // What failed before is none of theirs.
        db.settle().await?;
        let written = write(db, &mut self.crowd, &self.waiting).await;
        self.are_in = written.is_ok();
        // Where nobody is there any more, it is not about what was written.
        self.went_without = written.as_ref().is_err_and(|error| !matches!(error, DatabaseError::Away(_)));
        written
    }

    /// The transaction was refused: what was put into it last may have been told of only then.
    pub(super) fn are_refused(&mut self) {
        self.went_without |= std::mem::take(&mut self.are_in);
    }

    /// Whether they have spoilt a transaction: they are in no further one, and go alone behind it.
    pub(super) fn have_spoilt_one(&self) -> bool {
        self.went_without
    }

    /// The transaction is over, and good.
    pub(super) fn are_committed(&mut self) {
        if std::mem::take(&mut self.are_in) {
            self.waiting.clear();
            self.due = None;
        }
    }

    /// A note that cannot be written is lost, and no other with it: where all together fail, each is tried by itself. Where
    /// nothing can be written, all of them are.
    pub(super) async fn write_alone(&mut self, pen: &mut Pen) {
        let noted = std::mem::take(&mut self.waiting);
        (self.due, self.are_in, self.went_without) = (None, false, false);
        let Ok((db, _)) = pen.take().await else { return self.lose(&noted) };
        let singly = noted.chunks(1).filter(|_| noted.len() > 1);
        for notes in std::iter::once(&noted[..]).chain(singly) {
            if let Err(error) = db.begin_lightly().await {
                tracing::warn!(%error, "counts, traces and decisions were not kept");
                return self.lose(&noted);
            }
            let written = match write(db, &mut self.crowd, notes).await {
                Ok(()) => db.commit().await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) if notes.len() == noted.len() => return,
                Ok(()) => {}
                Err(error) => {
                    let _ = db.roll_back().await;
                    if notes.len() == 1 {
                        self.lose(notes);
                        tracing::warn!(%error, "a count, a trace or a decision was not kept");
                    }
                }
            }
        }
    }
}

/// In few statements, however many notes there are.
async fn write(db: &mut Connection, crowd: &mut Crowd, noted: &[Note]) -> Result<(), DatabaseError> {
    let (asked, mut traces) = (asked(noted), Vec::new());
    for (place, note) in noted.iter().enumerate() {
        match note {
            Note::Refused(refused) => refused.write(db, crowd).await?,
            Note::Trace(trace) => traces.push(&**trace),
            Note::Provider(note) => note.write(db).await?,
            Note::Decision(decision) => match asked.get(&decision.mark) {
                Some(asked) if asked.last == place => decision.write(db, asked.times, asked.sealed).await?,
                _ => {}
            },
        }
    }
    refusals::keep(db, &traces).await
}

/// A question that is among the notes.
#[derive(Default)]
struct Asked<'n> {
    times: i64,
    /// The place of the note that has it last.
    last: usize,
    /// As it was sealed last, if it was among these.
    sealed: Option<&'n SealedQuestion>,
}

/// Each question once: whoever is busiest asks the same over and over, and a batch of that is one statement.
fn asked(noted: &[Note]) -> HashMap<[u8; 32], Asked<'_>> {
    let mut all: HashMap<_, Asked<'_>> = HashMap::new();
    for (place, note) in noted.iter().enumerate() {
        if let Note::Decision(decision) = note {
            let asked = all.entry(decision.mark).or_default();
            (asked.times, asked.last) = (asked.times + 1, place);
            asked.sealed = decision.question.as_ref().or(asked.sealed);
        }
    }
    all
}
