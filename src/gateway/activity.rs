//! `/console/activity…`: the book.

use super::frame::{Frame, Tab};
use super::page_session::PageSession;
use super::search::Search;
use super::{House, console, pages};
use crate::console::{ActivityPage, ActivitySearch, ConsoleError, Outcome};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

struct RecordLine {
    at: String,
    event: String,
    refused: Option<String>,
    who: String,
    /// What it was about: a role, or what was ended or read.
    about: String,
    from: String,
    key: String,
    request: String,
    json: String,
}

#[derive(Template)]
#[template(path = "activity.html")]
struct BookPage {
    frame: Frame,
    /// Whether it is the account's, and not one's own.
    all: bool,
    may_read_all: bool,
    event: String,
    principal: String,
    key: String,
    outcome: &'static str,
    since: String,
    until: String,
    records: Vec<RecordLine>,
    next: Option<String>,
    searched_in_part: bool,
}

const FIELDS: [&str; 6] = ["event", "principal", "key", "outcome", "since", "until"];

/// `GET /console/activity`: one's own.
pub(super) async fn own(State(house): State<Arc<House>>, page: PageSession) -> Response {
    let found = async {
        let search = Search::of(&page.incoming)?;
        let found = house.console.own_activity(&page.session, &sought(&search)?, &page.incoming.request).await?;
        Ok::<_, ConsoleError>((search, found))
    };
    let found = found.await;
    answer(&house, "ConsoleActivity", false, found, page).await
}

/// `GET /console/activity/all`: the account's.
pub(super) async fn all(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    let found = async {
        let search = Search::of(&page.incoming)?;
        let sought = sought(&search)?;
        let found = house.console.account_activity(&page.session, &sought, &mut page.incoming.request).await?;
        Ok::<_, ConsoleError>((search, found))
    };
    let found = found.await;
    answer(&house, "ConsoleActivityAll", true, found, page).await
}

fn sought(search: &Search) -> Result<ActivitySearch, ConsoleError> {
    Ok(ActivitySearch {
        event: search.text("event").to_owned(),
        principal: search.text("principal").to_owned(),
        access_key_id: search.text("key").to_owned(),
        outcome: outcome(search)?,
        since: search.time("since", false)?.unwrap_or(0),
        before: search.book_place()?,
    })
}

fn outcome(search: &Search) -> Result<Option<Outcome>, ConsoleError> {
    match search.text("outcome") {
        "" => Ok(None),
        "done" => Ok(Some(Outcome::Done)),
        "refused" => Ok(Some(Outcome::Refused)),
        _ => Err(ConsoleError::BadSearch),
    }
}

async fn answer(
    house: &House,
    what: &'static str,
    all: bool,
    found: Result<(Search, ActivityPage), ConsoleError>,
    page: PageSession,
) -> Response {
    let (search, found) = match found {
        Ok(found) => found,
        Err(error) => return console::sorry(house, what, &error, page.incoming).await,
    };
    let frame = page.frame(Tab::Activity);
    let path = format!("{}/activity{}", frame.base, if all { "/all" } else { "" });
    let text = |name: &str| search.text(name).to_owned();
    pages::show(&BookPage {
        all,
        may_read_all: all || house.console.could_read_audit(&page.session, &page.incoming.request),
        event: text("event"),
        principal: text("principal"),
        key: text("key"),
        outcome: match outcome(&search) {
            Ok(Some(Outcome::Done)) => "done",
            Ok(Some(Outcome::Refused)) => "refused",
            Ok(None) | Err(_) => "",
        },
        since: text("since"),
        until: text("until"),
        records: found.records.iter().map(line).collect(),
        next: found.next.map(|place| search.link(&path, &FIELDS, ("before", &place.to_string()))),
        searched_in_part: found.searched_in_part,
        frame,
    })
}

fn line(record: &Value) -> RecordLine {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (who, asked) = (&record["userIdentity"], &record["requestParameters"]);
    let first =
        |values: &[&Value]| values.iter().map(|value| text(value)).find(|text| !text.is_empty()).unwrap_or_default();
    RecordLine {
        at: text(&record["eventTime"]).replace('T', " ").replace('Z', " UTC"),
        event: text(&record["eventName"]),
        refused: record["errorCode"].as_str().map(str::to_owned),
        who: match who["type"].as_str() {
            Some("SAMLUser" | "WebIdentityUser") => {
                format!(
                    "{} through {}",
                    text(&who["userName"]),
                    first(&[&who["providerArn"], &who["identityProvider"]])
                )
            }
            Some("Operator") => "an operator".to_owned(),
            _ => first(&[&who["arn"], &who["role"], &who["identityProvider"]]),
        },
        about: first(&[
            &asked["roleArn"],
            &asked["resource"],
            &asked["role"],
            &asked["session"],
            &asked["subject"],
            &asked["name"],
        ]),
        from: text(&record["sourceIPAddress"]),
        key: first(&[&record["accessKeyId"], &who["accessKeyId"]]),
        request: text(&record["requestID"]),
        json: serde_json::to_string_pretty(record).unwrap_or_default(),
    }
}
