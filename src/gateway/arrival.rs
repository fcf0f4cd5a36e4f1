//! Somebody has just been signed in: straight to their session, or first past the question of whether they may replace
//! the one that this browser has.

use super::console::{current, sorry};
use super::incoming::Incoming;
use super::pages::{self, ConfirmPage};
use super::{House, form, onward};
use crate::console::{Arrived, ConsoleError, ConsoleSession, Next, SessionId};
use crate::signin::{SignedIn, Solicited};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// Somebody has just been signed in. What this browser asked for takes effect at once; what came unasked waits on the
/// confirmation page, where the browser shows whether it already is somebody else.
pub(super) async fn arrive(
    house: &House,
    incoming: &mut Incoming,
    signed_in: &SignedIn,
    ended: Option<HeaderValue>,
) -> Response {
    let SignedIn { arrived, solicited } = signed_in;
    let id = arrived.id.expose();
    let (cookie, response) = match solicited {
        Solicited::Asked => {
            end_former(house, &incoming.headers).await;
            let further = further(house, arrived, incoming).await;
            let response = further.unwrap_or_else(|| Redirect::to(&address(&arrived.next)).into_response());
            (house.cookies.set_session(id), response)
        }
        Solicited::Unasked => (house.cookies.set_pending(id), Redirect::to("/console/confirm").into_response()),
    };
    with_cookies(response, [Some(cookie), ended].into_iter().flatten())
}

/// The trip back to the identity provider, when the role that was wished for wants a second factor.
async fn further(house: &House, arrived: &Arrived, incoming: &mut Incoming) -> Option<Response> {
    let Next::StepUp(role) = &arrived.next else { return None };
    let session = house.console.session(&arrived.id, incoming.request.now).await.ok()?;
    onward::step_up(house, &session, role, incoming).await
}

pub(super) fn with_cookies(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) fn address(next: &Next) -> String {
    match next {
        Next::Choose | Next::StepUp(_) => "/console/roles".to_owned(),
        Next::Go(destination) => destination.clone().unwrap_or_else(|| "/console".to_owned()),
    }
}

/// `GET /console/confirm`: takes the waiting session over, unless that would replace somebody else.
pub(super) async fn confirm_form(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let (id, waiting) = match waiting(&house, &incoming).await {
        Ok(waiting) => waiting,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming),
    };
    match current(&house, &incoming).await {
        Ok((_, session)) if !session.original.is_same_as(&waiting.original) => {
            let (new, old) = (waiting.original.label_beside(), session.original.label_beside());
            pages::show(&ConfirmPage { new, old, csrf: id.csrf() })
        }
        Ok(_) | Err(ConsoleError::NotSignedIn) => take_over(&house, &id, waiting, &incoming).await,
        Err(error) => sorry(&house, "ConsoleConfirm", &error, incoming),
    }
}

/// `POST /console/confirm`: `answer` (yes or no), `csrf` of the waiting session.
pub(super) async fn confirm(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let (id, waiting) = match waiting(&house, &incoming).await {
        Ok(waiting) => waiting,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming),
    };
    if !id.csrf_matches(form::one(&form, "csrf").unwrap_or_default()) {
        return sorry(&house, "ConsoleConfirm", &ConsoleError::ForeignForm, incoming);
    }
    if form::one(&form, "answer") == Some("yes") {
        return take_over(&house, &id, waiting, &incoming).await;
    }
    let _ = house.console.sign_out(&id).await;
    with_cookies(Redirect::to("/console").into_response(), [house.cookies.end_pending()])
}

async fn waiting(house: &House, incoming: &Incoming) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let id = house.cookies.pending(&incoming.headers).and_then(SessionId::parse).ok_or(ConsoleError::NotSignedIn)?;
    let session = house.console.session(&id, incoming.request.now).await?;
    Ok((id, session))
}

/// A browser is one person: whoever it was before is signed out on the server as well.
async fn end_former(house: &House, headers: &HeaderMap) {
    if let Some(former) = house.cookies.session(headers).and_then(SessionId::parse)
        && let Err(error) = house.console.sign_out(&former).await
    {
        tracing::warn!(%error, "the former session of a browser was not ended");
    }
}

async fn take_over(house: &House, id: &SessionId, waiting: ConsoleSession, incoming: &Incoming) -> Response {
    end_former(house, &incoming.headers).await;
    let onward = match (&waiting.worn, waiting.destination) {
        (Some(_), Some(destination)) => destination,
        (Some(_), None) => "/console".to_owned(),
        (None, _) => "/console/roles".to_owned(),
    };
    let cookies = [house.cookies.set_session(id.expose()), house.cookies.end_pending()];
    with_cookies(Redirect::to(&onward).into_response(), cookies)
}
