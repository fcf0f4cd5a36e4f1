//! Which keys of the house there are. What they are is not here: only under which id, and from when each is used.

use super::audit::Chain;
use super::committer::Work;
use super::database::{Connection, DatabaseError, Row, values};
use super::{Address, AuditRecord, Store, StoreError, handle};

/// A key on the ring of its kind. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingKey {
    pub kind: String,
    pub id: String,
    pub made: i64,
    /// None: it waits to be told.
    pub active_from: Option<i64>,
}

/// A key that nobody needs any more, and the names under which it may lie wrapped.
pub struct SpentKey {
    pub kind: String,
    pub id: String,
    pub names: Vec<String>,
}

/// A key that joins the ring, by an operator's order.
pub struct NewKey {
    pub key: RingKey,
    /// By name, if the keys lie in the store.
    pub wrapped: Vec<(String, Vec<u8>)>,
    /// What makes room for it, or gives way to it.
    pub spent: Vec<SpentKey>,
    pub place: Place,
}

/// Where a key that joins stands.
pub enum Place {
    /// Behind the others, of which there may be so many with it.
    Among(i64),
    /// On a ring that has no other key: whoever has stolen one of those has nothing.
    Alone,
}

/// What a gateway changes while it serves.
pub(super) enum RingChange {
    /// The first key of a kind; one that is there already stays the first.
    Begin(RingKey),
    Remove(SpentKey),
}

impl Store {
    /// Every key there is, those of a kind in the order in which they come into use.
    pub async fn key_ring(&self) -> Result<Vec<RingKey>, StoreError> {
        let rows = self.readers.fetch(ALL, values![]).await?;
        Ok(rows.iter().map(ring_key).collect::<Result<_, _>>()?)
    }

    pub async fn begin_key_ring(&self, first: RingKey) -> Result<(), StoreError> {
        self.order(Work::KeyRing(Box::new(RingChange::Begin(first)))).await.map(drop)
    }

    pub async fn remove_key(&self, spent: SpentKey) -> Result<(), StoreError> {
        self.order(Work::KeyRing(Box::new(RingChange::Remove(spent)))).await.map(drop)
    }

    /// [`Store::key_ring`] of the database at `address`, which is neither made nor changed; none if there is no database, or
    /// one that has never had a ring.
    pub async fn kept_key_ring(address: &Address) -> Result<Option<Vec<RingKey>>, StoreError> {
        let Some(mut db) = handle::looked_into(address).await? else { return Ok(None) };
        if !db.has_table("key_ring").await? {
            return Ok(None);
        }
        Ok(Some(all(&mut db).await?))
    }
}

const ALL: &str = "SELECT kind, id, made, active_from FROM key_ring ORDER BY number";

pub(super) async fn all(db: &mut Connection) -> Result<Vec<RingKey>, DatabaseError> {
    db.fetch(ALL, values![]).await?.iter().map(ring_key).collect()
}

fn ring_key(row: &Row) -> Result<RingKey, DatabaseError> {
    Ok(RingKey { kind: row.get(0)?, id: row.get(1)?, made: row.get(2)?, active_from: row.get(3)? })
}

impl RingChange {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        match self {
            Self::Begin(first) => {
                let begin = "INSERT INTO key_ring (kind, id, made, active_from) SELECT ?1, ?2, ?3, ?4
                     WHERE NOT EXISTS (SELECT 1 FROM key_ring WHERE kind = ?1)";
                db.execute(begin, values![&first.kind, &first.id, first.made, first.active_from]).await.map(drop)
            }
            Self::Remove(spent) => spent.remove(db).await,
        }
    }
}

impl SpentKey {
    async fn remove(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        for name in &self.names {
            db.execute("DELETE FROM wrapped_key WHERE name = ?1", values![name]).await?;
        }
        let remove = "DELETE FROM key_ring WHERE kind = ?1 AND id = ?2";
        db.execute(remove, values![&self.kind, &self.id]).await.map(drop)
    }
}

impl NewKey {
    /// Puts the key on the ring of the database at `address`, with a record in the book; a gateway may be serving on it.
    /// `false`: one is on its way already, the ring has not begun, it is full, or somebody else has changed it.
    pub async fn join(&self, address: &Address, record: AuditRecord) -> Result<bool, StoreError> {
        let mut db = handle::beside(address).await?;
        db.begin().await?;
        for spent in &self.spent {
            spent.remove(&mut db).await?;
        }
        let (least, most) = match self.place {
            Place::Among(most) => (1, most - 1),
            Place::Alone => (0, 0),
        };
        let join = "INSERT INTO key_ring (kind, id, made, active_from) SELECT ?1, ?2, ?3, ?4
             WHERE NOT EXISTS (SELECT 1 FROM key_ring WHERE kind = ?1 AND (active_from IS NULL OR active_from > ?3))
             AND (SELECT count(*) FROM key_ring WHERE kind = ?1) BETWEEN ?5 AND ?6";
        let RingKey { kind, id, made, active_from } = &self.key;
        if db.execute(join, values![kind, id, *made, *active_from, least, most]).await? != 1 {
            return Ok(false);
        }
        for (name, wrapped) in &self.wrapped {
            db.execute("INSERT INTO wrapped_key (name, wrapped) VALUES (?1, ?2)", values![name, wrapped]).await?;
        }
        Chain::beside(&mut db).await?.append(&mut db, &record).await?;
        db.commit().await?;
        Ok(true)
    }
}

/// Brings the key of this kind that waits into use at `now`, with a record in the book made of its id; that id, or none if
/// no key waits.
pub async fn activate(
    address: &Address,
    kind: &str,
    now: i64,
    record: impl FnOnce(&str) -> AuditRecord,
) -> Result<Option<String>, StoreError> {
    let mut db = handle::beside(address).await?;
    db.begin().await?;
    let activate = "UPDATE key_ring SET active_from = ?1 WHERE kind = ?2 AND active_from IS NULL RETURNING id";
    let activated = db.fetch_optional(activate, values![now, kind]).await?;
    let Some(id) = activated.map(|row| row.get::<String>(0)).transpose()? else { return Ok(None) };
    Chain::beside(&mut db).await?.append(&mut db, &record(&id)).await?;
    db.commit().await?;
    Ok(Some(id))
}
