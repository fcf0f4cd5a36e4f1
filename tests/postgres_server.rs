//! A private PostgreSQL server: in a directory of its own, on a free port of loopback, as a user without rights, ended with
//! its value or with this process, whichever is first.

use crate::house::{Directory, free_port};
use gatehouse::ambient::{Clock, Random};
use gatehouse::demo::authority;
use gatehouse::store::{Address, Server};
use gatehouse::words::Secret;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

const USER: &str = "gate";
pub(crate) const PASSWORD: &str = "a password of tests";
/// `nobody` and `nogroup`: the server refuses to run as root.
const NOBODY: u32 = 65_534;
/// Longer than anything takes, shorter than patience.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct PostgresServer {
    directory: Directory,
    port: u16,
    tls: bool,
    /// Whether what it has committed is on disk.
    lasting: bool,
    running: Mutex<Option<Process>>,
}

struct Process {
    id: u32,
    ended: Receiver<()>,
}

impl PostgresServer {
    /// The one of all in this process that ask for no other; it ends with the last of them.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    pub(crate) fn start() -> Self {
        Self::with(false, false)
    }

    /// What it has committed is on disk, as with its own settings.
    pub(crate) fn start_lasting() -> Self {
        Self::with(false, true)
    }

    /// It speaks TLS as well, by the certificate of [`authority::ensure`]; and nothing else to those who come from afar, which
    /// nobody does here.
    pub(crate) fn start_with_tls() -> Self {
        Self::with(true, false)
    }

    fn with(tls: bool, lasting: bool) -> Self {
        let directory = Directory::new();
        let mut copy = Command::new("cp");
        copy.args(["-a", "--reflink=auto"]).arg(template()).arg(directory.path().join("data"));
        assert!(copy.status().expect("cp runs").success());
        if tls {
            authority::ensure(directory.path(), Clock::system().now(), Random).expect("certificates");
            for name in ["demo.pem", "demo.key"] {
                let path = directory.path().join("data").join(name);
                std::fs::copy(directory.path().join(name), &path).expect("copied");
                give_away(&path);
            }
        }
        let server = Self { directory, port: free_port(), tls, lasting, running: Mutex::default() };
        server.go_on();
        server
    }

    /// Whom the server's certificate is held against.
    fn authority(&self) -> PathBuf {
        self.directory.path().join("demo-ca.pem")
    }

    /// Starts it again, with what it had.
    pub(crate) fn go_on(&self) {
        let mut command = unprivileged(&["--pdeathsig", "INT"], "postgres");
        let data = self.directory.path().join("data");
        command.arg("-D").arg(data).args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        for setting in ["unix_socket_directories=", "max_connections=300"] {
            command.args(["-c", setting]);
        }
        // What is on no disk is lost with the machine; most tests end processes alone.
        if !self.lasting {
            command.args(["-c", "fsync=off", "-c", "shared_buffers=32MB"]);
        }
        if self.tls {
            command.args(["-c", "ssl=on", "-c", "ssl_cert_file=demo.pem", "-c", "ssl_key_file=demo.key"]);
        }
        let ((ready, started), (done, ended)) = (channel(), channel());
        // The signal at the parent's death is one at the death of this thread.
        std::thread::spawn(move || {
            let mut child = command.stderr(Stdio::piped()).spawn().expect("PostgreSQL is installed");
            let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
            let mut said = String::new();
            let is_ready = lines.by_ref().any(|line| {
                said += &format!("{line}\n");
                line.contains("ready to accept connections")
            });
            let _ = ready.send(if is_ready { Ok(child.id()) } else { Err(said) });
            lines.for_each(drop);
            let _ = child.wait();
            let _ = done.send(());
        });
        let id = started.recv_timeout(PATIENCE).expect("it starts").unwrap_or_else(|said| panic!("{said}"));
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(Process { id, ended });
    }

    /// Ends it: whoever is connected loses the connection, and nobody can connect.
    pub(crate) fn stop(&self) {
        self.end_by("-INT");
    }

    /// As [`PostgresServer::stop`], and it does nothing more: all its processes end amid what they are doing, and what it finds
    /// at its next start is what a crash leaves.
    pub(crate) fn crash(&self) {
        self.end_by("-QUIT");
    }

    fn end_by(&self, signal: &str) {
        let Some(process) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let sent = Command::new("kill").args([signal, &process.id.to_string()]).status().expect("kill runs");
        assert!(sent.success());
        process.ended.recv_timeout(PATIENCE).expect("it ends");
    }

    /// A new database; its name.
    pub(crate) async fn database(&self) -> String {
        let name = next_name();
        let create = format!("CREATE DATABASE {name} STRATEGY FILE_COPY");
        self.client("postgres").await.batch_execute(&create).await.expect("a database");
        self.client(&name).await.batch_execute(WORDS).await.expect("its words");
        name
    }

    /// The same, for whoever does not wait.
    pub(crate) fn database_now(&self) -> String {
        at_once(self.database())
    }

    /// A configuration, with a copy of the database that it names.
    pub(crate) fn copied(&self, configuration: &str) -> String {
        let (_, name) = place_in(configuration).expect("it is on a server");
        let copy = next_name();
        let create = format!("CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY");
        at_once(async { self.client("postgres").await.batch_execute(&create).await.expect("a copy") });
        configuration.replacen(name, &copy, 1)
    }

    /// A configuration that names this database in the place of its own.
    pub(crate) fn instead(configuration: &str, database: &str) -> String {
        let (_, name) = place_in(configuration).expect("it is on a server");
        configuration.replacen(name, database, 1)
    }

    /// Puts this database in the place of the one that a configuration names, whoever is connected to that.
    pub(crate) async fn replace(&self, configuration: &str, database: &str) {
        let (_, name) = place_in(configuration).expect("it is on a server");
        let client = self.client("postgres").await;
        for order in [
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
            format!("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{name}'"),
            format!("ALTER DATABASE {name} RENAME TO {name}_before"),
            format!("ALTER DATABASE {database} RENAME TO {name}"),
        ] {
            client.batch_execute(&order).await.unwrap_or_else(|error| panic!("{order}: {error:?}"));
        }
    }

    /// The lines of `[store]` for this database. The password is where [`PostgresServer::lay_down`] puts it.
    pub(crate) fn store(&self, database: &str) -> String {
        let port = self.port;
        let (mode, ca) = match self.tls {
            true => ("?sslmode=verify-full", format!("ca = {{ file = \"{}\" }}\n", self.authority().display())),
            false => ("", String::new()),
        };
        format!(
            "url = \"postgres://{USER}@127.0.0.1:{port}/{database}{mode}\"\npassword = {{ file = \"database-password\" }}\n{ca}"
        )
    }

    /// Where a store finds it.
    pub(crate) fn address(&self, database: &str) -> Address {
        let mode = if self.tls { "?sslmode=verify-full" } else { "" };
        let url = format!("postgres://{USER}@127.0.0.1:{}/{database}{mode}", self.port);
        let mut server = Server::parse(&url).expect("an address").with_password(Secret::new(PASSWORD));
        if self.tls {
            let mut authorities = RootCertStore::empty();
            let pem = std::fs::read(self.authority()).expect("a certificate");
            authorities.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("an authority");
            server = server.with_authorities(authorities);
        }
        Address::Server(Arc::new(server))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    async fn client(&self, database: &str) -> Client {
        connect(self.port, database).await
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where a gateway of [`PostgresServer::store`] finds its password.
pub(crate) fn lay_down_password(directory: &Directory) {
    directory.write("database-password", PASSWORD);
}

/// The database that a configuration names, if it is on a server.
pub(crate) async fn named_in(configuration: &str) -> Option<Client> {
    let (port, database) = place_in(configuration)?;
    Some(connect(port, database).await)
}

/// Port and database.
fn place_in(configuration: &str) -> Option<(u16, &str)> {
    let (_, place) = configuration.split_once("postgres://gate@127.0.0.1:")?;
    let (port, rest) = place.split_once('/')?;
    Some((port.parse().ok()?, rest.split(['"', '?']).next()?))
}

fn next_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("gatehouse_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// On a thread where waiting is allowed, whatever this one is.
fn at_once<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let waiting = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(future)
    };
    std::thread::scope(|scope| scope.spawn(waiting).join().expect("no panic"))
}

/// Words of SQLite's that tests look into the database with; where no gateway finds them.
const WORDS: &str = "CREATE SCHEMA of_tests;
     CREATE FUNCTION of_tests.hex(bytea) RETURNS text LANGUAGE sql AS $$ SELECT upper(encode($1, 'hex')) $$;
     CREATE FUNCTION of_tests.json_extract(text, text) RETURNS text LANGUAGE sql AS
         $$ SELECT CAST($1 AS jsonb) #>> string_to_array(substr($2, 3), '.') $$;
     CREATE FUNCTION of_tests.unhex(text) RETURNS bytea LANGUAGE sql AS $$ SELECT decode($1, 'hex') $$;
     CREATE FUNCTION of_tests.zeroblob(int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(repeat('00', $1), 'hex') $$";
const LOOKING: &str = "SET search_path = public, of_tests";

/// The same, as a store finds it.
pub(crate) fn address_in(configuration: &str) -> Option<Address> {
    let url = configuration.split('"').find(|text| text.starts_with("postgres://"))?;
    Some(Address::Server(Arc::new(Server::parse(url).expect("an address").with_password(Secret::new(PASSWORD)))))
}

async fn connect(port: u16, database: &str) -> Client {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user(USER).password(PASSWORD).dbname(database);
    let (client, connection) = config.connect(NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client.batch_execute(LOOKING).await.expect("set");
    client
}

/// The rows of a query, as text; nothing for NULL.
pub(crate) async fn rows(client: &Client, query: &str) -> Vec<Vec<String>> {
    let messages = client.simple_query(query).await.expect("rows");
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

/// An empty cluster, made once for all test runs: copying it is much faster.
fn template() -> PathBuf {
    let version = Command::new(program("postgres")).arg("--version").output().expect("PostgreSQL is installed").stdout;
    let version: String =
        String::from_utf8_lossy(&version).chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.cache");
    let template = cache.join(format!("postgres-{version}-1"));
    if template.exists() {
        return template;
    }
    let directory = Directory::new();
    let (data, password) = (directory.path().join("data"), directory.write("password", PASSWORD));
    std::fs::create_dir(&data).expect("a directory");
    give_away(&data);
    let mut command = unprivileged(&[], "initdb");
    command.args(["--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C", "-U", USER, "--auth=scram-sha-256"]);
    let made = command.arg("--pwfile").arg(password).arg("-D").arg(&data).output().expect("initdb runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // Whoever is second finds the first one's, whole.
    let new = cache.join(format!("postgres-new-{}", std::process::id()));
    std::fs::create_dir_all(&cache).expect("a directory");
    assert!(Command::new("cp").arg("-a").arg(&data).arg(&new).status().expect("cp runs").success());
    if std::fs::rename(&new, &template).is_err() {
        std::fs::remove_dir_all(&new).expect("removed");
    }
    template
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").expect("Linux").uid() == 0
}

/// To the user without rights, and to nobody else.
fn give_away(path: &Path) {
    use std::os::unix::fs::{PermissionsExt, chown};
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("given away");
    }
}

/// One of PostgreSQL's programs, by a user without rights.
fn unprivileged(further: &[&str], name: &str) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        let id = NOBODY.to_string();
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
    }
    command.args(further).arg(program(name)).current_dir("/").env_remove("PGDATA");
    command
}

/// Debian has them beside the path, by version.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest =
        versions.map(|entry| entry.path()).filter(|path| version(path).is_some()).max_by_key(|path| version(path));
    newest.map_or_else(|| name.into(), |newest| newest.join("bin").join(name))
}
