//! Login with Amazon's access tokens (Login with Amazon developer guide: "Verify an access token", "Obtain customer
//! profile information").

use super::SocialError;
use super::answer::{Answer, address, ask};
use super::token::Vouched;
use crate::oidc::json;
use crate::outbound::Fetcher;
use crate::words::Secret;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};
use url::Url;

/// Our clients at Amazon.
pub struct Amazon {
    pub client_ids: Vec<String>,
    /// `https://api.amazon.com`.
    pub endpoint: Url,
}

const TOKENINFO: &str = "Amazon's tokeninfo";
const PROFILE: &str = "Amazon's profile";
const ISSUER: &str = "https://www.amazon.com";
/// What of a profile becomes claims; the rest is nobody's business.
const PROFILE_CLAIMS: [&str; 3] = ["name", "email", "postal_code"];

impl Amazon {
    pub(super) fn has_form(text: &str) -> bool {
        let rest = text.strip_prefix("Atza|");
        rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+/=".contains(&b)))
    }

    pub(super) async fn introspect(
        &self,
        fetcher: &Fetcher,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Vouched, SocialError> {
        let url = address(&self.endpoint, &["auth", "o2", "tokeninfo"], &[("access_token", token)]);
        let answer = ask(fetcher, TOKENINFO, &url, None).await?;
        refused(&answer)?;
        let said = &answer.members;
        let audience = answer.id(said, "aud")?;
        if !self.client_ids.contains(&audience) {
            let expected = format!("one of {}", self.client_ids.join(", "));
            return Err(SocialError::App { expected, received: audience });
        }
        if said.get("iss").is_some_and(|issuer| issuer != ISSUER) {
            return Err(answer.lacks("iss"));
        }
        // Unlike a token's `exp`: the seconds that are left.
        let left = answer.seconds(said, "exp")?;
        let ends = now.saturating_add(Duration::seconds(left));
        if left <= 0 {
            return Err(SocialError::Expired { end: ends.unix_timestamp(), now: now.unix_timestamp() });
        }
        let subject = answer.id(said, "user_id")?;
        let mut claims = Map::new();
        claims.insert("user_id".to_owned(), subject.clone().into());
        claims.insert("aud".to_owned(), audience.clone().into());
        claims.extend(said.get("app_id").map(|id| ("app_id".to_owned(), id.clone())));
        Ok(Vouched { subject, audience, ends: Some(ends), claims })
    }

    pub(super) async fn confirm(
        &self,
        fetcher: &Fetcher,
        token: &str,
        mut seen: Vouched,
    ) -> Result<Vouched, SocialError> {
        let url = address(&self.endpoint, &["user", "profile"], &[]);
        let answer = ask(fetcher, PROFILE, &url, Some(&Secret::new(token))).await?;
        refused(&answer)?;
        if answer.id(&answer.members, "user_id")? != seen.subject {
            return Err(SocialError::Person { network: "www.amazon.com" });
        }
        let told =
            PROFILE_CLAIMS.iter().filter_map(|name| Some(((*name).to_owned(), answer.members.get(*name)?.clone())));
        seen.claims.extend(told);
        Ok(seen)
    }
}

/// RFC 6750 §3.1, as Amazon has it: `invalid_request` is said of what is no access token at all.
fn refused(answer: &Answer) -> Result<(), SocialError> {
    let error = answer.members.get("error").and_then(Value::as_str);
    match error {
        None if answer.granted => Ok(()),
        Some("invalid_request") => Err(SocialError::Form { network: "www.amazon.com" }),
        Some(error) => Err(SocialError::Rejected { what: answer.what, why: json::error_code(error) }),
        None => Err(SocialError::Rejected { what: answer.what, why: "without a reason".to_owned() }),
    }
}
