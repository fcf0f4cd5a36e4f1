//! Statements whose answers are not waited for one by one.
//!
//! The server carries out what comes on a connection in its order, and where one statement of a transaction fails it takes no
//! further one, nor its commit. So whatever is not needed to go on is sent and asked about later: one wait instead of many.

use super::super::database::{DatabaseError, Value};
use super::super::row::Cell;
use super::answered;
use super::dialect::Parameter;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio_postgres::{Client, Error, Statement};

/// What was sent and has not been asked about, in its order.
#[derive(Default)]
pub(super) struct Sent(Vec<Answer<'static, ()>>);

type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

pub(super) enum Answer<'a, T> {
    Awaited(Asking<'a, T>),
    Here(Result<T, Error>),
}

const MOST: usize = 128;

impl Sent {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    pub(super) async fn execute(
        &mut self,
        client: &Arc<Client>,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<(), DatabaseError> {
        let (client, cells) = (client.clone(), values.iter().copied().map(Cell::from).collect::<Vec<_>>());
        let execute = async move {
            let values: Vec<Value<'_>> = cells.iter().map(Cell::as_value).collect();
            client.execute_raw(&statement, values.iter().map(Parameter)).await.map(drop)
        };
        self.keep(Answer::begun(execute).await)
    }

    pub(super) async fn run(&mut self, client: &Arc<Client>, script: String) -> Result<(), DatabaseError> {
        let client = client.clone();
        self.keep(Answer::begun(async move { client.batch_execute(&script).await }).await)
    }

    /// What could not be sent is told at once: the server, which knows nothing of it, would commit the rest.
    fn keep(&mut self, answer: Answer<'static, ()>) -> Result<(), DatabaseError> {
        match answer {
            Answer::Here(answer) => answer?,
            awaited @ Answer::Awaited(_) => self.0.push(awaited),
        }
        Ok(())
    }

    /// All answers; of those that failed the first.
    pub(super) async fn answers(&mut self, patience: Duration) -> Result<(), DatabaseError> {
        for answer in std::mem::take(&mut self.0) {
            answer.waited_for(patience).await?;
        }
        Ok(())
    }
}

impl<'a, T> Answer<'a, T> {
    /// What is asked is on its way when this returns; there is no waiting in it.
    pub(super) async fn begun(asking: impl Future<Output = Result<T, Error>> + Send + 'a) -> Self {
        let mut asking: Asking<'a, T> = Box::pin(asking);
        match poll_fn(|context| Poll::Ready(asking.as_mut().poll(context))).await {
            Poll::Ready(answer) => Self::Here(answer),
            Poll::Pending => Self::Awaited(asking),
        }
    }

    pub(super) async fn waited_for(self, patience: Duration) -> Result<T, DatabaseError> {
        match self {
            Self::Here(answer) => Ok(answer?),
            Self::Awaited(answer) => answered(answer, patience).await,
        }
    }
}
