//! A SAML response that was presented to us, on whichever surface: from form field to identities.

use super::StsError;
use crate::catalogue::{Catalogue, Provider};
use crate::saml::aws;
use crate::saml::{Expectation, Request, SecondEngine, SigningKey, UnverifiedResponse, VerifiedAssertion};
use crate::store::{Redemption, Surface};
use crate::trace::Trace;
use crate::trust::FederatedIdentity;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A registration of the identity provider that vouches for the assertion, and who its bearer is there.
pub struct Accepted {
    pub provider: Arc<Provider>,
    pub assertion: VerifiedAssertion,
    pub identity: FederatedIdentity,
}

/// What responses must be made out to.
pub struct Addressee {
    pub recipients: Vec<String>,
    pub audiences: Vec<String>,
    pub second_engine: SecondEngine,
}

/// How the response came to us.
#[derive(Clone, Copy)]
pub enum Arrival<'a> {
    Api,
    /// With the request that this browser began, if it brought the attempt's cookie.
    Browser(Option<&'a str>),
}

/// Verifies a response once and confirms it for every registration of its identity provider, in any account, whose own
/// keys hold the key that verified. At least one, or the reason why none.
pub fn verify_response(
    catalogue: &Catalogue,
    addressee: &Addressee,
    form_value: &str,
    arrival: Arrival<'_>,
    now: OffsetDateTime,
    trace: &mut Trace,
) -> Result<Vec<Accepted>, StsError> {
    let response = UnverifiedResponse::decode(form_value)?;
    let issuer = response.issuer().to_owned();
    let providers = catalogue.saml_providers(&issuer);
    if providers.is_empty() {
        return Err(StsError::UnknownIdentityProvider { issuer: crate::trace::clip(&issuer) });
    }
    trace.pass("saml.issuer", &issuer);
    let response = response.authenticate(&distinct_keys(providers), addressee.second_engine, trace)?;
    let mut accepted = Vec::new();
    let mut refusal = None;
    for provider in providers {
        let Some(saml) = provider.saml() else { continue };
        if !saml.identity_provider.keys.iter().any(|key| key.fingerprint() == response.key_fingerprint()) {
            trace.note("saml.registration", format!("{} does not hold the key that verified", provider.arn));
            continue;
        }
        let expectation = Expectation {
            now,
            clock_skew: saml.clock_skew,
            recipients: &addressee.recipients,
            audiences: &addressee.audiences,
            request: request(arrival, saml.idp_initiated),
        };
        match response.confirm(&expectation, trace) {
            Ok(assertion) => {
                for value in aws::roles(&assertion).malformed {
                    trace.note("saml.role-attribute", format!("not a pair of role and provider: {value}"));
                }
                let identity = FederatedIdentity::from_assertion(&assertion, provider)?;
                accepted.push(Accepted { provider: provider.clone(), assertion, identity });
            }
            Err(error) => drop(refusal.get_or_insert(error)),
        }
    }
    match refusal {
        Some(error) if accepted.is_empty() => Err(error.into()),
        _ if accepted.is_empty() => Err(StsError::UnknownIdentityProvider { issuer: crate::trace::clip(&issuer) }),
        _ => Ok(accepted),
    }
}

fn request(arrival: Arrival<'_>, idp_initiated: bool) -> Request<'_> {
    match arrival {
        Arrival::Api => Request::Api,
        Arrival::Browser(Some(id)) => Request::Solicited { id },
        Arrival::Browser(None) if idp_initiated => Request::UnsolicitedAllowed,
        Arrival::Browser(None) => Request::UnsolicitedRefused,
    }
}

/// Each key once, however many accounts hold it: an assertion is verified once for each distinct key.
fn distinct_keys(providers: &[Arc<Provider>]) -> Vec<SigningKey> {
    let mut keys: Vec<SigningKey> = Vec::new();
    for key in providers.iter().filter_map(|p| p.saml()).flat_map(|saml| &saml.identity_provider.keys) {
        if !keys.iter().any(|known| known.fingerprint() == key.fingerprint()) {
            keys.push(key.clone());
        }
    }
    keys
}

/// The use of an assertion, for the store to decide on. Remembered until it could no longer be accepted anyway, and at
/// least until five minutes (and the largest clock skew) after its issue.
pub fn redemption(accepted: &Accepted, surface: Surface, role: &str, once: bool) -> Redemption {
    let assertion = &accepted.assertion;
    let least = assertion.issue_instant + Duration::minutes(5) + Duration::minutes(5);
    let keep_until = assertion.not_on_or_after.max(least).unix_timestamp();
    let (issuer, paper, role) = (assertion.issuer.clone(), assertion.id.clone(), role.to_owned());
    Redemption { issuer, paper, surface, role, once: once || assertion.one_time_use, keep_until }
}
