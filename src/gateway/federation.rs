//! `/federation`: the console sign-in endpoint, in the form of AWS's own.

use super::frame::Frame;
use super::incoming::Incoming;
use super::pages::{self, SignOutPage};
use super::{House, arrival, form, page_error, page_session};
use crate::console::{ConsoleError, Onward};
use crate::signin::{SignedIn, Solicited};
use crate::trace::{Code, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// What is read here. `SessionType` and whatever else a client sends is not.
const READ: [&str; 8] =
    ["Action", "Session", "SessionDuration", "SigninToken", "Destination", "Issuer", "redirect_uri", "csrf"];

pub(super) async fn get(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let parameters = incoming.query().unwrap_or_default();
    run(&house, incoming, parameters).await
}

/// Wherever a parameter stands, it counts; in both places, it is there twice.
pub(super) async fn post(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let mut parameters = incoming.query().unwrap_or_default();
    parameters.extend(incoming.form().unwrap_or_default());
    run(&house, incoming, parameters).await
}

async fn run(house: &House, incoming: Incoming, parameters: Vec<(String, String)>) -> Response {
    if let Some(name) = form::twice(&parameters, &READ) {
        let json = wants_json(&incoming.headers, !is_for_browsers(&parameters));
        return no(house, "Federation", &ConsoleError::RepeatedParameter(name), incoming, json).await;
    }
    match form::one(&parameters, "Action") {
        Some("getSigninToken") => signin_token(house, incoming, &parameters).await,
        Some("login") => login(house, incoming, &parameters).await,
        Some("logout") => logout(house, incoming, &parameters).await,
        _ => {
            let json = wants_json(&incoming.headers, false);
            no(house, "Federation", &ConsoleError::UnknownAction, incoming, json).await
        }
    }
}

fn is_for_browsers(parameters: &[(String, String)]) -> bool {
    !form::has(parameters, "Session")
}

/// A client that accepts one of the two gets it; one that accepts both is a browser and gets HTML. One that names
/// neither gets what the clients of the action expect.
fn wants_json(headers: &HeaderMap, else_json: bool) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let names = |kind: &str| {
        accept.split(',').filter_map(|range| range.split(';').next()).any(|it| it.trim().eq_ignore_ascii_case(kind))
    };
    match (names("text/html"), names("application/json")) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => else_json,
    }
}

/// For programs.
async fn signin_token(house: &House, mut incoming: Incoming, parameters: &[(String, String)]) -> Response {
    let session = form::one(parameters, "Session").unwrap_or_default();
    let duration = form::one(parameters, "SessionDuration");
    match house.console.signin_token(session, duration, &mut incoming.request).await {
        Ok(token) => {
            house.console.allowed("GetSigninToken", &incoming.request);
            Json(json!({ "SigninToken": token })).into_response()
        }
        Err(error) => {
            let json = wants_json(&incoming.headers, true);
            no(house, "GetSigninToken", &error, incoming, json).await
        }
    }
}

/// For browsers. The link is good once; that it may replace somebody else's session is asked on the next page.
async fn login(house: &House, mut incoming: Incoming, parameters: &[(String, String)]) -> Response {
    let text = |name| form::one(parameters, name).unwrap_or_default();
    let opened = match page_session::named(parameters, incoming.nth) {
        Ok(nth) => {
            incoming.nth = nth;
            let (token, destination, issuer) = (text("SigninToken"), text("Destination"), text("Issuer"));
            house.console.open(token, destination, issuer, &mut incoming.request).await
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(arrived) => {
            house.console.allowed("ConsoleLogin", &incoming.request);
            let signed_in = SignedIn { arrived, solicited: Solicited::Unasked, nth: incoming.nth, former: None };
            arrival::arrive(house, &mut incoming, &signed_in, None).await
        }
        Err(error) => {
            let json = wants_json(&incoming.headers, false);
            no(house, "ConsoleLogin", &error, incoming, json).await
        }
    }
}

/// Ends the browser's session and goes on to `redirect_uri`, if that is one of the listed places. Programs put it in
/// front of a sign-in URL, and such a chain cannot be told from a link that somebody was sent. So there it ends
/// nothing: the login that follows asks whether somebody is to be replaced, which it would not do if nobody were signed
/// in any more. A page of somebody else's that leads here must not sign anybody out unseen: it asks first, and leads to
/// no sign-in URL. The identity provider is not told, for that would lead elsewhere.
async fn logout(house: &House, mut incoming: Incoming, parameters: &[(String, String)]) -> Response {
    const WHAT: &str = "ConsoleLogout";
    let json = wants_json(&incoming.headers, false);
    let onward = match form::one(parameters, "redirect_uri").filter(|text| !text.is_empty()) {
        Some(text) => {
            let by_hand = !comes_from_elsewhere(&incoming.headers) && form::one(parameters, "csrf").is_none();
            match house.console.destinations.after_sign_out(text) {
                Ok(onward) if onward.signs_in && !by_hand => {
                    return no(house, WHAT, &ConsoleError::BadDestination, incoming, json).await;
                }
                Ok(onward) => Some(onward),
                Err(error) => return no(house, WHAT, &error, incoming, json).await,
            }
        }
        None => None,
    };
    match page_session::named(parameters, incoming.nth) {
        Ok(nth) => incoming.nth = nth,
        Err(error) => return no(house, WHAT, &error, incoming, json).await,
    }
    let nth = incoming.nth;
    if let Some(Onward { address, signs_in: true }) = &onward {
        return Redirect::to(address).into_response();
    }
    let gone = |issuer: Option<&str>| match &onward {
        Some(onward) => Redirect::to(&onward.address).into_response(),
        None => pages::signed_out_to(nth, "Your session here has ended.", issuer),
    };
    let (id, session) = match page_session::current(house, &incoming).await {
        Ok(known) => known,
        Err(ConsoleError::NotSignedIn) => {
            let waiting = arrival::end_waiting(house, &incoming).await;
            return arrival::with_cookies(gone(None), waiting);
        }
        Err(error) => return no(house, WHAT, &error, incoming, json).await,
    };
    let asked = form::one(parameters, "csrf").is_some_and(|token| id.csrf_matches(token));
    if comes_from_elsewhere(&incoming.headers) && !asked {
        let (who, csrf) = (session.original.label_beside(&house.sts.catalogue), id.csrf());
        let redirect_uri = onward.map(|onward| onward.address).unwrap_or_default();
        let (frame, number) = (Frame::bare(nth), nth.number());
        return pages::show(&SignOutPage { frame, number, who, csrf, redirect_uri });
    }
    match house.sign_in.leave(&id, &session, &mut incoming.request).await {
        Ok(()) => {
            let waiting = arrival::end_waiting(house, &incoming).await;
            let ended = [Some(house.cookies.end_session(nth)), waiting].into_iter().flatten();
            arrival::with_cookies(gone(session.issuer.as_deref()), ended)
        }
        Err(error) => page_error::sign_in(house, &error, &incoming).await,
    }
}

/// Fetch Metadata: browsers say where a request comes from, and pages cannot. `none` is a person's own doing.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| !matches!(site, "none" | "same-origin"))
}

async fn no(house: &House, what: &'static str, error: &ConsoleError, mut incoming: Incoming, json: bool) -> Response {
    house.console.refused(what, error, &mut incoming.request);
    if json {
        let (status, sentence) = page_error::said(error);
        return in_json(status, error.code(), sentence, incoming.id());
    }
    page_error::console(house, error, &incoming).await
}

fn in_json(status: StatusCode, code: Code, sentence: &str, id: &str) -> Response {
    let error = json!({ "Code": code.name(), "Message": sentence, "Remedy": code.remedy() });
    (status, Json(json!({ "Error": error, "RequestId": id }))).into_response()
}
