//! Every refusal of a page: its status, and the one safe sentence that a person sees. The rest is in the trace.

use super::frame::{Frame, Tab};
use super::incoming::Incoming;
use super::{House, page_session, pages};
use crate::console::{ConsoleError, HELD_BACK, UserSignInError};
use crate::oidc::OidcError;
use crate::saml::SamlError;
use crate::signin::SignInError;
use crate::sts::StsError;
use crate::trace::{Code, Refusal};
use crate::trust::TrustError;
use axum::http::StatusCode;
use axum::response::Response;

type Said = (StatusCode, &'static str);

pub(super) async fn sign_in(house: &House, error: &SignInError, incoming: &Incoming) -> Response {
    let (status, sentence) = match error {
        SignInError::UnknownProvider(_) => (
            StatusCode::NOT_FOUND,
            "There is no identity provider of that name here. Please choose one at the sign-in page.",
        ),
        SignInError::Disabled(_) => DISABLED,
        SignInError::NoBinding => (
            StatusCode::BAD_GATEWAY,
            "Your identity provider does not take sign-ins in the way that is set up here. Please tell whoever runs this gateway.",
        ),
        SignInError::NoResponse => {
            (StatusCode::BAD_REQUEST, "There is no SAMLResponse in this request. Please begin at the sign-in page.")
        }
        SignInError::ByLink => (
            StatusCode::METHOD_NOT_ALLOWED,
            "Your identity provider sent its answer by a link, and only a form is accepted. Whoever runs it has to set its binding for us to HTTP-POST.",
        ),
        SignInError::NoAttempt => NOT_BEGUN,
        SignInError::Oidc(OidcError::ResponseIssuerMissing) => (
            StatusCode::FORBIDDEN,
            "The answer does not say which identity provider it comes from. Please begin again.",
        ),
        SignInError::OtherProvider | SignInError::Oidc(OidcError::ResponseIssuer { .. }) => (
            StatusCode::FORBIDDEN,
            "The answer came from another identity provider than the one you chose. Please begin again.",
        ),
        SignInError::Twice(_) => (
            StatusCode::BAD_REQUEST,
            "The answer of your identity provider holds a parameter twice, and which of the two is meant is anybody's guess. Please begin again at the sign-in page.",
        ),
        SignInError::FrontChannel => (
            StatusCode::BAD_REQUEST,
            "Your identity provider did not say which session has ended, so none was. Please sign out here as well.",
        ),
        SignInError::ProviderRefused { .. } => (
            StatusCode::FORBIDDEN,
            "Your identity provider ended the sign-in. Please begin again, or ask whoever runs this gateway what it said, by the number below.",
        ),
        SignInError::Oidc(OidcError::Pace) => BUSY,
        SignInError::Oidc(error) if error.is_unreachable() => {
            (StatusCode::BAD_GATEWAY, "Your identity provider does not answer at the moment. Please try again.")
        }
        SignInError::Logout(_) | SignInError::LogoutToken(_) => (
            StatusCode::FORBIDDEN,
            "This message about a logout was not accepted, and nothing was ended by it. Close the browser to be sure.",
        ),
        SignInError::Oidc(_) => NOT_ACCEPTED,
        SignInError::Sts(error) => sts(error),
        SignInError::Console(error) => said(error),
    };
    let code = match error {
        // A role that was asked for where the sign-in began.
        SignInError::Console(error) if tells_of_a_role(error) => HELD_BACK,
        _ => error.code().name(),
    };
    pages::refusal(frame_of(house, error, incoming).await, status, sentence, code, incoming.id())
}

pub(super) async fn console(house: &House, error: &ConsoleError, incoming: &Incoming) -> Response {
    framed(error, frame_of(house, error, incoming).await, incoming.id())
}

/// The same where it is known already what stands around.
pub(super) fn framed(error: &ConsoleError, frame: Frame, request_id: &str) -> Response {
    let (status, sentence) = said(error);
    let code = match error {
        _ if is_of_a_user(error) => Code::ConsoleUserRefused.name(),
        _ if tells_of_a_role(error) => HELD_BACK,
        _ => error.code().name(),
    };
    pages::refusal(frame, status, sentence, code, request_id)
}

/// Whoever is signed in stays in their console, and goes on from there. A store that has not answered is not waited for again,
/// and what is turned away because there is too much of it does not make it look who that is.
async fn frame_of(house: &House, error: &impl Refusal, incoming: &Incoming) -> Frame {
    if let Code::StsStore | Code::StsRevocationsUnknown | Code::StsBusy | Code::LimitsFailures = error.code() {
        return Frame::bare(incoming.nth);
    }
    match page_session::at(house, incoming.nth, incoming).await {
        Ok((id, session)) => Frame::of(incoming.nth, &id, &session, Tab::Other),
        Err(_) => Frame::bare(incoming.nth),
    }
}

/// Which of these it was is for the trace alone: each would tell whoever asks for a role whether it is there, or what its
/// trust policy says.
fn tells_of_a_role(error: &ConsoleError) -> bool {
    use TrustError as E;
    match error {
        ConsoleError::Sts(StsError::CallerDenied { .. }) => true,
        ConsoleError::Sts(StsError::Trust(error)) => matches!(
            error,
            E::NoSuchRole { .. }
                | E::NoStatementAllows { .. }
                | E::ExplicitDeny { .. }
                | E::CallerNotAllowed { .. }
                | E::TagSession { .. }
                | E::SetSourceIdentity { .. }
        ),
        _ => false,
    }
}

/// Which of these it was is for the trace alone: each would tell a stranger something about a user.
fn is_of_a_user(error: &ConsoleError) -> bool {
    use UserSignInError as E;
    match error {
        ConsoleError::User(E::Form | E::Busy) => false,
        ConsoleError::User(
            E::NoSuchUser
            | E::HasNone(_)
            | E::WrongPassword(_)
            | E::PasswordLocks(_)
            | E::PasswordLocked { .. }
            | E::Code { .. },
        ) => true,
        _ => false,
    }
}

pub(super) fn said(error: &ConsoleError) -> Said {
    match error {
        ConsoleError::BadSession => (
            StatusCode::BAD_REQUEST,
            "The Session parameter must be a JSON object with sessionId, sessionKey and sessionToken.",
        ),
        ConsoleError::RepeatedParameter(_) => {
            (StatusCode::BAD_REQUEST, "A parameter was given twice. Please give each parameter once.")
        }
        ConsoleError::UnknownAction => (StatusCode::BAD_REQUEST, "Give one Action: getSigninToken, login or logout."),
        ConsoleError::BadCredentials => {
            (StatusCode::BAD_REQUEST, "The credentials are not valid. Please send some that this gateway gave.")
        }
        ConsoleError::CredentialsEnded => (StatusCode::BAD_REQUEST, "The credentials have ended. Please get new ones."),
        ConsoleError::UserCredentials => {
            (StatusCode::BAD_REQUEST, "These are a user's own credentials. Assume a role with them, and use those.")
        }
        ConsoleError::BadDuration => (StatusCode::BAD_REQUEST, "SessionDuration must be 900 to 43200 seconds."),
        ConsoleError::ChainedDuration => {
            (StatusCode::BAD_REQUEST, "SessionDuration cannot be chosen for a chained role. Please leave it out.")
        }
        ConsoleError::FederatedDuration => {
            (StatusCode::BAD_REQUEST, "SessionDuration cannot be chosen for a federated user. Please leave it out.")
        }
        ConsoleError::TokenSpent => (
            StatusCode::BAD_REQUEST,
            "This sign-in link has been used, or is older than 15 minutes. Please ask for a new one.",
        ),
        ConsoleError::NoSuchSession => {
            (StatusCode::BAD_REQUEST, "A browser's sessions have the numbers 1 to 9; session must be one of them.")
        }
        ConsoleError::BadDestination => (
            StatusCode::BAD_REQUEST,
            "This link leads to a place that is not allowed here. Please choose a page of this console, or ask whoever runs this gateway to allow the place.",
        ),
        ConsoleError::LongDestination => (
            StatusCode::BAD_REQUEST,
            "The destination of this link is too long to be kept while you sign in. Please use a shorter one, or none.",
        ),
        ConsoleError::NotSignedIn => {
            (StatusCode::UNAUTHORIZED, "You are not signed in, or your session has ended. Please sign in.")
        }
        ConsoleError::NothingWaits => (
            StatusCode::BAD_REQUEST,
            "No sign-in waits for an answer in this browser: it was given already, or not in time. Please begin again if you still want to sign in.",
        ),
        ConsoleError::ForeignForm => {
            (StatusCode::FORBIDDEN, "This form does not belong to your session. Please open the page again.")
        }
        ConsoleError::User(UserSignInError::Form) => (
            StatusCode::BAD_REQUEST,
            "Please give a user, their password (1,024 bytes at most) and the six digits of a code.",
        ),
        ConsoleError::User(UserSignInError::Busy) => {
            (StatusCode::SERVICE_UNAVAILABLE, "Another sign-in is being looked at. Please try again in a moment.")
        }
        ConsoleError::User(_) => (
            StatusCode::FORBIDDEN,
            "User, password and code do not belong together. Each code is good once, and after five wrong attempts in a row even right ones are refused for a minute, then for longer.",
        ),
        ConsoleError::NotAChoice(_) => {
            (StatusCode::FORBIDDEN, "This role cannot be chosen. Please choose another one.")
        }
        ConsoleError::NoChoice(error) if matches!(**error, TrustError::ProviderDisabled { .. }) => DISABLED,
        ConsoleError::NothingWorn => {
            (StatusCode::FORBIDDEN, "You wear no role, and without one nothing is permitted. Put one on first.")
        }
        ConsoleError::BadSearch => (
            StatusCode::BAD_REQUEST,
            "The search was not understood. Times are written as 2026-01-31T12:00 or 2026-01-31, in UTC.",
        ),
        ConsoleError::NotThere => (
            StatusCode::NOT_FOUND,
            "There is nothing of that name in the account of your role. Please check the name, and the role that you wear.",
        ),
        ConsoleError::Denied(_) => (
            StatusCode::FORBIDDEN,
            "You may not do this with the role that you wear. Whoever runs this gateway can look up why by the number below.",
        ),
        ConsoleError::BadSwitch(field) => (StatusCode::BAD_REQUEST, bad_switch(field)),
        ConsoleError::NoSwitching => (
            StatusCode::FORBIDDEN,
            "A federated user's credentials cannot assume a role, so there is none to switch to. Please sign in another way to switch.",
        ),
        ConsoleError::BaseEnded => (
            StatusCode::FORBIDDEN,
            "The role that you switched from has ended, so there is nothing to return to. Please choose a role again, or sign in again.",
        ),
        ConsoleError::NotSwitched => {
            (StatusCode::BAD_REQUEST, "You have not switched to another role, so there is nothing to return from.")
        }
        ConsoleError::NoChoice(_) => (
            StatusCode::FORBIDDEN,
            "You are known, but no role here is open to you. Ask whoever runs this gateway, and give them the number below.",
        ),
        ConsoleError::Sts(error) => sts(error),
        ConsoleError::Store(_) => UNAVAILABLE,
    }
}

fn bad_switch(field: &str) -> &'static str {
    match field {
        "account" => "There is no account of that id or alias here. Please give its twelve digits, or its alias.",
        "color" => "A colour is six hexadecimal digits, as in 99bce3; leave it out for none.",
        "displayName" => "A display name has at most 64 characters, in one line.",
        _ => "This is no role's name. Please give it as it stands in the role's ARN, with its path if it has one.",
    }
}

const NOT_ACCEPTED: Said = (
    StatusCode::FORBIDDEN,
    "The answer of your identity provider was not accepted. Whoever runs this gateway can look up why by the number below.",
);
const NOT_BEGUN: Said =
    (StatusCode::FORBIDDEN, "This sign-in was not begun in this browser, or it took too long. Please begin again.");
const BUSY: Said =
    (StatusCode::SERVICE_UNAVAILABLE, "Too many people are signing in at this moment. Please try again.");
const DISABLED: Said = (StatusCode::FORBIDDEN, "This way to sign in is switched off here. Please choose another one.");
const UNAVAILABLE: Said =
    (StatusCode::SERVICE_UNAVAILABLE, "Nothing can be recorded at the moment, so nobody is let in. Please try again.");

fn sts(error: &StsError) -> Said {
    match error {
        StsError::BeforeRestore { .. } => (
            StatusCode::FORBIDDEN,
            "This answer of your identity provider is from before the gateway's records were restored. Please sign in again in a minute.",
        ),
        StsError::Replayed => {
            (StatusCode::FORBIDDEN, "This answer of your identity provider has been used before. Please sign in again.")
        }
        StsError::PaperBarred => (
            StatusCode::FORBIDDEN,
            "What came of this answer of your identity provider has been ended. Please sign in again.",
        ),
        StsError::PersonBarred => {
            (StatusCode::FORBIDDEN, "Your sign-in has been barred here. Please ask whoever runs this gateway.")
        }
        StsError::LoggedOut | StsError::NothingLeft => {
            (StatusCode::FORBIDDEN, "Your session at the identity provider has ended. Please sign in again.")
        }
        StsError::Trust(TrustError::MfaMissing { .. }) => (
            StatusCode::FORBIDDEN,
            "This role wants a second factor, and your identity provider did not say that you used one, or how long ago. Please sign in with one.",
        ),
        StsError::Trust(TrustError::ExternalIdWanted { .. }) => (
            StatusCode::FORBIDDEN,
            "This role wants an external id. Switching brings none, so it can be assumed by AssumeRole only.",
        ),
        StsError::Trust(TrustError::ProviderDisabled { .. }) => DISABLED,
        StsError::Trust(_)
        | StsError::CallerDenied { .. }
        | StsError::DurationAboveMaximum { .. }
        | StsError::ChainedDuration { .. }
        | StsError::SessionPolicies(_)
        | StsError::PackedTooLarge { .. }
        | StsError::SessionTooLarge { .. } => (
            StatusCode::FORBIDDEN,
            "This role is not open to you. Whoever runs this gateway can look up why by the number below.",
        ),
        StsError::Busy => BUSY,
        StsError::TooManyFailures => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too much that is not accepted comes from your address at the moment. Please try again in a while.",
        ),
        StsError::TooManyRequests => {
            (StatusCode::TOO_MANY_REQUESTS, "You ask more often than is allowed. Please try again in a moment.")
        }
        StsError::Store(_) | StsError::RevocationsUnknown(_) | StsError::JustRestored { .. } => UNAVAILABLE,
        StsError::Metadata(_) => (
            StatusCode::BAD_GATEWAY,
            "What must be known of your identity provider is missing or out of date here. Please try again later.",
        ),
        // The browser's Back, a second click, a page that was left open.
        StsError::Saml(SamlError::InResponseTo { .. }) => NOT_BEGUN,
        StsError::Saml(SamlError::Expired { .. } | SamlError::ConfirmationExpired { .. }) => {
            (StatusCode::FORBIDDEN, "This answer of your identity provider is too old. Please begin again.")
        }
        StsError::Saml(SamlError::SessionEnded { .. }) => {
            (StatusCode::FORBIDDEN, "Your session at the identity provider has ended. Please begin again.")
        }
        StsError::Saml(_)
        | StsError::VerifierFailed
        | StsError::Attribute(_)
        | StsError::UnknownIdentityProvider { .. }
        | StsError::NotThatProvider { .. }
        | StsError::NoSuchProvider { .. }
        | StsError::Oidc(_)
        | StsError::UnknownIssuer { .. }
        | StsError::Social(_)
        | StsError::UnknownProviderId { .. } => NOT_ACCEPTED,
        StsError::RepeatedParameter(_)
        | StsError::MissingAction
        | StsError::UnknownAction { .. }
        | StsError::Violations(_)
        | StsError::ParameterNotActedOn(_)
        | StsError::InvalidMessage(_)
        | StsError::NoSuchAccessKey { .. }
        | StsError::Signature(_)
        | StsError::UnknownAccessKey { .. }
        | StsError::InactiveAccessKey { .. }
        | StsError::UserGone { .. }
        | StsError::Former { .. }
        | StsError::SessionCredentials
        | StsError::Mfa(_)
        | StsError::TokenDoesNotFit { .. }
        | StsError::SessionEnded { .. }
        | StsError::SessionRevoked
        | StsError::Issuer(_)
        | StsError::Exchange(_)
        | StsError::Forward(_) => {
            (StatusCode::BAD_REQUEST, "The request was not understood. Please go back and try again.")
        }
    }
}
