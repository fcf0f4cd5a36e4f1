//! AssumeRoleWithWebIdentity: an ID token for credentials.

use super::action::AssumeRoleWithWebIdentity;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, AssumedRole, Minted, Sts, StsError, WebIdentityFacts, mint};
use crate::catalogue::Provider;
use crate::oidc::{UnverifiedToken, aws};
use crate::trust::{self, Asked, FederatedIdentity};

impl Sts {
    pub(super) async fn assume_role_with_web_identity(
        &self,
        asked: &AssumeRoleWithWebIdentity,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        if let Some(id) = &asked.provider_id {
            return Err(StsError::UnknownProviderId(crate::trace::clip(id)));
        }
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
        let minted = self.mint_with_web_identity(asked, &provider, &identity, request);
        let event = Event {
            name: "AssumeRoleWithWebIdentity",
            who: Who::Federated(&identity),
            role: asked.role.as_str(),
            request,
        };
        let minted = self.record(minted, Vec::new(), &event).await?;
        Ok(answer(&identity, minted))
    }

    fn mint_with_web_identity(
        &self,
        asked: &AssumeRoleWithWebIdentity,
        provider: &Provider,
        identity: &FederatedIdentity,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let wanted = Asked::Role(&asked.role, Some(&asked.session_name));
        let offers = trust::offers(&self.catalogue, provider, identity, wanted, request.now, &mut request.trace)?;
        let offer = offers.into_iter().next().ok_or(StsError::NothingLeft)?;
        let grant = trust::decide(offer, &mut request.trace)?;
        mint(grant, asked.duration, request.now, &self.keys, &self.random)
    }
}

fn answer(identity: &FederatedIdentity, minted: Minted) -> Answer {
    let facts = WebIdentityFacts {
        subject: identity.subject.clone(),
        provider: identity.provider().to_string(),
        audience: identity.audience.clone(),
    };
    Answer::WithWebIdentity(minted.credentials, AssumedRole::of(&minted.session), facts)
}
