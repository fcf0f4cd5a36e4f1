//! AssumeRole: from one identity of ours to a role.

use super::action::AssumeRole;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, AssumedRole, Minted, Sts, StsError, mint};
use crate::trust::{self, VerifiedCaller};

impl Sts {
    pub(super) async fn assume_role(
        &self,
        asked: &AssumeRole,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let minted = self.mint_for_caller(asked, caller, request);
        let event = Event { name: "AssumeRole", who: Who::Caller(caller), role: asked.role.as_str(), request };
        let minted = self.record(minted, Vec::new(), &event).await?;
        let role = AssumedRole::of(&asked.role, &minted.session.session_name);
        Ok(Answer::AssumeRole(minted.credentials, role))
    }

    fn mint_for_caller(
        &self,
        asked: &AssumeRole,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let (name, external_id) = (asked.session_name.clone(), asked.external_id.as_deref());
        let denied = |error| StsError::CallerDenied {
            caller: caller.arn(),
            role: asked.role.to_string(),
            error: Box::new(error),
        };
        let grant =
            trust::decide_for_caller(&self.catalogue, caller, &asked.role, name, external_id, &mut request.trace)
                .map_err(denied)?;
        mint(grant, asked.duration, request.now, &self.keys, &self.random)
    }
}
