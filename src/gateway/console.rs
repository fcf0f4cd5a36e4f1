//! `/console/…`: the pages of a signed-in person.

use super::incoming::Incoming;
use super::pages::{
    self, AccountGroup, ChooserPage, ConfirmPage, CredentialBlock, HomePage, ProviderLink, RoleLine, SignInPage,
};
use super::{House, form, page_error};
use crate::catalogue::Provider;
use crate::console::{Arrived, Choice, ConsoleError, ConsoleSession, Next, Original, SessionId};
use crate::signin::Solicited;
use crate::sts::Credentials;
use crate::trust::RoleSession;
use crate::words::{RoleArn, iso};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A refusal on a page: counted, its trace kept under the number that the page shows.
fn sorry(house: &House, what: &'static str, error: &ConsoleError, mut incoming: Incoming) -> Response {
    house.console.refused(what, error, &mut incoming.request);
    page_error::console(error, incoming.id())
}

/// Somebody has just been signed in. What this browser asked for takes effect at once; what came unasked waits on the
/// confirmation page, where the browser shows whether it already is somebody else.
pub(super) fn arrive(house: &House, arrived: &Arrived, solicited: Solicited, ended: Option<HeaderValue>) -> Response {
    let id = arrived.id.expose();
    let (cookie, onward) = match solicited {
        Solicited::Asked => (house.cookies.set_session(id), onward(&arrived.next)),
        Solicited::Unasked => (house.cookies.set_pending(id), "/console/confirm".to_owned()),
    };
    with_cookies(Redirect::to(&onward).into_response(), [Some(cookie), ended].into_iter().flatten())
}

pub(super) fn with_cookies(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn onward(next: &Next) -> String {
    match next {
        Next::Choose => "/console/roles".to_owned(),
        Next::Go(destination) => destination.clone().unwrap_or_else(|| "/console".to_owned()),
    }
}

/// The session of this browser.
async fn current(house: &House, incoming: &Incoming) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let id = house.cookies.session(&incoming.headers).and_then(SessionId::parse).ok_or(ConsoleError::NotSignedIn)?;
    let session = house.console.session(&id, incoming.request.now).await?;
    Ok((id, session))
}

/// The session of a form that carries the session's own token.
async fn of_form(
    house: &House,
    incoming: &Incoming,
    form: &[(String, String)],
) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let (id, session) = current(house, incoming).await?;
    let token = form::one(form, "csrf").unwrap_or_default();
    if id.csrf_matches(token) { Ok((id, session)) } else { Err(ConsoleError::ForeignForm) }
}

/// `GET /console`: the role that is worn, or the chooser, or the sign-in page.
pub(super) async fn home(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((id, session)) => match house.console.worn(&session, incoming.request.now) {
            Some(worn) => pages::show(&home_page(&house, &id, &session, &worn, incoming.request.now, None)),
            None => Redirect::to("/console/roles").into_response(),
        },
        Err(ConsoleError::NotSignedIn) => pages::show(&SignInPage { providers: providers(&house, &incoming) }),
        Err(error) => sorry(&house, "ConsoleHome", &error, incoming),
    }
}

/// `GET /console/roles`: everything that can be worn now.
pub(super) async fn roles(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((id, session)) => {
            let choices = house.console.choices(&session, &mut incoming.request);
            let worn = house.console.worn(&session, incoming.request.now);
            if choices.is_empty() && worn.is_none() {
                return sorry(&house, "ConsoleRoles", &ConsoleError::NotSignedIn, incoming);
            }
            let accounts = grouped(&house, &choices, worn.as_ref());
            pages::show(&ChooserPage { who: session.original.label().to_owned(), csrf: id.csrf(), accounts })
        }
        Err(ConsoleError::NotSignedIn) => Redirect::to("/console").into_response(),
        Err(error) => sorry(&house, "ConsoleRoles", &error, incoming),
    }
}

/// `POST /console/choose`: `role`, `csrf`.
pub(super) async fn choose(State(house): State<Arc<House>>, mut incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let role = form::one(&form, "role").unwrap_or_default();
    let outcome = match of_form(&house, &incoming, &form).await {
        Ok((id, session)) => house.console.put_on(&id, session, role, &mut incoming.request).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(arrived) => {
            house.console.allowed("ConsoleChooseRole", &incoming.request);
            let cookie = house.cookies.set_session(arrived.id.expose());
            with_cookies(Redirect::to(&onward(&arrived.next)).into_response(), [cookie])
        }
        Err(error) => sorry(&house, "ConsoleChooseRole", &error, incoming),
    }
}

/// `POST /console/credentials`: shown because the person asked.
pub(super) async fn credentials(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let now = incoming.request.now;
    let shown = of_form(&house, &incoming, &form).await.and_then(|(id, session)| {
        let worn = house.console.worn(&session, now).ok_or(ConsoleError::CredentialsEnded)?;
        let credentials = house.console.credentials(&session, &worn);
        Ok(home_page(&house, &id, &session, &worn, now, credentials.map(|c| block(&house, &c))))
    });
    match shown {
        Ok(page) => pages::show(&page),
        Err(error) => sorry(&house, "ConsoleCredentials", &error, incoming),
    }
}

/// `POST /console/signout`.
pub(super) async fn sign_out(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let outcome = match of_form(&house, &incoming, &form).await {
        Ok((id, _)) => house.console.sign_out(&id).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => with_cookies(Redirect::to("/console").into_response(), [house.cookies.end_session()]),
        Err(error) => sorry(&house, "ConsoleSignOut", &error, incoming),
    }
}

/// `GET /console/confirm`: takes the waiting session over, unless that would replace somebody else.
pub(super) async fn confirm_form(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let (id, waiting) = match waiting(&house, &incoming).await {
        Ok(waiting) => waiting,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming),
    };
    match current(&house, &incoming).await {
        Ok((_, session)) if !session.original.is_same_as(&waiting.original) => {
            let (new, old) = (waiting.original.label().to_owned(), session.original.label().to_owned());
            pages::show(&ConfirmPage { new, old, csrf: id.csrf() })
        }
        Ok(_) | Err(ConsoleError::NotSignedIn) => take_over(&house, &id, waiting, &incoming).await,
        Err(error) => sorry(&house, "ConsoleConfirm", &error, incoming),
    }
}

/// `POST /console/confirm`: `answer` (yes or no), `csrf` of the waiting session.
pub(super) async fn confirm(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let form = incoming.form().unwrap_or_default();
    let (id, waiting) = match waiting(&house, &incoming).await {
        Ok(waiting) => waiting,
        Err(error) => return sorry(&house, "ConsoleConfirm", &error, incoming),
    };
    if !id.csrf_matches(form::one(&form, "csrf").unwrap_or_default()) {
        return sorry(&house, "ConsoleConfirm", &ConsoleError::ForeignForm, incoming);
    }
    if form::one(&form, "answer") == Some("yes") {
        return take_over(&house, &id, waiting, &incoming).await;
    }
    let _ = house.console.sign_out(&id).await;
    with_cookies(Redirect::to("/console").into_response(), [house.cookies.end_pending()])
}

async fn waiting(house: &House, incoming: &Incoming) -> Result<(SessionId, ConsoleSession), ConsoleError> {
    let id = house.cookies.pending(&incoming.headers).and_then(SessionId::parse).ok_or(ConsoleError::NotSignedIn)?;
    let session = house.console.session(&id, incoming.request.now).await?;
    Ok((id, session))
}

async fn take_over(house: &House, id: &SessionId, waiting: ConsoleSession, incoming: &Incoming) -> Response {
    if let Some(former) = house.cookies.session(&incoming.headers).and_then(SessionId::parse) {
        let _ = house.console.sign_out(&former).await;
    }
    let onward = match (&waiting.worn, waiting.destination) {
        (Some(_), Some(destination)) => destination,
        (Some(_), None) => "/console".to_owned(),
        (None, _) => "/console/roles".to_owned(),
    };
    let cookies = [house.cookies.set_session(id.expose()), house.cookies.end_pending()];
    with_cookies(Redirect::to(&onward).into_response(), cookies)
}

/// `GET /console/session`: for programs.
pub(super) async fn session(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    match current(&house, &incoming).await {
        Ok((_, session)) => {
            let worn = house.console.worn(&session, incoming.request.now);
            let name = worn.as_ref().map(|worn| worn.session_name.clone());
            let (original, via) = (original(&session.original), via(&session, worn.as_ref()));
            Json(json!({
                "signed_in": true, "original": original, "role": worn.as_ref().map(|worn| worn.role.clone()),
                "session_name": name, "via": via, "expires": iso(session.expires),
            }))
            .into_response()
        }
        Err(ConsoleError::NotSignedIn) => Json(json!({ "signed_in": false })).into_response(),
        Err(error) => sorry(&house, "ConsoleSession", &error, incoming),
    }
}

fn original(original: &Original) -> String {
    match original {
        Original::Federated { identity, .. } => format!("{}:{}", identity.provider(), identity.subject),
        Original::RoleSession { arn, .. } => arn.clone(),
    }
}

/// The provider that vouches for the role that is worn; before one is, the first that knows the person.
fn via(session: &ConsoleSession, worn: Option<&RoleSession>) -> String {
    let first = || match &session.original {
        Original::Federated { identity, .. } => identity.provider().to_string(),
        Original::RoleSession { via, .. } => via.clone(),
    };
    worn.and_then(|worn| worn.provider.clone()).unwrap_or_else(first)
}

fn providers(house: &House, incoming: &Incoming) -> Vec<ProviderLink> {
    let query = incoming.query().unwrap_or_default();
    let wishes: String = ["destination", "role"]
        .iter()
        .filter_map(|name| {
            form::one(&query, name)
                .map(|value| url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish())
        })
        .collect::<Vec<_>>()
        .join("&");
    let catalogue = &house.sts.catalogue;
    let mut links: Vec<(&Arc<Provider>, ProviderLink)> = Vec::new();
    for provider in catalogue.providers().filter(|provider| provider.signs_people_in()) {
        let account = catalogue.account(provider.account()).map(|account| account.alias.clone()).unwrap_or_default();
        // One door for all accounts that know the same identity provider: whoever enters can choose in each of them.
        if let Some((_, link)) = links.iter_mut().find(|(first, _)| first.same_sign_in(provider)) {
            link.accounts.push(account);
            continue;
        }
        let (path, kind) = if provider.saml().is_some() { ("saml", "SAML") } else { ("oidc", "OpenID Connect") };
        let query = if wishes.is_empty() { String::new() } else { format!("?{wishes}") };
        let href = format!("/{path}/login/{}{query}", catalogue.name_of(provider));
        links.push((provider, ProviderLink { name: provider.name.clone(), accounts: vec![account], href, kind }));
    }
    links.into_iter().map(|(_, link)| link).collect()
}

fn grouped(house: &House, choices: &[Choice], worn: Option<&RoleSession>) -> Vec<AccountGroup> {
    let mut groups: Vec<AccountGroup> = Vec::new();
    for choice in choices {
        let (arn, account) = (&choice.role.arn, choice.role.arn.account());
        let line = RoleLine {
            arn: arn.to_string(),
            name: arn.name().to_owned(),
            description: choice.role.description.clone(),
            session_name: choice.session_name.to_string(),
            hours: choice.role.max_session.whole_hours(),
            worn: worn.is_some_and(|worn| worn.role == arn.as_str()),
        };
        match groups.last_mut().filter(|group| group.id == account.as_str()) {
            Some(group) => group.roles.push(line),
            None => {
                let alias =
                    house.sts.catalogue.account(account).map(|account| account.alias.clone()).unwrap_or_default();
                groups.push(AccountGroup { alias, id: account.to_string(), roles: vec![line] });
            }
        }
    }
    groups
}

fn home_page(
    house: &House,
    id: &SessionId,
    session: &ConsoleSession,
    worn: &RoleSession,
    now: OffsetDateTime,
    credentials: Option<CredentialBlock>,
) -> HomePage {
    let role: Option<RoleArn> = worn.role.parse().ok();
    let account = role.as_ref().and_then(|role| house.sts.catalogue.account(role.account()));
    HomePage {
        who: session.original.label().to_owned(),
        via: via(session, Some(worn)),
        csrf: id.csrf(),
        role_name: role.as_ref().map_or(String::new(), |role| role.name().to_owned()),
        role_arn: worn.role.clone(),
        session_arn: worn.arn(),
        account: account.map(|account| format!("{} ({})", account.alias, account.id)).unwrap_or_default(),
        role_left: left(worn.expires - now),
        role_until: iso(worn.expires),
        console_left: left(session.expires - now),
        console_until: iso(session.expires),
        can_choose: matches!(session.original, Original::Federated { .. }),
        credentials,
    }
}

fn block(house: &House, credentials: &Credentials) -> CredentialBlock {
    let text = |secret: &crate::words::Secret| secret.expose_str().unwrap_or_default().to_owned();
    CredentialBlock {
        access_key_id: credentials.access_key_id.clone(),
        secret_access_key: text(&credentials.secret_access_key),
        session_token: text(&credentials.session_token),
        endpoint: house.public_url.as_str().trim_end_matches('/').to_owned(),
        expires: iso(credentials.expires),
    }
}

/// `3 h 59 min`, `12 min`, `less than a minute`.
fn left(duration: Duration) -> String {
    match (duration.whole_hours(), duration.whole_minutes() % 60) {
        (0, minutes) if minutes < 1 => "less than a minute".into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
