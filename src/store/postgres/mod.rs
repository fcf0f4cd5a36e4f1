//! PostgreSQL: a server that several nodes share.
//!
//! Whoever writes holds one lock of the whole database from the beginning of a transaction to its end, as with SQLite: what a
//! statement asks about is still so when the transaction is committed, numbers come into sight in their order, and no two
//! nodes ever wait for each other's rows. Many requests share a commit, so that one writer at a time is enough.

mod desks;
mod dialect;
mod pause;
mod tls;

pub(super) use desks::Desks;
pub(super) use pause::Pause;

use super::address::Server;
use super::database::{DatabaseError, Row, Sql, Value};
use super::row::Cell;
use dialect::{Parameter, cell, numbered, translated};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::time::Duration;
use tls::Tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::config::{Config, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, NoTls, Statement};

/// A connection. One with which something went wrong is not used again.
pub(super) struct Postgres {
    client: Client,
    /// Statements that the server knows by heart on this connection.
    known: HashMap<String, Statement>,
    /// Something in the transaction has failed, and it can only come to nothing: the server would answer its commit without
    /// an error.
    has_failed: bool,
    /// An answer has not come: nobody waits for another one.
    is_lost: bool,
    /// The chain whose lock it holds.
    chain: Option<String>,
}

/// What a connection is for.
pub(super) enum Purpose {
    /// Writing. Whoever writes hears what other nodes have written that everybody should know at once.
    Writing(watch::Sender<()>),
    Reading,
    /// An operator's order.
    Beside,
}

const CONNECT: Duration = Duration::from_secs(3);
/// For one statement, and longer than the server's own patience: what that ends, it says.
const PATIENCE: Duration = Duration::from_secs(15);
/// A server that has crashed or gone says nothing.
const SILENCE: Duration = Duration::from_secs(10);
/// How many statements are known by heart: all there are, and some of each number of rows.
const STATEMENTS: usize = 256;
/// `current_setting` answers for everybody.
const ABOUT: &str = "SELECT CAST(current_setting('server_version_num') AS BIGINT), current_setting('server_encoding'),
     pg_is_in_recovery(), current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'";
const OLDEST: i64 = 150_000;
/// What is set on each connection. A commit is on disk before it is answered, whatever the server's default, and stays where
/// more than that was ordered. A node that falls silent amid a transaction loses it, so that the others go on.
const SETTLE: &str = "SET standard_conforming_strings = on; SET client_min_messages = warning; SET lock_timeout = '8s';
     SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'; SET tcp_keepalives_idle = 10;
     SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '20s';
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')";
const NEWS: &str = "LISTEN gatehouse";
/// The lock of whoever writes: "gatehous" in ASCII.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(7449363351870006643)";
/// The first half of the locks of chains: "chai".
const CHAINS: i64 = 0x6368_6169;

impl Postgres {
    pub(super) async fn connect(server: &Server, purpose: Purpose) -> Result<Self, DatabaseError> {
        let connecting = async {
            let config = config(server);
            let (news, settings) = match purpose {
                Purpose::Writing(news) => (Some(news), &[NEWS][..]),
                Purpose::Reading => (None, &["SET default_transaction_read_only = on"][..]),
                Purpose::Beside => (None, &[][..]),
            };
            let client = match Tls::of(&server.line)? {
                Some(tls) => {
                    let (client, connection) = config.connect(tls).await?;
                    tokio::spawn(attend(connection, news));
                    client
                }
                None => {
                    let (client, connection) = config.connect(NoTls).await?;
                    tokio::spawn(attend(connection, news));
                    client
                }
            };
            let mut db = Self { client, known: HashMap::new(), has_failed: false, is_lost: false, chain: None };
            db.look_at_the_server().await?;
            for script in [SETTLE].iter().chain(settings) {
                db.client.batch_execute(script).await?;
            }
            Ok(db)
        };
        timeout(CONNECT, connecting).await.unwrap_or(Err(DatabaseError::Late))
    }

    async fn look_at_the_server(&mut self) -> Result<(), DatabaseError> {
        let about = self.fetch(&ABOUT.into(), &[]).await?;
        let about = about.first().ok_or(DatabaseError::NoRow)?;
        let (version, encoding): (i64, String) = (about.get(0)?, about.get(1)?);
        if version < OLDEST {
            return Err(DatabaseError::Server("is older than PostgreSQL 15"));
        }
        if encoding != "UTF8" {
            return Err(DatabaseError::Server("keeps this database in another encoding than UTF8"));
        }
        if about.get(2)? {
            return Err(DatabaseError::Server("is a standby, which takes no writes"));
        }
        if !about.get::<bool>(3)? {
            tracing::warn!(
                "the database server has fsync or full_page_writes off: a power cut may take what was granted"
            );
        }
        Ok(())
    }

    /// Whether the server is still at the other end, as far as it is known here.
    pub(super) fn is_there(&self) -> bool {
        !self.is_lost && !self.client.is_closed()
    }

    pub(super) async fn execute(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        let statement = self.statement(sql, values).await?;
        let executing = self.client.execute_raw(&statement, values.iter().map(Parameter));
        let executed = answered(executing).await;
        self.noted(executed)
    }

    pub(super) async fn fetch(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let statement = self.statement(sql, values).await?;
        let values: Vec<Parameter<'_, '_>> = values.iter().map(Parameter).collect();
        let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = answered(self.client.query(&statement, &values)).await;
        let rows = self.noted(rows)?;
        let cells =
            |row: &tokio_postgres::Row| (0..row.len()).map(|at| cell(row, at)).collect::<Result<Vec<Cell>, _>>();
        rows.iter().map(|row| cells(row).map(Row)).collect()
    }

    /// Each row of however many, some at a time; within a transaction.
    pub(super) async fn each(
        &mut self,
        sql: &Sql,
        mut take: impl FnMut(Row) -> std::io::Result<()>,
    ) -> Result<(), DatabaseError> {
        const SOME: &str = "FETCH 500 FROM every";
        self.run(&format!("DECLARE every NO SCROLL CURSOR FOR {}", sql.text())).await?;
        // What was known of these rows may have been another table's.
        self.known.remove(SOME);
        loop {
            let rows = self.fetch(&SOME.into(), &[]).await?;
            if rows.is_empty() {
                break;
            }
            rows.into_iter().try_for_each(&mut take)?;
        }
        self.known.remove(SOME);
        self.run("CLOSE every").await
    }

    /// Whether no other gateway or command has the database open.
    pub(super) async fn is_alone(&mut self) -> Result<bool, DatabaseError> {
        let others = "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
             AND application_name = 'gatehouse' AND pid <> pg_backend_pid())";
        let alone = self.fetch(&others.into(), &[]).await?;
        alone.first().ok_or(DatabaseError::NoRow)?.get(0)
    }

    pub(super) async fn number_on(&mut self) -> Result<(), DatabaseError> {
        self.run(
            "SELECT setval(pg_get_serial_sequence('revocation', 'number'), (SELECT coalesce(max(number), 0) + 1 FROM revocation), false);
             SELECT setval(pg_get_serial_sequence('key_ring', 'number'), (SELECT coalesce(max(number), 0) + 1 FROM key_ring), false)",
        )
        .await
    }

    async fn statement(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.known.get(sql.text()) {
            return Ok(statement.clone());
        }
        let types: Vec<_> = values.iter().map(|value| Parameter(value).kind()).collect();
        let prepared = answered(self.client.prepare_typed(&numbered(sql.text()), &types)).await;
        let statement = self.noted(prepared)?;
        if statement.params().len() != values.len() {
            let (expected, given) = (statement.params().len(), values.len());
            return Err(DatabaseError::Values { statement: sql.text().to_owned(), expected, given });
        }
        if self.known.len() >= STATEMENTS {
            self.known.clear();
        }
        self.known.insert(sql.text().to_owned(), statement.clone());
        Ok(statement)
    }

    /// Several statements without values, as they are written for SQLite. What failed since the beginning of a transaction or
    /// of a savepoint is as if it had never been once it is rolled back.
    pub(super) async fn run(&mut self, script: &str) -> Result<(), DatabaseError> {
        let ran = answered(self.client.batch_execute(&translated(script))).await;
        self.has_failed &= ran.is_err() || !script.starts_with("ROLLBACK");
        self.noted(ran)
    }

    pub(super) async fn begin(&mut self) -> Result<(), DatabaseError> {
        self.run(BEGIN).await
    }

    /// Its commit is on disk with the next one that waits for that.
    pub(super) async fn begin_lightly(&mut self) -> Result<(), DatabaseError> {
        self.begin().await?;
        self.run("SET LOCAL synchronous_commit = off").await
    }

    pub(super) async fn commit(&mut self) -> Result<(), DatabaseError> {
        match self.has_failed {
            true => Err(DatabaseError::Failed),
            false => self.run("COMMIT").await,
        }
    }

    pub(super) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        match self.is_there() {
            true => self.run("ROLLBACK").await,
            false => Err(DatabaseError::Late),
        }
    }

    fn noted<T>(&mut self, result: Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        self.has_failed |= result.is_err();
        self.is_lost |= matches!(result, Err(DatabaseError::Late | DatabaseError::Away(_)));
        result
    }

    /// The name of a chain that nobody writes on: one whose node has gone, else a new one. It is held by a lock of this
    /// connection, so that no two nodes ever take one for theirs.
    pub(super) async fn take_chain(&mut self) -> Result<String, DatabaseError> {
        if let Some(chain) = &self.chain {
            return Ok(chain.clone());
        }
        let lock = Sql::from("SELECT pg_try_advisory_lock(CAST(?1 AS INTEGER), hashtext(?2))");
        let new = Sql::from(
            "INSERT INTO node (name) SELECT 'node-' || left(replace(CAST(gen_random_uuid() AS TEXT), '-', ''), 12) RETURNING name",
        );
        let mut names = self.fetch(&"SELECT name FROM node ORDER BY name".into(), &[]).await?;
        loop {
            for name in &names {
                let name: String = name.get(0)?;
                let locked = self.fetch(&lock, &[CHAINS.into(), (&name).into()]).await?;
                if locked.first().ok_or(DatabaseError::NoRow)?.get(0)? {
                    self.chain = Some(name.clone());
                    return Ok(name);
                }
            }
            names = self.fetch(&new, &[]).await?;
        }
    }
}

/// A server that has gone leaves nobody waiting.
async fn answered<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, DatabaseError> {
    Ok(timeout(PATIENCE, answer).await.map_err(|_| DatabaseError::Late)??)
}

fn config(server: &Server) -> Config {
    let mut config = Config::new();
    config.host(&server.host).port(server.port).user(&server.user).dbname(&server.database);
    config.application_name("gatehouse").connect_timeout(CONNECT);
    config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 2).keepalives_retries(2).tcp_user_timeout(SILENCE);
    config.ssl_mode(if server.is_over_tls() { SslMode::Require } else { SslMode::Disable });
    if let Some(password) = &server.password {
        config.password(password.expose());
    }
    config
}

/// Carries what is said both ways, until nobody has the connection any more or the server has gone.
async fn attend<S, T>(mut connection: tokio_postgres::Connection<S, T>, news: Option<watch::Sender<()>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let (AsyncMessage::Notification(_), Some(news)) = (message, &news) {
            let _ = news.send(());
        }
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    /// The server's details may hold values, which are nobody's to read in a log.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            return Self::Away(source.unwrap_or_else(|| error.to_string()));
        };
        let sentence = format!("{} ({})", said.message(), said.code().code());
        let going = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        match said.code() {
            &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => Self::Late,
            code if going.contains(code) => Self::Away(sentence),
            _ => Self::Refused(sentence),
        }
    }
}
