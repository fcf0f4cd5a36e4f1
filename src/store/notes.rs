//! What is written down and decides nothing: counts, traces, decisions that were made. Nobody waits for it.

use super::database::{Connection, DatabaseError};
use super::refusals::{self, Crowd, Refused};
use super::visit::TraceRecord;
use super::{DecisionRecord, ProviderNote};
use std::collections::HashMap;

pub(super) enum Note {
    Refused(Refused),
    Trace(Box<TraceRecord>),
    Decision(Box<DecisionRecord>),
    Provider(Box<ProviderNote>),
}

/// A note that cannot be written is lost, and no other with it: where all together fail, each is tried by itself. They wait
/// for no disk: the next commit of what is granted takes them along.
pub(super) async fn jot(db: &mut Connection, crowd: &mut Crowd, noted: &[Note]) {
    let singly = noted.chunks(1).filter(|_| noted.len() > 1);
    for notes in std::iter::once(noted).chain(singly) {
        if let Err(error) = db.begin_lightly().await {
            tracing::warn!(%error, "counts, traces and decisions were not kept");
            return;
        }
        let written = match write(db, crowd, notes).await {
            Ok(()) => db.commit().await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) if notes.len() == noted.len() => return,
            Ok(()) => {}
            Err(error) => {
                let _ = db.roll_back().await;
                if notes.len() == 1 {
                    tracing::warn!(%error, "a count, a trace or a decision was not kept");
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
                Some((times, last)) if *last == place => decision.write(db, *times).await?,
                _ => {}
            },
        }
    }
    refusals::keep(db, &traces).await
}

/// How often each question is among the notes, and where last: whoever is busiest asks the same over and over, and a batch
/// of that is one statement.
fn asked(noted: &[Note]) -> HashMap<[u8; 32], (i64, usize)> {
    let mut asked = HashMap::new();
    for (place, note) in noted.iter().enumerate() {
        if let Note::Decision(decision) = note {
            let (times, last) = asked.entry(decision.mark).or_insert((0, place));
            (*times, *last) = (*times + 1, place);
        }
    }
    asked
}
