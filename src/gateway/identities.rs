//! `/console/identities`: who is signed in with this browser, side by side.

use super::console_pages::place;
use super::frame::{Frame, Tab};
use super::page_session::{PageSession, all, base, first_free};
use super::{House, console, pages};
use crate::console::Nth;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "identities.html")]
struct IdentitiesPage {
    frame: Frame,
    identities: Vec<Identity>,
    /// Where somebody else may sign in; none if all places are taken.
    free: Option<String>,
}

struct Identity {
    number: u8,
    href: String,
    who: String,
    /// The role that is worn, and its account.
    role: Option<String>,
    current: bool,
}

/// What each of them may do is on their own pages: here they are only told apart.
pub(super) async fn identities(State(house): State<Arc<House>>, page: PageSession) -> Response {
    let there = match all(&house, &page.incoming).await {
        Ok(there) => there,
        Err(error) => return console::sorry(&house, "ConsoleIdentities", &error, page.incoming),
    };
    let now = page.incoming.request.now;
    let one = |(nth, session): &(Nth, _)| {
        let session: &crate::console::ConsoleSession = session;
        Identity {
            number: nth.number(),
            href: base(*nth),
            who: session.original.label_beside(&house.sts.catalogue),
            role: house.console.worn(session, now).map(|worn| place(&house, &worn)),
            current: *nth == page.incoming.nth,
        }
    };
    let identities = there.iter().map(one).collect();
    pages::show(&IdentitiesPage { frame: page.frame(Tab::Other), identities, free: first_free(&there).map(base) })
}
