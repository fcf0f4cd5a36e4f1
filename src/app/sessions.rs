//! Sessions, listed and ended from beside a gateway that may be running.

use super::AppError;
use crate::ambient::Random;
use crate::catalogue::Catalogue;
use crate::config::{Loaded, Settings};
use crate::store::{self, AuditRecord, Revoke};
use crate::sts::is_session_id;
use crate::words::{RoleArn, iso};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub use crate::store::{Ending, Live, LiveSession, Revoked};

/// Those that have neither ended nor been ended, to be read page by page.
pub async fn live_sessions(settings: &Settings, now: OffsetDateTime) -> Result<Live, AppError> {
    Ok(Live::open(&settings.store.address, now.unix_timestamp()).await?)
}

/// Ends sessions; a gateway on the same store refuses them within two seconds, and mints nothing from them from now on.
/// `None` if they are of nobody who is configured or on record.
pub async fn revoke(
    loaded: &Loaded,
    ending: Ending,
    before: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Option<Revoked>, AppError> {
    let mut parameters = ending.parameters();
    if let Some(before) = before {
        parameters["issuedBefore"] = json!(iso(before));
    }
    let known = is_configured(&ending, before, &loaded.catalogue);
    let order = Revoke { ending, before: before.map(after), known, now: now.unix_timestamp() };
    let written = |ended: Revoked| {
        let elements = json!({ "sessionsEnded": ended.sessions, "consoleSessionsEnded": ended.console, "onRecord": ended.on_record });
        record("RevokeSessions", &parameters, &elements, now)
    };
    Ok(order.run(&loaded.settings.store.address, written).await?)
}

/// `false` if nobody had barred them.
pub async fn admit(settings: &Settings, provider: &str, subject: &str, now: OffsetDateTime) -> Result<bool, AppError> {
    let parameters = json!({ "provider": provider, "subject": subject });
    let record = record("AdmitPerson", &parameters, &Value::Null, now);
    Ok(store::admit(&settings.store.address, provider, subject, record).await?)
}

/// The first whole second that is not before it: sessions are known by the second that they were issued in.
fn after(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp() + i64::from(moment.nanosecond() > 0)
}

/// Whether there is such a one, as far as the configuration knows. A person may be barred who has never come yet; and a
/// session that somebody has made with a stolen key is on no record, of whatever time it says it is.
fn is_configured(ending: &Ending, before: Option<OffsetDateTime>, catalogue: &Catalogue) -> bool {
    match ending {
        Ending::Session(id) => before.is_none() && is_session_id(id),
        Ending::Role(arn) => arn.parse::<RoleArn>().is_ok_and(|arn| catalogue.role(&arn).is_some()),
        Ending::Principal(arn) => catalogue.users().any(|user| user.arn.as_str() == arn),
        Ending::Provider(arn) | Ending::Person { provider: arn, .. } => {
            arn.parse().is_ok_and(|arn| catalogue.provider(&arn).is_some())
        }
        Ending::Whose(_) => false,
    }
}

pub(super) fn record(name: &str, parameters: &Value, elements: &Value, now: OffsetDateTime) -> AuditRecord {
    let record = json!({
        "eventVersion": "1.11", "eventTime": iso(now), "eventSource": "sts.gatehouse", "eventName": name,
        "requestID": Random.uuid(), "eventID": Random.uuid(), "userIdentity": { "type": "Operator" },
        "requestParameters": parameters, "responseElements": elements, "readOnly": false,
        "eventType": "AwsServiceEvent", "managementEvent": true, "eventCategory": "Management",
    });
    AuditRecord::read(now.unix_timestamp(), record.to_string())
}
