//! Who is behind a credential: along the records from one session to the one that it was made with, to whoever was there first.

use crate::store::{Book, Entry, StoreError};
use serde_json::Value;

/// The records that lead from a credential to somebody, the credential's own first.
pub struct Trail {
    pub steps: Vec<Step>,
    /// Credentials that the last step was made with, and that no record is kept of.
    pub lost: Option<String>,
}

/// One credential, and the record of who was given it.
pub struct Step {
    pub access_key_id: String,
    pub entry: Entry,
    pub record: Value,
}

/// Sessions descend from others, but by no more steps than this.
const MOST_STEPS: usize = 64;

/// `None` if no record shows who was given it.
pub async fn trail(book: &mut Book, access_key_id: &str) -> Result<Option<Trail>, StoreError> {
    let (mut steps, mut next) = (Vec::<Step>::new(), access_key_id.to_owned());
    while steps.len() < MOST_STEPS {
        let found = book.who(&next).await?;
        let Some(entry) = found else {
            let lost = Some(next);
            return Ok(if steps.is_empty() { None } else { Some(Trail { steps, lost }) });
        };
        let record: Value = serde_json::from_str(&entry.record).unwrap_or_default();
        let step = Step { access_key_id: next, entry, record };
        let parent = step.identity()["accessKeyId"].as_str().filter(|id| id.starts_with("ASIA")).map(str::to_owned);
        steps.push(step);
        match parent {
            Some(parent) if steps.iter().all(|step| step.access_key_id != parent) => next = parent,
            _ => return Ok(Some(Trail { steps, lost: None })),
        }
    }
    Ok(Some(Trail { steps, lost: None }))
}

impl Step {
    /// Who was given it. Of a switch CloudTrail's member tells where it led to; whoever switched stands beside it.
    pub fn identity(&self) -> &Value {
        let switched = &self.record["additionalEventData"]["switchedBy"];
        if switched.is_object() { switched } else { &self.record["userIdentity"] }
    }

    /// The name that the session was begun under.
    pub fn session_name(&self) -> Option<&str> {
        let asked = &self.record["requestParameters"];
        asked["roleSessionName"].as_str().or(asked["name"].as_str())
    }

    pub fn source_identity(&self) -> Option<&str> {
        self.record["requestParameters"]["sourceIdentity"].as_str()
    }

    /// Whose temporary credentials they are: a role's, a federated user's, or a user's.
    pub fn bearer(&self) -> Option<&str> {
        let told = &self.record["responseElements"];
        let arn = told["assumedRoleUser"]["arn"].as_str().or(told["federatedUser"]["arn"].as_str());
        arn.or(self.identity()["arn"].as_str())
    }
}
