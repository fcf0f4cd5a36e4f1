//! Connecting: who answers is looked at before anything is written, and a connection behaves as it is set here, whatever the
//! server's defaults.

use super::super::address::Server;
use super::super::database::DatabaseError;
use super::tls::Tls;
use super::{Holdings, PATIENCE, Postgres, Sent};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::config::{Config, SslMode};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{AsyncMessage, NoTls};

/// What a connection is for.
pub(in crate::store) enum Purpose {
    /// Writing. Whoever writes hears what other nodes have written that everybody should know at once.
    Writing(watch::Sender<()>),
    Reading,
    /// An operator's order.
    Beside,
}

const CONNECT: Duration = Duration::from_secs(3);
/// A server that has crashed or gone says nothing.
const SILENCE: Duration = Duration::from_secs(10);
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
/// What is sent behind a beginning that comes to nothing would be carried out by itself, by nobody's leave: it is refused.
pub(super) const ONLY_WHERE_BEGUN: &str = "SET default_transaction_read_only = on";
pub(super) const ALSO_ALONE: &str = "SET default_transaction_read_only = off";
/// Whoever may write is here as long as the connection lasts; so that somebody can be alone.
const HERE: &str = "SELECT pg_advisory_lock_shared(7449363351870006644)";
const ALONE: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
     AND application_name = 'gatehouse' AND pid <> pg_backend_pid())
     THEN false ELSE pg_try_advisory_lock(7449363351870006644) END";
/// So often, with so much time between, it is asked whether somebody who was here has gone.
const MISSED: usize = 10;
const MOMENT: Duration = Duration::from_millis(100);

impl Postgres {
    pub(in crate::store) async fn connect(server: &Server, purpose: Purpose) -> Result<Self, DatabaseError> {
        let connecting = async {
            let config = config(server);
            let (news, settings) = match purpose {
                Purpose::Writing(news) => (Some(news), &[NEWS, HERE, ONLY_WHERE_BEGUN][..]),
                Purpose::Reading => (None, &[ONLY_WHERE_BEGUN][..]),
                Purpose::Beside => (None, &[HERE, ONLY_WHERE_BEGUN][..]),
            };
            let warned = Arc::new(AtomicBool::new(false));
            let client = match Tls::of(&server.line)? {
                Some(tls) => {
                    let (client, connection) = config.connect(tls).await?;
                    tokio::spawn(attend(connection, news, warned.clone()));
                    client
                }
                None => {
                    let (client, connection) = config.connect(NoTls).await?;
                    tokio::spawn(attend(connection, news, warned.clone()));
                    client
                }
            };
            let mut db = Self {
                client: Arc::new(client),
                sent: Sent::default(),
                known: HashMap::new(),
                has_failed: false,
                warned,
                is_lost: false,
                patience: PATIENCE,
                moment: None,
                holdings: Holdings::default(),
            };
            db.look_at_the_server().await?;
            for script in [SETTLE].iter().chain(settings) {
                db.client.batch_execute(script).await?;
            }
            Ok(db)
        };
        timeout(CONNECT, connecting).await.unwrap_or(Err(DatabaseError::Late))
    }

    /// Whether no other gateway or command has the database open, nor can open it for writing as long as this connection
    /// lasts. One that has just ended may not have been missed yet.
    pub(in crate::store) async fn is_alone(&mut self) -> Result<bool, DatabaseError> {
        for _ in 0..MISSED {
            if self.fetch(&ALONE.into(), &[]).await?.first().ok_or(DatabaseError::NoRow)?.get(0)? {
                return Ok(true);
            }
            tokio::time::sleep(MOMENT).await;
        }
        Ok(false)
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

/// Carries what is said both ways, until nobody has the connection any more or the server has gone. What the server warns of
/// is known before the answer that it is said before.
async fn attend<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    news: Option<watch::Sender<()>>,
    warned: Arc<AtomicBool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        match (message, &news) {
            (AsyncMessage::Notification(_), Some(news)) => drop(news.send(())),
            (AsyncMessage::Notice(said), _) if may_be_of_a_standby(&said) => warned.store(true, Ordering::SeqCst),
            _ => {}
        }
    }
}

/// Whether it may say that a commit has not waited for its standby. Other warnings come with each commit (that the database
/// wants a vacuum soon) and are no reason to give nothing. The sentence is in the server's language; the file that it comes
/// from is not.
fn may_be_of_a_standby(said: &DbError) -> bool {
    *said.code() == SqlState::WARNING && said.file().is_none_or(|file| file.ends_with("syncrep.c"))
}
