//! AssumeRoleWithWebIdentity: an ID token, or with a ProviderId an access token, for credentials.

use super::action::AssumeRoleWithWebIdentity;
use super::audit::{Event, Who};
use super::paper::paper_record;
use super::service::Request;
use super::{Answer, AssumedRole, Minted, Sts, StsError, WebIdentityFacts, mint};
use crate::catalogue::Provider;
use crate::oidc::{UnverifiedToken, aws};
use crate::trust::{self, Asked, Asks, FederatedIdentity, Question};
use std::sync::Arc;

impl Sts {
    pub(super) async fn assume_role_with_web_identity(
        &self,
        asked: &AssumeRoleWithWebIdentity,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let outcome = match &asked.provider_id {
            None => {
                let _turn = self.turn(request).await?;
                self.bearer_of_id_token(asked, request).await
            }
            Some(id) => self.bearer_of_access_token(asked, id, request).await,
        };
        let now = request.now;
        let (provider, identity) =
            self.judged(outcome, |(_, identity)| paper_record(identity, now).hash, request).await?;
        self.paced(identity.named())?;
        let minted = self.mint_with_web_identity(asked, &provider, &identity, request);
        let event = Event {
            name: "AssumeRoleWithWebIdentity",
            who: Who::Federated(&identity),
            role: asked.role.as_str(),
            request,
        };
        let minted = self.record(minted, Vec::new(), &event).await;
        let asks = Asks::for_role(&asked.role, Some(&asked.session_name), asked.duration, &asked.limits.managed);
        let question = Question::of_federated(&self.catalogue, &provider, &identity, asks, request.surroundings());
        self.remember(question, minted.as_ref().map(|_| ()), request);
        Ok(answer(&identity, asked.provider_id.as_deref(), minted?))
    }

    async fn bearer_of_id_token(
        &self,
        asked: &AssumeRoleWithWebIdentity,
        request: &mut Request,
    ) -> Result<(Arc<Provider>, FederatedIdentity), StsError> {
        let token = UnverifiedToken::decode(&asked.token)?;
        // The provider is the one of that issuer in the account of the role; an unknown issuer costs no fetch.
        let account = asked.role.account();
        let unknown =
            || StsError::UnknownIssuer { account: account.to_string(), issuer: crate::trace::clip(token.issuer()) };
        let provider = self.catalogue.oidc_provider(account, token.issuer()).ok_or_else(unknown)?.clone();
        let oidc = provider.oidc().ok_or_else(unknown)?;
        request.trace.pass("oidc.issuer", &oidc.issuer);
        let token = oidc.relying_party.verify_token(token, request.now, None, &mut request.trace).await?;
        let identity = FederatedIdentity::from_token(&token, &provider)?;
        for name in aws::not_acted_on(&identity.claims) {
            request.trace.note("oidc.not-acted-on", name);
        }
        Ok((provider, identity))
    }

    /// Whoever names a ProviderId brings an access token, and no other paper passes for one.
    async fn bearer_of_access_token(
        &self,
        asked: &AssumeRoleWithWebIdentity,
        provider_id: &str,
        request: &mut Request,
    ) -> Result<(Arc<Provider>, FederatedIdentity), StsError> {
        let account = asked.role.account();
        let unknown =
            || StsError::UnknownProviderId { account: account.to_string(), id: crate::trace::clip(provider_id) };
        let provider = self.catalogue.social_provider(account, provider_id).ok_or_else(unknown)?.clone();
        let desk = &provider.social().ok_or_else(unknown)?.desk;
        request.trace.pass("social.provider-id", provider_id);
        let token = desk.network().decode(&asked.token)?;
        let source = request.sender().to_string();
        let access = desk.verify(token, &source, request.now, &mut request.trace).await?;
        let identity = FederatedIdentity::from_access(&access, &provider);
        Ok((provider, identity))
    }

    fn mint_with_web_identity(
        &self,
        asked: &AssumeRoleWithWebIdentity,
        provider: &Provider,
        identity: &FederatedIdentity,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let wanted = Asked::Role(&asked.role, Some(&asked.session_name));
        let offers =
            trust::offers(&self.catalogue, provider, identity, wanted, &request.surroundings(), &mut request.trace)?;
        let offer = offers.into_iter().next().ok_or(StsError::NothingLeft)?;
        let limits = self.limits(&asked.limits, &asked.role)?;
        let grant = trust::decide(offer, &mut request.trace)?.limited_by(limits);
        let minted = mint(grant, asked.duration, request.now, &self.keys, &self.random)?;
        let minted = minted.from_paper_of(identity, &self.keys, request.now);
        let minted = if provider.logout_revokes() { minted.unless_logged_out(identity) } else { minted };
        minted.with_token_of(asked.token_size, &self.keys, &self.random)
    }
}

/// The provider is told as it was named: by ProviderId if there was one, else by ARN.
fn answer(identity: &FederatedIdentity, provider_id: Option<&str>, minted: Minted) -> Answer {
    let facts = WebIdentityFacts {
        subject: identity.subject.clone(),
        provider: provider_id.map_or_else(|| identity.provider().to_string(), str::to_owned),
        audience: identity.audience.clone(),
    };
    Answer::WithWebIdentity(minted.credentials, AssumedRole::of(&minted.session), facts)
}
