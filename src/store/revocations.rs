//! The list of sessions that were ended before their time, read on from where it is known.

use super::database::{DatabaseError, Row, values};
use super::{Store, StoreError};

/// How far the list is known. Under a node that runs, an older database may take the place of the one that was read: then
/// numbers are given once more, to others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RevocationPlace {
    /// Another one each time that the store was put back.
    epoch: Option<String>,
    /// The last entry, by number and access key id.
    last: Option<(i64, String)>,
}

/// What is read beyond that; all there is, if the list is not the one that was known.
pub struct FurtherRevocations {
    /// Access key ids, with when the sessions end anyway: seconds since 1970.
    pub ended: Vec<(String, i64)>,
    /// Up to when nothing that was issued is believed, because the store was put back then: seconds since 1970.
    pub restored: Option<i64>,
    pub place: RevocationPlace,
}

impl Store {
    /// The list from this place on.
    pub async fn revocations(&self, from: &RevocationPlace, now: i64) -> Result<FurtherRevocations, StoreError> {
        // Before the list: what is put back while that is read shows the next time.
        let head = "SELECT (SELECT max(mark) FROM epoch), (SELECT max(at) FROM restored)";
        let head = self.readers.fetch_one(head, values![]).await?;
        let (epoch, restored) = (head.get(0)?, head.get(1)?);
        let last = from.last.as_ref().filter(|_| from.epoch == epoch);
        let mut entries = self.entries(last.map_or(0, |(number, _)| *number), now).await?;
        // Where the last one is not in its place it has been swept; or commits were lost, and the numbers after it are others'.
        if let Some((number, id)) = last
            && entries.first().is_none_or(|first| (first.0, &first.1) != (*number, id))
        {
            entries = self.entries(0, now).await?;
        }
        let last = entries.last().map(|(number, id, _)| (*number, id.clone()));
        let ended = entries.into_iter().map(|(_, id, until)| (id, until)).collect();
        Ok(FurtherRevocations { ended, restored, place: RevocationPlace { epoch, last } })
    }

    /// Number, access key id and end of the entry of this number and of those behind it that still matter.
    async fn entries(&self, number: i64, now: i64) -> Result<Vec<(i64, String, i64)>, StoreError> {
        let query = "SELECT number, access_key_id, until FROM revocation
             WHERE number >= ?1 AND (number = ?1 OR until > ?2) ORDER BY number";
        let rows = self.readers.fetch(query, values![number, now]).await?;
        let entry = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        Ok(rows.iter().map(entry).collect::<Result<_, DatabaseError>>()?)
    }
}
