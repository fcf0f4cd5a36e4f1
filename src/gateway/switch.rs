//! `/switchrole`: the switch-role form, as AWS links to it, and the way back.

use super::arrival::{address, go_on, with_cookies};
use super::console::sorry;
use super::frame::{Frame, Tab};
use super::incoming::Incoming;
use super::page_session::{PageForm, current, sign_in_first};
use super::pages;
use super::{House, arrival, form, onward, page_error};
use crate::console::{Color, ConsoleError, PALETTE, SwitchForm, Switching, Wish};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "switch.html")]
struct SwitchPage {
    frame: Frame,
    account: String,
    role_name: String,
    display_name: String,
    swatches: Vec<Swatch>,
}

struct Swatch {
    name: String,
    /// Empty for none.
    color: String,
    checked: bool,
}

/// `GET /switchrole?account=&roleName=&displayName=&color=`: a form that is filled in, and changes nothing. Whoever is not
/// signed in comes back to it.
pub(super) async fn form(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let (id, session) = match current(&house, &incoming).await {
        Ok(known) => known,
        Err(ConsoleError::NotSignedIn) => return sign_in_first(&house, &incoming, None),
        Err(error) => return sorry(&house, "SwitchRoleForm", &error, incoming),
    };
    let query = incoming.query().unwrap_or_default();
    let given = |name| form::one(&query, name).unwrap_or_default().to_owned();
    let swatches = swatches(Color::parse(&given("color")).as_ref());
    let mut frame = Frame::of(incoming.nth, &id, &session, Tab::Switch);
    frame.show_colors(swatches.iter().map(|swatch| swatch.color.clone()));
    pages::show(&SwitchPage {
        frame,
        account: given("account"),
        role_name: given("roleName"),
        display_name: given("displayName"),
        swatches,
    })
}

/// None, those of the palette, and one that a link brings.
fn swatches(chosen: Option<&Color>) -> Vec<Swatch> {
    let chosen = chosen.map(Color::digits).unwrap_or_default();
    let is_own = !chosen.is_empty() && PALETTE.iter().all(|(_, color)| *color != chosen);
    let own = is_own.then(|| (format!("#{chosen}"), chosen.to_owned()));
    let palette = PALETTE.iter().map(|(name, color)| ((*name).to_owned(), (*color).to_owned()));
    let all = [("None".to_owned(), String::new())].into_iter().chain(palette).chain(own);
    all.map(|(name, color)| Swatch { checked: color == chosen, name, color }).collect()
}

/// `POST /switchrole`: `account` (id or alias), `roleName` (with its path), `displayName`, `color`, `csrf`.
pub(super) async fn post(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let asked = SwitchForm {
        account: form.field("account"),
        role_name: form.field("roleName"),
        display_name: form.field("displayName"),
        color: form.field("color"),
    };
    let target = asked.target(&house.sts.catalogue);
    let PageForm { id, session, mut incoming, .. } = form;
    let switching = match target {
        Ok(to) => house.console.switch(&id, session, &to, incoming.nth, &mut incoming.request).await,
        Err(error) => Err(error),
    };
    conclude(&house, switching, incoming).await
}

/// What the browser sees of it.
pub(super) async fn conclude(
    house: &House,
    switching: Result<Switching, ConsoleError>,
    mut incoming: Incoming,
) -> Response {
    match switching {
        Ok(Switching::Done(arrived)) => {
            house.console.allowed("SwitchRole", &incoming.request);
            go_on(house, &arrived, incoming.nth)
        }
        Ok(Switching::SecondFactor(provider, wish)) => {
            let wish = Wish { former: arrival::former(house, &incoming), ..wish };
            match house.sign_in.step_up_to_switch(&provider, wish, &mut incoming.request).await {
                Ok(begun) => onward::second_factor(house, &begun, &incoming),
                Err(error) => page_error::sign_in(&error, incoming.nth, incoming.id()),
            }
        }
        Err(error) => sorry(house, "SwitchRole", &error, incoming),
    }
}

/// `POST /console/switch/back`: `csrf`.
pub(super) async fn back(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let PageForm { id, session, mut incoming, .. } = form;
    match house.console.switch_back(&id, session, &mut incoming.request).await {
        Ok(returned) => {
            let cookie = house.cookies.set_session(incoming.nth, returned.arrived.id.expose());
            let response = if returned.ended {
                sorry(&house, "ExitRole", &ConsoleError::BaseEnded, incoming)
            } else {
                house.console.allowed("ExitRole", &incoming.request);
                Redirect::to(&address(&house, &returned.arrived.next, incoming.nth)).into_response()
            };
            with_cookies(response, [cookie])
        }
        Err(error) => sorry(&house, "ExitRole", &error, incoming),
    }
}
