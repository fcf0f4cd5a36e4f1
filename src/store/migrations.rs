//! Bringing a database to this version.

use super::database::{Connection, DatabaseError, values};
use std::collections::HashSet;

/// In the order of their numbers; one that has run is never changed.
const ALL: &[(i64, &str)] = &[
    (1, include_str!("migrations/0001_ground_floor.sql")),
    (3, include_str!("migrations/0003_metadata.sql")),
    (4, include_str!("migrations/0004_logout.sql")),
    (5, include_str!("migrations/0005_logins.sql")),
    (6, include_str!("migrations/0006_ended_login.sql")),
    (7, include_str!("migrations/0007_user_factor.sql")),
    (8, include_str!("migrations/0008_console_logins.sql")),
    (9, include_str!("migrations/0009_decision.sql")),
    (11, include_str!("migrations/0011_revocation.sql")),
    (12, include_str!("migrations/0012_key_ring.sql")),
    (13, include_str!("migrations/0013_recent_role.sql")),
    (14, include_str!("migrations/0014_role_use.sql")),
    (15, include_str!("migrations/0015_console_pages.sql")),
    (17, include_str!("migrations/0017_provider_note.sql")),
    (19, include_str!("migrations/0019_audit.sql")),
    (21, include_str!("migrations/0021_restored.sql")),
    (25, include_str!("migrations/0025_worn.sql")),
    (27, include_str!("migrations/0027_audit_found.sql")),
    (29, include_str!("migrations/0029_smaller_blocks.sql")),
    (35, include_str!("migrations/0035_epoch.sql")),
];

/// Where there are several nodes.
const POSTGRES: (i64, &str) = (23, include_str!("migrations/0023_news_postgres.sql"));
/// Where there is one: nobody works beside it with what is taken away.
const SQLITE: (i64, &str) = (31, include_str!("migrations/0031_sessions_by_account_sqlite.sql"));

/// A hundred numbers are a version's. While one takes the place of another, gateways of both work on one database: so a
/// version only adds (a table, an index, a column that may stay empty), and this one goes on beside the next.
const OF_A_VERSION: i64 = 100;

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("{0}")]
    Database(#[from] DatabaseError),
    #[error("step {number}: {source}")]
    Step { number: i64, source: DatabaseError },
    #[error(
        "a gateway of a version after the next has been here (step {0}); start that version, or go back one version at a time"
    )]
    Later(i64),
}

pub(super) fn numbers() -> impl Iterator<Item = i64> {
    ALL.iter().map(|(number, _)| *number)
}

/// Whether it is about what one of the databases does beside keeping rows, of which a copy knows nothing.
pub(super) fn is_of_one(number: i64) -> bool {
    [POSTGRES.0, SQLITE.0].contains(&number)
}

/// Each step is a transaction of its own and counts itself in it, so that whoever comes at the same time, or after a
/// power cut, goes on from there.
pub(super) async fn run(db: &mut Connection) -> Result<(), MigrationError> {
    begin(db).await?;
    let done = db.fetch("SELECT number FROM migration", values![]).await?;
    let done = done.iter().map(|row| row.get(0)).collect::<Result<HashSet<i64>, _>>()?;
    let all = ALL.iter().copied().chain([if db.is_shared() { POSTGRES } else { SQLITE }]);
    let own = ALL.iter().map(|(number, _)| number / OF_A_VERSION).max().unwrap_or_default();
    if let Some(later) = done.iter().find(|number| **number / OF_A_VERSION > own + 1) {
        return Err(MigrationError::Later(*later));
    }
    let missing: Vec<_> = all.filter(|(number, _)| !done.contains(number)).collect();
    if !missing.is_empty() {
        // Not before: whoever connects once more, to a server that hangs, is to hear of that.
        db.take_time().await?;
    }
    for (number, script) in missing {
        step(db, number, script).await.map_err(|source| MigrationError::Step { number, source })?;
    }
    Ok(())
}

/// Which steps have been made. Versions up to 0.1 counted them in a table of their own.
async fn begin(db: &mut Connection) -> Result<(), DatabaseError> {
    if db.has_table("migration").await? {
        return Ok(());
    }
    db.begin().await?;
    db.run("CREATE TABLE IF NOT EXISTS migration (number INTEGER NOT NULL PRIMARY KEY)").await?;
    if db.has_table("_sqlx_migrations").await? {
        let take_over =
            "INSERT INTO migration (number) SELECT version FROM _sqlx_migrations WHERE success ON CONFLICT DO NOTHING";
        db.execute(take_over, values![]).await?;
    }
    db.commit().await
}

async fn step(db: &mut Connection, number: i64, script: &'static str) -> Result<(), DatabaseError> {
    db.begin().await?;
    let count = "INSERT INTO migration (number) VALUES (?1) ON CONFLICT DO NOTHING";
    if db.execute(count, values![number]).await? == 1 {
        db.run(script).await?;
    }
    db.commit().await
}
