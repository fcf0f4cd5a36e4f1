//! The real binary, running: its address, what it says, and its end.

use crate::book::Book;
use crate::house::Directory;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than anything takes, shorter than patience.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn gatehouse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    // Everything that may be said is said, so that a secret among it would be seen.
    command.env("GATEHOUSE_LOG", "trace").env_remove("RUST_LOG");
    command
}

/// Runs to its end: exit status, stdout, stderr.
pub(crate) fn ended(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// The same where nothing can be written to stdout: exit status and stderr.
pub(crate) fn unheard(command: &mut Command) -> (Option<i32>, String) {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
    let Output { status, stderr, .. } = command.stdout(full).output().expect("it runs");
    (status.code(), String::from_utf8(stderr).expect("UTF-8"))
}

pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Arc<Mutex<String>>,
}

impl Running {
    /// Starts, and returns when `ready` has been said.
    pub(crate) fn start(command: &mut Command, ready: &str) -> Self {
        let running = Self::begin(command);
        running.wait_for(ready);
        running
    }

    /// Starts, and waits for nothing.
    pub(crate) fn begin(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (sender, lines) = channel();
        let said = Arc::new(Mutex::new(String::new()));
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
        for stream in streams {
            let (sender, said) = (sender.clone(), said.clone());
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    said.lock().expect("no panic").push_str(&format!("{line}\n"));
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        Self { child, lines, said }
    }

    pub(crate) fn wait_for(&self, piece: &str) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(piece) => return,
                Ok(_) => {}
                Err(_) => panic!("\"{piece}\" was not said:\n{}", self.said()),
            }
        }
    }

    /// Everything on stdout and stderr so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("no panic").clone()
    }

    /// SIGTERM, to this process alone.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// SIGHUP.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// SIGKILL: as when the power fails, but for what the system has in hand.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        let _ = self.child.wait();
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(name).arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for the end; all that was said, and how it ended.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it ends");
        while self.lines.recv_timeout(PATIENCE).is_ok() {}
        (status, self.said())
    }

    pub(crate) fn stop(self) -> String {
        self.terminate();
        let (status, said) = self.end();
        assert_eq!(status.code(), Some(0), "{said}");
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `sh -c`, as somebody who copies a line would run it.
pub(crate) fn shell(line: &str) -> String {
    let (code, out, err) = ended(Command::new("sh").arg("-c").arg(line));
    assert_eq!(code, Some(0), "{line}\n{out}{err}");
    out
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).permissions().mode() & 0o777
}

/// The text between `<name>` and `</name>`.
pub(crate) fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once("</").expect("an end").0
}

/// No piece of 24 characters of any of these stands in `said`.
#[track_caller]
pub(crate) fn keeps_silent(said: &str, secrets: &[&str]) {
    for secret in secrets {
        let bytes: Vec<char> = secret.chars().collect();
        let pieces = bytes.chunks(24).filter(|piece| piece.len() >= 16).map(|piece| piece.iter().collect::<String>());
        for piece in pieces {
            assert!(!said.contains(&piece), "{piece} was said in\n{said}");
        }
    }
}

/// The rows of a query, joined, in a database that nobody has open any more.
pub(crate) async fn rows(directory: &Directory, query: &'static str) -> Vec<String> {
    Book::open(&directory.path().join("gatehouse.db")).rows(query).concat()
}
