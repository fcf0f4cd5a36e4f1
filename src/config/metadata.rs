//! A SAML provider's `metadata`: from a file, or followed by URL.

use super::{Section, outbound};
use crate::catalogue::Draft;
use crate::metadata::{LiveMetadata, Place, SHORTEST_REFRESH, Source};
use crate::saml::SigningKey;
use crate::saml::metadata::{IdentityProvider, LONGEST, Wanted};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

const LARGEST_CERTIFICATE: u64 = 64 * 1024;
const LONGEST_REFRESH: Duration = Duration::hours(24);

/// What a provider's `metadata` gives: the live document, and what is known of it already.
pub(super) struct Metadata {
    pub(super) live: Arc<LiveMetadata>,
    pub(super) identity_provider: Option<IdentityProvider>,
}

/// `section` is the provider's. Providers of the draft that take the document from the same place share it.
pub(super) fn read(section: &Section<'_>, draft: &Draft, now: OffsetDateTime) -> Option<Metadata> {
    section.required("metadata");
    let fetching: Vec<&'static str> = ["ca", "allowed_networks"].into_iter().filter(|key| section.has(key)).collect();
    let entity_id = section.string("entity_id").filter(|id| {
        let fits = (1..=1024).contains(&id.chars().count());
        if !fits {
            section.mistake("entity_id", "has 1 to 1024 characters");
        }
        fits
    });
    let source = section.section("metadata")?;
    let pinned = source.has("certificate");
    let signed_by = certificate(&source);
    let wanted = Wanted { entity_id, signed_by, fetched: source.has("url") };
    let metadata = match (source.has("file"), source.has("url")) {
        (true, false) => {
            for key in fetching {
                section.mistake(key, "is for fetching, and this provider's metadata is a file; remove it");
            }
            from_file(section, &source, &wanted, now)
        }
        (false, true) => from_url(section, &source, wanted.clone(), draft),
        _ => {
            source.mistake("", "say exactly one of file = \"path\" and url = \"https://…\"");
            None
        }
    };
    source.finish();
    // A certificate that cannot be read must not leave a document that nobody has to sign.
    metadata.filter(|_| !pinned || wanted.signed_by.is_some())
}

fn from_file(section: &Section<'_>, source: &Section<'_>, wanted: &Wanted, now: OffsetDateTime) -> Option<Metadata> {
    if source.has("refresh") {
        source.mistake("refresh", "is for a url; a file is read again when it has changed");
    }
    let xml = source.file_text("file", LONGEST as u64)?;
    let read = wanted.read(&xml, now).map_err(|error| section.mistake("metadata", error.to_string())).ok()?;
    Some(Metadata { live: LiveMetadata::fixed(read.clone(), now), identity_provider: Some(read) })
}

fn from_url(section: &Section<'_>, source: &Section<'_>, wanted: Wanted, draft: &Draft) -> Option<Metadata> {
    let url = source.string("url").filter(|text| outbound::address(source, "url", text).is_some());
    let refresh = source.duration("refresh").unwrap_or(Duration::HOUR);
    if !(SHORTEST_REFRESH..=LONGEST_REFRESH).contains(&refresh) {
        source.mistake("refresh", "must be 5m to 24h: a key that was withdrawn is believed for that long");
    }
    let rules = outbound::rules(section, url.as_deref().as_slice());
    let place = Place { url: url?, wanted, refresh, rules };
    let known = draft.providers.iter().filter_map(|placed| placed.value.saml()).map(|saml| &saml.metadata);
    let live = match known.into_iter().find(|live| live.is_followed_from(&place)) {
        Some(live) => live.clone(),
        None => {
            LiveMetadata::followed(Source::new(place).map_err(|error| section.mistake("ca", error.to_string())).ok()?)
        }
    };
    Some(Metadata { live, identity_provider: None })
}

/// The only certificate whose key may have signed the document.
fn certificate(source: &Section<'_>) -> Option<SigningKey> {
    let table = source.section("certificate")?;
    table.required("file");
    let pem = table.file_text("file", LARGEST_CERTIFICATE);
    let key = pem.and_then(|pem| {
        let key = SigningKey::from_pem(&pem);
        key.map_err(|error| table.mistake("file", format!("holds no certificate to pin: {error}"))).ok()
    });
    table.finish();
    key
}
