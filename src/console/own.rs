//! What is one's own in the console, for which nobody needs a permission: whose a session is, and how it is found again.

use super::{Console, ConsoleSession, Original};
use crate::sts::Request;
use crate::words::RoleArn;
use serde::{Deserialize, Serialize};

/// What a browser told of itself when somebody signed in with it, so that they know it again.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Browser {
    pub address: String,
    pub agent: String,
}

/// Whose a console session is.
pub(super) enum Own {
    /// A person, wherever they have signed in: issuer and subject digested, or a user's ARN.
    Person(String),
    /// Whoever has come by a sign-in URL has this browser's session alone, and what it has switched to (by access key
    /// id). The credentials that it came by (`worn`) are not theirs to end, nor is who else came by them theirs to see: a
    /// program may hand out such URLs to many.
    Browser { worn: String, switched: Option<String> },
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
        match self {
            Self::Person(text) | Self::Browser { worn: text, .. } => text,
            Self::Nobody => "",
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
            Original::Federated { identity, .. } => about.person(&identity.subject, &identity.person()),
            Original::User(identity) => about.person(identity.arn(), identity.arn()),
            Original::RoleSession { .. } => {}
        }
    }

    pub(super) fn own(&self, session: &ConsoleSession) -> Own {
        match &session.original {
            Original::Federated { identity, .. } => Own::Person(identity.person()),
            Original::User(identity) => Own::Person(identity.arn().to_owned()),
            Original::RoleSession { .. } => {
                let key = |token: &str| Some(self.sts.keys.open(token)?.access_key_id().to_owned());
                let switched = session.switched.as_ref().and_then(|switched| key(&switched.token));
                let worn = session.worn.as_deref().and_then(key);
                worn.map_or(Own::Nobody, |worn| Own::Browser { worn, switched })
            }
        }
    }
}
