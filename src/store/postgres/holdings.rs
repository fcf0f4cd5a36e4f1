//! What is one node's alone while its connection lasts: a chain to write on, and destinations to send records to. It is held by
//! locks of that connection, so that whatever becomes of the node, another one can have it.

use super::super::database::{DatabaseError, Sql};
use super::Postgres;
use super::connect::{ALSO_ALONE, ONLY_WHERE_BEGUN};
use std::collections::HashSet;

#[derive(Default)]
pub(super) struct Holdings {
    chain: Option<String>,
    targets: HashSet<String>,
}

/// The first halves of the locks: "chai" and "ship".
const CHAINS: i64 = 0x6368_6169;
const TARGETS: i64 = 0x7368_6970;

impl Postgres {
    /// The name of a chain that nobody writes on: one whose node has gone, else a new one.
    pub(in crate::store) async fn take_chain(&mut self) -> Result<String, DatabaseError> {
        if let Some(chain) = &self.holdings.chain {
            return Ok(chain.clone());
        }
        let new = Sql::from(
            "INSERT INTO node (name) SELECT 'node-' || left(replace(CAST(gen_random_uuid() AS TEXT), '-', ''), 12) RETURNING name",
        );
        let mut names = self.fetch(&"SELECT name FROM node ORDER BY name".into(), &[]).await?;
        loop {
            for name in &names {
                let name: String = name.get(0)?;
                if self.lock(CHAINS, &name).await? {
                    self.holdings.chain = Some(name.clone());
                    return Ok(name);
                }
            }
            // Within a transaction or by itself.
            self.run(ALSO_ALONE).await?;
            let added = self.fetch(&new, &[]).await;
            self.run(ONLY_WHERE_BEGUN).await?;
            names = added?;
        }
    }

    /// Whether nobody else sends to this destination.
    pub(in crate::store) async fn hold(&mut self, target: &str) -> Result<bool, DatabaseError> {
        let is_held = self.holdings.targets.contains(target) || self.lock(TARGETS, target).await?;
        if is_held {
            self.holdings.targets.insert(target.to_owned());
        }
        Ok(is_held)
    }

    pub(in crate::store) async fn leave(&mut self, target: &str) -> Result<(), DatabaseError> {
        if self.holdings.targets.contains(target) {
            let unlock = Sql::from("SELECT pg_advisory_unlock(CAST(?1 AS INTEGER), hashtext(?2))");
            // Where it fails the lock is still there, and taken once more it would have to be let go of twice.
            self.fetch(&unlock, &[TARGETS.into(), target.into()]).await?;
            self.holdings.targets.remove(target);
        }
        Ok(())
    }

    async fn lock(&mut self, kind: i64, name: &str) -> Result<bool, DatabaseError> {
        let lock = Sql::from("SELECT pg_try_advisory_lock(CAST(?1 AS INTEGER), hashtext(?2))");
        let locked = self.fetch(&lock, &[kind.into(), name.into()]).await?;
        locked.first().ok_or(DatabaseError::NoRow)?.get(0)
    }
}
