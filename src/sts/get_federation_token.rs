//! GetFederationToken: a user's broker makes credentials for somebody whom it knows and this gateway does not, good for a
//! part of what the user may do.

use super::action::GetFederationToken;
use super::audit::{self, Event, Who};
use super::mint::mint_for_federated_user;
use super::service::Request;
use super::{Answer, FederatedUser, MOST_DRAWS, Sts, StsError};
use crate::store::{Verdict, Visit};
use crate::trust::{FederationGrant, VerifiedCaller, decide_for_federated_user};

impl Sts {
    pub(super) async fn get_federation_token(
        &self,
        asked: &GetFederationToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let granted = self.grant_federation(asked, caller, request);
        let event = Event { name: "GetFederationToken", who: Who::Caller(caller, None), role: "", request };
        let given = match granted {
            Ok(grant) => self.give(&grant, asked, &event).await,
            Err(error) => Err(error),
        };
        match given {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.deny(&event, error).await),
        }
    }

    fn grant_federation(
        &self,
        asked: &GetFederationToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<FederationGrant, StsError> {
        let (around, tags) = (request.surroundings(), asked.tags.clone());
        let decided =
            decide_for_federated_user(&self.catalogue, caller, &asked.name, tags, &around, &mut request.trace);
        let decided = decided.ok_or(StsError::SessionCredentials)?;
        let grant = decided.map_err(|denial| self.caller_denied(caller, *denial, request.now))?;
        Ok(grant.limited_by(self.limits(&asked.limits, caller.account())?))
    }

    /// Puts the session on record, under an id that is nobody else's; only then may the credentials leave.
    async fn give(
        &self,
        grant: &FederationGrant,
        asked: &GetFederationToken,
        event: &Event<'_>,
    ) -> Result<Answer, StsError> {
        for _ in 0..MOST_DRAWS {
            let wished = (asked.duration, asked.token_size);
            let (session, credentials, record) =
                mint_for_federated_user(grant, wished, event.request.now, &self.keys, &self.random)?;
            let audit = Some(audit::grant_to_federated_user(event, &session));
            match self.store.commit(Visit { session: Some(record), audit, ..Visit::default() }).await? {
                Verdict::Done => return Ok(Answer::FederationToken(credentials, FederatedUser::of(&session))),
                Verdict::Taken | Verdict::Spent | Verdict::LoggedOut | Verdict::Barred(_) => {}
            }
        }
        Err(StsError::taken())
    }
}
