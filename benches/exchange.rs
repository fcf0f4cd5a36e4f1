//! Exchanges a second over HTTP: AssumeRoleWithWebIdentity by RS256, its audit record on disk before the answer, beside the
//! least that anybody must do who believes such a token: a bare axum handler with one RSA-2048 verification and an answer of
//! as many bytes. `make bench`.
//!
//! Both servers share one core, the callers have the others; rounds alternate, so that a busy machine is unfair to both
//! alike. The rows between the two tell where the time goes. Tokens that are made to cost are held to processor time.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../tests/attacks/tokens/heavy.rs"]
mod heavy;
#[allow(dead_code)]
#[path = "../tests/oidc_issuer.rs"]
mod oidc_issuer;
#[allow(dead_code, unused_imports)]
#[path = "../tests/attacks/tokens/property.rs"]
mod property;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::ambient::Clock;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use oidc_issuer::{CLIENT, RSA, b64};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_secs(1);
const ISSUER: &str = "https://issuer.example";
const ROLE: &str = "arn:aws:iam::111122223333:role/App";
/// CPU for a token that is refused.
const MOST: Duration = Duration::from_millis(10);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "bare") {
        Some(at) => bare(&arguments[at + 1..]),
        None => {
            exchanges();
            bad_work();
        }
    }
}

fn exchanges() {
    let directory = std::env::temp_dir().join(format!("gatehouse-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let token = token();
    let forged = forged(&token);
    // The servers are born on the first core and stay there.
    let alone = pin(|core| core == 0);
    let gate = Server::gatehouse(&directory);
    let answer = gate.row("", &exchange(gate.port, &token), 200).once();
    let bare = Server::bare(&directory, &token, answer.len());
    if alone {
        pin(|core| core != 0);
    }
    let rows = [
        bare.row("bare: axum and one RSA verification", &exchange(bare.port, &token), 200),
        gate.row("the door: a path that does nothing (/healthz)", &request("GET", "/healthz", gate.port, ""), 200),
        gate.row("a token with a wrong signature, refused", &exchange(gate.port, &forged), 400),
        gate.row("an exchange, durable", &exchange(gate.port, &token), 200),
    ];
    let mut measured = vec![Vec::new(); rows.len()];
    rows.iter().for_each(|row| _ = row.round());
    for _ in 0..ROUNDS {
        for (row, measured) in rows.iter().zip(&mut measured) {
            measured.push(row.round());
        }
    }
    let cores = if alone { "servers on one core of their own" } else { "servers and callers on one core" };
    println!(
        "\nAssumeRoleWithWebIdentity, RS256, {} bytes of answer, {CONNECTIONS} connections kept alive, {cores}; a second: median of {ROUNDS} alternating rounds",
        answer.len()
    );
    let mut floor = None;
    for (row, measured) in rows.iter().zip(&mut measured) {
        measured.sort_unstable_by(|a, b| a.rate.total_cmp(&b.rate));
        let rate = measured[measured.len() / 2].rate;
        let cpu = measured.iter().map(|round| round.cpu).sum::<f64>() / measured.len() as f64;
        let floor = *floor.get_or_insert(rate);
        println!("{:50} {rate:8.0}/s {cpu:8.1} µs of CPU each, {:.2} of the bare rate", row.name, rate / floor);
    }
    drop((gate, bare));
    let _ = std::fs::remove_dir_all(&directory);
}

/// Whether there are several cores, of which this process and its children now have those that fit.
fn pin(fits: impl Fn(usize) -> bool) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let all = nix::sched::sched_getaffinity(Pid::from_raw(1)).ok();
    let known = |core: &usize| all.as_ref().is_none_or(|all| all.is_set(*core).unwrap_or(false));
    let mut set = CpuSet::new();
    for core in (0..CpuSet::count()).filter(known).filter(|core| fits(*core)) {
        let _ = set.set(core);
    }
    sched_setaffinity(Pid::from_raw(0), &set).is_ok() && cores > 1
}

fn token() -> String {
    let now = Clock::system().now().unix_timestamp();
    RSA.sign(&json!({"iss": ISSUER, "sub": "app-1", "aud": CLIENT, "iat": now - 10, "exp": now + 3_000}))
}

fn forged(token: &str) -> String {
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    format!("{signed}.{}", b64(&[&[0][..], &[1; 255]].concat()))
}

fn exchange(port: u16, token: &str) -> Vec<u8> {
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName=app-1&WebIdentityToken={token}",
        ROLE.replace(':', "%3A").replace('/', "%2F")
    );
    request("POST", "/", port, &form)
}

fn request(method: &str, path: &str, port: u16, form: &str) -> Vec<u8> {
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).into_bytes()
}

/// A server process; it ends with its value.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(command: &mut Command, port: u16) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("serving")), "it does not serve");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }

    fn gatehouse(directory: &Path) -> Self {
        let port = free_port();
        let config = directory.join("gatehouse.toml");
        std::fs::write(directory.join("keys.json"), json!({"keys": [RSA.jwk]}).to_string()).expect("written");
        std::fs::write(&config, configuration(port)).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        Self::start(command.arg("serve").arg("--config").arg(config), port)
    }

    fn bare(directory: &Path, token: &str, length: usize) -> Self {
        let port = free_port();
        let file = directory.join("token");
        std::fs::write(&file, format!("{}\n{}\n{token}", RSA.jwk["n"], RSA.jwk["e"])).expect("written");
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        Self::start(command.arg("bare").arg(file).args([port, length as u16].map(|n| n.to_string())), port)
    }

    fn row(&self, name: &'static str, request: &[u8], status: u16) -> Row {
        Row { name, request: request.to_vec(), status, port: self.port, server: self.child.id() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

fn configuration(port: u16) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
[store]
url = "sqlite:gatehouse.db"
[keys]
directory = "keys"
[[account]]
id = "111122223333"
[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{ISSUER}"
client_ids = ["{CLIENT}"]
jwks = {{ file = "keys.json" }}
[[role]]
arn = "{ROLE}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"issuer.example:aud":"{CLIENT}","issuer.example:sub":"app-1"}}}}}}]}}' }}
"#
    )
}

/// One kind of request, sent over and over.
struct Row {
    name: &'static str,
    request: Vec<u8>,
    status: u16,
    port: u16,
    server: u32,
}

#[derive(Clone, Copy)]
struct Round {
    /// Answers a second.
    rate: f64,
    /// Processor time of the server for each, in µs.
    cpu: f64,
}

impl Row {
    fn once(&self) -> Vec<u8> {
        Connection::open(self.port).send(self)
    }

    fn round(&self) -> Round {
        let (began, used) = (at(ClockId::CLOCK_MONOTONIC), processor_time(self.server));
        let caller = || {
            let mut connection = Connection::open(self.port);
            let mut answers = 0_u32;
            while at(ClockId::CLOCK_MONOTONIC) - began < ROUND {
                connection.send(self);
                answers += 1;
            }
            answers
        };
        let answers: u32 = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(caller)).collect();
            callers.into_iter().map(|caller| caller.join().expect("answered")).sum()
        });
        let took = at(ClockId::CLOCK_MONOTONIC) - began;
        let used = processor_time(self.server) - used;
        let answers = f64::from(answers);
        Round { rate: answers / took.as_secs_f64(), cpu: used.as_secs_f64() * 1e6 / answers }
    }
}

/// A connection that is kept alive.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        stream.set_nodelay(true).expect("set");
        Self(BufReader::new(stream))
    }

    /// The body of the answer.
    fn send(&mut self, row: &Row) -> Vec<u8> {
        self.0.get_mut().write_all(&row.request).expect("sent");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).expect("an answer") > 0, "closed after {head}");
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body).expect("a body");
        assert_eq!(status, Some(row.status), "{head}{}", String::from_utf8_lossy(&body));
        body
    }
}

/// User and system time of a process, in the hundredths of a second in which Linux counts it.
fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("Linux");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|field| fields[*field].parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

fn at(clock: ClockId) -> Duration {
    clock_gettime(clock).expect("a clock").into()
}

/// The other server: `bare FILE PORT LENGTH`.
fn bare(arguments: &[String]) {
    let text = std::fs::read_to_string(PathBuf::from(&arguments[0])).expect("a file");
    let mut lines = text.lines();
    let mut number = || {
        let text: Value = serde_json::from_str(lines.next().expect("a line")).expect("a text");
        URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
    };
    let key = RsaPublicKeyComponents { n: number(), e: number() };
    let key = key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a key");
    let (signed, signature) = lines.next().and_then(|token| token.rsplit_once('.')).expect("a token");
    let (signed, signature) = (signed.to_owned(), URL_SAFE_NO_PAD.decode(signature).expect("base64url"));
    let answer = Bytes::from(vec![b'x'; arguments[2].parse().expect("a length")]);
    let handler = move |_: Bytes| {
        assert!(key.verify_sig(signed.as_bytes(), &signature).is_ok());
        std::future::ready(answer.clone())
    };
    let serve = async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", arguments[1])).await.expect("a port");
        eprintln!("serving");
        axum::serve(listener, Router::new().route("/", post(handler))).await.expect("serves");
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(serve);
}

fn bad_work() {
    println!("\nTokens that are made to cost; ms of processor time until they are refused, median of 21");
    for (name, token) in heavy::tokens() {
        let cost = || {
            let before = at(ClockId::CLOCK_THREAD_CPUTIME_ID);
            let refused = property::verify(&token).err();
            (at(ClockId::CLOCK_THREAD_CPUTIME_ID) - before, refused)
        };
        let mut times: Vec<_> = (0..21).map(|_| cost()).collect();
        times.sort_unstable_by_key(|(spent, _)| *spent);
        let (spent, refused) = &times[times.len() / 2];
        let refused = refused.as_ref().expect(name);
        println!("{name:50} {:8} {:8.3}  {refused}", token.len(), spent.as_secs_f64() * 1_000.0);
        assert!(*spent < MOST, "{name}: {spent:?}");
    }
}
