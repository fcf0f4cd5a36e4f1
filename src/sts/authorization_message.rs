//! What a caller was denied, sealed into its refusal, and DecodeAuthorizationMessage, which opens it for those of the same
//! account who may.
//!
//! The message travels through the hands of whoever was refused, and says more than they may know; it is good for a day.
//! A request with very many tags has more to tell than fits: the last of its condition keys are then left out. What a trust
//! policy says takes the same room whatever it is, nothing included: the length is for everybody to see.

use super::action::{DecodeAuthorizationMessage, LONGEST_MESSAGE};
use super::audit::{Event, Who};
use super::seals::Purpose;
use super::service::Request;
use super::{Answer, Sts, StsError, seal};
use crate::policy::Values;
use crate::trust::{self, Denial, VerifiedCaller};
use crate::words::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// What a message tells.
pub(super) struct Denied<'a> {
    /// Null where nobody is known.
    pub(super) principal: Value,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    /// The statements that denied it.
    pub(super) by: Option<&'a str>,
    pub(super) conditions: &'a BTreeMap<String, Values>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    /// When it was made, in seconds since 1970.
    at: i64,
    /// Whose it is: the account of the caller that was denied.
    account: String,
    message: Value,
}

pub(super) const LIFE: Duration = Duration::hours(24);
/// Bytes of a message, so that it stays within its length in base64 with its seal, its time and its account around it.
const MOST: usize = LONGEST_MESSAGE / 4 * 3 - seal::OVERHEAD - 80;
/// Bytes of it for the statements that denied, which are padded to that. To pad the whole to a multiple of something would
/// not do: whoever asks chooses tags that bring it to just below one.
const STATEMENTS: usize = 512;
const ACTION: &str = "sts:DecodeAuthorizationMessage";

impl Sts {
    /// The refusal of a caller, with the message about it.
    pub(super) fn caller_denied(&self, caller: &VerifiedCaller, denial: Denial, now: OffsetDateTime) -> StsError {
        let Denial { error, told, resource, denied_by, conditions } = denial;
        let denied = Denied {
            principal: json!({ "id": caller.user_id(), "arn": caller.arn() }),
            action: error.action(),
            resource: &resource,
            by: denied_by.as_deref(),
            conditions: &conditions,
        };
        let encoded = self.seal_message(caller.account(), &denied, now);
        let (error, told) = (Box::new(error), told.map(Box::new));
        StsError::CallerDenied { caller: caller.arn(), resource, error, told, encoded }
    }

    /// The message, which those of the account alone will open.
    pub(super) fn seal_message(&self, account: AccountId, denied: &Denied<'_>, now: OffsetDateTime) -> String {
        let (at, account) = (now.unix_timestamp(), account.to_string());
        let (message, padding) = message(denied);
        let mut plain = serde_json::to_vec(&Sealed { at, account, message }).expect("a message is plain data");
        // Blanks after the JSON are read over.
        plain.resize(plain.len() + padding, b' ');
        self.keys.seals.seal_text(Purpose::AuthorizationMessage, &plain, &self.random)
    }

    pub(super) async fn decode_authorization_message(
        &self,
        asked: &DecodeAuthorizationMessage,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let around = request.surroundings();
        let permitted = trust::permit(&self.catalogue, caller, ACTION, "*", &around, &mut request.trace);
        let decoded = match permitted {
            Ok(()) => self.open_message(&asked.message, caller, request.now),
            Err(denial) => Err(self.caller_denied(caller, *denial, request.now)),
        };
        let event = Event { name: "DecodeAuthorizationMessage", who: Who::Caller(caller, None), role: "", request };
        Ok(Answer::DecodedMessage(self.or_deny(decoded, &event).await?.to_string()))
    }

    fn open_message(&self, text: &str, caller: &VerifiedCaller, now: OffsetDateTime) -> Result<Value, StsError> {
        let plain = self.keys.seals.open_text(Purpose::AuthorizationMessage, text);
        let sealed = plain.and_then(|plain| serde_json::from_slice::<Sealed>(&plain).ok());
        let sealed = sealed.ok_or(StsError::InvalidMessage("it is none of this gateway's"))?;
        if sealed.account != caller.account().as_str() {
            return Err(StsError::InvalidMessage("it is about somebody of another account"));
        }
        if sealed.at.saturating_add(LIFE.whole_seconds()) <= now.unix_timestamp() {
            return Err(StsError::InvalidMessage("it is older than a day"));
        }
        Ok(sealed.message)
    }
}

/// As AWS has it (STS API, "DecodeAuthorizationMessage"), and how many bytes it lacks to be as long as with any statements.
fn message(denied: &Denied<'_>) -> (Value, usize) {
    let mut message = json!({
        "allowed": false,
        "explicitDeny": false,
        "matchedStatements": { "items": [] },
        "failures": { "items": [] },
        "context": {
            "principal": denied.principal,
            "action": denied.action,
            "resource": denied.resource,
            "conditions": { "items": [] },
        },
    });
    let room = MOST.saturating_sub(message.to_string().len() + STATEMENTS);
    let conditions = denied.conditions.iter().map(|(key, values)| condition(key, values));
    message["context"]["conditions"]["items"] = fitting(conditions, room);
    let length = message.to_string().len() + STATEMENTS;
    let statements = denied.by.iter().flat_map(|names| names.split(", "));
    let statements = statements.map(|name| json!({ "statementId": name, "effect": "DENY" }));
    message["explicitDeny"] = json!(denied.by.is_some());
    message["matchedStatements"]["items"] = fitting(statements, STATEMENTS);
    let padding = length - message.to_string().len();
    (message, padding)
}

/// The first of them, as many as there is room for.
fn fitting(items: impl Iterator<Item = Value>, mut room: usize) -> Value {
    let fitting = items.take_while(|item| {
        let length = item.to_string().len() + 1;
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    fitting.collect()
}

fn condition(key: &str, values: &Values) -> Value {
    let values = match values {
        Values::One(value) => std::slice::from_ref(value),
        Values::Many(values) => values,
    };
    let items: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
    json!({ "key": key, "values": { "items": items } })
}
