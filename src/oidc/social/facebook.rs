//! Facebook's access tokens, by its Graph API (Facebook for Developers: "debug_token", "Securing Graph API requests").

use super::SocialError;
use super::answer::{self, Answer, address, ask};
use super::token::Vouched;
use crate::outbound::Fetcher;
use crate::words::{Secret, hex};
use aws_lc_rs::hmac;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

/// Our app at Facebook.
pub struct Facebook {
    pub app_id: String,
    pub app_secret: Secret,
    /// `https://graph.facebook.com`, perhaps with an API version behind it.
    pub endpoint: Url,
}

const DEBUG: &str = "Facebook's debug_token";
const ME: &str = "Facebook's me";
/// Graph API error codes that say nothing about the token: the API fails, or has been asked too often.
const NOT_NOW: [i64; 6] = [1, 2, 4, 17, 341, 613];

impl Facebook {
    /// Neither the `|` of an app's own token nor the dots of an ID token.
    pub(super) fn has_form(text: &str) -> bool {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    }

    pub(super) async fn introspect(
        &self,
        fetcher: &Fetcher,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Vouched, SocialError> {
        let app_token = format!("{}|{}", self.app_id, self.secret());
        let query = [("input_token", token), ("access_token", &app_token)];
        let url = address(&self.endpoint, &["debug_token"], &query);
        let answer = ask(fetcher, DEBUG, &url, None).await?;
        refused(&answer)?;
        let data = answer.members.get("data").and_then(Value::as_object).ok_or_else(|| answer.lacks("data"))?;
        self.judge(&answer, data, now)
    }

    /// `appsecret_proof` shows that it is the app that asks, and not somebody who found the token.
    pub(super) async fn confirm(&self, fetcher: &Fetcher, token: &str, seen: Vouched) -> Result<Vouched, SocialError> {
        let proof = self.proof(token);
        let query = [("fields", "id"), ("access_token", token), ("appsecret_proof", &proof)];
        let url = address(&self.endpoint, &["me"], &query);
        let answer = ask(fetcher, ME, &url, None).await?;
        refused(&answer)?;
        if answer.id(&answer.members, "id")? != seen.subject {
            return Err(SocialError::Person { network: "graph.facebook.com" });
        }
        Ok(seen)
    }

    /// Whose token it is comes first: what else is said of another app's token is none of our business.
    fn judge(&self, answer: &Answer, data: &Map<String, Value>, now: OffsetDateTime) -> Result<Vouched, SocialError> {
        if let Some(received) = data.get("app_id").and_then(answer::id).filter(|id| *id != self.app_id) {
            return Err(SocialError::App { expected: self.app_id.clone(), received });
        }
        // Zero stands for never, for example in a system user's token.
        let end = data.get("expires_at").and_then(Value::as_i64).filter(|end| *end != 0);
        if let Some(end) = end.filter(|end| *end <= now.unix_timestamp()) {
            return Err(SocialError::Expired { end, now: now.unix_timestamp() });
        }
        if data.get("is_valid") != Some(&Value::Bool(true)) {
            let code = data.get("error").and_then(|error| error.get("code")?.as_i64());
            return Err(SocialError::Rejected { what: DEBUG, why: code_text(code) });
        }
        answer.seconds(data, "expires_at")?;
        let kind = data.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind != "USER" {
            return Err(SocialError::Type { received: crate::trace::clip(kind) });
        }
        let (app_id, subject) = (answer.id(data, "app_id")?, answer.id(data, "user_id")?);
        let mut claims = Map::new();
        claims.insert("id".to_owned(), subject.clone().into());
        claims.insert("app_id".to_owned(), app_id.clone().into());
        claims.extend(data.get("scopes").map(|scopes| ("scopes".to_owned(), scopes.clone())));
        let ends = end.and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
        Ok(Vouched { subject, audience: app_id, ends, claims })
    }

    /// HMAC-SHA-256 of the token under the app's secret, in hex.
    fn proof(&self, token: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.app_secret.expose());
        hex(hmac::sign(&key, token.as_bytes()).as_ref())
    }

    fn secret(&self) -> &str {
        self.app_secret.expose_str().unwrap_or_default()
    }
}

/// The Graph API's own refusal, which has an error in place of everything else.
fn refused(answer: &Answer) -> Result<(), SocialError> {
    let code = answer.nested("error", "code").and_then(Value::as_i64);
    match code {
        _ if answer.granted && !answer.members.contains_key("error") => Ok(()),
        Some(code) if NOT_NOW.contains(&code) => {
            Err(SocialError::Undecided { what: answer.what, why: code_text(Some(code)) })
        }
        code => Err(SocialError::Rejected { what: answer.what, why: code_text(code) }),
    }
}

/// The number alone: Facebook's sentences quote what they were asked.
fn code_text(code: Option<i64>) -> String {
    code.map_or_else(|| "without a reason".to_owned(), |code| format!("error code {code}"))
}
