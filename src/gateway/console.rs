//! `/console/…`: the pages of a signed-in person.

use super::arrival::{address, with_cookies};
use super::console_pages::{block, grouped, home_page, original, via};
use super::incoming::Incoming;
use super::pages::{self, ChooserPage};
use super::{House, form, onward, page_error, user_sign_in};
use crate::console::{ConsoleError, ConsoleSession, SessionId};
use crate::words::iso;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// A refusal on a page: counted, its trace kept under the number that the page shows.
pub(super) fn sorry(house: &House, what: &'static str, error: &ConsoleError, mut incoming: Incoming) -> Response {
    house.console.refused(what, error, &mut incoming.request);
    page_error::console(error, incoming.id())
}

/// The session of this browser.
pub(super) async fn current(house: &House, incoming: &Incoming) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let id = house.cookies.session(&incoming.headers).and_then(SessionId::parse).ok_or(ConsoleError::NotSignedIn)?;
    let session = house.console.session(&id, incoming.request.now).await?;
    house.console.paced(&session, incoming.request.now)?;
    Ok((id, session))
}

/// The session of a form that carries the session's own token.
async fn of_form(
    house: &House,
    incoming: &Incoming,
    form: &[(String, String)],
) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let (id, session) = current(house, incoming).await?;
    let token = form::one(form, "csrf").unwrap_or_default();
    if id.csrf_matches(token) { Ok((id, session)) } else { Err(ConsoleError::ForeignForm) }
}

/// `GET /console`: the role that is worn, or the chooser, or the sign-in page.
pub(super) async fn home(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((id, session)) => match house.console.worn(&session, incoming.request.now) {
            Some(worn) => pages::show(&home_page(&house, &id, &session, &worn, incoming.request.now, None)),
            None => Redirect::to("/console/roles").into_response(),
        },
        Err(ConsoleError::NotSignedIn) => user_sign_in::page(&house, &incoming),
        Err(error) => sorry(&house, "ConsoleHome", &error, incoming),
    }
}

/// `GET /console/roles`: everything that can be worn now.
pub(super) async fn roles(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((id, session)) => match house.console.choices(&session, &mut incoming.request) {
            Ok(choices) => {
                let worn = house.console.worn(&session, incoming.request.now);
                let accounts = grouped(&house, &choices, worn.as_ref());
                pages::show(&ChooserPage { who: session.original.label().to_owned(), csrf: id.csrf(), accounts })
            }
            Err(error) => {
                // Nothing is open to this person any more: they are told, and may come as somebody else.
                let _ = house.console.sign_out(&id).await;
                let ended = house.cookies.end_session();
                with_cookies(sorry(&house, "ConsoleRoles", &error, incoming), [ended])
            }
        },
        Err(ConsoleError::NotSignedIn) => Redirect::to("/console").into_response(),
        Err(error) => sorry(&house, "ConsoleRoles", &error, incoming),
    }
}

/// `POST /console/choose`: `role`, `csrf`.
pub(super) async fn choose(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let role = form::one(&form, "role").unwrap_or_default();
    let outcome = match of_form(&house, &incoming, &form).await {
        Ok((id, session)) => match onward::step_up(&house, &session, role, &mut incoming).await {
            Some(response) => return response,
            None => house.console.put_on(&id, session, role, &mut incoming.request).await,
        },
        Err(error) => Err(error),
    };
    match outcome {
        Ok(arrived) => {
            house.console.allowed("ConsoleChooseRole", &incoming.request);
            let cookie = house.cookies.set_session(arrived.id.expose());
            with_cookies(Redirect::to(&address(&arrived.next)).into_response(), [cookie])
        }
        Err(error) => sorry(&house, "ConsoleChooseRole", &error, incoming),
    }
}

/// `POST /console/credentials`: shown because the person asked.
pub(super) async fn credentials(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let now = incoming.request.now;
    let shown = of_form(&house, &incoming, &form).await.and_then(|(id, session)| {
        let worn = house.console.worn(&session, now).ok_or(ConsoleError::CredentialsEnded)?;
        let credentials = house.console.credentials(&session, &worn);
        Ok(home_page(&house, &id, &session, &worn, now, credentials.map(|c| block(&house, &c))))
    });
    match shown {
        Ok(page) => pages::show(&page),
        Err(error) => sorry(&house, "ConsoleCredentials", &error, incoming),
    }
}

/// `POST /console/signout`.
pub(super) async fn sign_out(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let (id, session) = match of_form(&house, &incoming, &form).await {
        Ok(known) => known,
        Err(error) => return sorry(&house, "ConsoleSignOut", &error, incoming),
    };
    let ended = house.cookies.end_session();
    match house.sign_in.sign_out(&id, &session, &mut incoming.request).await {
        Ok(None) => with_cookies(Redirect::to("/console").into_response(), [ended]),
        Ok(Some(begun)) => {
            let attempt = house.cookies.set_attempt(&begun.handle, &begun.cookie);
            with_cookies(onward::sign_out(&begun.parcel), [ended, attempt])
        }
        Err(error) => page_error::sign_in(&error, incoming.id()),
    }
}

/// `GET /console/session`: for programs.
pub(super) async fn session(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((_, session)) => {
            let worn = house.console.worn(&session, incoming.request.now);
            let name = worn.as_ref().and_then(|worn| worn.name());
            let (original, via) = (original(&session.original), via(&session, worn.as_ref()));
            Json(json!({
                "signed_in": true, "original": original, "role": worn.as_ref().and_then(|worn| worn.role()),
                "session_name": name, "via": via, "expires": iso(session.expires),
            }))
            .into_response()
        }
        Err(ConsoleError::NotSignedIn) => Json(json!({ "signed_in": false })).into_response(),
        Err(error) => sorry(&house, "ConsoleSession", &error, incoming),
    }
}
