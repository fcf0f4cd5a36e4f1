//! The pages: what a person sees. Templates escape everything; the only script is the one that presses "Continue".

use super::frame::Frame;
use crate::console::Nth;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

pub(super) struct ProviderLink {
    /// What people call it.
    pub(super) name: String,
    /// The address of its logo.
    pub(super) logo: Option<String>,
    /// What stands in for a logo: a letter, and one of a few colours.
    pub(super) initial: String,
    pub(super) tint: usize,
    pub(super) accounts: Vec<String>,
    pub(super) href: String,
    pub(super) kind: &'static str,
}

#[derive(Template)]
#[template(path = "signin.html")]
pub(super) struct SignInPage {
    pub(super) frame: Frame,
    pub(super) providers: Vec<ProviderLink>,
    pub(super) user: Option<UserForm>,
}

pub(super) struct UserForm {
    pub(super) csrf: String,
    /// What was wished for; empty if nothing was.
    pub(super) destination: String,
    pub(super) role: String,
}

pub(super) struct RoleLine {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) session_name: String,
    pub(super) hours: i64,
    pub(super) worn: bool,
    pub(super) needs_mfa: bool,
}

pub(super) struct AccountGroup {
    pub(super) alias: String,
    pub(super) id: String,
    pub(super) roles: Vec<RoleLine>,
}

#[derive(Template)]
#[template(path = "chooser.html")]
pub(super) struct ChooserPage {
    pub(super) frame: Frame,
    pub(super) accounts: Vec<AccountGroup>,
}

#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage {
    pub(super) frame: Frame,
    pub(super) via: String,
    /// Of the role that is worn, or of the federated user that it is.
    pub(super) name: String,
    pub(super) role_arn: Option<String>,
    pub(super) session_arn: String,
    pub(super) account: String,
    pub(super) worn_left: String,
    pub(super) worn_until: String,
    pub(super) console_left: String,
    pub(super) console_until: String,
    pub(super) can_choose: bool,
    pub(super) credentials: Option<CredentialBlock>,
}

pub(super) struct CredentialBlock {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    pub(super) endpoint: String,
    pub(super) expires: String,
}

#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct ConfirmPage {
    pub(super) frame: Frame,
    pub(super) new: String,
    /// Who would be replaced; none where the new one is to stand beside others.
    pub(super) old: Option<String>,
    /// Who else is signed in with this browser.
    pub(super) others: Vec<String>,
    /// The number under which the new one could stand beside them all.
    pub(super) beside: Option<u8>,
    pub(super) csrf: String,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    frame: Frame,
    sentence: &'a str,
    code: &'a str,
    request_id: &'a str,
}

pub(super) fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made.\n").into_response()
        }
    }
}

/// A page that says no: one safe sentence, the stable code, and the number under which the rest is kept.
pub(super) fn refusal(nth: Nth, status: StatusCode, sentence: &str, code: &str, request_id: &str) -> Response {
    let frame = Frame::bare(nth);
    (status, show(&RefusalPage { frame, sentence, code, request_id })).into_response()
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    frame: Frame,
    sentence: &'a str,
}

pub(super) fn signed_out(sentence: &str) -> Response {
    show(&SignedOutPage { frame: Frame::bare(Nth::FIRST), sentence })
}

pub(super) async fn stylesheet() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("templates/style.css")).into_response()
}

pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here. The console is at /console.\n").into_response()
}
