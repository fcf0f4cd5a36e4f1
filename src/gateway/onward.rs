//! Sending a browser on to an identity provider with a message.
//!
//! A message by redirect is a redirect. One by POST is a page with a form: a person presses "Continue", or the page's one
//! script does. The page's own policy lets that script in, and the form out to that provider.

use super::frame::Frame;
use super::incoming::Incoming;
use super::{House, arrival, page_error, pages};
use crate::console::{ConsoleSession, Nth};
use crate::saml::{Parcel, PostForm};
use crate::signin::Begun;
use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use url::Url;

#[derive(Template)]
#[template(path = "onward.html")]
struct OnwardPage<'a> {
    frame: Frame,
    sentence: &'a str,
    form: &'a PostForm,
}

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage<'a> {
    frame: Frame,
    sentence: &'a str,
    url: &'a str,
}

const SECOND_FACTOR: &str = "This role wants a second factor. Your identity provider asks you for it.";

/// Back to the identity provider for a second factor, if that is all that the role wants. Always a page, never a
/// redirect: browsers hold a redirect that follows a form to the policy of the form's page, which lets it go nowhere else.
pub(super) async fn step_up(
    house: &House,
    session: &ConsoleSession,
    role: &str,
    incoming: &mut Incoming,
) -> Option<Response> {
    let former = arrival::former(house, incoming);
    let begun = match house.sign_in.step_up(session, role, incoming.nth, former, &mut incoming.request).await? {
        Ok(begun) => begun,
        Err(error) => return Some(page_error::sign_in(&error, incoming.nth, incoming.id())),
    };
    Some(second_factor(house, &begun, incoming))
}

pub(super) fn second_factor(house: &House, begun: &Begun, incoming: &Incoming) -> Response {
    let response = match &begun.parcel {
        Parcel::Redirect(url) => pages::show(&StepUpPage { frame: bare(), sentence: SECOND_FACTOR, url }),
        Parcel::Post(_) => send(&begun.parcel, SECOND_FACTOR),
    };
    arrival::with_cookies(response, house.cookies.begin_attempt(&incoming.headers, begun))
}

/// To sign in.
pub(super) fn begin(parcel: &Parcel) -> Response {
    send(parcel, "Your identity provider asks who you are.")
}

/// To try a provider: a page, as [`step_up`] is one.
pub(super) fn test(parcel: &Parcel) -> Response {
    const SENTENCE: &str = "The identity provider asks who you are. Nobody is signed in here by what it answers.";
    match parcel {
        Parcel::Redirect(url) => pages::show(&StepUpPage { frame: bare(), sentence: SENTENCE, url }),
        Parcel::Post(_) => send(parcel, SENTENCE),
    }
}

/// The answer to an identity provider's logout.
pub(super) fn answer_logout(parcel: &Parcel) -> Response {
    send(parcel, "You are signed out here. Your identity provider is told so.")
}

/// To tell the identity provider that somebody has signed out. Always a page, as [`step_up`] is one.
pub(super) fn sign_out(parcel: &Parcel) -> Response {
    const SENTENCE: &str = "You are signed out here. Your identity provider ends your session as well.";
    match parcel {
        Parcel::Redirect(url) => pages::show(&StepUpPage { frame: bare(), sentence: SENTENCE, url }),
        Parcel::Post(_) => send(parcel, SENTENCE),
    }
}

fn bare() -> Frame {
    Frame::bare(Nth::FIRST)
}

fn send(parcel: &Parcel, sentence: &str) -> Response {
    match parcel {
        Parcel::Redirect(url) => Redirect::to(url).into_response(),
        Parcel::Post(form) => page(&OnwardPage { frame: bare(), sentence, form }, &form.action),
    }
}

fn page(page: &impl Template, target: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action {}; base-uri 'none'; frame-ancestors 'none'",
        form_action(target)
    );
    let mut response = pages::show(page);
    let policy = HeaderValue::from_str(&policy).expect("origins are ASCII");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Browsers hold every redirect that follows a form to the policy of the form's page, and the provider sends people on as it
/// likes: to another host of its own for the password, or with its answer back to us. So of a provider by https the form may
/// lead anywhere by https. That gives nothing away: what `form-action` is against is a form that somebody else has put into
/// a page, and this page has one form, which we made, and no markup from outside.
fn form_action(target: &str) -> String {
    match Url::parse(target) {
        Ok(url) if url.scheme() == "https" => "https: 'self'".to_owned(),
        Ok(url) => format!("{} 'self'", url.origin().ascii_serialization()),
        Err(_) => "'none'".to_owned(),
    }
}

pub(super) async fn script() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("templates/continue.js")).into_response()
}
