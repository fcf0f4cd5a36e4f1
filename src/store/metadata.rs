//! The last good documents that identity providers publish of themselves (SAML metadata, discovery documents, key sets),
//! kept for the next start.

use super::database::{Connection, DatabaseError, values};

/// A document under the name of its place.
pub(super) struct MetadataRecord {
    pub(super) name: String,
    pub(super) document: String,
    pub(super) fetched: i64,
}

impl MetadataRecord {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        let upsert = "INSERT INTO metadata (name, document, fetched) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET document = excluded.document, fetched = excluded.fetched";
        db.execute(upsert, values![&self.name, &self.document, self.fetched]).await.map(drop)
    }
}
