//! What a token of ours tells of the principal, under the names that AWS has for it (IAM User Guide, "Understanding token
//! claims"), as far as there is such a thing here.

use crate::trust::RoleSession;
use crate::words::{AccountId, SessionTag, iso};
use serde_json::{Map, Value, json};

/// `principal` is the ARN of the user, or of the role whose session it is.
pub(super) fn about<'a>(
    account: AccountId,
    principal: &str,
    tags: impl Iterator<Item = &'a SessionTag>,
    session: Option<&RoleSession>,
    region: &str,
) -> Map<String, Value> {
    let mut about = Map::new();
    about.insert("aws_account".into(), json!(account.as_str()));
    about.insert("source_region".into(), json!(region));
    about.insert("principal_id".into(), json!(principal));
    let tags = map(tags);
    if tags.as_object().is_some_and(|tags| !tags.is_empty()) {
        about.insert("principal_tags".into(), tags);
    }
    let Some(session) = session else { return about };
    about.insert("original_session_exp".into(), json!(iso(session.expires)));
    about.extend(session.provider.iter().map(|arn| ("federated_provider".into(), json!(arn))));
    about.extend(session.carried.source_identity.iter().map(|id| ("source_identity".into(), json!(id.as_str()))));
    about
}

pub(super) fn map<'a>(tags: impl Iterator<Item = &'a SessionTag>) -> Value {
    Value::Object(tags.map(|tag| (tag.key.clone(), json!(tag.value))).collect())
}
