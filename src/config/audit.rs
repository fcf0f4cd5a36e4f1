//! `[audit]` and `[trace]`: how long what is written stays, and where it goes besides.

use super::settings::{AuditSettings, TraceSettings};
use super::{Section, outbound, section};
use crate::audit::{Anchor, Destination, Shipment};
use crate::outbound::Fetcher;
use crate::words::Secret;
use time::Duration;
use toml::Value;

const AUDIT: Duration = Duration::days(400);
/// Whoever wears a session is found by the record of it: no session lasts longer than 36 hours.
const SHORTEST_AUDIT: Duration = Duration::days(2);
const TRACE: Duration = Duration::days(14);
const SHORTEST_TRACE: Duration = Duration::HOUR;
const TRACE_SIZE: u64 = 1 << 30;
const LEAST_TRACE_SIZE: u64 = 1 << 24;

pub(super) fn audit(root: &Section<'_>) -> AuditSettings {
    let section = root.section_or_empty("audit");
    let retention = section.duration("retention").unwrap_or(AUDIT);
    if retention < SHORTEST_AUDIT {
        section.mistake("retention", "must be at least 2d: a session that is worn is found by the record of it");
    }
    let anchor = section.section("anchor").and_then(|table| {
        let anchor = match (table.has("file"), table.has("url")) {
            (true, false) => table.string("file").map(|path| Anchor::file(table.resolve(&path))),
            (false, true) => door(&table, "url").map(|(url, fetcher, token)| Anchor::Url { url, fetcher, token }),
            _ => {
                table.mistake("", "say exactly one of file = \"path\" and url = \"https://…\"");
                None
            }
        };
        table.finish();
        anchor
    });
    let shipments = match section.value("ship") {
        None => Vec::new(),
        Some(Value::Table(_)) => section.section("ship").as_ref().and_then(shipment).into_iter().collect(),
        Some(_) => section.sections("ship", "file").iter().filter_map(shipment).collect(),
    };
    section.finish();
    AuditSettings { retention, anchor, shipments }
}

fn shipment(table: &Section<'_>) -> Option<Shipment> {
    let destination = match (table.has("file"), table.has("syslog"), table.has("otlp")) {
        (true, false, false) => table.string("file").map(|path| Destination::File(table.resolve(&path))),
        (false, true, false) => table.parsed("syslog").map(Destination::Syslog),
        (false, false, true) => {
            door(table, "otlp").map(|(url, fetcher, token)| Destination::Otlp { url, fetcher, token })
        }
        _ => {
            table.mistake(
                "",
                "say exactly one of file = \"path\", syslog = \"unix:/dev/log\" and otlp = \"https://…/v1/logs\"",
            );
            None
        }
    };
    table.note_unasked();
    destination.map(Shipment::to)
}

/// An address to post to, and how.
fn door(table: &Section<'_>, key: &'static str) -> Option<(String, Fetcher, Option<Secret>)> {
    let url = table.string(key).filter(|text| outbound::address(table, key, text).is_some());
    let token = table.secret("token");
    let fetcher = Fetcher::new(outbound::rules(table, url.as_deref().as_slice()));
    let fetcher = fetcher.map_err(|error| table.mistake("ca", error.to_string())).ok()?;
    Some((url?, fetcher, token))
}

pub(super) fn trace(root: &Section<'_>) -> TraceSettings {
    let section = root.section_or_empty("trace");
    let retention = section.duration("retention").unwrap_or(TRACE);
    if retention < SHORTEST_TRACE {
        section.mistake("retention", "must be at least 1h");
    }
    let max_size = section.string("max_size").map_or(TRACE_SIZE, |text| {
        let size = section::parse_size(&text).filter(|size| *size >= LEAST_TRACE_SIZE);
        if size.is_none() {
            section.mistake("max_size", "must be a size of at least \"16MiB\", as in \"512MiB\" or \"1GiB\"");
        }
        size.unwrap_or(TRACE_SIZE)
    });
    section.finish();
    TraceSettings { retention, max_size }
}
