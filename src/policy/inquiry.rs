//! What a resource service asks, as JSON: is the request that it received genuine, and may whoever signed it do this?
//!
//! `{"request": {"method", "url", "headers", "payload_sha256"}, "action", "resource", "resource_account",
//! "resource_policy", "context"}`, the last three as they are needed. Read as strictly as a policy: a member that nobody
//! knows or that is there twice may have been meant to take something away.

use super::context::Context;
use super::document::{Kind, Policy};
use super::error::{Faults, member};
use super::json::{self, Json};
use super::keys::{Vocabulary, is_told_by_the_house};
use super::paper::{context_of, names_one_action, sentence};
use super::pattern::Arn;
use crate::trace::clip;
use crate::words::AccountId;

/// No part of it has been verified. It may hold a session token, and has no `Debug`.
pub struct Inquiry {
    pub received: Received,
    pub action: String,
    /// An ARN, or `*` where the action knows no resource.
    pub resource: String,
    /// Whose the resource is; `None`: the service's own account.
    pub resource_account: Option<AccountId>,
    pub resource_policy: Option<Policy>,
    /// What the service knows of the request. None of the keys is one that is told here.
    pub context: Context,
}

/// A request as the service received it. Path and query are untouched.
pub struct Received {
    pub method: String,
    pub path: String,
    pub query: String,
    /// Names in lower case. The one `host` is the URL's, without the port that its scheme has anyway.
    pub headers: Vec<(String, String)>,
    /// As the service computed it; not looked at yet.
    pub payload_sha256: String,
}

/// Longest resource, as in a policy.
const LONGEST_RESOURCE: usize = 2_048;

impl Inquiry {
    /// Reads a body of at most so many bytes as the gateway lets in.
    ///
    /// # Errors
    /// A sentence that begins with the place of the mistake.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let mut faults = Faults::default();
        let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
        let tree = json::parse(text, body.len(), &mut faults);
        if let Some(tree) = &tree {
            tree.inspect(&mut faults);
        }
        faults.none_or(()).map_err(|faults| sentence("", &faults))?;
        let asked = Members::of("", tree.as_ref())?;
        asked.only(&["request", "action", "resource", "resource_account", "resource_policy", "context"])?;
        let received = Received::of(&Members::of("request", asked.member("request"))?)?;
        let (action, resource) = (asked.text("action")?, asked.text("resource")?);
        can_be_asked(action, resource)?;
        let resource_account = match asked.member("resource_account") {
            None => None,
            Some(_) => Some(asked.text("resource_account")?.parse().map_err(|e| format!("resource_account: {e}"))?),
        };
        let resource_policy = asked.member("resource_policy").map(resource_policy).transpose()?;
        let context = asked.member("context").map(known_to_the_service).transpose()?.unwrap_or_else(Context::new);
        let (action, resource) = (action.to_owned(), resource.to_owned());
        Ok(Self { received, action, resource, resource_account, resource_policy, context })
    }

    /// The account that the resource's ARN names, if it names one.
    pub fn account_in_resource(&self) -> Option<&str> {
        Arn::parse(&self.resource).map(|arn| arn.account()).filter(|account| !account.is_empty())
    }
}

/// What is known of a request that somebody asks about without having made it: `text` is the `context` of an
/// [`Inquiry`], empty for nothing.
///
/// # Errors
/// As of [`Inquiry::read`], also about action and resource.
pub fn supposed_context(action: &str, resource: &str, text: &str) -> Result<Context, String> {
    can_be_asked(action, resource)?;
    if text.trim().is_empty() {
        return Ok(Context::new());
    }
    let mut faults = Faults::default();
    let tree = json::parse(text, text.len(), &mut faults);
    if let Some(tree) = &tree {
        tree.inspect(&mut faults);
    }
    faults.none_or(()).map_err(|faults| sentence("context", &faults))?;
    tree.as_ref().map_or_else(|| Ok(Context::new()), known_to_the_service)
}

fn can_be_asked(action: &str, resource: &str) -> Result<(), String> {
    names_one_action(action)?;
    if resource.len() > LONGEST_RESOURCE || (resource != "*" && Arn::parse(resource).is_none()) {
        return Err(format!("resource: \"{}\" is neither an ARN nor \"*\"", clip(resource)));
    }
    Ok(())
}

impl Received {
    fn of(request: &Members<'_>) -> Result<Self, String> {
        request.only(&["method", "url", "headers", "payload_sha256"])?;
        let url = request.text("url")?;
        let (host, path, query) = taken_apart(url).ok_or_else(|| {
            "request.url: wants http or https, a host, a path and a query, without user and fragment".to_owned()
        })?;
        let sent = Members::of("request.headers", request.member("headers"))?;
        let mut headers = vec![("host".to_owned(), host.to_owned())];
        for (name, _) in sent.members.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
            headers.push((name.to_ascii_lowercase(), sent.text(name)?.to_owned()));
        }
        Ok(Self {
            method: request.text("method")?.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            payload_sha256: request.text("payload_sha256")?.to_owned(),
        })
    }
}

/// Host, path and query as they are written: whoever normalises a URL has lost what was signed.
fn taken_apart(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let fits = rest.bytes().all(|b| b.is_ascii_graphic()) && !rest.contains('#');
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = authority.strip_suffix(port).unwrap_or(authority);
    (fits && !host.is_empty() && !host.contains('@')).then_some((host, path, query))
}

fn resource_policy(document: &Json) -> Result<Policy, String> {
    Policy::of(document, Kind::Resource, Kind::Resource.vocabulary())
        .map_err(|faults| sentence("resource_policy", &faults))
}

fn known_to_the_service(tree: &Json) -> Result<Context, String> {
    let Json::Object(members) = tree else { return Err("context: is not an object".into()) };
    for (key, _) in members {
        let place = member("context", key);
        if is_told_by_the_house(key) {
            return Err(format!("{place}: Gatehouse knows this key itself; leave it out"));
        }
        if !Vocabulary::Any.has(key) {
            return Err(format!("{place}: is not a condition key, as in \"aws:SourceIp\""));
        }
    }
    context_of(tree)
}

/// The members of one object, and where it stands.
struct Members<'t> {
    place: &'static str,
    members: &'t [(String, Json)],
}

impl<'t> Members<'t> {
    fn of(place: &'static str, tree: Option<&'t Json>) -> Result<Self, String> {
        let named = if place.is_empty() { "the body" } else { place };
        match tree {
            Some(Json::Object(members)) => Ok(Self { place, members }),
            Some(_) => Err(format!("{named}: is not an object")),
            None => Err(format!("{named}: is missing")),
        }
    }

    /// A member that is null is not there.
    fn member(&self, name: &str) -> Option<&'t Json> {
        let found = self.members.iter().find(|(there, _)| there == name).map(|(_, value)| value);
        found.filter(|value| !matches!(value, Json::Null))
    }

    fn text(&self, name: &str) -> Result<&'t str, String> {
        match self.member(name) {
            Some(Json::Text(text)) => Ok(text),
            Some(_) => Err(format!("{}: is not a string", self.named(name))),
            None => Err(format!("{}: is missing", self.named(name))),
        }
    }

    fn named(&self, name: &str) -> String {
        let name = clip(name);
        if self.place.is_empty() { name } else { format!("{}.{name}", self.place) }
    }

    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(format!("{}: there are {} and nothing else", self.named(name), known.join(", "))),
            None => Ok(()),
        }
    }
}
