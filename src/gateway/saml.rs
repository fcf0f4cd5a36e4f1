//! `/saml/…`.

use super::console::sorry;
use super::incoming::Incoming;
use super::{House, arrival, form, onward, page_error, page_session, pages, providers};
use crate::console::Wish;
use crate::saml::logout::{Carried, LogoutError};
use crate::signin::{LoggedOut, SignInError};
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `GET /saml/metadata`.
pub(super) async fn metadata(State(house): State<Arc<House>>) -> Response {
    let xml = house.sign_in.service_provider.metadata();
    ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response()
}

/// `GET /saml/login/{provider}?destination=&role=&session=`.
pub(super) async fn login(
    State(house): State<Arc<House>>,
    Path(provider): Path<String>,
    incoming: Incoming,
) -> Response {
    begin(&house, &provider, incoming).await
}

/// Both protocols begin alike: a cookie for the attempt, and off to the provider.
pub(super) async fn begin(house: &House, provider: &str, mut incoming: Incoming) -> Response {
    // A page that held us a hundred times as its picture would fill the browser's cookies with attempts.
    if incoming.headers.get("sec-fetch-dest").is_some_and(|what| what != "document") {
        return (StatusCode::BAD_REQUEST, "A sign-in begins in a window, and not as a part of a page.\n")
            .into_response();
    }
    let query = incoming.query().unwrap_or_default();
    match page_session::named(&query, incoming.nth) {
        Ok(nth) => incoming.nth = nth,
        Err(error) => return sorry(house, "SignInBegin", &error, incoming).await,
    }
    let text = |name| form::one(&query, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let role = text("role").filter(|role| role.parse::<crate::words::RoleArn>().is_ok());
    let (nth, former) = (incoming.nth, arrival::former(house, &incoming));
    let wish = Wish { role, destination: text("destination"), nth, former, ..Wish::default() };
    match house.sign_in.begin(provider, wish, &mut incoming.request).await {
        Ok(begun) => {
            let cookies = house.cookies.begin_attempt(&incoming.headers, &begun);
            arrival::with_cookies(onward::begin(&begun.parcel), cookies)
        }
        Err(error) => page_error::sign_in(house, &error, &incoming).await,
    }
}

/// `POST /saml/acs`: the identity provider's answer, posted by the person's browser.
pub(super) async fn acs(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    if let Some(name) = form::twice(&form, &["SAMLResponse", "RelayState"]) {
        return no_answer(&house, "SamlSignIn", &SignInError::Twice(name), incoming).await;
    }
    let Some(response) = form::one(&form, "SAMLResponse") else {
        return no_answer(&house, "SamlSignIn", &SignInError::NoResponse, incoming).await;
    };
    let relay_state = form::one(&form, "RelayState").unwrap_or_default();
    let cookie = house.cookies.attempt(&incoming.headers, relay_state);
    if let Some(test) = providers::test_of(&house, cookie, relay_state, &incoming.request) {
        let told = house.sign_in.finish_test_by_saml(test, response, &mut incoming.request).await;
        let ended = house.cookies.end_attempt(relay_state);
        return arrival::with_cookies(providers::found(&house, told, &incoming).await, ended);
    }
    let outcome = house.sign_in.finish_saml(response, relay_state, cookie, &mut incoming.request).await;
    let ended = house.cookies.end_attempt(relay_state).filter(|_| cookie.is_some());
    match outcome {
        Ok(signed_in) => arrival::arrive(&house, &mut incoming, &signed_in, ended).await,
        Err(error) => arrival::with_cookies(page_error::sign_in(&house, &error, &incoming).await, ended),
    }
}

/// `GET /saml/acs`: the answer by a link, which would stand in histories and logs; or somebody who looks what is here.
pub(super) async fn acs_by_link(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let answer = incoming.query().is_some_and(|query| form::has(&query, "SAMLResponse"));
    let error = if answer { SignInError::ByLink } else { SignInError::NoResponse };
    let refused = no_answer(&house, "SamlSignIn", &error, incoming).await;
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], refused).into_response()
}

/// There is nothing in it that could be looked at.
pub(super) async fn no_answer(
    house: &House,
    what: &'static str,
    error: &SignInError,
    mut incoming: Incoming,
) -> Response {
    house.sign_in.refused(what, error, &mut incoming.request);
    page_error::sign_in(house, error, &incoming).await
}

/// `GET`, `POST /saml/slo`: what an identity provider says about logouts, in both bindings.
pub(super) async fn slo(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let by_query = incoming.method == Method::GET;
    let pairs = if by_query { incoming.query() } else { incoming.form() }.unwrap_or_default();
    let relay_state = form::one(&pairs, "RelayState");
    let carried = if by_query {
        Carried::Query(incoming.uri.query().unwrap_or_default().to_owned())
    } else {
        if let Some(parameter) = form::twice(&pairs, &["SAMLRequest", "SAMLResponse", "RelayState"]) {
            return no_answer(&house, "SamlLogout", &LogoutError::Twice { parameter }.into(), incoming).await;
        }
        let own = |name| form::one(&pairs, name).map(str::to_owned);
        let (request, response) = (own("SAMLRequest"), own("SAMLResponse"));
        Carried::Form { request, response, relay_state: relay_state.map(str::to_owned) }
    };
    let handle = relay_state.unwrap_or_default();
    let cookie = house.cookies.attempt(&incoming.headers, handle);
    let outcome = house.sign_in.logout(&carried, cookie, &mut incoming.request).await;
    let ended = house.cookies.end_attempt(handle).filter(|_| cookie.is_some());
    let response = match outcome {
        Ok(LoggedOut::There { answer: Some(answer) }) => onward::answer_logout(&answer),
        Ok(LoggedOut::There { answer: None }) => pages::signed_out("Your identity provider has ended your session."),
        Ok(LoggedOut::Here { confirmed: true }) => {
            pages::signed_out("Your session has ended, here and at your identity provider.")
        }
        Ok(LoggedOut::Here { confirmed: false }) => pages::signed_out(
            "Your session here has ended. Your identity provider did not confirm that it has ended everywhere.",
        ),
        Err(error) => page_error::sign_in(&house, &error, &incoming).await,
    };
    arrival::with_cookies(response, ended)
}
