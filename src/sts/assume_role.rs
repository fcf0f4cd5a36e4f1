//! AssumeRole: from one identity of ours to a role.

use super::action::AssumeRole;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, AssumedRole, Minted, Sts, StsError, mint};
use crate::trust::{self, VerifiedCaller, Wanted};

impl Sts {
    pub(super) async fn assume_role(
        &self,
        asked: &AssumeRole,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let minted = match self.second_factor(&asked.factor, caller, request).await {
            Ok(fresh_code) => self.mint_for_caller(asked, caller, fresh_code, request),
            Err(error) => Err(error),
        };
        let who = Who::Caller(caller, asked.factor.serial.as_deref());
        let event = Event { name: "AssumeRole", who, role: asked.role.as_str(), request };
        let minted = self.record(minted, Vec::new(), &event).await?;
        let role = AssumedRole::of(&minted.session);
        Ok(Answer::AssumeRole(minted.credentials, role))
    }

    fn mint_for_caller(
        &self,
        asked: &AssumeRole,
        caller: &VerifiedCaller,
        fresh_code: bool,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let around = request.surroundings();
        let wanted = Wanted {
            role: &asked.role,
            session_name: asked.session_name.clone(),
            external_id: asked.external_id.as_deref(),
            tags: asked.tags.clone(),
            source_identity: asked.source_identity.clone(),
            fresh_code,
            around: &around,
        };
        let denied = |error| StsError::CallerDenied {
            caller: caller.arn(),
            role: asked.role.to_string(),
            error: Box::new(error),
        };
        let grant = trust::decide_for_caller(&self.catalogue, caller, wanted, &mut request.trace).map_err(denied)?;
        let limits = self.limits(&asked.limits, &asked.role)?;
        mint(grant.limited_by(limits), asked.duration, request.now, &self.keys, &self.random)
    }
}
