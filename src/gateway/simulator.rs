//! `/console/simulator`: what would become of a paper, of claims, or of a question to one's own policies. What was typed is
//! neither kept nor told again, but for the claims that are in it, and those only to who typed it.

use super::explained::ExplainedView;
use super::frame::{Frame, Tab};
use super::page_session::{PageForm, PageSession};
use super::{House, console, form, pages};
use crate::catalogue::Provider;
use crate::console::{ConsoleError, ConsoleSession, NotSimulated, SIMULATE, Supposed, provider_resource};
use crate::oidc::OidcError;
use crate::policy::{Effect, supposed_context};
use crate::sts;
use crate::trust::VerifiedCaller;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "simulator.html")]
struct SimulatorPage {
    frame: Frame,
    /// Those that may be simulated.
    providers: Vec<Choice>,
    role: String,
    source: String,
    /// What is wrong with what was asked.
    problem: Option<String>,
    explained: Option<ExplainedView>,
    question: Question,
    answer: Option<Answer>,
}

struct Choice {
    name: String,
    selected: bool,
}

/// As it was typed.
#[derive(Default)]
struct Question {
    principal: String,
    action: String,
    resource: String,
    context: String,
}

struct Answer {
    allowed: bool,
    told: String,
    lines: Vec<(&'static str, String)>,
}

/// `GET /console/simulator`, with `trace` for one whose question is put once more.
pub(super) async fn page(State(house): State<Arc<House>>, page: PageSession) -> Response {
    let query = page.incoming.query().unwrap_or_default();
    if let Some(trace) = form::one(&query, "trace") {
        return recorded(&house, &trace.trim().to_ascii_lowercase(), page).await;
    }
    match house.console.principal(&page.session, page.incoming.request.now) {
        Ok(caller) => {
            let view = blank(&house, page.frame(Tab::Simulator), &page.session, &caller, &page.incoming.request, "");
            pages::show(&view)
        }
        Err(error) => console::sorry(&house, "Simulator", &error, page.incoming),
    }
}

async fn recorded(house: &House, trace: &str, mut page: PageSession) -> Response {
    let who = (&page.id, &page.session);
    let outcome = house.console.simulate_recorded(trace, who, &mut page.incoming.request).await;
    let outcome = outcome
        .and_then(|explanation| Ok((explanation, house.console.principal(&page.session, page.incoming.request.now)?)));
    let (explanation, caller) = match outcome {
        Ok(found) => found,
        Err(error) => return console::sorry(house, "Simulator", &error, page.incoming),
    };
    let frame = page.frame(Tab::Simulator);
    let mut view = blank(house, frame, &page.session, &caller, &page.incoming.request, "");
    match explanation {
        Some(explanation) => view.explained = Some(ExplainedView::of(&explanation)),
        None => view.problem = Some(NOT_KEPT.to_owned()),
    }
    pages::show(&view)
}

/// `POST /console/simulator`: `provider`, `paper`, `role`, `source`, `csrf`.
pub(super) async fn simulate(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let (name, role, source) = (form.field("provider"), form.field("role").trim(), form.field("source").trim());
    let resource = provider_resource(name);
    let (name, role, source) = (name.to_owned(), role.to_owned(), source.to_owned());
    let paper = form.field("paper").to_owned();
    let PageForm { id, session, mut incoming, .. } = form;
    let permitted = house.console.may(&session, SIMULATE, &resource, &mut incoming.request).await;
    let (caller, provider) = match permitted.and_then(|caller| {
        let provider = of_theirs(&house, &caller, &name).ok_or(ConsoleError::NotThere)?.clone();
        Ok((caller, provider))
    }) {
        Ok(found) => found,
        Err(error) => return console::sorry(&house, "Simulator", &error, incoming),
    };
    let frame = Frame::of(incoming.nth, &id, &session, Tab::Simulator);
    let mut view = blank(&house, frame, &session, &caller, &incoming.request, &name);
    let wishes = match (role.as_str(), source.as_str()) {
        ("", "") => Ok((None, None)),
        (role_text, source_text) => {
            let role = (!role_text.is_empty()).then(|| role_text.parse().map_err(|_| NOT_A_ROLE)).transpose();
            let source = (!source_text.is_empty()).then(|| source_text.parse().map_err(|_| NOT_AN_ADDRESS)).transpose();
            role.and_then(|role| Ok((role, source?)))
        }
    };
    (view.role, view.source) = (role, source);
    let outcome = match wishes {
        Ok((role, source)) => {
            let supposed = Supposed { provider: &provider, paper: &paper, role, source };
            house.console.simulate(&id, supposed, &incoming.request).await.map_err(|error| said(&error))
        }
        Err(sentence) => Err((StatusCode::BAD_REQUEST, sentence.to_owned())),
    };
    match outcome {
        Ok(explanation) => {
            view.explained = Some(ExplainedView::of(&explanation));
            pages::show(&view)
        }
        Err((status, sentence)) => {
            view.problem = Some(sentence);
            (status, pages::show(&view)).into_response()
        }
    }
}

/// `POST /console/simulator/question`: `action`, `resource`, `context`, `csrf`. It is about nobody but who asks.
pub(super) async fn question(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let text = |name| form.field(name).trim().to_owned();
    let (action, resource, context) = (text("action"), text("resource"), text("context"));
    let PageForm { id, session, incoming, .. } = form;
    let caller = match house.console.principal(&session, incoming.request.now) {
        Ok(caller) => caller,
        Err(error) => return console::sorry(&house, "Simulator", &error, incoming),
    };
    let frame = Frame::of(incoming.nth, &id, &session, Tab::Simulator);
    let mut view = blank(&house, frame, &session, &caller, &incoming.request, "");
    let asked = supposed_context(&action, &resource, &context)
        .map(|known| house.console.ask_about(&caller, &action, &resource, &known, &incoming.request));
    let status = match asked {
        Ok(permission) => {
            let lines =
                permission.decided_by.map(|(policy, statement)| vec![("policy", policy), ("statement", statement)]);
            let mut lines = lines.unwrap_or_default();
            lines.extend(permission.denial.map(|denial| ("reason", denial.error.to_string())));
            // Behind the mark, which says which of the two it is.
            let told = match permission.effect {
                Effect::Allow => "a statement allows it",
                Effect::ExplicitDeny => "a statement forbids it",
                Effect::ImplicitDeny => "nothing allows it",
            };
            let allowed = permission.effect == Effect::Allow;
            view.answer = Some(Answer { allowed, told: told.to_owned(), lines });
            StatusCode::OK
        }
        Err(sentence) => {
            view.problem = Some(sentence);
            StatusCode::BAD_REQUEST
        }
    };
    view.question = Question { action, resource, context, ..view.question };
    (status, pages::show(&view)).into_response()
}

/// The provider of that name in the caller's own account.
pub(super) fn of_theirs<'h>(house: &'h House, caller: &VerifiedCaller, name: &str) -> Option<&'h Arc<Provider>> {
    house.sts.catalogue.providers().find(|provider| provider.account() == caller.account() && provider.name == name)
}

fn blank(
    house: &House,
    frame: Frame,
    session: &ConsoleSession,
    caller: &VerifiedCaller,
    request: &sts::Request,
    chosen: &str,
) -> SimulatorPage {
    let here = house.sts.catalogue.providers().filter(|provider| provider.account() == caller.account());
    let may = |name: &str| house.console.could(session, SIMULATE, &provider_resource(name), request);
    let named = here.map(|provider| provider.name.clone()).filter(|name| may(name));
    let providers = named.map(|name| Choice { selected: name == chosen, name }).collect();
    let question = Question { principal: caller.arn(), ..Question::default() };
    let (role, source) = Default::default();
    SimulatorPage { frame, providers, role, source, problem: None, explained: None, question, answer: None }
}

const NOT_KEPT: &str = "Nothing that can be asked again is kept of this trace: it was no sign-in of somebody whom a provider of this account vouched for, or it is too long ago.";
const NOT_A_ROLE: &str =
    "The role is not an ARN, as in arn:aws:iam::111122223333:role/Admin. Leave it out to ask about all.";
const NOT_AN_ADDRESS: &str = "The source is not an IP address, as in 203.0.113.7. Leave it out to come from nowhere.";

fn said(error: &NotSimulated) -> (StatusCode, String) {
    match error {
        NotSimulated::Nothing => (StatusCode::BAD_REQUEST, "Paste a response, an ID token or claims first.".to_owned()),
        NotSimulated::TooLong { length, most } => {
            (StatusCode::PAYLOAD_TOO_LARGE, format!("This has {length} characters; {most} are the most that is looked at."))
        }
        NotSimulated::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Something else is being looked at. Please try again in a moment.".to_owned(),
        ),
        NotSimulated::Claims(error) => (StatusCode::BAD_REQUEST, format!("The claims cannot be read: {}.", shown(error))),
        NotSimulated::OtherKind => (
            StatusCode::BAD_REQUEST,
            "This provider has papers of another kind. Choose the provider that this one is of, or give its claims as a JSON object.".to_owned(),
        ),
        NotSimulated::NoKeys => (
            StatusCode::CONFLICT,
            "The provider's keys have not been fetched yet, and nothing is fetched for a simulation. Try a test login first.".to_owned(),
        ),
    }
}

fn shown(error: &OidcError) -> String {
    crate::trace::clip(&error.to_string())
}
