//! What is one's own in the console, for which nobody needs a permission: whose a session is, and how it is found again.

use super::{Console, ConsoleSession, Original};
use crate::sts::Request;
use crate::words::{RoleArn, whose};
use serde::{Deserialize, Serialize};

/// What a browser told of itself when somebody signed in with it, so that they know it again.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Browser {
    pub address: String,
    pub agent: String,
}

/// Whose a console session is.
pub(super) enum Own {
    /// A person, wherever they have signed in: what all registrations that vouch for them do together, which comes first,
    /// and each alone ([`whose`]); or a user's ARN.
    Person(Vec<String>),
    /// Whoever has come by a sign-in URL has this browser's session alone, and what it has switched to (by access key
    /// id). The credentials that it came by (`worn`) are not theirs to end, nor is who else came by them theirs to see: a
    /// program may hand out such URLs to many.
    Browser {
        worn: String,
        switched: Option<String>,
    },
    Nobody,
}

impl Browser {
    pub(super) fn of(request: &Request) -> Self {
        Self { address: request.source.to_string(), agent: crate::trace::clip(&request.user_agent) }
    }
}

impl Own {
    /// As it stands in the store.
    pub(super) fn text(&self) -> &str {
        self.all().first().map_or("", String::as_str)
    }

    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::Person(all) => all,
            Self::Browser { worn, .. } => std::slice::from_ref(worn),
            Self::Nobody => &[],
        }
    }

    pub(super) fn is_of(&self, whose: &str) -> bool {
        match self {
            Self::Person(all) => all.iter().any(|own| own == whose),
            Self::Browser { .. } | Self::Nobody => false,
        }
    }
}

impl Console {
    /// Whose a request is that chooses a role, and which account it is about, for whoever looks for its record.
    pub(super) fn tell_of(&self, original: &Original, role: &str, request: &mut Request) {
        let about = &mut request.trace.about;
        if let Ok(role) = role.parse::<RoleArn>() {
            about.account(role.account().as_str());
        }
        match original {
            Original::Federated { identity, registrations } => {
                about.person(&identity.subject, together(registrations, &identity.subject));
            }
            Original::User(identity) => about.person(identity.arn(), identity.arn()),
            Original::RoleSession { .. } => {}
        }
    }

    pub(super) fn own(&self, session: &ConsoleSession) -> Own {
        match &session.original {
            Original::Federated { identity, registrations } => {
                let mut all = vec![together(registrations, &identity.subject)];
                if registrations.len() > 1 {
                    all.extend(registrations.iter().map(|arn| whose([arn.as_str()], &identity.subject)));
                }
                Own::Person(all)
            }
            Original::User(identity) => Own::Person(vec![identity.arn().to_owned()]),
            Original::RoleSession { .. } => {
                let key = |token: &str| Some(self.sts.keys.open(token)?.access_key_id().to_owned());
                let switched = session.switched.as_ref().and_then(|switched| key(&switched.token));
                let worn = session.worn.as_deref().and_then(key);
                worn.map_or(Own::Nobody, |worn| Own::Browser { worn, switched })
            }
        }
    }
}

fn together(registrations: &[String], subject: &str) -> String {
    whose(registrations.iter().map(String::as_str), subject)
}
