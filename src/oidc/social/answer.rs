//! A network's answer, read as strictly as a token: one JSON object, no member twice, of bounded size.

use super::SocialError;
use crate::oidc::json;
use crate::outbound::{Bounds, Fetcher};
use crate::words::Secret;
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;

pub(super) struct Answer {
    pub(super) what: &'static str,
    /// Whether it is the answer, rather than the reason why there is none.
    pub(super) granted: bool,
    pub(super) members: Map<String, Value>,
}

/// An answer of either network has a few hundred bytes.
const BOUNDS: Bounds = Bounds { bytes: 64 * 1024, time: Duration::from_secs(5), accept: "application/json" };

/// `what` names the question in errors, which never hold its address: secrets stand there.
pub(super) async fn ask(
    fetcher: &Fetcher,
    what: &'static str,
    url: &str,
    bearer: Option<&Secret>,
) -> Result<Answer, SocialError> {
    let answer = fetcher.get_as(url, bearer, &BOUNDS).await.map_err(|cause| SocialError::Fetch { what, cause })?;
    let status = answer.status;
    match status {
        200 | 400 | 401 | 403 => {}
        429 => return Err(SocialError::Undecided { what, why: "status 429".to_owned() }),
        _ => return Err(SocialError::Answer { what, why: format!("it has the status {status}") }),
    }
    let members = json::object(&answer.body, "the answer");
    let members = members.map_err(|error| SocialError::Answer { what, why: crate::trace::clip(&error.to_string()) })?;
    Ok(Answer { what, granted: status == 200, members })
}

/// `endpoint` with further segments and a query.
pub(super) fn address(endpoint: &Url, path: &[&str], query: &[(&str, &str)]) -> String {
    let mut url = endpoint.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url.into()
}

impl Answer {
    /// A member of a nested object, or nothing.
    pub(super) fn nested(&self, outer: &str, inner: &str) -> Option<&Value> {
        self.members.get(outer)?.get(inner)
    }

    /// An id that must be there.
    pub(super) fn id(&self, members: &Map<String, Value>, name: &'static str) -> Result<String, SocialError> {
        members.get(name).and_then(id).ok_or_else(|| self.lacks(name))
    }

    pub(super) fn lacks(&self, name: &str) -> SocialError {
        SocialError::Answer { what: self.what, why: format!("it has no usable {name}") }
    }

    /// A whole number that must be there.
    pub(super) fn seconds(&self, members: &Map<String, Value>, name: &'static str) -> Result<i64, SocialError> {
        members.get(name).and_then(Value::as_i64).ok_or_else(|| self.lacks(name))
    }
}

/// Of 1 to 255 characters without control characters; it goes into logs and names. Older answers of Facebook have
/// numbers.
pub(super) fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64()?.to_string(),
        _ => return None,
    };
    let fits = (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then_some(text)
}
