//! Where a followed document is fetched from.

use super::RefreshError;
use crate::outbound::{Bounds, Fetcher, OutboundError, OutboundRules};
use crate::saml::metadata::{IdentityProvider, LONGEST, Wanted};
use time::{Duration, OffsetDateTime};

/// What the configuration says of a document by URL. The same place is followed once, however many accounts name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub url: String,
    pub wanted: Wanted,
    pub refresh: Duration,
    pub rules: OutboundRules,
}

/// A place, and the door through which it is reached.
pub struct Source {
    pub(super) place: Place,
    fetcher: Fetcher,
}

/// A federation's list is large and its server may be slow; nobody waits for it.
const BOUNDS: Bounds = Bounds {
    bytes: LONGEST,
    time: std::time::Duration::from_secs(30),
    accept: "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
};

impl Source {
    /// # Errors
    /// Those of [`Fetcher::new`].
    pub fn new(place: Place) -> Result<Self, OutboundError> {
        Ok(Self { fetcher: Fetcher::new(place.rules.clone())?, place })
    }

    /// Under which name the last good document is kept. Another entity of the same list is another document.
    pub(super) fn name(&self) -> String {
        let entity = self.place.wanted.entity_id.as_deref().unwrap_or_default();
        format!("{} {entity}", self.place.url)
    }

    pub(super) async fn fetch(&self) -> Result<String, RefreshError> {
        let answer = self.fetcher.get_within(&self.place.url, &BOUNDS).await?;
        match answer.status {
            200 => String::from_utf8(answer.body).map_err(|_| RefreshError::Encoding),
            status => Err(RefreshError::Status { status }),
        }
    }
}

/// Beside the threads that serve: a federation's list takes its time, and its signature as well.
pub(super) async fn read(
    document: String,
    wanted: Wanted,
    now: OffsetDateTime,
) -> Result<(IdentityProvider, String), RefreshError> {
    let reading = tokio::task::spawn_blocking(move || Ok((wanted.read(&document, now)?, document)));
    reading.await.unwrap_or(Err(RefreshError::Reader))
}
