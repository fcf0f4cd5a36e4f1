//! A directory that knows who is in which groups, spoken to as Microsoft Graph is ("List a user's memberships (direct and
//! transitive)"), with an access token that this house gets for itself (client credentials, RFC 6749 §4.4).

use super::login::{BasicAuth, supports};
use super::{Discovery, json};
use crate::outbound::{Bounds, Fetcher, OutboundError};
use crate::words::Secret;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::{Duration, OffsetDateTime};
use url::{Url, form_urlencoded};

/// Where the groups of people who have too many for a token are asked for, and as whom.
pub struct GroupsSource {
    /// As in `https://graph.microsoft.com/v1.0`: a URL without query, fragment and trailing slash.
    pub endpoint: String,
    pub client_id: String,
    /// Absent where secrets stay shut; then nobody is asked.
    pub client_secret: Option<Secret>,
}

/// Why somebody's groups could not be had. No text holds a token, a secret or anything that the other side wrote but an
/// error code.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DirectoryError {
    #[error("the token has no oid of letters, digits and hyphens to ask by")]
    ObjectId,
    #[error("the client secret was not read")]
    SecretShut,
    #[error("no answer came within {seconds} seconds")]
    TimeLimit { seconds: u64 },
    #[error("{what} cannot be fetched: {cause}")]
    Fetch { what: &'static str, cause: OutboundError },
    #[error("{what} has the status {status}: {error}")]
    Status { what: &'static str, status: u16, error: String },
    #[error("{what} has no usable {member}")]
    Answer { what: &'static str, member: &'static str },
    #[error("the list goes on at another place than the endpoint")]
    Elsewhere,
    #[error("there are more than {limit} {what}")]
    TooMany { limit: usize, what: &'static str },
}

impl DirectoryError {
    /// The directory is down or busy, rather than wrong: the caller may try again.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::TimeLimit { .. } => true,
            Self::Fetch { cause, .. } => cause.is_unreachable(),
            Self::Status { status, .. } => *status == 429,
            _ => false,
        }
    }
}

const TOKEN: &str = "the directory's token response";
const LIST: &str = "the directory's list of groups";
/// A page has at most 999 entries, each of some hundred bytes.
const BOUNDS: Bounds =
    Bounds { bytes: 1024 * 1024, time: std::time::Duration::from_secs(5), accept: "application/json" };
const MOST_PAGES: usize = 20;
/// More than the directory itself lets anybody have in a token, and little enough to be evaluated at each sign-in.
const MOST_GROUPS: usize = 10_000;

pub(super) struct Directory {
    source: GroupsSource,
    fetcher: Fetcher,
    access: Mutex<Option<Access>>,
}

#[derive(Clone)]
struct Access {
    token: Arc<Secret>,
    until: OffsetDateTime,
}

impl Directory {
    pub(super) fn new(source: GroupsSource, fetcher: Fetcher) -> Self {
        Self { source, fetcher, access: Mutex::default() }
    }

    /// The ids of the security groups that the person is in, directly or through others. Groups that are only for mail
    /// are none: people join and make those as they like.
    pub(super) async fn groups(
        &self,
        person: &str,
        discovery: &Discovery,
        now: OffsetDateTime,
    ) -> Result<Vec<String>, DirectoryError> {
        let token = self.access_token(discovery, now).await?;
        let endpoint = &self.source.endpoint;
        let mut address = format!("{endpoint}/users/{person}/transitiveMemberOf?$select=id,securityEnabled&$top=999");
        let mut groups = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = self.page(&address, &token).await?;
            groups.extend(page.groups);
            if groups.len() > MOST_GROUPS {
                return Err(DirectoryError::TooMany { limit: MOST_GROUPS, what: "groups" });
            }
            let Some(next) = page.next else { return Ok(groups) };
            // The bearer token goes wherever this leads.
            if !next.strip_prefix(endpoint.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                return Err(DirectoryError::Elsewhere);
            }
            address = next;
        }
        Err(DirectoryError::TooMany { limit: MOST_PAGES, what: "pages" })
    }

    async fn page(&self, address: &str, token: &Secret) -> Result<Page, DirectoryError> {
        let fetched = self.fetcher.get_as(address, Some(token), &BOUNDS).await;
        let answer = fetched.map_err(|cause| DirectoryError::Fetch { what: LIST, cause })?;
        if answer.status == 401 {
            *self.access() = None;
        }
        let members = granted(LIST, answer.status, &answer.body)?;
        let Some(Value::Array(entries)) = members.get("value") else {
            return Err(DirectoryError::Answer { what: LIST, member: "value" });
        };
        let next = match members.get("@odata.nextLink") {
            None | Some(Value::Null) => None,
            Some(Value::String(next)) => Some(next.clone()),
            Some(_) => return Err(DirectoryError::Answer { what: LIST, member: "@odata.nextLink" }),
        };
        Ok(Page { groups: entries.iter().filter_map(security_group).collect(), next })
    }

    /// The one that is at hand, or a new one from the token endpoint that the issuer's discovery document names.
    async fn access_token(&self, discovery: &Discovery, now: OffsetDateTime) -> Result<Arc<Secret>, DirectoryError> {
        if let Some(access) = self.access().as_ref().filter(|access| now < access.until) {
            return Ok(access.token.clone());
        }
        let (form, basic_auth) = self.token_request(discovery)?;
        let endpoint = discovery.token_endpoint.as_deref();
        let endpoint =
            endpoint.ok_or(DirectoryError::Answer { what: "the discovery document", member: "token_endpoint" })?;
        let fetched = self.fetcher.post_form(endpoint, form, basic_auth).await;
        let answer = fetched.map_err(|cause| DirectoryError::Fetch { what: TOKEN, cause })?;
        let members = granted(TOKEN, answer.status, &answer.body)?;
        let token = members.get("access_token").and_then(Value::as_str);
        let token = token.ok_or(DirectoryError::Answer { what: TOKEN, member: "access_token" })?;
        let seconds = members.get("expires_in").and_then(Value::as_u64).unwrap_or_default().min(3_600);
        let until = now.saturating_add(Duration::seconds(seconds.cast_signed()) - Duration::MINUTE);
        let token = Arc::new(Secret::new(token));
        *self.access() = Some(Access { token: token.clone(), until });
        Ok(token)
    }

    /// RFC 6749 §4.4.2. The scope is the application's own permissions at the endpoint's host.
    fn token_request(&self, discovery: &Discovery) -> Result<(String, Option<BasicAuth<'_>>), DirectoryError> {
        let GroupsSource { endpoint, client_id, client_secret } = &self.source;
        let secret = client_secret.as_ref().ok_or(DirectoryError::SecretShut)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        let origin = Url::parse(endpoint).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        form.append_pair("scope", &format!("{origin}/.default"));
        if supports(discovery, "client_secret_basic") {
            return Ok((form.finish(), Some((client_id, secret))));
        }
        form.append_pair("client_id", client_id);
        form.append_pair("client_secret", secret.expose_str().unwrap_or_default());
        Ok((form.finish(), None))
    }

    fn access(&self) -> MutexGuard<'_, Option<Access>> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Page {
    groups: Vec<String>,
    next: Option<String>,
}

/// The answer's members. Of a refusal its error code is told (RFC 6749 §5.2, or Graph's `error.code`), and no prose.
fn granted(what: &'static str, status: u16, body: &[u8]) -> Result<Map<String, Value>, DirectoryError> {
    let members = json::object(body, what).ok();
    if status == 200 {
        return members.ok_or(DirectoryError::Answer { what, member: "JSON object" });
    }
    let error = members.as_ref().and_then(|members| members.get("error"));
    let code = error.and_then(|error| error.as_str().or_else(|| error.get("code")?.as_str()));
    let error = code.map_or_else(|| "without an error code".to_owned(), json::error_code);
    Err(DirectoryError::Status { what, status, error })
}

fn security_group(entry: &Value) -> Option<String> {
    let is_one = entry.get("@odata.type")? == "#microsoft.graph.group" && entry.get("securityEnabled")? == true;
    let id = entry.get("id")?.as_str().filter(|id| (1..=64).contains(&id.len()))?;
    is_one.then(|| id.to_owned())
}
