//! A configuration is loaded when its tests hold. Those with a paper have it verified by the live path as of its time,
//! with nothing but what is configured: nothing is fetched, no kept copy is recalled and nothing is decrypted, so that a
//! test comes to the same on every machine.

use super::{addressee, this_program, witness};
use crate::catalogue::Provider;
use crate::config::{
    Loaded, Mistake, PaperKind, Peers, Secrets, Sources, Test, TestPaper, Unproven, load_untested_from,
};
use crate::metrics::Metrics;
use crate::oidc::UnverifiedToken;
use crate::saml::{DecryptionKeys, response_field};
use crate::sts::{Addressee, Arrival, verify_response};
use crate::trace::Trace;
use crate::trust::FederatedIdentity;
use crate::words::ProviderArn;
use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::sync::Arc;
use time::OffsetDateTime;

/// Reads `path` and everything it names, and runs its tests; on failure, every mistake there is.
pub fn load(path: &Path, secrets: Secrets, peers: Peers, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
    load_from(&Arc::new(Sources::new(path, peers)), secrets, now)
}

/// [`load`] from where `sources` says, and there everything that was looked for is noted.
pub(super) fn load_from(sources: &Arc<Sources>, secrets: Secrets, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
    let mut loaded = load_untested_from(sources, secrets, now)?;
    let desk = TestDesk { loaded: &loaded, addressee: OnceCell::new(), claims: RefCell::default() };
    let recipient = format!("{}saml/acs", loaded.settings.server.public_url);
    let here = (recipient.as_str(), loaded.settings.region.as_str());
    let failure =
        |test: &Test| test.failure(&loaded.catalogue, here, now, |provider, paper| desk.bearer(provider, paper));
    let failed: Vec<Mistake> = loaded.tests.iter().filter_map(failure).collect();
    if !failed.is_empty() {
        return Err(failed);
    }
    for (provider, claims) in desk.claims.into_inner() {
        loaded.catalogue.count_as_read(&provider, claims);
    }
    Ok(loaded)
}

/// Where the papers of tests are verified.
struct TestDesk<'a> {
    loaded: &'a Loaded,
    /// The second engine is started for the first assertion.
    addressee: OnceCell<Result<Addressee, String>>,
    /// What the papers that verified say, by name: it counts as read, like the claims that a test writes down.
    claims: RefCell<Vec<(ProviderArn, Vec<String>)>>,
}

impl TestDesk<'_> {
    fn bearer(&self, provider: &Arc<Provider>, paper: &TestPaper) -> Result<FederatedIdentity, Unproven> {
        let identity = match paper.kind {
            PaperKind::IdToken => bearer_of_token(provider, paper),
            PaperKind::SamlResponse => self.bearer_of_response(provider, paper),
        }?;
        self.claims.borrow_mut().push((provider.arn.clone(), identity.claims.keys().cloned().collect()));
        Ok(identity)
    }

    fn bearer_of_response(&self, provider: &Arc<Provider>, paper: &TestPaper) -> Result<FederatedIdentity, Unproven> {
        let saml = provider.saml().ok_or_else(|| unasked("is for providers of kind \"saml\""))?;
        if saml.metadata.is_followed() {
            return Err(unasked(
                "cannot be verified here: the provider's metadata is at a URL, and a test fetches nothing; test with claims, or give metadata = { file = \"…\" }",
            ));
        }
        let addressee = self.addressee.get_or_init(|| self.start()).as_ref().map_err(unasked)?;
        let (field, mut trace) = (response_field(&paper.text), Trace::new("test"));
        let catalogue = &self.loaded.catalogue;
        let accepted =
            verify_response(catalogue, addressee, &field, &Arrival::Api, paper.at, &mut Vec::new(), &mut trace)?;
        let others: Vec<&str> = accepted.iter().map(|it| it.provider.arn.as_str()).collect();
        let others = format!("is of {} and not of this provider", others.join(", "));
        let ours = accepted.into_iter().find(|it| it.provider.arn == provider.arn);
        ours.map(|it| it.identity).ok_or_else(|| unasked(others))
    }

    fn start(&self) -> Result<Addressee, String> {
        let settings = &self.loaded.settings;
        let witness = witness(settings.saml.second_engine, this_program(), 1, Arc::new(Metrics::new()));
        let witness = witness.map_err(|error| format!("cannot be verified here: {error}"))?;
        Ok(addressee(&settings.server.public_url, &settings.saml, DecryptionKeys::default(), witness))
    }
}

fn bearer_of_token(provider: &Arc<Provider>, paper: &TestPaper) -> Result<FederatedIdentity, Unproven> {
    let oidc = provider.oidc().ok_or_else(|| unasked("is for providers that issue ID tokens"))?;
    let token = UnverifiedToken::decode(paper.text.trim())?;
    let verified = oidc.relying_party.verify_by_fixed_keys(token, paper.at, &mut Trace::new("test"));
    let verified = verified.ok_or_else(|| {
        unasked("cannot be verified here: the provider's keys are at a URL, and a test fetches nothing; test with claims, or give jwks = { file = \"…\" }")
    })?;
    Ok(FederatedIdentity::from_token(verified?, provider)?)
}

fn unasked(sentence: impl ToString) -> Unproven {
    Unproven::Unasked(sentence.to_string())
}
