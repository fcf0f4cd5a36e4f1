//! Who asks for a page: one of the up to nine sessions of a browser.
//!
//! What acts in a session is mounted once for each ([`paths`]), so the address says which cookie counts and every other
//! cookie counts for nothing. A handler that takes a [`PageSession`] is reached by somebody signed in only; one that takes a
//! [`PageForm`] besides only by a form that carries the session's own token.

use super::console::sorry;
use super::incoming::Incoming;
use super::{House, form};
use crate::console::{ConsoleError, ConsoleSession, Nth, SessionId};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use url::Url;

/// Somebody who is signed in, and their request.
pub(super) struct PageSession {
    pub(super) id: SessionId,
    pub(super) session: ConsoleSession,
    /// Which of the browser's sessions it is: `incoming.nth`.
    pub(super) incoming: Incoming,
}

/// The same with a form of theirs.
pub(super) struct PageForm {
    pub(super) id: SessionId,
    pub(super) session: ConsoleSession,
    pub(super) incoming: Incoming,
    pub(super) fields: Vec<(String, String)>,
}

/// Where the pages of a session begin.
pub(super) fn base(nth: Nth) -> String {
    if nth == Nth::FIRST { "/console".to_owned() } else { format!("/console/s/{}", nth.number()) }
}

/// Where the pages of each session are: those of the first under two names.
pub(super) fn paths() -> impl Iterator<Item = (String, Nth)> {
    let numbered = Nth::all().map(|nth| (format!("/console/s/{}", nth.number()), nth));
    [("/console".to_owned(), Nth::FIRST)].into_iter().chain(numbered)
}

/// A destination. If it is a page of the first session, the same page of this one: whoever stands beside somebody else is led
/// to no pages of theirs. A page that names its session is left as it is.
pub(super) fn within(house: &House, destination: &str, nth: Nth) -> String {
    let url = Url::parse(destination).ok().filter(|url| url.origin() == house.public_url.origin());
    let Some(mut url) = url.filter(|_| nth != Nth::FIRST) else { return destination.to_owned() };
    let rest = match url.path().strip_prefix("/console") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') && !rest.starts_with("/s/") => rest,
        None if url.path() == "/switchrole" => "/switchrole",
        _ => return destination.to_owned(),
    };
    let path = format!("{}{rest}", base(nth));
    url.set_path(&path);
    url.into()
}

/// Which session the parameter `session` is about; without it the one that the address is of.
pub(super) fn named(parameters: &[(String, String)], of_address: Nth) -> Result<Nth, ConsoleError> {
    match form::has(parameters, "session") {
        false => Ok(of_address),
        true => form::one(parameters, "session").and_then(Nth::parse).ok_or(ConsoleError::NoSuchSession),
    }
}

/// The session that the request is about.
pub(super) async fn current(house: &House, incoming: &Incoming) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let (id, session) = at(house, incoming.nth, incoming).await?;
    house.console.paced(&session, incoming.request.now)?;
    Ok((id, session))
}

/// Another one of the same browser.
pub(super) async fn at(
    house: &House,
    nth: Nth,
    incoming: &Incoming,
) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let cookie = house.cookies.session(&incoming.headers, nth);
    let id = cookie.and_then(SessionId::parse).ok_or(ConsoleError::NotSignedIn)?;
    let session = house.console.session(&id, incoming.request.now).await?;
    Ok((id, session))
}

/// All of the browser's sessions, in order.
pub(super) async fn all(house: &House, incoming: &Incoming) -> Result<Vec<(Nth, ConsoleSession)>, ConsoleError> {
    let mut found = Vec::new();
    for nth in Nth::all() {
        match at(house, nth, incoming).await {
            Ok((_, session)) => found.push((nth, session)),
            Err(ConsoleError::NotSignedIn) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Where somebody else may be signed in beside these.
pub(super) fn first_free(taken: &[(Nth, ConsoleSession)]) -> Option<Nth> {
    Nth::all().find(|nth| taken.iter().all(|(other, _)| other != nth))
}

/// To the sign-in page, and from there back to this address, which is one of ours: where a sign-in may lead is looked at
/// once more when it begins. One that is too long to be led to is left out, for it would be refused there.
pub(super) fn sign_in_first(house: &House, incoming: &Incoming, role: Option<&str>) -> Response {
    let back = incoming.uri.path_and_query().map(|it| it.as_str());
    let back = back.filter(|back| house.console.destinations.check(back).is_ok());
    let wishes = role.map(|role| ("role", role)).into_iter().chain(back.map(|back| ("destination", back)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(wishes).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    Redirect::to(&format!("{}{mark}{query}", base(incoming.nth))).into_response()
}

impl FromRequest<Arc<House>> for PageSession {
    type Rejection = Response;

    /// Whoever is not signed in is sent to sign in, and comes back to the page.
    async fn from_request(request: Request, house: &Arc<House>) -> Result<Self, Response> {
        let incoming = Incoming::from_request(request, house).await?;
        match current(house, &incoming).await {
            Ok((id, session)) => Ok(Self { id, session, incoming }),
            Err(ConsoleError::NotSignedIn) => Err(sign_in_first(house, &incoming, None)),
            Err(error) => Err(sorry(house, "ConsolePage", &error, incoming)),
        }
    }
}

impl FromRequest<Arc<House>> for PageForm {
    type Rejection = Response;

    async fn from_request(request: Request, house: &Arc<House>) -> Result<Self, Response> {
        let incoming = Incoming::from_request(request, house).await?;
        let fields = incoming.form().unwrap_or_default();
        let found = current(house, &incoming).await.and_then(|(id, session)| {
            let token = form::one(&fields, "csrf").unwrap_or_default();
            if id.csrf_matches(token) { Ok((id, session)) } else { Err(ConsoleError::ForeignForm) }
        });
        match found {
            Ok((id, session)) => Ok(Self { id, session, incoming, fields }),
            Err(error) => Err(sorry(house, "ConsoleForm", &error, incoming)),
        }
    }
}

impl PageForm {
    /// The one value of that name; empty when it is missing or there are two.
    pub(super) fn field(&self, name: &str) -> &str {
        form::one(&self.fields, name).unwrap_or_default()
    }
}
