//! Servers as processes of their own, and callers who ask them over and over: rounds of different servers alternate, so
//! that a busy machine is unfair to all alike.

pub(crate) mod pace;
pub(crate) mod signed;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(1);
/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether there are several cores, of which this process and its children now have those that fit.
pub(crate) fn pin(fits: impl Fn(usize) -> bool) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let all = nix::sched::sched_getaffinity(Pid::from_raw(1)).ok();
    let known = |core: &usize| all.as_ref().is_none_or(|all| all.is_set(*core).unwrap_or(false));
    let mut set = CpuSet::new();
    for core in (0..CpuSet::count()).filter(known).filter(|core| fits(*core)) {
        let _ = set.set(core);
    }
    sched_setaffinity(Pid::from_raw(0), &set).is_ok() && cores > 1
}

pub(crate) fn request(method: &str, path: &str, port: u16, form: &str) -> Vec<u8> {
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).into_bytes()
}

/// Where every gateway here keeps what it has, unless another place is told.
pub(crate) const SQLITE: &str = "url = \"sqlite:gatehouse.db\"";

/// What every gateway here is configured with: callers that ask as fast as they can are let.
pub(crate) fn head(port: u16) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
[store]
{SQLITE}
[keys]
directory = "keys"
[limits]
rate_per_source = 1000000
rate_per_principal = 1000000
"#
    )
}

/// A server process; it ends with its value.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) port: u16,
    /// Lines of its log that tell of an error.
    pub(crate) errors: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(command: &mut Command, port: u16) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("serving")), "it does not serve");
        let errors = Arc::<AtomicUsize>::default();
        let counted = errors.clone();
        let errors_of = lines.filter(|line| line.contains("ERROR"));
        std::thread::spawn(move || {
            for line in errors_of {
                eprintln!("{line}");
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { child, port, errors }
    }

    /// Tells it to end, and whether it did so in order.
    pub(crate) fn stop(mut self) -> bool {
        let told = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).is_ok();
        told && self.child.wait().is_ok_and(|status| status.success())
    }

    /// `gatehouse serve` with this configuration.
    pub(crate) fn gatehouse(config: &Path, port: u16) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        Self::start(command.arg("serve").arg("--config").arg(config), port)
    }

    pub(crate) fn row(&self, name: &'static str, request: &[u8], status: u16) -> Row {
        Row { once: false, ..self.row_of(name, vec![request.to_vec()], status) }
    }

    /// Requests that are good once.
    pub(crate) fn row_of(&self, name: &'static str, requests: Vec<Vec<u8>>, status: u16) -> Row {
        Row { name, requests, next: AtomicUsize::new(0), once: true, status, port: self.port, server: self.child.id() }
    }

    /// What Linux calls so, in MB.
    pub(crate) fn memory(&self, what: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux");
        let line = status.lines().find(|line| line.starts_with(what)).expect("a line");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).expect("a number") / 1_024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// One kind of request, sent over and over.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    /// Whether a request is good once.
    once: bool,
    status: u16,
    port: u16,
    server: u32,
}

#[derive(Clone, Copy)]
pub(crate) struct Round {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Processor time of the server for each, in µs.
    pub(crate) cpu: f64,
}

impl Row {
    pub(crate) fn once(&self) -> Vec<u8> {
        Connection::open(self.port).send(self.request().expect("a request"), self.status)
    }

    /// None if all have been sent.
    fn request(&self) -> Option<&[u8]> {
        if !self.once {
            return self.requests.first().map(Vec::as_slice);
        }
        self.requests.get(self.next.fetch_add(1, Ordering::Relaxed)).map(Vec::as_slice)
    }

    pub(crate) fn round(&self) -> Round {
        self.round_by(CONNECTIONS, ROUND)
    }

    /// As many callers, each of which asks again as soon as it is answered.
    pub(crate) fn round_by(&self, callers: usize, lasts: Duration) -> Round {
        let (began, used) = (at(ClockId::CLOCK_MONOTONIC), processor_time(self.server));
        let caller = || {
            let mut connection = Connection::open(self.port);
            let mut answers = 0_u32;
            while at(ClockId::CLOCK_MONOTONIC) - began < lasts
                && let Some(request) = self.request()
            {
                connection.send(request, self.status);
                answers += 1;
            }
            answers
        };
        let answers: u32 = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..callers).map(|_| scope.spawn(caller)).collect();
            callers.into_iter().map(|caller| caller.join().expect("answered")).sum()
        });
        let took = at(ClockId::CLOCK_MONOTONIC) - began;
        let used = processor_time(self.server) - used;
        let answers = f64::from(answers);
        Round { rate: answers / took.as_secs_f64(), cpu: used.as_secs_f64() * 1e6 / answers }
    }
}

/// Rounds of all rows in turn, and a line for each: the median of its answers a second, their cost, and the rate beside that
/// of the first row.
pub(crate) fn compare(rows: &[Row], rounds: usize) {
    let mut measured = vec![Vec::new(); rows.len()];
    rows.iter().for_each(|row| _ = row.round());
    for _ in 0..rounds {
        for (row, measured) in rows.iter().zip(&mut measured) {
            measured.push(row.round());
        }
    }
    let mut floor = None;
    for (row, measured) in rows.iter().zip(&mut measured) {
        measured.sort_unstable_by(|a, b| a.rate.total_cmp(&b.rate));
        let rate = measured[measured.len() / 2].rate;
        let cpu = measured.iter().map(|round| round.cpu).sum::<f64>() / measured.len() as f64;
        let (floor_rate, floor_cpu) = *floor.get_or_insert((rate, cpu));
        println!(
            "{:50} {rate:8.0}/s {cpu:8.1} µs of CPU each; of the first {:.2} by rate, {:.2} by CPU",
            row.name,
            rate / floor_rate,
            floor_cpu / cpu
        );
    }
}

/// A connection that is kept alive.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE))).expect("set");
        Self(BufReader::new(stream))
    }

    /// The body of the answer.
    pub(crate) fn send(&mut self, request: &[u8], status: u16) -> Vec<u8> {
        let (answered, body) = self.ask(request).expect("an answer");
        assert_eq!(answered, Some(status), "{}", String::from_utf8_lossy(&body));
        body
    }

    /// Status and body of the answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> std::io::Result<(Option<u16>, Vec<u8>)> {
        self.0.get_mut().write_all(request)?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let answered = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        Ok((answered, body))
    }
}

/// User and system time of a process, in the hundredths of a second in which Linux counts it.
pub(crate) fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("Linux");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|field| fields[*field].parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

pub(crate) fn at(clock: ClockId) -> Duration {
    clock_gettime(clock).expect("a clock").into()
}
