//! `/console/…`: the pages of a signed-in person.

use super::arrival::{end_waiting, go_on, with_cookies};
use super::console_pages::{original, via};
use super::frame::{Frame, Tab};
use super::home::{self, Shown};
use super::incoming::Incoming;
use super::page_session::{PageForm, base, current};
use super::{House, onward, page_error, pages, user_sign_in};
use crate::console::{ConsoleError, SessionId};
use crate::words::iso;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// A refusal on a page: counted, its trace kept under the number that the page shows.
pub(super) async fn sorry(house: &House, what: &'static str, error: &ConsoleError, mut incoming: Incoming) -> Response {
    house.console.refused(what, error, &mut incoming.request);
    page_error::console(house, error, &incoming).await
}

/// `GET /console`: the role that is worn, or the chooser, or the sign-in page.
pub(super) async fn home(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((id, session)) => match house.console.worn(&session, incoming.request.now) {
            Some(worn) => {
                let notice = house.notice(&session, &incoming.request);
                let frame = Frame { notice, ..Frame::of(incoming.nth, &id, &session, Tab::Home) };
                home::page(&house, frame, &session, &worn, incoming.request.now, Shown::default())
            }
            None => {
                let onward = if session.switched.is_some() { "switchrole" } else { "roles" };
                Redirect::to(&format!("{}/{onward}", base(incoming.nth))).into_response()
            }
        },
        Err(ConsoleError::NotSignedIn) => match ended_with_issuer(&house, &incoming).await {
            Some(issuer) => {
                let page = pages::signed_out_to(incoming.nth, "Your session here has ended.", Some(&issuer));
                with_cookies(page, [house.cookies.end_session(incoming.nth)])
            }
            None => user_sign_in::page(&house, &incoming),
        },
        Err(error) => sorry(&house, "ConsoleHome", &error, incoming).await,
    }
}

/// Where somebody is to go whose session has just reached its end.
async fn ended_with_issuer(house: &House, incoming: &Incoming) -> Option<String> {
    let id = house.cookies.session(&incoming.headers, incoming.nth).and_then(SessionId::parse)?;
    house.console.issuer_of_ended(&id, incoming.request.now).await
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
            go_on(&house, &arrived, incoming.nth)
        }
        Err(error) => sorry(&house, "ConsoleChooseRole", &error, incoming).await,
    }
}

/// `POST /console/signout`.
pub(super) async fn sign_out(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let PageForm { id, session, mut incoming, .. } = form;
    let ended = house.cookies.end_session(incoming.nth);
    let waiting = end_waiting(&house, &incoming).await;
    let ended = [Some(ended), waiting].into_iter().flatten();
    match house.sign_in.sign_out(&id, &session, &mut incoming.request).await {
        Ok(None) => {
            let response = match &session.issuer {
                Some(issuer) => pages::signed_out_to(incoming.nth, "Your session here has ended.", Some(issuer)),
                None => Redirect::to(&base(incoming.nth)).into_response(),
            };
            with_cookies(response, ended)
        }
        Ok(Some(begun)) => {
            let attempt = house.cookies.begin_attempt(&incoming.headers, &begun);
            with_cookies(onward::sign_out(&begun.parcel), ended.chain(attempt))
        }
        Err(error) => page_error::sign_in(&house, &error, &incoming).await,
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
        Err(error) => sorry(&house, "ConsoleSession", &error, incoming).await,
    }
}
