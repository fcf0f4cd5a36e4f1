//! An issuer's last good documents, kept for the next start: one that falls into an outage must not make it worse.
//!
//! They are kept as they came, with the time of their fetch, and read again as if they came now. Their age goes on from
//! that fetch: a restart makes no key live longer than an hour unseen, or a day of outage.

use super::documents::{Document, Documents, usable};
use super::{Discovery, OidcError};
use crate::store::{Address, Store, StoreError};
use crate::trace::Refusal;
use crate::words::{hex, sha256};
use time::OffsetDateTime;

impl Documents {
    /// Takes up what `store` has kept, and keeps there from now on.
    pub(super) async fn restore(&self, store: &Store, now: OffsetDateTime) -> Result<(), StoreError> {
        for document in [Document::Discovery, Document::Keys] {
            let kept = store.metadata(&self.name_of(document)).await?;
            kept.into_iter().for_each(|kept| self.take_up(document, kept, now));
        }
        // Registrations in several accounts share these documents, and the store is one.
        let _ = self.store.set(store.clone());
        Ok(())
    }

    /// Takes up what the database at `address` has kept, looked at from beside.
    pub(super) async fn restore_from(&self, address: &Address, now: OffsetDateTime) -> Result<(), StoreError> {
        for document in [Document::Discovery, Document::Keys] {
            let kept = Store::kept_metadata(address, &self.name_of(document)).await?;
            kept.into_iter().for_each(|kept| self.take_up(document, kept, now));
        }
        Ok(())
    }

    fn take_up(&self, document: Document, (text, fetched): (String, i64), now: OffsetDateTime) {
        let fetched = OffsetDateTime::from_unix_timestamp(fetched).ok().filter(|fetched| *fetched <= now);
        // What was fetched later than now, as this clock sees it, would be young for too long.
        let Some(fetched) = fetched else { return };
        let read: Result<(), OidcError> = match document {
            Document::Discovery => Discovery::parse(text.as_bytes(), &self.issuer)
                .map(|discovery| self.discovery.take_up(discovery, fetched)),
            Document::Keys => usable(text.as_bytes()).map(|keys| self.keys.take_up(keys, fetched)),
        };
        if let Err(error) = read {
            let (issuer, what) = (&self.issuer, document.name());
            tracing::warn!(%issuer, code = error.code().name(), %error, "{what} that was kept is not accepted any more");
        }
    }

    /// In force it is anyway: a key that has left must not live on because the disk is full.
    pub(super) async fn keep(&self, document: Document, text: Vec<u8>, now: OffsetDateTime) {
        let (Some(store), Ok(text)) = (self.store.get(), String::from_utf8(text)) else { return };
        if let Err(error) = store.keep_metadata(self.name_of(document), text, now.unix_timestamp()).await {
            let (issuer, what) = (&self.issuer, document.name());
            tracing::error!(%issuer, %error, "{what} could not be kept for the next start");
        }
    }

    /// What one authority vouched for says nothing to a provider that trusts another one.
    fn name_of(&self, document: Document) -> String {
        let kind = match document {
            Document::Discovery => "oidc-discovery",
            Document::Keys => "oidc-keys",
        };
        let authority = self.fetcher.rules().ca_pem.as_deref().map(|pem| hex(&sha256(pem.as_bytes())));
        let place = self.key_set.as_ref().unwrap_or(&self.issuer);
        format!("{kind} {place} {}", authority.unwrap_or_default())
    }
}
