//! Somebody has just been signed in: straight to their session, or first past the question of whether they may stand where
//! this browser is somebody else.

use super::console::sorry;
use super::frame::Frame;
use super::incoming::Incoming;
use super::page_session::{all, base, first_free, within};
use super::pages::{self, ConfirmPage};
use super::{House, form, onward};
use crate::console::{Arrived, ConsoleError, ConsoleSession, Next, Nth, SessionId};
use crate::signin::{SignedIn, Solicited};
use crate::words::hex;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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
    let SignedIn { arrived, solicited, nth, former } = signed_in;
    incoming.nth = *nth;
    let id = arrived.id.expose();
    let (cookie, response) = match solicited {
        Solicited::Asked => {
            end_former(house, *nth, &incoming.headers).await;
            if let Some(former) = former
                && let Err(error) = house.console.end_former(*former).await
            {
                tracing::warn!(%error, "the former session of a browser was not ended");
            }
            let further = further(house, arrived, incoming).await;
            let response =
                further.unwrap_or_else(|| Redirect::to(&address(house, &arrived.next, *nth)).into_response());
            (house.cookies.set_session(*nth, id), response)
        }
        Solicited::Unasked => {
            (house.cookies.set_pending(id), Redirect::to(&format!("{}/confirm", base(*nth))).into_response())
        }
    };
    with_cookies(response, [Some(cookie), ended].into_iter().flatten())
}

/// On to where somebody stands now, whose session has a new id.
pub(super) fn go_on(house: &House, arrived: &Arrived, nth: Nth) -> Response {
    let cookie = house.cookies.set_session(nth, arrived.id.expose());
    with_cookies(Redirect::to(&address(house, &arrived.next, nth)).into_response(), [cookie])
}

/// The session that a sign-in which begins now would take the place of.
pub(super) fn former(house: &House, incoming: &Incoming) -> Option<[u8; 32]> {
    let id = house.cookies.session(&incoming.headers, incoming.nth).and_then(SessionId::parse);
    id.map(|id| id.hash())
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

pub(super) fn address(house: &House, next: &Next, nth: Nth) -> String {
    match next {
        Next::Choose | Next::StepUp(_) => format!("{}/roles", base(nth)),
        Next::Go(Some(destination)) => within(house, destination, nth),
        Next::Go(None) => base(nth),
    }
}

/// `GET /console/confirm`: takes the waiting session over, unless this browser is somebody else already, be it in another
/// of its sessions: who believes to act as themselves must not do so as whoever sent them here (login CSRF).
pub(super) async fn confirm_form(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let (id, waiting) = match waiting(&house, &incoming).await {
        Ok(waiting) => waiting,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming).await,
    };
    let there = match all(&house, &incoming).await {
        Ok(there) => there,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming).await,
    };
    let here = there.iter().find(|(nth, _)| *nth == incoming.nth);
    let alike = |session: &ConsoleSession| session.original.is_same_as(&waiting.original);
    if here.map_or(there.is_empty(), |(_, session)| alike(session)) {
        return take_over(&house, incoming.nth, &id, waiting, incoming).await;
    }
    pages::show(&question(&house, &id, &waiting, &there, &incoming))
}

/// Who may stand here, beside whom or in whose place.
fn question(
    house: &House,
    id: &SessionId,
    waiting: &ConsoleSession,
    there: &[(Nth, ConsoleSession)],
    incoming: &Incoming,
) -> ConfirmPage {
    let here = there.iter().find(|(nth, _)| *nth == incoming.nth);
    let others = there.iter().filter(|(nth, _)| *nth != incoming.nth);
    let label = |session: &ConsoleSession| session.original.label_beside(&house.sts.catalogue);
    ConfirmPage {
        frame: Frame::bare(incoming.nth),
        again: None,
        new: label(waiting),
        old: here.map(|(_, session)| label(session)),
        replaces: here.and_then(|_| former(house, incoming)).map(|hash| hex(&hash)).unwrap_or_default(),
        others: others.map(|(_, session)| label(session)).collect(),
        beside: first_free(there).map(Nth::number).filter(|_| here.is_some()),
        csrf: id.csrf(),
    }
}

/// `POST /console/confirm`: `answer` (yes, beside or no), `replaces` (whom the question named: the hash of their session's
/// id), `csrf` of the waiting session. What has changed since the question is asked about again.
pub(super) async fn confirm(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let (id, waiting) = match waiting(&house, &incoming).await {
        Ok(waiting) => waiting,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming).await,
    };
    if !id.csrf_matches(form::one(&form, "csrf").unwrap_or_default()) {
        return sorry(&house, "ConsoleConfirm", &ConsoleError::ForeignForm, incoming).await;
    }
    let answer = form::one(&form, "answer").filter(|answer| ["yes", "beside"].contains(answer));
    let Some(answer) = answer else {
        let _ = house.console.sign_out(&id).await;
        return with_cookies(Redirect::to(&base(incoming.nth)).into_response(), [house.cookies.end_pending()]);
    };
    let there = match all(&house, &incoming).await {
        Ok(there) => there,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming).await,
    };
    let asked = question(&house, &id, &waiting, &there, &incoming);
    let (place, again) = if answer == "beside" {
        (first_free(&there), ALL_TAKEN)
    } else {
        // Whoever was named and has gone since is replaced by nobody; whoever has come since was not named.
        let named = asked.replaces.is_empty() || form::one(&form, "replaces") == Some(&*asked.replaces);
        (named.then_some(incoming.nth), CHANGED)
    };
    match place {
        Some(nth) => take_over(&house, nth, &id, waiting, incoming).await,
        None => (StatusCode::CONFLICT, pages::show(&ConfirmPage { again: Some(again), ..asked })).into_response(),
    }
}

const ALL_TAKEN: &str = "Meanwhile all nine places in this browser are taken, so nobody was signed in.";
const CHANGED: &str = "Meanwhile this browser's session has become another one, so nobody was replaced.";

async fn waiting(house: &House, incoming: &Incoming) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let id = house.cookies.pending(&incoming.headers).and_then(SessionId::parse).ok_or(ConsoleError::NothingWaits)?;
    match house.console.session(&id, incoming.request.now).await {
        Ok(session) => Ok((id, session)),
        Err(ConsoleError::NotSignedIn) => Err(ConsoleError::NothingWaits),
        Err(error) => Err(error),
    }
}

/// Ends a session that waits for "yes", if the browser brought one; gives the cookie that takes it away. Once nobody is
/// signed in here any more it would be let in without a question, whoever had planted it. Nothing is written for a cookie
/// that somebody made up: everybody may come here, and who writes stands in one queue with all who sign in.
pub(super) async fn end_waiting(house: &House, incoming: &Incoming) -> Option<HeaderValue> {
    house.cookies.pending(&incoming.headers)?;
    let ended = match waiting(house, incoming).await {
        Ok((id, _)) => house.console.sign_out(&id).await,
        Err(ConsoleError::NothingWaits) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "a session that waited to be confirmed was not ended");
    }
    Some(house.cookies.end_pending())
}

/// A session is one person: whoever it was before is signed out on the server as well.
async fn end_former(house: &House, nth: Nth, headers: &HeaderMap) {
    if let Some(former) = house.cookies.session(headers, nth).and_then(SessionId::parse)
        && let Err(error) = house.console.sign_out(&former).await
    {
        tracing::warn!(%error, "the former session of a browser was not ended");
    }
}

async fn take_over(house: &House, nth: Nth, id: &SessionId, waiting: ConsoleSession, incoming: Incoming) -> Response {
    let onward = match (&waiting.worn, &waiting.destination) {
        (Some(_), Some(destination)) => within(house, destination, nth),
        (Some(_), None) => base(nth),
        (None, _) => format!("{}/roles", base(nth)),
    };
    let bound = waiting.worn.is_none().then(|| waiting.destination.clone()).flatten();
    match house.console.confirm(id, waiting, bound).await {
        Ok(id) => {
            end_former(house, nth, &incoming.headers).await;
            let cookies = [house.cookies.set_session(nth, id.expose()), house.cookies.end_pending()];
            with_cookies(Redirect::to(&onward).into_response(), cookies)
        }
        Err(error) => sorry(house, "ConsoleConfirm", &error, incoming).await,
    }
}
