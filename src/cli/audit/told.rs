//! A record in a line, for people. Whoever wrote a subject or a session name is not to write on the operator's screen.

use crate::app::Entry;
use crate::trace::clip;
use crate::words::iso_of;
use serde_json::Value;

pub(super) fn as_text(entry: &Entry) -> String {
    let record: Value = serde_json::from_str(&entry.record).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(clip);
    let event = text(&record["eventName"]).unwrap_or_default();
    let who = person(&record["userIdentity"]);
    let outcome = match text(&record["errorCode"]) {
        Some(code) => format!("refused ({code})"),
        None => "allowed".to_owned(),
    };
    let role = text(&record["requestParameters"]["roleArn"]).map(|role| format!("  {role}")).unwrap_or_default();
    let given = text(&record["accessKeyId"]).map(|id| format!("  gave {id}")).unwrap_or_default();
    let from = text(&record["sourceIPAddress"]).map(|from| format!("  from {from}")).unwrap_or_default();
    format!("{}  {event}  {outcome}  {who}{role}{given}{from}", iso_of(entry.at))
}

/// Who it was, as far as a line tells.
pub(super) fn person(identity: &Value) -> String {
    let text = |name: &str| identity[name].as_str().map(clip);
    let via = text("providerArn").map(|provider| format!(" via {provider}")).unwrap_or_default();
    let name = match identity["type"].as_str() {
        Some("SAMLUser" | "WebIdentityUser") => text("userName"),
        Some("Operator") => Some("an operator".to_owned()),
        _ => text("arn").or_else(|| text("identityProvider")).or_else(|| text("name")),
    };
    name.unwrap_or_else(|| "somebody".to_owned()) + &via
}
