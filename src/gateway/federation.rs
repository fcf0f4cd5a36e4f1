//! `/federation`: the console sign-in endpoint, in the form of AWS's own.

use super::incoming::Incoming;
use super::{House, arrival, form, page_error, page_session, pages};
use crate::console::ConsoleError;
use crate::signin::{SignedIn, Solicited};
use crate::trace::{Code, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

pub(super) async fn get(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let parameters = incoming.query().unwrap_or_default();
    run(&house, incoming, parameters).await
}

pub(super) async fn post(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let parameters = incoming.form().unwrap_or_default();
    run(&house, incoming, parameters).await
}

async fn run(house: &House, incoming: Incoming, parameters: Vec<(String, String)>) -> Response {
    match form::one(&parameters, "Action") {
        Some("getSigninToken") => signin_token(house, incoming, &parameters).await,
        Some("login") => login(house, incoming, &parameters).await,
        _ => {
            let sentence = "Give one Action: getSigninToken or login.";
            pages::refusal(
                incoming.nth,
                StatusCode::BAD_REQUEST,
                sentence,
                Code::ConsoleUnknownAction.name(),
                incoming.id(),
            )
        }
    }
}

/// For programs: JSON in both cases.
async fn signin_token(house: &House, mut incoming: Incoming, parameters: &[(String, String)]) -> Response {
    let session = form::one(parameters, "Session").unwrap_or_default();
    let duration = form::one(parameters, "SessionDuration");
    match house.console.signin_token(session, duration, &mut incoming.request).await {
        Ok(token) => {
            house.console.allowed("GetSigninToken", &incoming.request);
            Json(json!({ "SigninToken": token })).into_response()
        }
        Err(error) => {
            note(house, "GetSigninToken", &error, &mut incoming);
            let (status, sentence) = page_error::said(&error);
            let code = error.code();
            let error = json!({ "Code": code.name(), "Message": sentence, "Remedy": code.remedy() });
            (status, Json(json!({ "Error": error, "RequestId": incoming.id() }))).into_response()
        }
    }
}

/// For browsers. The link is good once; that it may replace somebody else's session is asked on the next page.
async fn login(house: &House, mut incoming: Incoming, parameters: &[(String, String)]) -> Response {
    let token = form::one(parameters, "SigninToken").unwrap_or_default();
    let destination = form::one(parameters, "Destination").unwrap_or_default();
    let opened = match page_session::named(parameters) {
        Ok(nth) => {
            incoming.nth = nth;
            house.console.open(token, destination, &mut incoming.request).await
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(arrived) => {
            house.console.allowed("ConsoleLogin", &incoming.request);
            let signed_in = SignedIn { arrived, solicited: Solicited::Unasked, nth: incoming.nth };
            arrival::arrive(house, &mut incoming, &signed_in, None).await
        }
        Err(error) => {
            note(house, "ConsoleLogin", &error, &mut incoming);
            page_error::console(&error, incoming.nth, incoming.id())
        }
    }
}

fn note(house: &House, what: &'static str, error: &ConsoleError, incoming: &mut Incoming) {
    house.console.refused(what, error, &mut incoming.request);
}
