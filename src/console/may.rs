//! May whoever is signed in do this here? The one policy engine says, and it is asked of the principal that the browser
//! is at this moment: what their other roles may, they may when they wear those.

use super::{Console, ConsoleError, ConsoleSession, Original};
use crate::sts::{Request, StsError};
use crate::trust::VerifiedCaller;
use time::OffsetDateTime;

/// To see how an identity provider is.
pub const READ_PROVIDER: &str = "gatehouse:ReadProvider";
/// To ask what would become of a paper of its.
pub const SIMULATE: &str = "gatehouse:Simulate";

/// What these two are about: the provider of this name, of whatever was typed there, or all by `*`.
pub fn provider_resource(name: &str) -> String {
    format!("provider/{}", crate::trace::clip(name))
}

impl Console {
    /// The principal that a session is now: whoever wears a role, or a user of ours who wears none. Somebody whom an
    /// identity provider has sent is nobody's principal until they wear one.
    pub fn principal(&self, session: &ConsoleSession, now: OffsetDateTime) -> Result<VerifiedCaller, ConsoleError> {
        if let Some(worn) = self.worn(session, now) {
            let caller = self.sts.worn_by(worn, now).map_err(StsError::from)?;
            return caller.ok_or(ConsoleError::NothingWorn);
        }
        match &session.original {
            // Whoever has switched is not who they were, even if what they switched to has ended.
            _ if session.switched.is_some() => Err(ConsoleError::NothingWorn),
            Original::User(identity) => identity.caller(&self.sts.catalogue).ok_or(ConsoleError::NotSignedIn),
            Original::Federated { .. } | Original::RoleSession { .. } => Err(ConsoleError::NothingWorn),
        }
    }

    /// Whether the session's principal may do this to something of its own account: `session/…`, `trace/…`, `audit`,
    /// `provider/…` or `service`. Nobody can ask about another account's, which no account has a way yet to agree to. A
    /// denial is in the book when this returns.
    pub async fn may(
        &self,
        session: &ConsoleSession,
        action: &'static str,
        resource: &str,
        request: &mut Request,
    ) -> Result<VerifiedCaller, ConsoleError> {
        let caller = self.principal(session, request.now)?;
        request.tell_of(&caller);
        match self.sts.permit(&caller, action, &arn(&caller, resource), request).await {
            Ok(()) => Ok(caller),
            Err(denied @ StsError::CallerDenied { .. }) => Err(ConsoleError::Denied(Box::new(denied))),
            Err(error) => Err(error.into()),
        }
    }

    /// The same, to know whether to offer it: nothing is asked for, so nothing is denied.
    pub fn could(&self, session: &ConsoleSession, action: &'static str, resource: &str, request: &Request) -> bool {
        let caller = self.principal(session, request.now);
        caller.is_ok_and(|caller| self.sts.would_permit(&caller, action, &arn(&caller, resource), request))
    }
}

fn arn(caller: &VerifiedCaller, resource: &str) -> String {
    format!("arn:aws:gatehouse::{}:{resource}", caller.account())
}
