//! One process of the second engine, seen from outside.

use super::COMMAND;
use super::wire::{Answer, read_answer, write_question};
use crate::ambient::Stopwatch;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Why the second engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    #[error("the second SAML engine does not start: {0}; set saml.second_engine = \"off\" to do without it")]
    Start(#[from] io::Error),
    #[error(
        "the second SAML engine cannot be confined on this machine ({0}); set saml.second_engine = \"off\" to do without it"
    )]
    NotConfined(String),
}

/// Processor time that a document may take.
const PER_DOCUMENT: Duration = Duration::from_millis(100);
/// How long it may take to get that. A machine that is busier than it should be gives the process no turn for a while,
/// and that is neither the document's fault nor the person's.
const TURN: Duration = Duration::from_secs(1);
/// Loading and rehearsing.
const START: Duration = Duration::from_secs(10);
/// A library that leaks shall not leak for ever.
const MOST_DOCUMENTS: u32 = 10_000;
/// Nearly every answer comes in one piece of this size.
const PIECE: usize = 32 * 1024;

pub(super) struct Cell {
    process: Child,
    /// Of its processor time.
    clock: Option<ClockId>,
    socket: UnixStream,
    asked: u32,
}

impl Cell {
    /// Starts `program` with nothing but the socket, and waits until the bars are in place. The process ends with the
    /// thread that calls this.
    pub(super) fn open(program: &Path) -> Result<Self, JailError> {
        let (socket, theirs) = UnixStream::pair()?;
        let (stdin, stdout) = (OwnedFd::from(theirs.try_clone()?), OwnedFd::from(theirs));
        let mut command = Command::new(program);
        command.arg0("gatehouse").arg(COMMAND).env_clear().current_dir("/");
        let process = command.stdin(Stdio::from(stdin)).stdout(Stdio::from(stdout)).stderr(Stdio::null()).spawn()?;
        // Our copies of the other end: while they are open, its end would not be seen.
        drop(command);
        let clock = i32::try_from(process.id()).ok().and_then(|id| clock_getcpuclockid(Pid::from_raw(id)).ok());
        let cell = Self { process, clock, socket, asked: 0 };
        match read_answer(&mut cell.within(START, START))? {
            Answer::Ready => Ok(cell),
            Answer::NotConfined(why) => Err(JailError::NotConfined(why)),
            Answer::Bytes(_) | Answer::Refused => Err(io::Error::from(ErrorKind::InvalidData).into()),
        }
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    pub(super) fn is_worn_out(&self) -> bool {
        self.asked >= MOST_DOCUMENTS
    }

    /// After an error the cell is in an unknown state, and good for nothing. Of kind `QuotaExceeded`: the document took
    /// too much processor time; `TimedOut`: the process had no turn.
    pub(super) fn ask(&mut self, certificate: &[u8], xml: &str) -> io::Result<Answer> {
        self.asked += 1;
        let mut line = self.within(PER_DOCUMENT, TURN);
        write_question(&mut line, certificate, xml)?;
        read_answer(&mut BufReader::with_capacity(PIECE, line))
    }

    fn within(&self, work: Duration, whole: Duration) -> Line<'_> {
        let (socket, clock) = (&self.socket, self.clock);
        Line { socket, clock, until: worked(clock).saturating_add(work), since: Stopwatch::start(), whole }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The socket, for a bounded time altogether: a process that answers byte by byte gains nothing.
struct Line<'a> {
    socket: &'a UnixStream,
    clock: Option<ClockId>,
    /// How much the process may have worked in its life by the end of this.
    until: Duration,
    since: Stopwatch,
    whole: Duration,
}

impl Line<'_> {
    /// The process has one thread, so the work that is left to it takes at least as long.
    fn left(&self) -> io::Result<Duration> {
        let work = self.until.saturating_sub(worked(self.clock));
        if work.is_zero() {
            return Err(ErrorKind::QuotaExceeded.into());
        }
        let left = self.since.left_of(self.whole).ok_or(ErrorKind::TimedOut)?;
        Ok(left.min(work))
    }

    fn again<T>(&self, mut attempt: impl FnMut(&UnixStream, Duration) -> io::Result<T>) -> io::Result<T> {
        loop {
            let left = self.left()?;
            match attempt(self.socket, left) {
                Err(error) if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) => {}
                done => return done,
            }
        }
    }
}

impl Read for Line<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.again(|mut socket, left| {
            socket.set_read_timeout(Some(left))?;
            socket.read(buffer)
        })
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.again(|mut socket, left| {
            socket.set_write_timeout(Some(left))?;
            socket.write(bytes)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The processor time that a process has had; none is told of one that has ended, which its socket shows.
fn worked(clock: Option<ClockId>) -> Duration {
    clock.and_then(|clock| clock.now().ok()).map_or(Duration::ZERO, Duration::from)
}
