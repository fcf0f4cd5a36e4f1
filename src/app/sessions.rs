//! Sessions, listed and ended from beside a gateway that may be running.

use super::AppError;
use crate::ambient::Random;
use crate::config::Settings;
use crate::store::{self, AuditRecord, Revoke};
use crate::words::iso;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub use crate::store::{Ending, LiveSession, Revoked};

/// Those that have neither ended nor been ended, the latest first.
pub async fn live_sessions(settings: &Settings, now: OffsetDateTime) -> Result<Vec<LiveSession>, AppError> {
    Ok(store::live(&settings.store.path, now.unix_timestamp()).await?)
}

/// Ends sessions; a gateway on the same store refuses them within two seconds, and mints nothing from them from now on.
/// `None` if the one session that is named is not on record.
pub async fn revoke(
    settings: &Settings,
    ending: Ending,
    before: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Option<Revoked>, AppError> {
    let mut parameters = parameters(&ending);
    if let Some(before) = before {
        parameters["issuedBefore"] = json!(iso(before));
    }
    let order = Revoke { ending, before: before.map(OffsetDateTime::unix_timestamp), now: now.unix_timestamp() };
    let written = |ended: Revoked| {
        let elements = json!({ "sessionsEnded": ended.sessions, "consoleSessionsEnded": ended.console });
        record("RevokeSessions", &parameters, &elements, now)
    };
    Ok(order.run(&settings.store.path, written).await?)
}

/// `false` if nobody had barred them.
pub async fn admit(settings: &Settings, provider: &str, subject: &str, now: OffsetDateTime) -> Result<bool, AppError> {
    let parameters = json!({ "provider": provider, "subject": subject });
    let record = record("AdmitPerson", &parameters, &Value::Null, now);
    Ok(store::admit(&settings.store.path, provider, subject, record).await?)
}

fn parameters(ending: &Ending) -> Value {
    match ending {
        Ending::Session(id) => json!({ "session": id }),
        Ending::Role(arn) => json!({ "role": arn }),
        Ending::Principal(arn) => json!({ "principal": arn }),
        Ending::Provider(arn) => json!({ "provider": arn }),
        Ending::Person { provider, subject } => json!({ "provider": provider, "subject": subject }),
    }
}

pub(super) fn record(name: &str, parameters: &Value, elements: &Value, now: OffsetDateTime) -> AuditRecord {
    let record = json!({
        "eventVersion": "1.0", "eventTime": iso(now), "eventSource": "sts.gatehouse", "eventName": name,
        "requestID": Random.uuid(), "userIdentity": { "type": "Operator" }, "requestParameters": parameters,
        "responseElements": elements,
    });
    AuditRecord { at: now.unix_timestamp(), record }
}
