//! One process of the second engine, seen from outside.

use super::COMMAND;
use super::wire::{Answer, read_answer, write_question};
use crate::ambient::Stopwatch;
use crate::saml::NoAnswer;
use std::io::{self, ErrorKind, Read, Write};
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

/// What a document may take.
const PER_DOCUMENT: Duration = Duration::from_millis(100);
/// The same in the kernel's ticks of processor time.
const TICKS_PER_DOCUMENT: u64 = 10;
/// What it may take where the machine has no processor free for it.
const PER_DOCUMENT_STARVED: Duration = Duration::from_secs(1);
/// Loading and rehearsing.
const START: Duration = Duration::from_secs(10);
/// A library that leaks shall not leak for ever.
const MOST_DOCUMENTS: u32 = 10_000;

pub(super) struct Cell {
    process: Child,
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
        let cell = Self { process, socket, asked: 0 };
        match read_answer(&mut cell.within(START, 0))? {
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

    /// After anything but bytes or a refusal the cell is in an unknown state, and good for nothing.
    pub(super) fn ask(&mut self, certificate: &[u8], xml: &str) -> Result<Vec<u8>, NoAnswer> {
        self.asked += 1;
        let used = running(self.process.id()).map_or(0, |(_, used)| used);
        let mut line = self.within(PER_DOCUMENT, used);
        let answer = write_question(&mut line, certificate, xml).and_then(|()| read_answer(&mut line));
        match answer {
            Ok(Answer::Bytes(bytes)) => Ok(bytes),
            Ok(Answer::Refused) => Err(NoAnswer::Refused),
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(NoAnswer::TooLate),
            Ok(Answer::Ready | Answer::NotConfined(_)) | Err(_) => Err(NoAnswer::Broken),
        }
    }

    fn within(&self, whole: Duration, used: u64) -> Line<'_> {
        Line { socket: &self.socket, process: self.process.id(), since: Stopwatch::start(), whole, used }
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
    process: u32,
    since: Stopwatch,
    whole: Duration,
    /// Processor time of the process before the question.
    used: u64,
}

impl Line<'_> {
    fn left(&mut self) -> io::Result<Duration> {
        if let Some(left) = self.since.left_of(self.whole) {
            return Ok(left);
        }
        // On a machine that is busier than it should be, the process may have had no turn yet: that is not its fault.
        let starved = matches!(running(self.process), Some((true, used)) if used < self.used + TICKS_PER_DOCUMENT);
        if !starved || self.whole >= PER_DOCUMENT_STARVED {
            return Err(ErrorKind::TimedOut.into());
        }
        self.whole += PER_DOCUMENT;
        self.since.left_of(self.whole).ok_or_else(|| ErrorKind::TimedOut.into())
    }

    fn again<T>(&mut self, mut attempt: impl FnMut(&UnixStream, Duration) -> io::Result<T>) -> io::Result<T> {
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

/// Is it running or waiting for a processor, and how many ticks of processor time has it had (proc(5), stat)?
fn running(process: u32) -> Option<(bool, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some((*fields.first()? == "R", ticks(11)? + ticks(12)?))
}
