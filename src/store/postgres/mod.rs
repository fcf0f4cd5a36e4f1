//! PostgreSQL: a server that several nodes share.
//!
//! Whoever writes holds one lock of the whole database from the beginning of a transaction to its end, as with SQLite: what a
//! statement asks about is still so when the transaction is committed, numbers come into sight in their order, and no two
//! nodes ever wait for each other's rows. Many requests share a commit, so that one writer at a time is enough.
//!
//! `connect` and `tls` lead there, `sent` is what need not be waited for at once, `holdings` what is one node's alone, `desks`
//! where it is read, `dialect` how it speaks, `pause` how a server that is away is left in peace.

mod connect;
mod desks;
mod dialect;
mod holdings;
mod pause;
mod sent;
mod tls;

pub(super) use connect::Purpose;
pub(super) use desks::Desks;
pub(super) use pause::Pause;

use super::database::{DatabaseError, Row, Sql, Value};
use super::row::Cell;
use dialect::{Parameter, cell, numbered, translated};
use holdings::Holdings;
use sent::{Answer, Sent};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

/// A connection. One with which something went wrong is not used again.
pub(super) struct Postgres {
    client: Arc<Client>,
    sent: Sent,
    /// Statements that the server knows by heart on this connection.
    known: HashMap<String, Statement>,
    /// Something in the transaction has failed, and it can only come to nothing: the server would answer its commit without
    /// an error.
    has_failed: bool,
    /// The server has warned, since the transaction began, of what may be about a standby.
    warned: Arc<AtomicBool>,
    /// An answer has not come: nobody waits for another one.
    is_lost: bool,
    /// How long an answer is waited for.
    patience: Duration,
    /// Goes on for a moment after it has committed something.
    moment: Option<JoinHandle<()>>,
    /// What it holds by locks.
    holdings: Holdings,
}

/// For one statement, and longer than the server's own patience: what that ends, it says.
const PATIENCE: Duration = Duration::from_secs(15);
/// For one of those that change every row there is, and the server's for the others. A server that has gone is missed by the
/// silence of the line.
const LONG_PATIENCE: Duration = Duration::from_secs(86_400);
const UNHURRIED: &str = "SET statement_timeout = 0";
const HURRIED: &str = "SET statement_timeout = '10s'";
/// A server that answered so lately is there.
const MOMENT: Duration = Duration::from_millis(20);
/// How many statements are known by heart: all there are, and some of each number of rows.
const STATEMENTS: usize = 256;
/// The lock of whoever writes: "gatehous" in ASCII.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(7449363351870006643)";

impl Postgres {
    /// Whether the server is still at the other end, as far as it is known here.
    pub(super) fn is_there(&self) -> bool {
        !self.is_lost && !self.client.is_closed()
    }

    pub(super) async fn execute(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        let (statement, client) = (self.prepared(sql, values).await?, self.client.clone());
        let executed = Answer::begun(client.execute_raw(&statement, values.iter().map(Parameter))).await;
        self.answer(executed).await
    }

    /// A statement within a transaction of which nothing is asked but that it holds: if it does not, whatever comes next fails
    /// with that, the commit at the latest.
    pub(super) async fn put(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<(), DatabaseError> {
        let statement = self.prepared(sql, values).await?;
        let sent = self.sent.execute(&self.client, statement, values).await;
        self.noted(sent)?;
        self.bound().await
    }

    pub(super) async fn fetch(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let (statement, client) = (self.prepared(sql, values).await?, self.client.clone());
        let rows = Answer::begun(query(&client, &statement, values)).await;
        rows_of(self.answer(rows).await?)
    }

    /// The rows of each of these statements, which are carried out one after another and waited for together.
    pub(super) async fn fetch_each(&mut self, all: &[(Sql, Vec<Value<'_>>)]) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let (mut statements, client) = (Vec::with_capacity(all.len()), self.client.clone());
        for (sql, values) in all {
            statements.push(self.prepared(sql, values).await?);
        }
        let mut answers = Vec::with_capacity(all.len());
        for (statement, (_, values)) in statements.iter().zip(all) {
            answers.push(Answer::begun(query(&client, statement, values)).await);
        }
        let mut rows = Vec::with_capacity(all.len());
        for answer in answers {
            rows.push(rows_of(self.answer(answer).await?)?);
        }
        Ok(rows)
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

    pub(super) async fn number_on(&mut self) -> Result<(), DatabaseError> {
        self.run(
            "SELECT setval(pg_get_serial_sequence('revocation', 'number'), (SELECT coalesce(max(number), 0) + 1 FROM revocation), false);
             SELECT setval(pg_get_serial_sequence('key_ring', 'number'), (SELECT coalesce(max(number), 0) + 1 FROM key_ring), false)",
        )
        .await
    }

    async fn prepared(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.known.get(sql.text()) {
            return Ok(statement.clone());
        }
        self.settle().await?;
        let types: Vec<_> = values.iter().map(|value| Parameter(value).kind()).collect();
        let prepared = answered(self.client.prepare_typed(&numbered(sql.text()), &types), self.patience).await;
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
        // Marks on the way, which hold where all before them does.
        if script.starts_with("SAVEPOINT") || script.starts_with("RELEASE") {
            let sent = self.sent.run(&self.client, script.to_owned()).await;
            self.noted(sent)?;
            return self.bound().await;
        }
        let (script, client) = (translated(script), self.client.clone());
        let ran = Answer::begun(client.batch_execute(&script)).await;
        if !script.starts_with("ROLLBACK") {
            return self.answer(ran).await;
        }
        // Nobody asks any more what is rolled back has come to.
        drop(self.settle().await);
        let ran = ran.waited_for(self.patience).await;
        self.has_failed &= ran.is_err();
        self.noted(ran)
    }

    /// What is asked from now on may take its time.
    pub(super) async fn take_time(&mut self) -> Result<(), DatabaseError> {
        self.run(UNHURRIED).await?;
        self.patience = LONG_PATIENCE;
        Ok(())
    }

    /// And from now on it may not.
    pub(super) async fn hurry(&mut self) -> Result<(), DatabaseError> {
        self.run(HURRIED).await?;
        self.patience = PATIENCE;
        Ok(())
    }

    pub(super) async fn begin(&mut self) -> Result<(), DatabaseError> {
        self.begin_by(BEGIN).await
    }

    /// Its commit is on disk with the next one that waits for that.
    pub(super) async fn begin_lightly(&mut self) -> Result<(), DatabaseError> {
        self.begin_by(&format!("{BEGIN}; SET LOCAL synchronous_commit = off")).await
    }

    /// What failed before the beginning is none of this transaction's. Where the server answered a moment ago its answer to this
    /// is not waited for.
    async fn begin_by(&mut self, script: &str) -> Result<(), DatabaseError> {
        if self.moment.take().is_some_and(|moment| !moment.is_finished()) {
            let sent = self.sent.run(&self.client, script.to_owned()).await;
            self.noted(sent)?;
        } else {
            self.run(script).await?;
        }
        self.has_failed = false;
        self.warned.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// It is on its way while what was put is still carried out. Where that has failed the server takes it for a rollback, so
    /// its own answer tells nothing before the others are here. Nor does it where somebody has broken off the server's wait
    /// for a standby: that is answered as a commit is, behind a warning.
    pub(super) async fn commit(&mut self) -> Result<(), DatabaseError> {
        if self.has_failed {
            return Err(DatabaseError::Failed);
        }
        self.run("COMMIT").await?;
        self.moment = Some(tokio::spawn(tokio::time::sleep(MOMENT)));
        if self.warned.load(Ordering::SeqCst) { Err(DatabaseError::Unsure) } else { Ok(()) }
    }

    pub(super) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        match self.is_there() {
            true => self.run("ROLLBACK").await,
            false => Err(DatabaseError::Late),
        }
    }

    /// Of something that was asked, when all that was sent before holds.
    async fn answer<T>(&mut self, answer: Answer<'_, T>) -> Result<T, DatabaseError> {
        self.settle().await?;
        let answer = answer.waited_for(self.patience).await;
        self.noted(answer)
    }

    pub(super) async fn settle(&mut self) -> Result<(), DatabaseError> {
        let answers = self.sent.answers(self.patience).await;
        self.noted(answers)
    }

    /// Answers that nobody has asked for take up memory.
    async fn bound(&mut self) -> Result<(), DatabaseError> {
        if self.sent.is_full() { self.settle().await } else { Ok(()) }
    }

    fn noted<T>(&mut self, result: Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        self.has_failed |= result.is_err();
        self.is_lost |= matches!(result, Err(DatabaseError::Late | DatabaseError::Away(_)));
        result
    }
}

async fn query(
    client: &Client,
    statement: &Statement,
    values: &[Value<'_>],
) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let values: Vec<Parameter<'_, '_>> = values.iter().map(Parameter).collect();
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
    client.query(statement, &values).await
}

fn rows_of(rows: Vec<tokio_postgres::Row>) -> Result<Vec<Row>, DatabaseError> {
    let cells = |row: &tokio_postgres::Row| (0..row.len()).map(|at| cell(row, at)).collect::<Result<Vec<Cell>, _>>();
    rows.iter().map(|row| cells(row).map(Row)).collect()
}

/// A server that has gone leaves nobody waiting.
async fn answered<T>(
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    patience: Duration,
) -> Result<T, DatabaseError> {
    Ok(timeout(patience, answer).await.map_err(|_| DatabaseError::Late)??)
}

impl From<tokio_postgres::Error> for DatabaseError {
    /// The server's details may hold values, which are nobody's to read in a log.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            return Self::Away(source.unwrap_or_else(|| error.to_string()));
        };
        let sentence = format!("{} ({})", said.message(), said.code().code());
        // These end the connection, perhaps behind a commit of which nobody is told any more; of the others a transaction dies.
        let ends = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic) | None);
        match said.code() {
            code if ends || code.code().starts_with("08") => Self::Away(sentence),
            &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => Self::Overdue,
            _ => Self::Refused(sentence),
        }
    }
}
