//! AssumeRoleWithSAML: an assertion for credentials.

use super::action::AssumeRoleWithSaml;
use super::assertion::{Accepted, Arrival, redemption};
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, AssumedRole, Minted, SamlFacts, Sts, StsError, mint};
use crate::store::Surface;
use crate::trust::{self, Asked, Asks, Paper, Question};
use time::Duration;

impl Sts {
    pub(super) async fn assume_role_with_saml(
        &self,
        asked: &AssumeRoleWithSaml,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let all = self.accept_response(&asked.assertion, Arrival::Api, request).await?;
        let role = asked.role.as_str();
        let Some(accepted) = all.iter().find(|accepted| accepted.provider.arn == asked.provider) else {
            return Err(self.not_that_provider(asked, &all, request).await);
        };
        // Before it is used up: whoever is told to come again must find it good.
        self.paced(accepted.identity.named())?;
        let minted = self.mint_with_saml(asked, accepted, request);
        let event = Event { name: "AssumeRoleWithSAML", who: Who::Federated(&accepted.identity), role, request };
        // Of one registration: others that the assertion counts for may know keys that have no say over this one.
        let redeem = redemption(std::slice::from_ref(accepted), &self.keys, Surface::Api, role, self.redeem_once);
        let minted = self.record(minted, redeem.into_iter().collect(), &event).await;
        let duration = shortened(asked.duration, &accepted.identity.paper);
        let asks = Asks::for_role(&asked.role, None, duration, &asked.limits.managed);
        let (Accepted { provider, identity, .. }, around) = (accepted, request.surroundings());
        let question = Question::of_federated(&self.catalogue, provider, identity, asks, around);
        self.remember(question, minted.as_ref().map(|_| ()), request);
        Ok(answer(accepted, minted?))
    }

    /// Somebody known, at another provider than they say. Only to them is told which providers there are.
    async fn not_that_provider(&self, asked: &AssumeRoleWithSaml, all: &[Accepted], request: &Request) -> StsError {
        let provider = asked.provider.to_string();
        let error = match self.catalogue.provider(&asked.provider) {
            Some(_) => StsError::NotThatProvider { provider },
            None => StsError::NoSuchProvider { provider },
        };
        let Some(known) = all.first() else { return error };
        let (who, role) = (Who::Federated(&known.identity), asked.role.as_str());
        self.deny(&Event { name: "AssumeRoleWithSAML", who, role, request }, error).await
    }

    fn mint_with_saml(
        &self,
        asked: &AssumeRoleWithSaml,
        accepted: &Accepted,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let Accepted { provider, identity, .. } = accepted;
        let wanted = Asked::Role(&asked.role, None);
        let offers =
            trust::offers(&self.catalogue, provider, identity, wanted, &request.surroundings(), &mut request.trace)?;
        let offer = offers.into_iter().next().ok_or(StsError::NothingLeft)?;
        let limits = self.limits(&asked.limits, &asked.role)?;
        let grant = trust::decide(offer, &mut request.trace)?.limited_by(limits);
        let duration = shortened(asked.duration, &identity.paper);
        let minted = mint(grant, duration, request.now, &self.keys, &self.random)?;
        let minted = minted.from_paper_of(identity, &self.keys, request.now);
        minted.with_token_of(asked.token_size, &self.keys, &self.random)
    }
}

/// The assertion's SessionDuration can only shorten what the caller asks for (AWS, "Configure SAML assertions").
fn shortened(asked: Option<Duration>, paper: &Paper) -> Option<Duration> {
    let Paper::Assertion { session_duration: Some(seconds), .. } = paper else { return asked };
    let least = Duration::seconds(*seconds);
    Some(asked.unwrap_or(Duration::HOUR).min(least))
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
    Answer::WithSaml(minted.credentials, AssumedRole::of(&minted.session), facts)
}
