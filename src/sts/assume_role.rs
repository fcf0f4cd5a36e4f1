//! AssumeRole: from one identity of ours to a role.

use super::action::AssumeRole;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, Minted, Sts, StsError, mint};
use crate::trust::{self, Asking, Asks, Denial, VerifiedCaller, Wanted};

impl Sts {
    pub(super) async fn assume_role(
        &self,
        asked: &AssumeRole,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let shown = self.second_factor(&asked.factor, caller, request).await;
        let asks = asks(asked, matches!(shown, Ok(true)));
        let minted = shown.and_then(|fresh_code| self.mint_for_caller(asked, caller, fresh_code, request));
        let who = Who::Caller(caller, asked.factor.device());
        let event = Event { name: "AssumeRole", who, role: asked.role.as_str(), request };
        let minted = self.record(minted, Vec::new(), &event).await;
        let around = request.surroundings();
        let question = Asking::of_caller(&self.catalogue, caller, asks, &around);
        self.remember(question, minted.as_ref().map(|_| ()), request);
        minted.map(|minted| Answer::AssumeRole(minted.credentials, minted.worn))
    }

    fn mint_for_caller(
        &self,
        asked: &AssumeRole,
        caller: &VerifiedCaller,
        fresh_code: bool,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let around = request.surroundings();
        let wanted = || Wanted {
            role: &asked.role,
            session_name: asked.session_name.clone(),
            external_id: asked.external_id.as_deref(),
            tags: asked.tags.clone(),
            source_identity: asked.source_identity.clone(),
            fresh_code,
            around: &around,
        };
        let denied = |error| {
            let denial = Denial::of_role(&self.catalogue, caller, &wanted(), error);
            self.caller_denied(caller, denial, request.now)
        };
        // What the role's policies say is for its own account to read.
        request.trace.enter(Some(asked.role.account().as_str()));
        let grant = trust::decide_for_caller(&self.catalogue, caller, wanted(), &mut request.trace).map_err(denied)?;
        request.trace.enter(None);
        let limits = self.session_policies(&asked.policies, asked.role.account())?;
        let minted = mint(grant.limited_by(limits), asked.duration, request.now, &self.keys, &self.random)?;
        minted.with_token_of(asked.token_size, &self.keys, &self.random)
    }
}

fn asks(asked: &AssumeRole, fresh_code: bool) -> Asks<'_> {
    Asks {
        fresh_code,
        external_id: asked.external_id.as_deref(),
        tags: Some(&asked.tags),
        source_identity: asked.source_identity.as_ref(),
        ..Asks::for_role(&asked.role, Some(&asked.session_name), asked.duration, &asked.policies.managed)
    }
}
