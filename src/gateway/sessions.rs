//! `/console/sessions…`: who is signed in, and ending that.

use super::frame::{Frame, Tab};
use super::page_session::{PageForm, PageSession};
use super::search::{Search, shown};
use super::{House, arrival, console, pages};
use crate::console::{ConsoleError, MOST_COUNTED, OpenBrowser, ToEnd, WouldEnd};
use crate::store::{LiveSession, Revoked, SessionPlace};
use crate::words::counted;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

struct BrowserLine {
    id: String,
    here: bool,
    address: String,
    agent: String,
    opened: String,
    expires: String,
    worn: Option<String>,
}

struct SessionLine {
    id: String,
    principal: String,
    /// Who is behind it, and through which provider.
    behind: String,
    issued: String,
    expires: String,
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct OwnPage {
    frame: Frame,
    browsers: Vec<BrowserLine>,
    sessions: Vec<SessionLine>,
    next: Option<String>,
    may_list: bool,
}

#[derive(Template)]
#[template(path = "sessions_all.html")]
struct AccountPage {
    frame: Frame,
    account: String,
    part: String,
    sessions: Vec<SessionLine>,
    next: Option<String>,
    searched_in_part: bool,
    may_revoke: bool,
}

struct BarredLine {
    subject: String,
    provider: String,
    since: String,
}

#[derive(Template)]
#[template(path = "sessions_barred.html")]
struct BarredPage {
    frame: Frame,
    barred: Vec<BarredLine>,
    next: Option<String>,
    may_admit: bool,
}

#[derive(Template)]
#[template(path = "sessions_end.html")]
struct EndPage {
    frame: Frame,
    question: String,
    sentence: String,
    /// Of the form.
    field: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "sessions_ended.html")]
struct EndedPage {
    frame: Frame,
    sentence: String,
}

/// `GET /console/sessions`: one's own.
pub(super) async fn own(State(house): State<Arc<House>>, page: PageSession) -> Response {
    let now = page.incoming.request.now;
    let shown = async {
        let search = Search::of(&page.incoming)?;
        let own = house.console.own_sessions(&page.id, &page.session, &search.session_place()?, now).await?;
        let frame = page.frame(Tab::Sessions);
        let next =
            own.next.map(|place| search.link(&format!("{}/sessions", frame.base), &[], ("after", &written(&place))));
        Ok::<_, ConsoleError>(OwnPage {
            browsers: own.browsers.into_iter().map(browser).collect(),
            sessions: own.roles.into_iter().map(line).collect(),
            may_list: house.console.could_list_sessions(&page.session, &page.incoming.request),
            next,
            frame,
        })
    };
    answer(&house, "ConsoleSessions", shown.await, page).await
}

/// `GET /console/sessions/all`: the account's.
pub(super) async fn all(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    let shown = async {
        let search = Search::of(&page.incoming)?;
        let (part, place) = (search.text("q").to_owned(), search.session_place()?);
        let console = &house.console;
        let found = console.account_sessions(&page.session, &part, &place, &mut page.incoming.request).await?;
        let frame = page.frame(Tab::Sessions);
        let path = format!("{}/sessions/all", frame.base);
        Ok::<_, ConsoleError>(AccountPage {
            account: found.account,
            sessions: found.sessions.into_iter().map(line).collect(),
            next: found.next.map(|place| search.link(&path, &["q"], ("after", &written(&place)))),
            searched_in_part: found.searched_in_part,
            may_revoke: console.could_revoke_sessions(&page.session, &page.incoming.request),
            part,
            frame,
        })
    };
    let shown = shown.await;
    answer(&house, "ConsoleSessionsAll", shown, page).await
}

/// `GET /console/sessions/barred`.
pub(super) async fn barred(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    let shown = async {
        let search = Search::of(&page.incoming)?;
        let after = (search.text("subject"), search.text("provider"));
        let (barred, more) = house.console.barred(&page.session, after, &mut page.incoming.request).await?;
        let frame = page.frame(Tab::Sessions);
        let path = format!("{}/sessions/barred", frame.base);
        let last = barred.last().filter(|_| more);
        let next = last.map(|last| {
            let query = [("subject", &last.subject), ("provider", &last.provider)];
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            format!("{path}?{query}")
        });
        let may_admit = house.console.could_admit(&page.session, &page.incoming.request);
        let line = |person: crate::store::BarredPerson| BarredLine {
            subject: person.subject,
            provider: person.provider,
            since: shown(person.since),
        };
        Ok::<_, ConsoleError>(BarredPage { barred: barred.into_iter().map(line).collect(), next, may_admit, frame })
    };
    let shown = shown.await;
    answer(&house, "ConsoleBarred", shown, page).await
}

/// `POST /console/sessions/admit`: `provider`, `subject`, `csrf`.
pub(super) async fn admit(State(house): State<Arc<House>>, mut form: PageForm) -> Response {
    let (provider, subject) = (form.field("provider").to_owned(), form.field("subject").to_owned());
    let admitted = house.console.admit(&provider, &subject, &form.session, &mut form.incoming.request).await;
    match admitted {
        Ok(()) => Redirect::to(&format!("{}/sessions/barred", frame(&form).base)).into_response(),
        Err(error) => console::sorry(&house, "ConsoleAdmit", &error, form.incoming).await,
    }
}

/// `GET /console/sessions/end`: what would end, and whether it shall.
pub(super) async fn ask(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    let shown = async {
        let query = page.incoming.query().ok_or(ConsoleError::BadSearch)?;
        let (field, value) = named(&query)?;
        let what = to_end(field, &value);
        let would = house.console.would_end(&what, &page.id, &page.session, &mut page.incoming.request).await?;
        let (question, sentence) = told(&would);
        Ok::<_, ConsoleError>(EndPage { frame: page.frame(Tab::Sessions), question, sentence, field, value })
    };
    let shown = shown.await;
    answer(&house, "ConsoleEnd", shown, page).await
}

/// `POST /console/sessions/end`: one of `key`, `browser`, `mine`, `role`; `csrf`.
pub(super) async fn end(State(house): State<Arc<House>>, mut form: PageForm) -> Response {
    let ended = async {
        let (field, value) = named(&form.fields)?;
        let what = to_end(field, &value);
        house.console.end(&what, &form.id, &form.session, &mut form.incoming.request).await
    };
    let ended = match ended.await {
        Ok(ended) => ended,
        Err(error) => return console::sorry(&house, "ConsoleEnd", &error, form.incoming).await,
    };
    house.console.allowed("ConsoleEnd", &form.incoming.request);
    let sentence = what_ended(ended);
    match house.console.session(&form.id, form.incoming.request.now).await {
        Ok(_) => pages::show(&EndedPage { frame: frame(&form), sentence }),
        Err(_) => {
            let page = pages::signed_out(&format!("{sentence} This browser's session has ended as well."));
            arrival::with_cookies(page, [house.cookies.end_session(form.incoming.nth)])
        }
    }
}

fn frame(form: &PageForm) -> Frame {
    Frame::of(form.incoming.nth, &form.id, &form.session, Tab::Sessions)
}

async fn answer(
    house: &House,
    what: &'static str,
    shown: Result<impl Template, ConsoleError>,
    page: PageSession,
) -> Response {
    match shown {
        Ok(shown) => pages::show(&shown),
        Err(error) => console::sorry(house, what, &error, page.incoming).await,
    }
}

/// The one thing that is to end.
fn named(fields: &[(String, String)]) -> Result<(&'static str, String), ConsoleError> {
    let given = ["key", "browser", "mine", "role"].into_iter();
    let mut given = given.filter_map(|name| Some((name, super::form::one(fields, name)?.to_owned())));
    match (given.next(), given.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(ConsoleError::NotThere),
    }
}

fn to_end<'a>(field: &str, value: &'a str) -> ToEnd<'a> {
    match field {
        "key" => ToEnd::Session(value),
        "browser" => ToEnd::Browser(value),
        "role" => ToEnd::Role(value),
        _ => ToEnd::Mine,
    }
}

/// The question, and what comes of a yes.
fn told(would: &WouldEnd) -> (String, String) {
    const ALL: &str = "Whoever holds these credentials is refused: here at once, and on every other node within two seconds. The identity provider's answer that they were made from gives no others.";
    match would {
        WouldEnd::Session { session, others } => {
            let (id, principal) = (&session.access_key_id, &session.principal);
            let others = match others {
                0 => "Nothing else was made with it.".to_owned(),
                count if *count >= MOST_COUNTED => {
                    format!("More than {MOST_COUNTED} sessions that were made with it end as well.")
                }
                count => format!("Sessions that were made with it end as well: {count}."),
            };
            (
                format!("End the session {id} of {principal}?"),
                format!("{others} Browsers that wear it are signed out. {ALL}"),
            )
        }
        WouldEnd::Browser(browser) => {
            let which = if browser.here { "this browser" } else { "that browser" };
            let worn = match &browser.worn {
                Some(worn) => {
                    format!(" The session {worn} that it wears ends with it, and all that was made with that. {ALL}")
                }
                None => String::new(),
            };
            (format!("End the session of {which}?"), format!("Whoever uses {which} has to sign in again.{worn}"))
        }
        WouldEnd::Mine { browsers, roles, more } => {
            let more = if *more { "more than " } else { "" };
            let sentence = format!(
                "This browser is signed out, too. Browsers that are signed in: {browsers}; sessions of roles: {more}{roles}, with all that was made with them. {ALL}"
            );
            ("End everything of yours?".to_owned(), sentence)
        }
        WouldEnd::Role(role) => {
            let sentence = format!(
                "Every session of this role that was issued before now ends, whoever wears it, and all that was made with them. If you wear it, so does yours. Whoever may, can come again and put it on. {ALL}"
            );
            (format!("End all sessions of {role}?"), sentence)
        }
    }
}

fn what_ended(ended: Revoked) -> String {
    let (roles, browsers) = (counted(ended.sessions, "role session"), counted(ended.console, "browser session"));
    format!("Ended: {roles} and {browsers}.")
}

fn written(place: &SessionPlace) -> String {
    format!("{}.{}", place.expires, place.access_key_id)
}

fn browser(open: OpenBrowser) -> BrowserLine {
    let OpenBrowser { id, here, browser, opened, expires, worn, .. } = open;
    let (address, agent) = (browser.address, browser.agent);
    BrowserLine { id, here, address, agent, opened: shown(opened), expires: shown(expires), worn }
}

fn line(session: LiveSession) -> SessionLine {
    let LiveSession { access_key_id, principal, provider, subject, issued, expires, .. } = session;
    let behind = match provider {
        Some(provider) => format!("{subject} through {provider}"),
        None => subject,
    };
    SessionLine { id: access_key_id, principal, behind, issued: shown(issued), expires: shown(expires) }
}
