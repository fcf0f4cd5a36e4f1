//! AssumeRoleWithSAML: an assertion for credentials.

use super::action::AssumeRoleWithSaml;
use super::assertion::{Accepted, Arrival, redemption};
use super::audit::{Event, Who};
use super::role_wish::RoleWish;
use super::service::Request;
use super::{Answer, Minted, SamlFacts, Sts, StsError};
use crate::store::Surface;
use crate::trust::Paper;

const NAME: &str = "AssumeRoleWithSAML";

impl Sts {
    pub(super) async fn assume_role_with_saml(
        &self,
        asked: &AssumeRoleWithSaml<'_>,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let all = self.accept_response(asked.assertion, Arrival::Api, request).await?;
        let Some(accepted) = all.iter().find(|accepted| accepted.provider.arn == asked.provider) else {
            let provider = asked.provider.to_string();
            // Only to somebody known is told which providers there are.
            let error = match self.catalogue.provider(&asked.provider) {
                Some(_) => StsError::NotThatProvider { provider },
                None => StsError::NoSuchProvider { provider },
            };
            return Err(self.not_that_provider(&asked.wish, &all, error, request).await);
        };
        let minted = self.give_for_assertion(accepted, &asked.wish, request).await?;
        Ok(answer(accepted, minted))
    }

    /// The role for an assertion that was verified, which is redeemed with it.
    pub(super) async fn give_for_assertion(
        &self,
        accepted: &Accepted,
        wish: &RoleWish,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        // Of one registration: others that the assertion counts for may know keys that have no say over this one.
        let (only, role) = (std::slice::from_ref(accepted), wish.role.as_str());
        let redeem = redemption(only, &self.keys, Surface::Api, role, self.redeem_once);
        let bearer = (&*accepted.provider, &accepted.identity, accepted.identity.whose());
        self.give(bearer, wish, redeem.into_iter().collect(), NAME, request).await
    }

    /// Somebody known, at another provider than they say.
    pub(super) async fn not_that_provider(
        &self,
        wish: &RoleWish,
        all: &[Accepted],
        error: StsError,
        request: &Request,
    ) -> StsError {
        let Some(known) = all.first() else { return error };
        let (who, role) = (Who::Federated(&known.identity), wish.role.as_str());
        self.deny(&Event { name: NAME, who, role, request }, error).await
    }
}

fn answer(accepted: &Accepted, minted: Minted) -> Answer {
    let identity = &accepted.identity;
    let (subject_type, name_qualifier) = match &identity.paper {
        Paper::Assertion { subject_type, name_qualifier, .. } => (subject_type.clone(), name_qualifier.clone()),
        Paper::Token { .. } => Default::default(),
    };
    let facts = SamlFacts {
        subject: identity.subject.clone(),
        subject_type,
        issuer: identity.issuer.clone(),
        audience: identity.audience.clone(),
        name_qualifier,
    };
    Answer::WithSaml(minted.credentials, minted.worn, facts)
}
