//! Keeps the cells: always so many, the dead replaced before somebody needs them.

use super::cell::{Cell, JailError};
use super::wire::Answer;
use crate::metrics::Metrics;
use crate::saml::NoAnswer;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The second engine, as many times as may be needed at once.
pub struct Jail(Arc<Warden>);

struct Warden {
    program: PathBuf,
    metrics: Arc<Metrics>,
    cells: Mutex<Cells>,
    changed: Condvar,
}

#[derive(Default)]
struct Cells {
    idle: Vec<Cell>,
    missing: usize,
    /// Cells lost in a row, without an answer between them.
    lost: u32,
    closed: bool,
}

/// How long a question waits for a cell. One is free at once unless they die faster than they are replaced.
const PATIENCE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Jail {
    /// Starts one cell, which shows that it can be done, and has `turns` of them and one in reserve started beside us.
    pub fn open(program: PathBuf, turns: usize, metrics: Arc<Metrics>) -> Result<Self, JailError> {
        let cells = Mutex::new(Cells { missing: turns + 1, ..Cells::default() });
        let warden = Arc::new(Warden { program, metrics, cells, changed: Condvar::new() });
        let (told, first) = sync_channel(1);
        let keeper = warden.clone();
        // A thread of its own, for a cell ends with the thread that started it.
        std::thread::Builder::new().name("second-engine".into()).spawn(move || keeper.keep(&told))?;
        let gone = || JailError::Start(std::io::ErrorKind::BrokenPipe.into());
        first.recv().map_err(|_| gone())?.map(|()| Self(warden))
    }

    /// The bytes that the engine digests for the outermost signature of `xml`. A process that had no turn says nothing of
    /// the document, so another one is asked, once.
    pub fn ask(&self, certificate: &[u8], xml: &str) -> Result<Vec<u8>, NoAnswer> {
        let mut answer = self.0.ask(certificate, xml)?;
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::TimedOut) {
            answer = self.0.ask(certificate, xml)?;
        }
        match answer {
            Ok(Answer::Bytes(bytes)) => Ok(bytes),
            Ok(Answer::Refused) => Err(NoAnswer::Refused),
            Err(error) if [ErrorKind::QuotaExceeded, ErrorKind::TimedOut].contains(&error.kind()) => {
                Err(NoAnswer::TooLate)
            }
            Ok(Answer::Ready | Answer::NotConfined(_)) | Err(_) => Err(NoAnswer::Broken),
        }
    }
}

impl Drop for Jail {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Warden {
    fn lock(&self) -> MutexGuard<'_, Cells> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outer error: there is no cell to ask.
    fn ask(&self, certificate: &[u8], xml: &str) -> Result<io::Result<Answer>, NoAnswer> {
        let mut cell = self.take()?;
        let answer = cell.ask(certificate, xml);
        if let Ok(Answer::Bytes(_) | Answer::Refused) = answer {
            self.give_back(cell);
        } else {
            drop(cell);
            self.lost(&mut self.lock());
        }
        Ok(answer)
    }

    fn take(&self) -> Result<Cell, NoAnswer> {
        let mut cells = self.lock();
        loop {
            while let Some(mut cell) = cells.idle.pop() {
                if cell.is_alive() {
                    return Ok(cell);
                }
                self.lost(&mut cells);
            }
            let waited = self.changed.wait_timeout_while(cells, PATIENCE, |cells| cells.idle.is_empty());
            let (woken, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return Err(NoAnswer::Broken);
            }
            cells = woken;
        }
    }

    fn give_back(&self, cell: Cell) {
        let mut cells = self.lock();
        cells.lost = 0;
        if cell.is_worn_out() {
            cells.missing += 1;
        } else {
            cells.idle.push(cell);
        }
        self.changed.notify_all();
    }

    fn lost(&self, cells: &mut Cells) {
        cells.missing += 1;
        cells.lost = cells.lost.saturating_add(1);
        self.metrics.second_engine_restarted();
        tracing::error!("a process of the second SAML engine has ended or was ended; another is started");
        self.changed.notify_all();
    }

    /// Runs until the jail is closed. Tells how the first cell went.
    fn keep(&self, told: &SyncSender<Result<(), JailError>>) {
        match Cell::open(&self.program) {
            Ok(cell) => self.admit(cell),
            Err(error) => return drop(told.send(Err(error))),
        }
        let _ = told.send(Ok(()));
        while self.wait_until_one_is_missing() {
            match Cell::open(&self.program) {
                Ok(cell) => self.admit(cell),
                Err(error) => {
                    tracing::error!(%error, "the second SAML engine cannot be started anew");
                    let mut cells = self.lock();
                    cells.lost = cells.lost.saturating_add(1);
                }
            }
        }
    }

    fn admit(&self, cell: Cell) {
        let mut cells = self.lock();
        cells.idle.push(cell);
        cells.missing -= 1;
        self.changed.notify_all();
    }

    /// The first that is lost is replaced at once; while they die one after the other, ever more slowly.
    fn wait_until_one_is_missing(&self) -> bool {
        let cells = self.changed.wait_while(self.lock(), |cells| cells.missing == 0 && !cells.closed);
        let cells = cells.unwrap_or_else(PoisonError::into_inner);
        let pause = match cells.lost {
            0 | 1 => Duration::ZERO,
            lost => FIRST_PAUSE.saturating_mul(1 << lost.min(10)).min(LONGEST_PAUSE),
        };
        let cells = self.changed.wait_timeout_while(cells, pause, |cells| !cells.closed);
        !cells.unwrap_or_else(PoisonError::into_inner).0.closed
    }
}
