//! The pages: what a person sees. Templates escape everything; of the two scripts one presses "Continue", and the other is
//! comfort that every page does without.

use super::frame::Frame;
use super::guard::Scripted;
use super::summary::ServiceSummary;
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
    /// Of the role's ARN, what stands before its name: empty, or `path/`.
    pub(super) path: String,
    pub(super) description: String,
    pub(super) session_name: String,
    /// `2 h`.
    pub(super) lasts: String,
    pub(super) worn: bool,
    /// Of all, the one that was put on last.
    pub(super) latest: bool,
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
    /// What is searched for; empty for all.
    pub(super) q: String,
    pub(super) found: usize,
    pub(super) of: usize,
    pub(super) accounts: Vec<AccountGroup>,
}

#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage {
    pub(super) frame: Frame,
    pub(super) via: String,
    /// What people call the provider, where it has a name for them.
    pub(super) provider: Option<String>,
    /// Of the role that is worn, or of the federated user that it is.
    pub(super) name: String,
    pub(super) role_arn: Option<String>,
    pub(super) session_arn: String,
    pub(super) account: String,
    pub(super) worn_left: String,
    pub(super) worn_until: String,
    pub(super) worn_set_by: &'static str,
    pub(super) console_left: String,
    pub(super) console_until: String,
    pub(super) console_set_by: &'static str,
    pub(super) can_choose: bool,
    pub(super) allowed: Vec<ServiceSummary>,
    /// What bounds that: the boundary, the policies of the session.
    pub(super) limits: Vec<LimitSummary>,
    pub(super) policies: Vec<PolicyText>,
    pub(super) credentials: Option<CredentialBlock>,
    /// A sign-in URL that has just been made.
    pub(super) shared: Option<String>,
    pub(super) may_choose_duration: bool,
}

pub(super) struct LimitSummary {
    pub(super) title: String,
    pub(super) allowed: Vec<ServiceSummary>,
}

pub(super) struct PolicyText {
    pub(super) title: String,
    pub(super) text: String,
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
    /// Why it is asked once more.
    pub(super) again: Option<&'static str>,
    pub(super) new: String,
    /// Who would be replaced; none where the new one is to stand beside others.
    pub(super) old: Option<String>,
    /// The hash of their session's id, in hex; empty where there is none.
    pub(super) replaces: String,
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
    heading: &'a str,
    way_on: &'a str,
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

/// The same of a page that has the script of the console, for comfort.
pub(super) fn show_scripted(page: &impl Template) -> Response {
    let mut response = show(page);
    response.extensions_mut().insert(Scripted);
    response
}

/// A page that says no: one safe sentence, the stable code, and the number under which the rest is kept. Whoever is signed in
/// is in still.
pub(super) fn refusal(frame: Frame, status: StatusCode, sentence: &str, code: &str, request_id: &str) -> Response {
    let (heading, way_on) = match frame.who.is_empty() {
        true => ("Not let in", "To the sign-in page"),
        false => ("Refused", "Back to the console"),
    };
    (status, show(&RefusalPage { frame, heading, way_on, sentence, code, request_id })).into_response()
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    frame: Frame,
    sentence: &'a str,
    /// Where they may go on to: the address, and its host.
    back: Option<(&'a str, String)>,
}

pub(super) fn signed_out(sentence: &str) -> Response {
    show(&SignedOutPage { frame: Frame::bare(Nth::FIRST), sentence, back: None })
}

/// The same for whoever came by a sign-in URL that says where they are to go then. It is somebody's word and no more: they
/// are told the host, and follow if they like.
pub(super) fn signed_out_to(nth: Nth, sentence: &str, issuer: Option<&str>) -> Response {
    let host = |issuer: &str| url::Url::parse(issuer).ok()?.host_str().map(str::to_owned);
    let back = issuer.and_then(|issuer| Some((issuer, host(issuer)?)));
    show(&SignedOutPage { frame: Frame::bare(nth), sentence, back })
}

#[derive(Template)]
#[template(path = "sign_out.html")]
pub(super) struct SignOutPage {
    pub(super) frame: Frame,
    /// Of the browser's session.
    pub(super) number: u8,
    pub(super) who: String,
    pub(super) csrf: String,
    /// Where it goes on to; empty if nowhere.
    pub(super) redirect_uri: String,
}

pub(super) async fn script() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("templates/console.js")).into_response()
}

pub(super) async fn stylesheet() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("templates/style.css")).into_response()
}

pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here. The console is at /console.\n").into_response()
}
