//! OpenTelemetry logs (OTLP/HTTP 1.x, JSON encoding).

use super::line;
use crate::store::Entry;
use serde_json::{Value, json};

/// The body of an ExportLogsServiceRequest.
pub(super) fn body(entries: &[Entry]) -> String {
    let attribute = |key: &str, value: Value| json!({ "key": key, "value": value });
    let record = |entry: &Entry| {
        let event: Value = serde_json::from_str(&entry.record).unwrap_or_default();
        let nanoseconds = format!("{}000000000", entry.at);
        json!({
            "timeUnixNano": nanoseconds, "observedTimeUnixNano": nanoseconds, "severityNumber": 9, "severityText": "INFO",
            "body": { "stringValue": line(entry) },
            "attributes": [
                attribute("event.name", json!({ "stringValue": event["eventName"].as_str().unwrap_or_default() })),
                attribute("gatehouse.audit.node", json!({ "stringValue": entry.node })),
                // 64-bit numbers are text in JSON (proto3).
                attribute("gatehouse.audit.number", json!({ "intValue": entry.number.to_string() })),
            ],
        })
    };
    let records: Vec<Value> = entries.iter().map(record).collect();
    json!({
        "resourceLogs": [{
            "resource": { "attributes": [attribute("service.name", json!({ "stringValue": "gatehouse" }))] },
            "scopeLogs": [{ "scope": { "name": "gatehouse.audit" }, "logRecords": records }],
        }],
    })
    .to_string()
}
