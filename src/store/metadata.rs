//! The last good documents that identity providers publish of themselves (SAML metadata, discovery documents, key sets),
//! kept for the next start.

use super::database::Connection;

/// A document under the name of its place.
pub(super) struct MetadataRecord {
    pub(super) name: String,
    pub(super) document: String,
    pub(super) fetched: i64,
}

impl MetadataRecord {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), sqlx::Error> {
        let upsert = "INSERT INTO metadata (name, document, fetched) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET document = excluded.document, fetched = excluded.fetched";
        let upsert = sqlx::query(upsert).bind(&self.name).bind(&self.document).bind(self.fetched);
        upsert.execute(db).await.map(drop)
    }
}
