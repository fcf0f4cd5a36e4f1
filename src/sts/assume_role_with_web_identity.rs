//! AssumeRoleWithWebIdentity: an ID token, or with a ProviderId an access token, for credentials.

use super::action::AssumeRoleWithWebIdentity;
use super::paper::paper_record;
use super::role_wish::RoleWish;
use super::service::Request;
use super::{Answer, Minted, Sts, StsError, WebIdentityFacts};
use crate::catalogue::Provider;
use crate::oidc::{UnverifiedToken, aws};
use crate::trust::FederatedIdentity;
use crate::words::AccountId;
use std::sync::Arc;

/// A provider, whoever it vouches for, and whose it is that they do ([`FederatedIdentity::whose`]).
pub(super) struct Bearer {
    provider: Arc<Provider>,
    identity: FederatedIdentity,
    whose: String,
}

impl Sts {
    pub(super) async fn assume_role_with_web_identity(
        &self,
        asked: &AssumeRoleWithWebIdentity<'_>,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let account = asked.wish.role.account();
        let outcome = match asked.provider_id {
            None => self.bearer_of_id_token(account, asked.token, request).await,
            Some(id) => self.bearer_of_access_token(account, id, asked.token, request).await,
        };
        let bearer = self.token_judged(outcome, request).await?;
        let minted = self.give_for_token(&bearer, &asked.wish, request).await?;
        Ok(answer(bearer.identity, asked.provider_id, minted))
    }

    /// Counts what came of a token.
    pub(super) async fn token_judged(
        &self,
        outcome: Result<Bearer, StsError>,
        request: &mut Request,
    ) -> Result<Bearer, StsError> {
        let now = request.now;
        self.judged(outcome, |bearer| paper_record(&bearer.identity, now).hash, request).await
    }

    /// The role for a token that was verified.
    pub(super) async fn give_for_token(
        &self,
        Bearer { provider, identity, whose }: &Bearer,
        wish: &RoleWish,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        self.give((provider, identity, whose.clone()), wish, Vec::new(), "AssumeRoleWithWebIdentity", request).await
    }

    /// `account` is the role's: the provider is the one of that issuer there, and an unknown issuer costs no fetch.
    pub(super) async fn bearer_of_id_token(
        &self,
        account: AccountId,
        text: &str,
        request: &mut Request,
    ) -> Result<Bearer, StsError> {
        let token = UnverifiedToken::decode(text)?;
        let unknown =
            || StsError::UnknownIssuer { account: account.to_string(), issuer: crate::trace::clip(token.issuer()) };
        let provider = self.catalogue.oidc_provider(account, token.issuer()).ok_or_else(unknown)?.clone();
        let oidc = provider.oidc().ok_or_else(unknown)?;
        request.trace.about.provider(provider.arn.as_str(), account.as_str());
        request.trace.pass("oidc.issuer", &oidc.issuer);
        let (relying_party, now) = (&oidc.relying_party, request.now);
        // Whoever waits for an issuer takes no turn from those whose keys are here.
        let keys = relying_party.keys_for_token(&token, now, &mut request.trace).await?;
        let turn = self.turn(request).await?;
        let token = relying_party.verify_by(&keys, token, now, &mut request.trace)?;
        drop(turn);
        let token = relying_party.with_groups(token, now, &mut request.trace).await?;
        self.believed(token.issued_at(), oidc.relying_party.clock_skew())?;
        let identity = FederatedIdentity::from_token(token, &provider)?;
        self.heard_from(&provider, request);
        let whose = identity.whose();
        request.trace.about.person(&identity.subject, &whose);
        for name in aws::not_acted_on(&identity.claims) {
            request.trace.note("oidc.not-acted-on", name);
        }
        Ok(Bearer { provider, identity, whose })
    }

    /// Whoever names a ProviderId brings an access token, and no other paper passes for one.
    pub(super) async fn bearer_of_access_token(
        &self,
        account: AccountId,
        provider_id: &str,
        text: &str,
        request: &mut Request,
    ) -> Result<Bearer, StsError> {
        let unknown =
            || StsError::UnknownProviderId { account: account.to_string(), id: crate::trace::clip(provider_id) };
        let provider = self.catalogue.social_provider(account, provider_id).ok_or_else(unknown)?.clone();
        let desk = &provider.social().ok_or_else(unknown)?.desk;
        request.trace.about.provider(provider.arn.as_str(), account.as_str());
        request.trace.pass("social.provider-id", provider_id);
        let token = desk.network().decode(text)?;
        let source = request.sender().to_string();
        let access = desk.verify(token, &source, request.now, &mut request.trace).await?;
        let identity = FederatedIdentity::from_access(&access, &provider);
        self.heard_from(&provider, request);
        let whose = identity.whose();
        request.trace.about.person(&identity.subject, &whose);
        Ok(Bearer { provider, identity, whose })
    }
}

/// The provider is told as it was named: by ProviderId if there was one, else by ARN.
fn answer(identity: FederatedIdentity, provider_id: Option<&str>, minted: Minted) -> Answer {
    let facts = WebIdentityFacts {
        provider: provider_id.unwrap_or(identity.provider_arn()).to_owned(),
        subject: identity.subject,
        audience: identity.audience,
    };
    Answer::WithWebIdentity(minted.credentials, minted.worn, facts)
}
