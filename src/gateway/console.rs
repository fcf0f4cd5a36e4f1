//! `/console/…`: the pages of a signed-in person.

use super::arrival::{address, with_cookies};
use super::console_pages::{block, grouped, home_page, original, via};
use super::frame::{Frame, Tab};
use super::incoming::Incoming;
use super::page_session::{PageForm, PageSession, base, current};
use super::pages::{self, ChooserPage};
use super::{House, onward, page_error, user_sign_in};
use crate::console::ConsoleError;
use crate::words::iso;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// A refusal on a page: counted, its trace kept under the number that the page shows.
pub(super) fn sorry(house: &House, what: &'static str, error: &ConsoleError, mut incoming: Incoming) -> Response {
    house.console.refused(what, error, &mut incoming.request);
    page_error::console(error, incoming.nth, incoming.id())
}

/// `GET /console`: the role that is worn, or the chooser, or the sign-in page.
pub(super) async fn home(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((id, session)) => match house.console.worn(&session, incoming.request.now) {
            Some(worn) => {
                let frame = Frame::of(incoming.nth, &id, &session, Tab::Home);
                pages::show(&home_page(&house, frame, &session, &worn, incoming.request.now, None))
            }
            None => {
                let onward = if session.switched.is_some() { "switchrole" } else { "roles" };
                Redirect::to(&format!("{}/{onward}", base(incoming.nth))).into_response()
            }
        },
        Err(ConsoleError::NotSignedIn) => user_sign_in::page(&house, &incoming),
        Err(error) => sorry(&house, "ConsoleHome", &error, incoming),
    }
}

/// `GET /console/roles`: everything that can be worn now.
pub(super) async fn roles(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    match house.console.choices(&page.session, &mut page.incoming.request) {
        Ok(choices) => {
            let worn = house.console.worn(&page.session, page.incoming.request.now);
            let accounts = grouped(&house, &choices, worn.as_ref());
            pages::show(&ChooserPage { frame: page.frame(Tab::Roles), accounts })
        }
        Err(error) => {
            // Nothing is open to this person any more: they are told, and may come as somebody else.
            let _ = house.console.sign_out(&page.id).await;
            let ended = house.cookies.end_session(page.incoming.nth);
            with_cookies(sorry(&house, "ConsoleRoles", &error, page.incoming), [ended])
        }
    }
}

/// `POST /console/choose`: `role`, `csrf`.
pub(super) async fn choose(State(house): State<Arc<House>>, mut form: PageForm) -> Response {
    let role = form.field("role").to_owned();
    if let Some(response) = onward::step_up(&house, &form.session, &role, &mut form.incoming).await {
        return response;
    }
    let PageForm { id, session, mut incoming, .. } = form;
    match house.console.put_on(&id, session, &role, &mut incoming.request).await {
        Ok(arrived) => {
            house.console.allowed("ConsoleChooseRole", &incoming.request);
            let cookie = house.cookies.set_session(incoming.nth, arrived.id.expose());
            with_cookies(Redirect::to(&address(&arrived.next, incoming.nth)).into_response(), [cookie])
        }
        Err(error) => sorry(&house, "ConsoleChooseRole", &error, incoming),
    }
}

/// `POST /console/credentials`: shown because the person asked.
pub(super) async fn credentials(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let PageForm { id, session, incoming, .. } = form;
    let now = incoming.request.now;
    let Some(worn) = house.console.worn(&session, now) else {
        return sorry(&house, "ConsoleCredentials", &ConsoleError::CredentialsEnded, incoming);
    };
    let credentials = house.console.credentials(&session, &worn).map(|credentials| block(&house, &credentials));
    let frame = Frame::of(incoming.nth, &id, &session, Tab::Home);
    pages::show(&home_page(&house, frame, &session, &worn, now, credentials))
}

/// `POST /console/signout`.
pub(super) async fn sign_out(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let PageForm { id, session, mut incoming, .. } = form;
    let ended = house.cookies.end_session(incoming.nth);
    match house.sign_in.sign_out(&id, &session, &mut incoming.request).await {
        Ok(None) => with_cookies(Redirect::to(&base(incoming.nth)).into_response(), [ended]),
        Ok(Some(begun)) => {
            let attempt = house.cookies.set_attempt(&begun.handle, &begun.cookie);
            with_cookies(onward::sign_out(&begun.parcel), [ended, attempt])
        }
        Err(error) => page_error::sign_in(&error, incoming.nth, incoming.id()),
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
