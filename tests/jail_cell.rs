//! The second engine's process by itself: what it has, and what becomes of it when its document reaches for more.

use crate::house::{Directory, program};
use crate::running::{ended, gatehouse};
use crate::saml_identity::*;
use gatehouse::ambient::Stopwatch;
use gatehouse::jail::{Answer, read_answer, write_question};
use gatehouse::metrics::Metrics;
use gatehouse::saml::{NoAnswer, SecondEngine, signed_bytes};
use std::collections::BTreeMap;
use std::fs::FileTimes;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Longer than anything takes, shorter than patience.
const PATIENCE: Duration = Duration::from_secs(60);
/// The signal of a system call that is not allowed.
const SIGSYS: i32 = 31;

struct Cell {
    process: Child,
    socket: UnixStream,
}

impl Cell {
    fn open() -> Self {
        Self::open_by(Command::new(program()).arg("second-engine"))
    }

    fn open_by(command: &mut Command) -> Self {
        let (mut socket, theirs) = UnixStream::pair().expect("a pair");
        let (stdin, stdout) = (OwnedFd::from(theirs.try_clone().expect("another")), OwnedFd::from(theirs));
        command.env_clear().stdin(stdin).stdout(stdout).stderr(Stdio::null());
        let process = command.spawn().expect("it starts");
        *command = Command::new("true");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        assert_eq!(read_answer(&mut socket).expect("an answer"), Answer::Ready);
        Self { process, socket }
    }

    fn ask(&mut self, certificate: &[u8], xml: &str) -> std::io::Result<Answer> {
        write_question(&mut self.socket, certificate, xml)?;
        read_answer(&mut self.socket)
    }

    fn end(mut self) -> ExitStatus {
        drop(self.socket);
        self.process.wait().expect("it ends")
    }
}

pub(crate) fn of_process(process: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn open_files(process: u32) -> BTreeMap<String, String> {
    let listing = std::fs::read_dir(format!("/proc/{process}/fd")).expect("a listing");
    let target = |entry: std::fs::DirEntry| {
        let target = std::fs::read_link(entry.path()).expect("a target").display().to_string();
        (entry.file_name().into_string().expect("a number"), target)
    };
    listing.flatten().map(target).collect()
}

/// Genuine but for where its Reference leads. libxml2 goes there before anything is checked.
fn leading_to(url: &str) -> String {
    changed(&sign(&response(), "_assertion", &RSA), "URI=\"#_assertion\"", &format!("URI=\"{url}\""))
}

#[test]
fn it_has_a_socket_and_nothing_else() {
    // Whoever started the gateway may have left a file open for it, and things in the environment.
    let mut leaking = Command::new("sh");
    leaking.args(["-c", "exec \"$0\" second-engine 9</etc/passwd"]).arg(program());
    for cell in [Cell::open(), Cell::open_by(&mut leaking)] {
        let process = cell.process.id();
        let files = open_files(process);
        assert_eq!(files.keys().collect::<Vec<_>>(), ["0", "1", "2"], "{files:?}");
        assert!(files["0"].starts_with("socket:") && files["0"] == files["1"], "{files:?}");
        assert_eq!(files["2"], "/dev/null");
        let status = of_process(process, "status");
        for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "Threads:\t1"] {
            assert!(status.contains(line), "{line} in {status}");
        }
        let limits = of_process(process, "limits");
        for limit in ["Max core file size", "Max file size", "Max processes", "Max open files"] {
            let line = limits.lines().find_map(|line| line.strip_prefix(limit)).expect("the limit");
            assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), ["0", "0"], "{limit}");
        }
        assert!(cell.end().success());
    }
}

#[test]
fn it_verifies_document_after_document() {
    let mut cell = Cell::open();
    for key in [&*RSA, &*EC, &*EC384] {
        for _ in 0..3 {
            let xml = sign(&response(), "_assertion", key);
            let Ok(Answer::Bytes(bytes)) = cell.ask(&key.certificate, &xml) else { panic!("bytes") };
            assert_eq!(Some(bytes), signed_bytes(&key.certificate, &xml));
            assert_eq!(cell.ask(&STRANGER.certificate, &xml).expect("an answer"), Answer::Refused);
        }
    }
    assert!(cell.end().success(), "it ends with its socket");
}

/// What no document can be made to try is tried here, by this very test in a process of its own that has put itself
/// behind the bars.
#[test]
fn nothing_can_be_opened_begun_or_sent() {
    if let Ok(what) = std::env::var(REACH_FOR) {
        reach_out(&what);
    }
    let tries = |what: &str| {
        let mut process = Command::new(std::env::current_exe().expect("this program"));
        process.args(["--exact", "jail_cell::nothing_can_be_opened_begun_or_sent"]).env(REACH_FOR, what);
        process.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it runs")
    };
    assert_eq!(tries("nothing").code(), Some(UNHURT));
    for what in ["file", "open file", "directory", "network", "socket", "program", "thread"] {
        assert_eq!(tries(what).signal(), Some(SIGSYS), "{what}");
    }
}

const REACH_FOR: &str = "GATEHOUSE_TEST_REACH_FOR";
const UNHURT: i32 = 7;

fn reach_out(what: &str) -> ! {
    let mut opened = std::fs::File::open("/etc/passwd").expect("no bars yet");
    gatehouse::jail::confine().expect("confined");
    match what {
        "file" => drop(std::fs::File::open("/etc/passwd")),
        "open file" => drop(std::io::Read::read(&mut opened, &mut [0])),
        "directory" => drop(std::fs::read_dir("/")),
        "network" => drop(std::net::TcpStream::connect("127.0.0.1:1")),
        "socket" => drop(UnixStream::pair()),
        "program" => drop(Command::new("true").spawn()),
        "thread" => drop(std::thread::Builder::new().spawn(|| {})),
        _ => {}
    }
    std::process::exit(UNHURT)
}

#[test]
fn a_document_that_reads_a_file_ends_it_unread() {
    let directory = Directory::new();
    let canary = directory.write("canary.xml", "<canary/>");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let rested = || {
        let file = std::fs::File::options().write(true).open(&canary).expect("the canary");
        file.set_times(FileTimes::new().set_accessed(long_ago)).expect("times");
    };
    let was_read = || std::fs::metadata(&canary).and_then(|m| m.accessed()).expect("a time") != long_ago;
    rested();
    assert!(!was_read());
    for url in [format!("file://{}", canary.display()), canary.display().to_string()] {
        let xml = leading_to(&url);
        // Without bars it is read: the canary sings.
        assert_eq!(signed_bytes(&RSA.certificate, &xml), None);
        assert!(was_read(), "{url}");
        rested();
        let mut cell = Cell::open();
        cell.ask(&RSA.certificate, &xml).expect_err("no answer");
        assert_eq!(cell.end().signal(), Some(SIGSYS), "{url}");
        assert!(!was_read(), "{url}");
    }
}

#[test]
fn a_document_that_reaches_into_the_network_ends_it_unheard() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let xml = leading_to(&format!("http://{}/canary", listener.local_addr().expect("an address")));
    // Without bars somebody calls; to be hung up on.
    let unconfined = xml.clone();
    let calling = std::thread::spawn(move || signed_bytes(&RSA.certificate, &unconfined));
    drop(listener.accept().expect("a call"));
    assert_eq!(calling.join().expect("no panic"), None);
    listener.set_nonblocking(true).expect("set");
    while listener.accept().is_ok() {}

    let mut cell = Cell::open();
    cell.ask(&RSA.certificate, &xml).expect_err("no answer");
    assert_eq!(cell.end().signal(), Some(SIGSYS));
    let nobody = listener.accept().expect_err("nobody calls");
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

/// The kernel holds it to 64 MiB above what it had when the bars were put in place.
#[test]
fn its_memory_is_bounded_by_the_kernel() {
    let cell = Cell::open();
    let limits = of_process(cell.process.id(), "limits");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space")).expect("a limit");
    let most: u64 = line.split_whitespace().next().expect("a value").parse().expect("a number of bytes");
    let status = of_process(cell.process.id(), "status");
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("a size");
    let size: u64 = size.trim().trim_end_matches(" kB").parse().expect("a number of KiB");
    let left = most - size * 1024;
    assert!((48..=64).contains(&(left / (1024 * 1024))), "{left} bytes are left for a document");
}

/// A document that brings a process down costs that one, not the next question.
#[test]
fn the_dead_are_replaced_and_counted() {
    let metrics = Arc::new(Metrics::new());
    let witness = gatehouse::app::witness(SecondEngine::Enforce, program(), 1, metrics.clone());
    let witness = witness.expect("it starts").expect("it is on");
    let genuine = sign(&response(), "_assertion", &RSA);
    for times in 1..=4 {
        assert_eq!((witness.ask)(&RSA.certificate, &leading_to("file:///etc/hostname")), Err(NoAnswer::Broken));
        (witness.ask)(&RSA.certificate, &genuine).expect("the next one is verified");
        let line = format!("gatehouse_second_engine_restarts_total {times}\n");
        assert!(metrics.text().contains(&line), "{line} in\n{}", metrics.text());
    }
}

/// Processes that say that they are ready, and never answer.
#[test]
fn a_document_has_its_time_and_no_more() {
    let directory = Directory::new();
    // One that works has used up what a document may take; of one that does not, another is asked.
    // Each has a file of its own: one that is just being started cannot be written.
    for (name, does, least, restarts) in [("busy", "while :; do :; done", 100, 1), ("idle", "exec sleep 60", 2_000, 2)]
    {
        let script = directory.write(name, format!("#!/bin/sh\nprintf '\\000\\000\\000\\000\\000'\n{does}\n"));
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode");
        let metrics = Arc::new(Metrics::new());
        let witness = gatehouse::app::witness(SecondEngine::Enforce, script, 1, metrics.clone());
        let witness = witness.expect("it starts").expect("it is on");
        let since = Stopwatch::start();
        assert_eq!((witness.ask)(&RSA.certificate, &response()), Err(NoAnswer::TooLate), "{does}");
        let over = |milliseconds| since.left_of(Duration::from_millis(milliseconds)).is_none();
        assert!(over(least) && !over(10_000), "{does}");
        let line = format!("gatehouse_second_engine_restarts_total {restarts}\n");
        assert!(metrics.text().contains(&line), "{line} in\n{}", metrics.text());
    }
}

#[test]
fn what_does_not_start_confined_does_not_start() {
    let start = |program: std::path::PathBuf| {
        let witness = gatehouse::app::witness(SecondEngine::Enforce, program, 1, Arc::new(Metrics::new()));
        witness.err().expect("it does not start").to_string()
    };
    let said = start("/nowhere/gatehouse".into());
    assert!(said.starts_with("the second SAML engine does not start: No such file"), "{said}");
    let directory = Directory::new();
    let script = directory.write("program", "#!/bin/sh\nprintf '\\001\\000\\000\\000\\004odd?'\n");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode");
    let said = start(script);
    let sentence = "the second SAML engine cannot be confined on this machine (odd?); set saml.second_engine = \"off\" to do without it";
    assert_eq!(said, sentence);
}

#[test]
fn by_hand_it_does_nothing() {
    let (status, out, said) = ended(gatehouse().arg("second-engine").stdin(Stdio::null()));
    assert_eq!((status, &*out), (Some(1), ""));
    assert_eq!(said, "gatehouse: this command is started by gatehouse itself; it does nothing by hand\n");
    let (_, help, _) = ended(gatehouse().arg("--help"));
    assert!(!help.contains("second-engine"), "{help}");
}
