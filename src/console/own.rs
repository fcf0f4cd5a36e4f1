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
    /// Whoever has come by a sign-in URL has only what was made with the session of this access key id. Who else is
    /// behind that session is not theirs: a program may hand out such URLs to many.
    Session(String),
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
            Self::Person(text) | Self::Session(text) => text,
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
                let worn = session.worn.as_deref().and_then(|token| self.sts.keys.open(token));
                worn.map_or(Own::Nobody, |worn| Own::Session(worn.access_key_id().to_owned()))
            }
        }
    }
}
