//! GetFederationToken: a user's broker makes credentials for somebody whom it knows and this gateway does not, good for a
//! part of what the user may do.

use super::action::GetFederationToken;
use super::audit::{Event, Who};
use super::mint::begin_for_federated_user;
use super::service::Request;
use super::{Answer, FederatedUser, Sts, StsError};
use crate::trust::{FederatedSession, Session, VerifiedCaller, decide_for_federated_user};

impl Sts {
    pub(super) async fn get_federation_token(
        &self,
        asked: &GetFederationToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let begun = self.begin_federation(asked, caller, request);
        let event = Event { name: "GetFederationToken", who: Who::Caller(caller, None), role: "", request };
        let taken = match begun {
            Ok(session) => {
                let (user, session) = (FederatedUser::of(&session), Session::FederatedUser(session));
                let taken = self.take(session, asked.token_size, caller.account(), &event).await;
                taken.map(|credentials| Answer::FederationToken(credentials, user))
            }
            Err(error) => Err(error),
        };
        self.or_deny(taken, &event).await
    }

    fn begin_federation(
        &self,
        asked: &GetFederationToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<FederatedSession, StsError> {
        let (around, tags) = (request.surroundings(), asked.tags.clone());
        let decided =
            decide_for_federated_user(&self.catalogue, caller, &asked.name, tags, &around, &mut request.trace);
        let decided = decided.ok_or(StsError::SessionCredentials)?;
        let grant = decided.map_err(|denial| self.caller_denied(caller, *denial, request.now))?;
        let limits = self.session_policies(&asked.policies, caller.account())?;
        begin_for_federated_user(grant.limited_by(limits), asked.duration, request.now)
    }
}
