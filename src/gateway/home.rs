//! `/console`, for somebody who wears something: who they are, until when and why until then, what they may do, and how they
//! take it along.

use super::House;
use super::console::sorry;
use super::console_pages::{left, via};
use super::frame::{Frame, Tab};
use super::page_session::PageForm;
use super::pages::{self, CredentialBlock, HomePage, LimitSummary, PolicyText};
use super::summary;
use crate::catalogue::NamedPolicy;
use crate::console::{ConsoleError, ConsoleSession, Original, SetBy};
use crate::sts::Credentials;
use crate::trust::{Permitted, Session};
use crate::words::{RoleArn, iso};
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use time::OffsetDateTime;

/// What is on the page because the person asked for it.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) credentials: Option<CredentialBlock>,
    pub(super) shared: Option<String>,
}

pub(super) fn page(
    house: &House,
    frame: Frame,
    session: &ConsoleSession,
    worn: &Session,
    now: OffsetDateTime,
    shown: Shown,
) -> Response {
    let (session_arn, role) = (worn.arn(), worn.role().and_then(|role| role.parse::<RoleArn>().ok()));
    let account = session_arn.split(':').nth(4).and_then(|account| house.sts.catalogue.account(account.parse().ok()?));
    let via = via(session, Some(worn));
    let provider = via.parse().ok().and_then(|arn| house.sts.catalogue.provider(&arn));
    let permitted = house.console.principal(session, now).map(|caller| caller.permitted(&house.sts.catalogue)).ok();
    let may_choose_duration = match worn {
        Session::Role(session) => !session.is_chained(),
        Session::FederatedUser(_) | Session::User(_) => false,
    };
    pages::show_scripted(&HomePage {
        provider: provider.and_then(|provider| provider.face.display_name.clone()),
        via,
        name: role.as_ref().map_or(worn.name().unwrap_or_default(), |role| role.name()).to_owned(),
        role_arn: role.map(|role| role.to_string()),
        session_arn,
        account: account.map(|account| format!("{} ({})", account.alias, account.id)).unwrap_or_default(),
        worn_left: left(worn.expires() - now),
        worn_until: iso(worn.expires()),
        worn_set_by: set_by(house.console.worn_set_by(session, worn, now)),
        console_left: left(session.expires - now),
        console_until: iso(session.expires),
        console_set_by: set_by(house.console.session_set_by(session, now)),
        can_choose: !matches!(session.original, Original::RoleSession { .. }),
        allowed: permitted.as_ref().map(|it| summary::of(&it.identity)).unwrap_or_default(),
        limits: permitted.as_ref().map(limits).unwrap_or_default(),
        policies: permitted.as_ref().map(texts).unwrap_or_default(),
        credentials: shown.credentials,
        shared: shown.shared,
        may_choose_duration,
        frame,
    })
}

/// `POST /console/credentials`: shown because the person asked.
pub(super) async fn credentials(State(house): State<Arc<House>>, form: PageForm) -> Response {
    let PageForm { id, session, incoming, .. } = form;
    let now = incoming.request.now;
    let Some(worn) = house.console.worn(&session, now) else {
        return sorry(&house, "ConsoleCredentials", &ConsoleError::CredentialsEnded, incoming);
    };
    let credentials = house.console.credentials(&session, &worn).map(|credentials| block(&house, &credentials));
    let frame = Frame::of(incoming.nth, &id, &session, Tab::Home);
    page(&house, frame, &session, &worn, now, Shown { credentials, shared: None })
}

/// `POST /console/signin-url`: `duration`, `destination`, `csrf`. Of what is worn here, for another browser; shown once.
pub(super) async fn signin_url(State(house): State<Arc<House>>, form: PageForm) -> Response {
    const WHAT: &str = "ConsoleSigninUrl";
    let asked = |name: &str| Some(form.field(name).to_owned()).filter(|text| !text.is_empty());
    let (duration, destination) = (asked("duration"), asked("destination"));
    let PageForm { id, session, mut incoming, .. } = form;
    let checked = destination.map(|text| house.console.destinations.check(&text));
    let made = match checked.transpose() {
        Ok(destination) => {
            let token = house.console.own_signin_token(&session, duration.as_deref(), &mut incoming.request).await;
            token.map(|token| url(&house, destination.as_deref(), &token))
        }
        Err(error) => Err(error),
    };
    let worn = house.console.worn(&session, incoming.request.now).ok_or(ConsoleError::CredentialsEnded);
    match made.and_then(|url| Ok((url, worn?))) {
        Ok((url, worn)) => {
            house.console.allowed(WHAT, &incoming.request);
            let frame = Frame::of(incoming.nth, &id, &session, Tab::Home);
            let shown = Shown { credentials: None, shared: Some(url) };
            page(&house, frame, &session, &worn, incoming.request.now, shown)
        }
        Err(error) => sorry(&house, WHAT, &error, incoming),
    }
}

fn url(house: &House, destination: Option<&str>, token: &str) -> String {
    let pairs = [("Action", "login"), ("Destination", destination.unwrap_or_default()), ("SigninToken", token)];
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()))
        .finish();
    format!("{}federation?{query}", house.public_url)
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

fn limits(permitted: &Permitted) -> Vec<LimitSummary> {
    let boundary = permitted.boundary.iter().map(|policy| ("At most, by the boundary", std::slice::from_ref(policy)));
    let session = Some(&permitted.session[..]).filter(|policies| !policies.is_empty());
    let session = session.map(|policies| ("At most, by the policies of this session", policies));
    let told = |(title, policies): (&str, &[NamedPolicy])| LimitSummary {
        title: title.to_owned(),
        allowed: summary::of(policies),
    };
    boundary.chain(session).map(told).collect()
}

fn texts(permitted: &Permitted) -> Vec<PolicyText> {
    let of = |kind: &'static str| {
        move |policy: &NamedPolicy| PolicyText {
            title: format!("{kind} {}", policy.name),
            text: policy.policy.to_document(),
        }
    };
    let identity = permitted.identity.iter().map(of("Policy"));
    let boundary = permitted.boundary.iter().map(of("Boundary"));
    identity.chain(boundary).chain(permitted.session.iter().map(of("Session policy"))).collect()
}

fn set_by(rule: SetBy) -> &'static str {
    match rule {
        SetBy::IdentityProvider => "your session at the identity provider ends then (SessionNotOnOrAfter)",
        SetBy::Assertion => "your identity provider gives you so long (SessionDuration)",
        SetBy::ConsoleDuration => "console.session_duration of this gateway",
        SetBy::ConsoleSession => "it ends with the console",
        SetBy::RoleMaximum => "max_session of the role",
        SetBy::Chain => "a chained role lasts an hour at most",
        SetBy::Former => "it ends with the role that you switched from",
        SetBy::Credentials => "the credentials that opened it end then",
        SetBy::Asked => "as was asked for",
    }
}
