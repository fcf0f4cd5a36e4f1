//! `/console/traces…`: why a request came out as it did.

use super::frame::{Frame, Tab};
use super::page_session::PageSession;
use super::search::{Search, shown};
use super::{House, console, pages};
use crate::console::{ConsoleError, TracePage};
use crate::store::{TraceLine, TraceSearch};
use crate::trace::{Outcome, Step};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

struct Line {
    id: String,
    at: String,
    what: String,
    refused: bool,
    code: String,
    subject: String,
    provider: String,
}

#[derive(Template)]
#[template(path = "traces.html")]
struct ListPage {
    frame: Frame,
    /// Whether they are the account's, and not one's own.
    all: bool,
    may_read_all: bool,
    part: String,
    outcome: String,
    since: String,
    until: String,
    lines: Vec<Line>,
    next: Option<String>,
    searched_in_part: bool,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct OnePage {
    frame: Frame,
    id: String,
    at: String,
    what: String,
    refused: bool,
    code: String,
    steps: Vec<Step>,
    /// The last failed check, which has ended it.
    reason: Option<Step>,
    accounts: Vec<String>,
    held_back: bool,
}

const FIELDS: [&str; 4] = ["q", "outcome", "since", "until"];

/// `GET /console/traces`: those of one's own sign-ins.
pub(super) async fn own(State(house): State<Arc<House>>, page: PageSession) -> Response {
    let found = async {
        let search = Search::of(&page.incoming)?;
        let place = search.trace_place(page.incoming.request.now)?;
        let found = house.console.own_traces(&page.session, &place).await?;
        Ok::<_, ConsoleError>((search, found))
    };
    let found = found.await;
    answer(&house, "ConsoleTraces", false, found, page).await
}

/// `GET /console/traces/all`: the account's.
pub(super) async fn all(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    let found = async {
        let search = Search::of(&page.incoming)?;
        let place = search.trace_place(page.incoming.request.now)?;
        let outcome = match search.text("outcome") {
            known @ ("" | "allow" | "refuse") => known,
            _ => return Err(ConsoleError::BadSearch),
        };
        let since = search.time("since", false)?.unwrap_or(0);
        let wanted = TraceSearch { part: search.text("q"), outcome, since, before: &place };
        let found = house.console.account_traces(&page.session, &wanted, &mut page.incoming.request).await?;
        Ok::<_, ConsoleError>((search, found))
    };
    let found = found.await;
    answer(&house, "ConsoleTracesAll", true, found, page).await
}

/// `GET /console/traces/find?id=`: for whoever has been told a number. It leads to its trace, whoever's that is.
pub(super) async fn find(page: PageSession) -> Response {
    let base = page.frame(Tab::Traces).base;
    let id = Search::of(&page.incoming).map(|search| search.text("id").to_ascii_lowercase()).unwrap_or_default();
    let plain = id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && !id.is_empty();
    let id = if plain { id } else { "none".to_owned() };
    Redirect::to(&format!("{base}/traces/{id}")).into_response()
}

/// `GET /console/traces/{id}`.
pub(super) async fn one(State(house): State<Arc<House>>, Path(id): Path<String>, mut page: PageSession) -> Response {
    match house.console.trace(&id, &page.session, &mut page.incoming.request).await {
        Ok(kept) => {
            let refused = kept.outcome == "refuse";
            let reason =
                kept.steps.iter().rev().find(|step| step.outcome == Outcome::Fail).filter(|_| refused).cloned();
            let silent = |step: &Step| step.is_of_policy() && step.received.is_none() && step.sentence.is_none();
            pages::show(&OnePage {
                at: shown(kept.at),
                what: kept.what,
                refused,
                code: kept.code,
                held_back: kept.steps.iter().any(silent),
                steps: kept.steps,
                reason,
                accounts: kept.accounts,
                id,
                frame: page.frame(Tab::Traces),
            })
        }
        Err(error) => console::sorry(&house, "ConsoleTrace", &error, page.incoming).await,
    }
}

async fn answer(
    house: &House,
    what: &'static str,
    all: bool,
    found: Result<(Search, TracePage), ConsoleError>,
    page: PageSession,
) -> Response {
    let (search, found) = match found {
        Ok(found) => found,
        Err(error) => return console::sorry(house, what, &error, page.incoming).await,
    };
    let frame = page.frame(Tab::Traces);
    let path = format!("{}/traces{}", frame.base, if all { "/all" } else { "" });
    let text = |name: &str| search.text(name).to_owned();
    let before = |place: crate::store::TracePlace| format!("{}.{}", place.at, place.id);
    pages::show(&ListPage {
        all,
        may_read_all: all || house.console.could_read_traces(&page.session, &page.incoming.request),
        part: text("q"),
        outcome: text("outcome"),
        since: text("since"),
        until: text("until"),
        lines: found.lines.into_iter().map(line).collect(),
        next: found.next.map(|place| search.link(&path, &FIELDS, ("before", &before(place)))),
        searched_in_part: found.searched_in_part,
        frame,
    })
}

fn line(line: TraceLine) -> Line {
    let TraceLine { place, what, outcome, code, provider, subject } = line;
    Line { id: place.id, at: shown(place.at), what, refused: outcome == "refuse", code, subject, provider }
}
