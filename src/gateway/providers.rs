//! `/console/providers`: how the identity providers of the account are, what each is to be told of us, and a test login.

use super::explained::ExplainedView;
use super::frame::{Frame, Tab};
use super::page_session::{PageForm, PageSession, base};
use super::provider_view::ProviderView;
use super::setup_sheets::{Sheet, sheets};
use super::simulator::of_theirs;
use super::{House, arrival, console, onward, page_error, pages};
use crate::catalogue::Provider;
use crate::console::{ConsoleError, ConsoleSession, Nth, READ_PROVIDER, SIMULATE, draft_rules, provider_resource};
use crate::signin::{SignInError, TestLogin, Tester, Told};
use crate::sts::Request;
use crate::trust::{Admission, Explanation, Surroundings, VerifiedCaller};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "providers.html")]
struct ProvidersPage {
    frame: Frame,
    providers: Vec<ProviderView>,
}

#[derive(Template)]
#[template(path = "provider.html")]
struct ProviderPage {
    frame: Frame,
    provider: ProviderView,
    /// Whether who looks may try it.
    may_test: bool,
    sheets: Vec<Sheet>,
}

#[derive(Template)]
#[template(path = "test_login.html")]
struct FindingPage {
    frame: Frame,
    name: String,
    explained: ExplainedView,
    draft: Option<String>,
}

/// `GET /console/providers`: those that may be looked at.
pub(super) async fn list(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    match listed(&house, &page.session, &mut page.incoming.request).await {
        Ok(providers) => pages::show(&ProvidersPage { frame: page.frame(Tab::Providers), providers }),
        Err(error) => console::sorry(&house, "Providers", &error, page.incoming),
    }
}

async fn listed(
    house: &House,
    session: &ConsoleSession,
    request: &mut Request,
) -> Result<Vec<ProviderView>, ConsoleError> {
    let caller = house.console.principal(session, request.now)?;
    let here = house.sts.catalogue.providers().filter(|provider| provider.account() == caller.account());
    let readable = |provider: &&Arc<Provider>| {
        house.console.could(session, READ_PROVIDER, &provider_resource(&provider.name), request)
    };
    let readable: Vec<&Arc<Provider>> = here.filter(readable).collect();
    if readable.is_empty() {
        house.console.may(session, READ_PROVIDER, &provider_resource("*"), request).await?;
    }
    let notes = house.sts.store.provider_notes().await?;
    Ok(readable.into_iter().map(|provider| ProviderView::of(provider, &notes, request.now)).collect())
}

/// `GET /console/providers/{name}`.
pub(super) async fn one(
    State(house): State<Arc<House>>,
    Path(path): Path<NamePath>,
    mut page: PageSession,
) -> Response {
    let found = readable(&house, &page.session, &path.name, &mut page.incoming.request).await;
    let (provider, notes) = match found {
        Ok(provider) => match house.sts.store.provider_notes().await {
            Ok(notes) => (provider, notes),
            Err(error) => return console::sorry(&house, "Provider", &error.into(), page.incoming),
        },
        Err(error) => return console::sorry(&house, "Provider", &error, page.incoming),
    };
    let request = &page.incoming.request;
    let may_test = provider.signs_people_in()
        && house.console.could(&page.session, SIMULATE, &provider_resource(&provider.name), request);
    pages::show_scripted(&ProviderPage {
        frame: page.frame(Tab::Providers),
        provider: ProviderView::of(&provider, &notes, request.now),
        may_test,
        sheets: sheets(&house, &provider),
    })
}

/// `POST /console/providers/{name}/test`: off to the provider.
pub(super) async fn begin_test(
    State(house): State<Arc<House>>,
    Path(path): Path<NamePath>,
    form: PageForm,
) -> Response {
    let PageForm { id, session, mut incoming, .. } = form;
    let (provider, caller) = match testable(&house, &session, &path.name, &mut incoming.request).await {
        Ok(testable) => testable,
        Err(error) => return console::sorry(&house, "TestLoginBegin", &error, incoming),
    };
    let access_key_id = caller.access_key_id().map(str::to_owned);
    let tester = Tester { session: id.hash(), nth: incoming.nth, principal: caller.arn(), access_key_id };
    match house.sign_in.begin_test(&provider, tester, &mut incoming.request).await {
        Ok(begun) => {
            let cookies = house.cookies.begin_attempt(&incoming.headers, &begun);
            arrival::with_cookies(onward::test(&begun.parcel), cookies)
        }
        Err(error) => page_error::sign_in(&error, incoming.nth, incoming.id()),
    }
}

/// `GET /console/providers/{name}/test/{handle}`: what was found, once.
pub(super) async fn finding(
    State(house): State<Arc<House>>,
    Path(path): Path<FindingPath>,
    mut page: PageSession,
) -> Response {
    let provider = match testable(&house, &page.session, &path.name, &mut page.incoming.request).await {
        Ok((provider, _)) => provider,
        Err(error) => return console::sorry(&house, "TestLogin", &error, page.incoming),
    };
    let request = &page.incoming.request;
    let finding = match house.sign_in.finding(&provider, &page.id.hash(), &path.handle, request).await {
        Ok(Some(finding)) => finding,
        Ok(None) => return console::sorry(&house, "TestLogin", &ConsoleError::NotThere, page.incoming),
        Err(error) => return page_error::sign_in(&error, page.incoming.nth, page.incoming.id()),
    };
    let around: Surroundings = request.surroundings();
    let draft = finding.person.as_ref().map(|person| draft_rules(person, &house.sts.catalogue));
    let known = Ok(finding.person.into_iter().collect());
    let explanation = Explanation::of(known, &house.sts.catalogue, None, Admission::Supposed, &around, finding.trace);
    let explained = ExplainedView::of(&explanation);
    pages::show_scripted(&FindingPage { frame: page.frame(Tab::Providers), name: path.name, explained, draft })
}

/// Where a browser goes that has come back to a test: to the page of its finding, for which it must be who began.
pub(super) fn found(told: Result<Told, SignInError>, nth: Nth, id: &str) -> Response {
    match told {
        Ok(Told { tester, provider, handle }) => {
            let place = format!("{}/providers/{}/test/{handle}", base(tester.nth), provider.name);
            Redirect::to(&place).into_response()
        }
        Err(error) => page_error::sign_in(&error, nth, id),
    }
}

/// The test that the browser comes back to, if it is none but that.
pub(super) fn test_of(house: &House, cookie: Option<&str>, handle: &str, request: &Request) -> Option<TestLogin> {
    house.sign_in.test_of(cookie, handle, request.now)
}

async fn readable(
    house: &House,
    session: &ConsoleSession,
    name: &str,
    request: &mut Request,
) -> Result<Arc<Provider>, ConsoleError> {
    let caller = house.console.may(session, READ_PROVIDER, &provider_resource(name), request).await?;
    of_theirs(house, &caller, name).cloned().ok_or(ConsoleError::NotThere)
}

async fn testable(
    house: &House,
    session: &ConsoleSession,
    name: &str,
    request: &mut Request,
) -> Result<(Arc<Provider>, VerifiedCaller), ConsoleError> {
    let provider = readable(house, session, name, request).await?;
    let caller = house.console.may(session, SIMULATE, &provider_resource(name), request).await?;
    Ok((provider, caller))
}

#[derive(serde::Deserialize)]
pub(super) struct NamePath {
    name: String,
}

#[derive(serde::Deserialize)]
pub(super) struct FindingPath {
    name: String,
    handle: String,
}
