//! Who looks at what a hostile document names: a port on which somebody listens, and a named pipe that nobody reads.

use crate::house::Directory;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

pub(super) struct Traps {
    listener: TcpListener,
    pipe: PathBuf,
    _directory: Directory,
}

impl Traps {
    pub(super) fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let directory = Directory::new();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        Self { listener, pipe, _directory: directory }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.listener.local_addr().expect("an address"))
    }

    pub(super) fn file(&self) -> String {
        format!("file://{}", self.pipe.display())
    }

    /// What was looked at since the last time. Whoever opens the pipe waits in it until somebody writes.
    pub(super) fn looked_at(&self) -> Vec<String> {
        let mut seen = Vec::new();
        match self.listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => seen.push(self.url()),
        }
        const O_NONBLOCK: i32 = 0o4000;
        // No reader: the system refuses to open the writing end (ENXIO).
        if std::fs::OpenOptions::new().write(true).custom_flags(O_NONBLOCK).open(&self.pipe).is_ok() {
            seen.push(self.file());
        }
        seen
    }
}

#[test]
fn the_traps_see_who_looks() {
    let traps = Traps::set();
    assert_eq!(traps.looked_at(), Vec::<String>::new());
    let pipe = traps.pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read(pipe));
    let address = traps.listener.local_addr().expect("an address");
    let _stream = std::net::TcpStream::connect(address).expect("connected");
    let mut seen = traps.looked_at();
    while seen.len() < 2 {
        std::thread::yield_now();
        seen.extend(traps.looked_at());
    }
    assert_eq!(seen, [traps.url(), traps.file()]);
    reader.join().expect("joined").expect("an empty file");
}
