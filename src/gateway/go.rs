//! `/console/go/{account}/{role}?to=…`: a link to a page, together with the role that it is to be looked at with.
//!
//! Whoever follows it has not been asked anything yet. So it signs in whoever is not, and puts the role on where none is worn;
//! but nobody is taken out of another role without the press of a button.

use super::arrival::go_on;
use super::console::sorry;
use super::frame::{Frame, Tab};
use super::incoming::Incoming;
use super::page_session::{PageForm, base, current, sign_in_first, within};
use super::switch::conclude;
use super::{House, form, onward, pages};
use crate::console::{ConsoleError, ConsoleSession, SessionId, SwitchForm, Target};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "go.html")]
struct GoPage {
    frame: Frame,
    /// What is worn, and what would be.
    from: String,
    to: String,
    role: String,
    destination: String,
    /// Where the button leads: here.
    action: String,
}

/// The role that the path names, and where to then. Both are looked at before anybody is sent anywhere.
fn asked(
    house: &House,
    account: &str,
    role_name: &str,
    incoming: &Incoming,
) -> Result<(Target, Option<String>), ConsoleError> {
    let query = incoming.query().ok_or(ConsoleError::BadDestination)?;
    let to = match form::has(&query, "to") {
        false => None,
        true => {
            let to = form::one(&query, "to").ok_or(ConsoleError::BadDestination)?;
            Some(house.console.destinations.check(to)?)
        }
    };
    let form = SwitchForm { account, role_name, display_name: "", color: "" };
    Ok((form.target(&house.sts.catalogue)?, to.map(|to| within(house, &to, incoming.nth))))
}

pub(super) async fn get(
    State(house): State<Arc<House>>,
    Path((account, role)): Path<(String, String)>,
    mut incoming: Incoming,
) -> Response {
    const WHAT: &str = "ConsoleGo";
    let (target, to) = match asked(&house, &account, &role, &incoming) {
        Ok(asked) => asked,
        Err(error) => return sorry(&house, WHAT, &error, incoming),
    };
    let (id, session) = match current(&house, &incoming).await {
        Ok(known) => known,
        Err(ConsoleError::NotSignedIn) => return sign_in_first(&house, &incoming, Some(&target.role)),
        Err(error) => return sorry(&house, WHAT, &error, incoming),
    };
    let worn = house.console.worn(&session, incoming.request.now);
    let to = to.unwrap_or_else(|| base(incoming.nth));
    match worn {
        Some(worn) if worn.role() == Some(&target.role) => Redirect::to(&to).into_response(),
        None if session.switched.is_none() => put_on(&house, &id, session, &target, to, &mut incoming).await,
        worn => pages::show(&GoPage {
            frame: Frame::of(incoming.nth, &id, &session, Tab::Other),
            from: worn.map(|worn| super::console_pages::place(&house, &worn)).unwrap_or_default(),
            to: target.label,
            role: target.role,
            destination: to,
            action: incoming.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        }),
    }
}

/// The same address: `csrf`.
pub(super) async fn post(
    State(house): State<Arc<House>>,
    Path((account, role)): Path<(String, String)>,
    form: PageForm,
) -> Response {
    let PageForm { id, mut session, mut incoming, .. } = form;
    let (target, to) = match asked(&house, &account, &role, &incoming) {
        Ok(asked) => asked,
        Err(error) => return sorry(&house, "ConsoleGo", &error, incoming),
    };
    let to = to.unwrap_or_else(|| base(incoming.nth));
    if house.console.gives(&session, &target.role, &mut incoming.request) {
        return put_on(&house, &id, session, &target, to, &mut incoming).await;
    }
    session.destination = Some(to);
    let switching = house.console.switch(&id, session, &target, incoming.nth, &mut incoming.request).await;
    conclude(&house, switching, incoming).await
}

/// As choosing it does.
async fn put_on(
    house: &House,
    id: &SessionId,
    mut session: ConsoleSession,
    target: &Target,
    to: String,
    incoming: &mut Incoming,
) -> Response {
    session.destination = Some(to);
    if let Some(response) = onward::step_up(house, &session, &target.role, incoming).await {
        return response;
    }
    match house.console.put_on(id, session, &target.role, &mut incoming.request).await {
        Ok(arrived) => {
            house.console.allowed("ConsoleGo", &incoming.request);
            go_on(house, &arrived, incoming.nth)
        }
        Err(error) => refused(house, &error, incoming),
    }
}

fn refused(house: &House, error: &ConsoleError, incoming: &mut Incoming) -> Response {
    house.console.refused("ConsoleGo", error, &mut incoming.request);
    super::page_error::console(error, incoming.nth, incoming.id())
}
