//! A SAML response that was presented to us, on whichever surface: from form field to identities.

use super::service::Request;
use super::{Keys, Sts, StsError};
use crate::catalogue::{Catalogue, Provider};
use crate::metadata::{Books, LiveMetadata};
use crate::saml::metadata::IdentityProvider;
use crate::saml::{
    AuthnDemand, DecryptionKeys, Expectation, InResponseTo, REDEEM_WITHIN, ResponseText, SamlError, SigningKey,
    VerifiedAssertion, Witness,
};
use crate::saml::{attributes, aws};
use crate::store::{Login, Redemption, Surface};
use crate::trace::Trace;
use crate::trust::FederatedIdentity;
use crate::words::{AccountId, MOST_CLOCK_SKEW, ProviderArn, whose};
use std::borrow::Cow;
use std::slice;
use std::sync::Arc;
use time::OffsetDateTime;

/// A registration of the identity provider that vouches for the assertion, and who its bearer is there.
pub struct Accepted {
    pub provider: Arc<Provider>,
    pub assertion: VerifiedAssertion,
    pub identity: FederatedIdentity,
}

/// What responses must be made out to.
pub struct Addressee {
    pub recipients: Vec<String>,
    /// Beside them, of what comes to it.
    pub token_endpoint: String,
    pub audiences: Vec<String>,
    /// What opens that which is encrypted to us.
    pub decryption: DecryptionKeys,
    /// The second engine, unless it is off.
    pub witness: Option<Witness>,
}

/// How the response came to us.
#[derive(Clone)]
pub enum Arrival {
    Api,
    /// As the subject token of an exchange, with a response around the assertion or without.
    Exchange,
    /// With the request that this browser began, if it brought the attempt's cookie.
    Browser(Option<Solicitation>),
    /// It did not: somebody asks what would become of it at this registration.
    OnPaper(ProviderArn),
}

/// A request of ours that an answer must fit.
#[derive(Clone)]
pub struct Solicitation {
    pub request_id: String,
    /// When a new authentication was asked for, if it was.
    pub authn_since: Option<OffsetDateTime>,
}

impl Sts {
    /// [`verify_response`], when it is its sender's turn, and what came of it counted.
    pub async fn accept_response(
        &self,
        form_value: &str,
        arrival: Arrival,
        request: &mut Request,
    ) -> Result<Vec<Accepted>, StsError> {
        let outcome = self.look_at(form_value, arrival, request).await;
        let outcome = outcome.and_then(|accepted| {
            for Accepted { provider, assertion, .. } in &accepted {
                let skew = provider.saml().map_or(MOST_CLOCK_SKEW, |saml| saml.clock_skew);
                self.believed(assertion.issue_instant, skew)?;
            }
            Ok(accepted)
        });
        let named = |it: &Accepted| (it.assertion.issuer.clone(), it.assertion.id.clone());
        let paper = |accepted: &Vec<Accepted>| accepted.first().map(named);
        self.judged(outcome, paper, request).await
    }

    /// What would become of a response at one registration. Nothing is fetched for it, nor counted, and it is as good
    /// afterwards as before.
    pub async fn look_on_paper(
        &self,
        form_value: &str,
        provider: &Provider,
        request: &mut Request,
    ) -> Result<Vec<Accepted>, StsError> {
        self.verify_beside(form_value, &Arrival::OnPaper(provider.arn.clone()), request).await?.1
    }

    /// Once more if its signature held with no known key and others have come since, as when an identity provider changes
    /// its key without publishing the new one first. Its sender has no turn while those are waited for.
    async fn look_at(
        &self,
        form_value: &str,
        arrival: Arrival,
        request: &mut Request,
    ) -> Result<Vec<Accepted>, StsError> {
        let turn = self.turn(request).await?;
        let (asked, mut outcome) = self.verify_beside(form_value, &arrival, request).await?;
        drop(turn);
        let stranger = matches!(&outcome, Err(StsError::Saml(error)) if error.is_of_an_unknown_key());
        if stranger && self.has_newer_keys(&asked, request).await {
            let _turn = self.turn(request).await?;
            outcome = self.verify_beside(form_value, &arrival, request).await?.1;
        }
        if let Ok(accepted) = &outcome {
            self.metrics.response_verified();
            accepted.iter().for_each(|accepted| self.heard_from(&accepted.provider, request));
        }
        outcome
    }

    /// For a signature that held with no key of those: whether it is worth verifying once more.
    pub async fn has_newer_keys(&self, asked: &[AskedKeys], request: &mut Request) -> bool {
        let books = Books { store: self.store.clone(), metrics: self.metrics.clone() };
        let mut newer = false;
        for (metadata, generation) in asked {
            newer |= metadata.newer_than(*generation, &books, request.now).await;
        }
        if newer {
            request.trace.note("saml.metadata", "other keys have come since; verifying once more");
        }
        newer
    }

    /// [`verify_response`], by one of the verifiers.
    async fn verify_beside(
        &self,
        form_value: &str,
        arrival: &Arrival,
        request: &mut Request,
    ) -> Result<(Vec<AskedKeys>, Result<Vec<Accepted>, StsError>), StsError> {
        let (catalogue, addressee) = (self.catalogue.clone(), self.addressee.clone());
        let (form_value, arrival, now) = (form_value.to_owned(), arrival.clone(), request.now);
        let (mut trace, mut asked) = (request.trace.clone(), Vec::new());
        let verified = self.verifiers.verify(move || {
            let outcome = verify_response(&catalogue, &addressee, &form_value, &arrival, now, &mut asked, &mut trace);
            (asked, outcome, trace)
        });
        let verified = verified.await.inspect_err(|error| {
            if matches!(error, StsError::VerifierFailed) {
                tracing::error!(request = %request.trace.id, "the verifier of SAML responses panicked; nothing was verified");
            }
        });
        let (asked, outcome, trace) = verified?;
        request.trace = trace;
        Ok((asked, outcome))
    }
}

/// Whose keys were tried, and which generation of them.
pub type AskedKeys = (Arc<LiveMetadata>, u64);

/// Verifies a response once and confirms it for every registration of its identity provider, in any account, whose own
/// keys hold the key that verified. At least one, or the reason why none. `asked` learns whose keys were tried.
pub fn verify_response(
    catalogue: &Catalogue,
    addressee: &Addressee,
    form_value: &str,
    arrival: &Arrival,
    now: OffsetDateTime,
    asked: &mut Vec<AskedKeys>,
    trace: &mut Trace,
) -> Result<Vec<Accepted>, StsError> {
    let exchanged = matches!(arrival, Arrival::Exchange);
    let text = if exchanged { ResponseText::decode_token(form_value) } else { ResponseText::decode(form_value) }?;
    let response = if exchanged { text.parse_either() } else { text.parse() }?;
    let issuer = response.issuer().to_owned();
    let among = |provider: &Provider| !matches!(arrival, Arrival::OnPaper(only) if *only != provider.arn);
    tell_providers(catalogue.saml_providers(&issuer).iter().filter(|it| among(it)), trace);
    let registrations = in_force(catalogue, &issuer, among, now, asked)?;
    trace.pass("saml.issuer", &issuer);
    let (keys, witness) = (distinct_keys(&registrations), addressee.witness.as_ref());
    let response = response.authenticate(&keys, &addressee.decryption, witness, trace)?;
    let holds = |it: &Registration| it.metadata.keys.iter().any(|key| key.fingerprint() == response.key_fingerprint());
    trace.about.forget_providers();
    tell_providers(registrations.iter().filter(|it| holds(it)).map(|it| &it.provider), trace);
    let recipients = match exchanged {
        true => Cow::Owned([&addressee.recipients[..], slice::from_ref(&addressee.token_endpoint)].concat()),
        false => Cow::Borrowed(&addressee.recipients[..]),
    };
    let mut accepted: Vec<Accepted> = Vec::new();
    let mut refusal: Option<(SamlError, AccountId)> = None;
    let several = registrations.len() > 1;
    for registration in &registrations {
        let provider = &registration.provider;
        let Some(saml) = provider.saml() else { continue };
        trace.enter(several.then_some(provider.account().as_str()));
        if !holds(registration) {
            trace.note("saml.registration", format!("{} does not hold the key that verified", provider.arn));
            continue;
        }
        let expectation = Expectation {
            now,
            clock_skew: saml.clock_skew,
            recipients: &recipients,
            audiences: &addressee.audiences,
            request: in_response_to(arrival, saml.idp_initiated),
            encrypted: saml.encryption_required,
            authn: AuthnDemand { since: authn_since(arrival), contexts: &saml.authn_context },
        };
        match response.confirm(&expectation, trace) {
            Ok(assertion) => {
                note_left_out(&assertion, trace);
                let identity = FederatedIdentity::from_assertion(&assertion, provider)?;
                accepted.push(Accepted { provider: provider.clone(), assertion, identity });
            }
            Err(error) => drop(refusal.get_or_insert((error, provider.account()))),
        }
    }
    trace.enter(None);
    tell_person(&accepted, trace);
    match refusal {
        Some((error, account)) if accepted.is_empty() => {
            trace.enter(several.then_some(account.as_str()));
            Err(error.into())
        }
        _ if accepted.is_empty() => Err(StsError::UnknownIdentityProvider { issuer: crate::trace::clip(&issuer) }),
        _ => Ok(accepted),
    }
}

/// For whoever looks for the trace: of which registrations the response may be.
fn tell_providers<'a>(providers: impl Iterator<Item = &'a Arc<Provider>>, trace: &mut Trace) {
    for provider in providers {
        trace.about.provider(provider.arn.as_str(), provider.account().as_str());
    }
}

/// And of whom it is, once that is known.
fn tell_person(accepted: &[Accepted], trace: &mut Trace) {
    let Some(Accepted { identity, .. }) = accepted.first() else { return };
    let vouching = accepted.iter().map(|accepted| accepted.provider.arn.as_str());
    trace.about.person(&identity.subject, whose(vouching, &identity.subject));
}

/// What the assertion says to no effect.
fn note_left_out(assertion: &VerifiedAssertion, trace: &mut Trace) {
    for value in aws::roles(&assertion.attributes).malformed {
        trace.note("saml.role-attribute", format!("not a pair of role and provider: {value}"));
    }
    for name in aws::not_acted_on(assertion) {
        trace.note("saml.not-acted-on", name);
    }
    if assertion.attributes.iter().any(|attribute| attribute.name == FederatedIdentity::NAME_ID) {
        trace.note("saml.not-acted-on", "name_id; the subject is called so where rules read it");
    }
    for found in attributes::condition_keys(&assertion.attributes) {
        for name in found.passed_over {
            let sentence = format!("{name} is not looked at; {} is {}", found.attribute, found.key);
            trace.note("saml.condition-key", sentence);
        }
    }
}

/// The identity provider as one account knows it, with the keys that count now.
pub struct Registration {
    pub provider: Arc<Provider>,
    pub metadata: Arc<IdentityProvider>,
}

/// Every registration of the issuer `among` those whose metadata can be relied on; if there is none, why.
pub fn in_force(
    catalogue: &Catalogue,
    issuer: &str,
    among: impl Fn(&Provider) -> bool,
    now: OffsetDateTime,
    asked: &mut Vec<AskedKeys>,
) -> Result<Vec<Registration>, StsError> {
    let mut refusal = StsError::UnknownIdentityProvider { issuer: crate::trace::clip(issuer) };
    let mut found = Vec::new();
    for provider in catalogue.saml_providers(issuer).into_iter().filter(|it| among(it)) {
        let Some(saml) = provider.saml() else { continue };
        if !asked.iter().any(|(known, _)| Arc::ptr_eq(known, &saml.metadata)) {
            // Before its keys are looked at: what comes in between counts as newer.
            asked.push((saml.metadata.clone(), saml.metadata.generation()));
        }
        // Registrations that share a document see the same one, also while it changes: else a key that has just come
        // would be known to one account and strange to the next.
        let shares =
            |it: &&Registration| it.provider.saml().is_some_and(|of| Arc::ptr_eq(&of.metadata, &saml.metadata));
        let shared = found.iter().find(shares).map(|it: &Registration| it.metadata.clone());
        match shared.map_or_else(|| saml.metadata.current(now), Ok) {
            Ok(metadata) => found.push(Registration { provider: provider.clone(), metadata }),
            Err(error) => refusal = error.into(),
        }
    }
    if found.is_empty() { Err(refusal) } else { Ok(found) }
}

fn in_response_to(arrival: &Arrival, idp_initiated: bool) -> InResponseTo<'_> {
    match arrival {
        Arrival::Api | Arrival::Exchange | Arrival::OnPaper(_) => InResponseTo::Api,
        Arrival::Browser(Some(asked)) => InResponseTo::Solicited { id: &asked.request_id },
        Arrival::Browser(None) if idp_initiated => InResponseTo::UnsolicitedAllowed,
        Arrival::Browser(None) => InResponseTo::UnsolicitedRefused,
    }
}

fn authn_since(arrival: &Arrival) -> Option<OffsetDateTime> {
    match arrival {
        Arrival::Browser(Some(asked)) => asked.authn_since,
        Arrival::Browser(None) | Arrival::Api | Arrival::Exchange | Arrival::OnPaper(_) => None,
    }
}

/// Each key once, however many accounts hold it: an assertion is verified once for each distinct key.
pub fn distinct_keys(registrations: &[Registration]) -> Vec<SigningKey> {
    let mut keys: Vec<SigningKey> = Vec::new();
    for key in registrations.iter().flat_map(|registration| &registration.metadata.keys) {
        if !keys.iter().any(|known| known.fingerprint() == key.fingerprint()) {
            keys.push(key.clone());
        }
    }
    keys
}

/// The use of an assertion, for the store to decide on, by all the registrations that it is to count for. Remembered
/// until it could no longer be accepted anyway, and at least until STS redeems it no more.
pub fn redemption(accepted: &[Accepted], keys: &Keys, surface: Surface, role: &str, once: bool) -> Option<Redemption> {
    let assertion = &accepted.first()?.assertion;
    let least = assertion.issue_instant.saturating_add(REDEEM_WITHIN);
    // Other registrations may allow a larger skew than the one that accepted.
    let keep_until = assertion.not_on_or_after.max(least).saturating_add(MOST_CLOCK_SKEW).unix_timestamp();
    let (issuer, paper, role) = (assertion.issuer.clone(), assertion.id.clone(), role.to_owned());
    let origins = accepted.iter().filter_map(|it| keys.origin(&it.identity, &it.provider.arn)).collect();
    let login = Some(Login { origins, issued: assertion.issue_instant.unix_timestamp() });
    Some(Redemption { issuer, paper, surface, role, once: once || assertion.one_time_use, keep_until, login })
}
