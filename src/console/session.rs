//! A browser that is signed in.

use super::Browser;
use super::switched::{Switched, Target};
use crate::ambient::Random;
use crate::catalogue::{Catalogue, Provider};
use crate::sts::Request;
use crate::trust::{FederatedIdentity, UserIdentity};
use crate::words::{ProviderArn, whose};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What the store keeps, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct ConsoleSession {
    pub original: Original,
    /// The sealed session token of the role that is worn, or of the federated user.
    pub worn: Option<String>,
    #[serde(with = "time::serde::timestamp")]
    pub expires: OffsetDateTime,
    /// Seconds since 1970; 0 in those of before it was kept.
    #[serde(default)]
    pub opened: i64,
    /// Where the person wanted to go before they were asked to choose.
    pub destination: Option<String>,
    /// Where whoever made the sign-in URL wants them to go when the session has ended: an https URL, told by its host before
    /// anybody follows it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// As it told of itself when they signed in.
    #[serde(default)]
    pub browser: Browser,
    /// The role that they have switched to: while they have, it alone counts.
    #[serde(default)]
    pub switched: Option<Switched>,
    /// Roles that they switched to before, the latest first.
    #[serde(default)]
    pub recent: Vec<Target>,
}

impl ConsoleSession {
    /// Of somebody who wears nothing yet, or what they came with.
    pub(super) fn new(original: Original, worn: Option<String>, expires: OffsetDateTime, request: &Request) -> Self {
        let (opened, browser) = (request.now.unix_timestamp(), Browser::of(request));
        let (destination, issuer, switched, recent) = Default::default();
        Self { original, worn, expires, opened, destination, issuer, switched, recent, browser }
    }

    pub(super) fn bound_for(self, destination: Option<String>) -> Self {
        Self { destination, ..self }
    }

    /// The sealed token of what counts now.
    pub(super) fn effective(&self) -> Option<&str> {
        self.switched.as_ref().map(|switched| &switched.token).or(self.worn.as_ref()).map(String::as_str)
    }
}

/// Who signed in, before any role.
#[derive(Clone, Serialize, Deserialize)]
pub enum Original {
    /// Through an identity provider, known to us under these registrations (provider ARNs).
    Federated { identity: Box<FederatedIdentity>, registrations: Vec<String> },
    /// With the credentials of a role's session, or a federated user's, by a sign-in URL.
    RoleSession {
        arn: String,
        session_name: String,
        via: String,
        /// [`Session::behind`](crate::trust::Session::behind); empty in those of before it was kept.
        #[serde(default)]
        behind: Vec<String>,
    },
    /// A user of ours, with password and code.
    User(Box<UserIdentity>),
}

/// The 256 random bits in the cookie. Whoever has them is signed in: so no `Debug`, and the store sees the hash only.
#[derive(Clone)]
pub struct SessionId(String);

impl SessionId {
    pub fn draw(random: &Random) -> Self {
        Self(random.token::<32>())
    }

    /// From a cookie; `None` for anything that cannot be an id of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        fits.then(|| Self(text.to_owned()))
    }

    /// The cookie's value.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> [u8; 32] {
        hash(&["console", &self.0])
    }

    /// The token that forms of this session carry against cross-site posts.
    pub fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(hash(&["csrf", &self.0]))
    }

    pub fn csrf_matches(&self, token: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.csrf().as_bytes(), token.as_bytes()).is_ok()
    }
}

impl Original {
    /// What a person calls this identity.
    pub fn label(&self) -> &str {
        match self {
            Self::Federated { identity, .. } => &identity.subject,
            Self::RoleSession { arn, .. } => arn,
            Self::User(identity) => identity.arn(),
        }
    }

    /// The same where it stands beside another's: with who is behind it, for two may have given one name.
    pub fn label_beside(&self, catalogue: &Catalogue) -> String {
        let behind = match self {
            Self::RoleSession { behind, .. } => behind.join(", "),
            Self::Federated { identity, registrations } => known_as(catalogue, &identity.provider(), registrations),
            Self::User(_) => return self.label().to_owned(),
        };
        format!("{} ({behind})", self.label())
    }

    /// What an operator may end it by: a user's ARN, or the subject with the ARNs of the providers. One that wears a role
    /// for good ends with that.
    pub(super) fn ends_by(&self) -> (String, Vec<String>) {
        match self {
            Self::Federated { identity, registrations } => (identity.subject.clone(), registrations.clone()),
            Self::RoleSession { .. } => Default::default(),
            Self::User(identity) => (identity.arn().to_owned(), Vec::new()),
        }
    }

    /// Who chooses among roles, as a text that is theirs alone; nobody where one is worn for good. Not by issuer and subject:
    /// another account may have registered that issuer's name with a key of its own.
    pub(super) fn chooser(&self) -> Option<String> {
        match self {
            Self::Federated { identity, registrations } => {
                Some(whose(registrations.iter().map(String::as_str), &identity.subject))
            }
            Self::RoleSession { .. } => None,
            Self::User(identity) => Some(identity.arn().to_owned()),
        }
    }

    /// Session names are free: of two sessions with one ARN, another person may be behind each.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Federated { identity: a, .. }, Self::Federated { identity: b, .. }) => a.is(b),
            (Self::RoleSession { arn: a, behind: c, .. }, Self::RoleSession { arn: b, behind: d, .. }) => {
                a == b && c == d
            }
            (Self::User(a), Self::User(b)) => a.arn() == b.arn(),
            _ => false,
        }
    }
}

/// A provider as people know it; where another one is known by the same name, with what tells them apart. What vouches
/// for the same person (`registrations`), or is the same identity provider in another account, is no other one.
fn known_as(catalogue: &Catalogue, arn: &ProviderArn, registrations: &[String]) -> String {
    let Some(provider) = catalogue.provider(arn) else { return arn.to_string() };
    let name = provider.display_name();
    let is_another = |other: &Provider| {
        let is_of_theirs = registrations.iter().any(|arn| arn == other.arn.as_str());
        !is_of_theirs && !other.same_sign_in(provider) && other.display_name() == name
    };
    if !catalogue.providers().any(|other| is_another(other)) {
        return name.to_owned();
    }
    let own = catalogue.name_of(provider);
    if name == provider.name { own } else { format!("{name}, {own}") }
}

pub(super) fn hash(parts: &[&str]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
