//! Signing in, and the form of the users of this house among the ways to do it. Where password sign-in is off there is
//! neither form nor place to send it to.

use super::arrival::{self, with_cookies};
use super::console::sorry;
use super::console_pages::providers;
use super::frame::Frame;
use super::incoming::Incoming;
use super::pages::{self, SignInPage, UserForm};
use super::{House, form, page_error};
use crate::console::{ConsoleError, SessionId, Typed, Wish};
use crate::signin::{SignedIn, Solicited};
use crate::sts::StsError;
use crate::words::Secret;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// The page of somebody who is not signed in. A form that another site sends in a browser's name lacks what this
/// page and a cookie of this browser have in common (login CSRF): an id that is no session's.
pub(super) fn page(house: &House, incoming: &Incoming) -> Response {
    let (frame, providers) = (Frame::bare(incoming.nth), providers(house, incoming));
    if house.console.break_glass.is_none() {
        return pages::show(&SignInPage { frame, providers, user: None });
    }
    let known = house.cookies.sign_in(&incoming.headers).and_then(SessionId::parse);
    let id = known.unwrap_or_else(|| SessionId::draw(&house.sts.random));
    let query = incoming.query().unwrap_or_default();
    let wish = |name| form::one(&query, name).unwrap_or_default().to_owned();
    let user = UserForm { csrf: id.csrf(), destination: wish("destination"), role: wish("role") };
    let cookie = house.cookies.set_sign_in(id.expose());
    with_cookies(pages::show(&SignInPage { frame, providers, user: Some(user) }), [cookie])
}

/// `POST /console/signin`: `user`, `password`, `code`, `csrf`; `destination` and `role` from the page. Unasked, for
/// whoever is signed in already is asked before somebody else takes their place.
pub(super) async fn post(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let (id, nth) = (incoming.id().to_owned(), incoming.nth);
    // Whoever goes away ends nothing: what was tried is counted, against the user and against the sender.
    let tried = tokio::spawn(attempt(house, incoming)).await;
    tried.unwrap_or_else(|_| page_error::framed(&StsError::VerifierFailed.into(), Frame::bare(nth), &id))
}

async fn attempt(house: Arc<House>, mut incoming: Incoming) -> Response {
    const WHAT: &str = "ConsoleUserSignIn";
    let (form, password) = incoming.form_and_secret("password").unwrap_or_default();
    let id = house.cookies.sign_in(&incoming.headers).and_then(SessionId::parse);
    let text = |name| form::one(&form, name).unwrap_or_default().to_owned();
    if !id.is_some_and(|id| id.csrf_matches(&text("csrf"))) {
        return sorry(&house, WHAT, &ConsoleError::ForeignForm, incoming).await;
    }
    let wished = |name| Some(text(name)).filter(|text| !text.is_empty());
    let (role, destination) = (wished("role"), wished("destination"));
    let wish = Wish { role, destination, nth: incoming.nth, ..Wish::default() };
    let typed = Typed { user: text("user"), password, code: Secret::new(text("code")) };
    match house.console.sign_in_user(typed, &wish, &mut incoming.request).await {
        Ok(arrived) => {
            house.console.allowed(WHAT, &incoming.request);
            let signed_in = SignedIn { arrived, solicited: Solicited::Unasked, nth: incoming.nth, former: None };
            arrival::arrive(&house, &mut incoming, &signed_in, Some(house.cookies.end_sign_in())).await
        }
        Err(error) => sorry(&house, WHAT, &error, incoming).await,
    }
}
