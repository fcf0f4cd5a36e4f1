//! From a file to whom it is about, by the checks of the live path.

use super::Explain;
use crate::app::{addressee, existing_decryption_keys, this_program, witness};
use crate::catalogue::{Catalogue, Provider};
use crate::cli::provider_named;
use crate::config::{Loaded, Secrets};
use crate::metrics::Metrics;
use crate::oidc::social::AccessDesk;
use crate::oidc::{self, UnverifiedToken};
use crate::saml::{DecryptionKeys, response_field};
use crate::sts::{Accepted, Arrival, StsError, verify_response};
use crate::trace::{Refusal, Trace};
use crate::trust::{FederatedIdentity, OnPaper, read_claims};
use crate::words::RoleArn;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use time::OffsetDateTime;

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct PaperFile {
    /// A SAMLResponse, as base64 or XML
    #[arg(long, value_name = "FILE")]
    pub(super) saml_response: Option<PathBuf>,
    /// An ID token
    #[arg(long, value_name = "FILE")]
    pub(super) id_token: Option<PathBuf>,
    /// An access token of Facebook or Amazon, which is asked about it
    #[arg(long, value_name = "FILE", requires = "provider")]
    pub(super) access_token: Option<PathBuf>,
    /// Claims as a JSON object, unverified: who would such a person become?
    #[arg(long, value_name = "FILE", requires = "provider")]
    pub(super) claims: Option<PathBuf>,
}

impl Explain {
    /// Outer error: the question is wrong. Inner error: the papers are.
    pub(super) async fn identify(
        &self,
        loaded: &Loaded,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Result<Vec<OnPaper>, Box<dyn Refusal>>, String> {
        if let Some(path) = &self.paper.saml_response {
            let form = response_field(&read(path)?);
            let settings = &loaded.settings;
            let decryption = self.decryption_keys(&form, now).await?;
            let metrics = Arc::new(Metrics::new());
            let witness =
                witness(settings.saml.second_engine, this_program(), 1, metrics).map_err(|e| e.to_string())?;
            let addressee = addressee(&settings.server.public_url, &settings.saml, decryption, witness);
            recall_metadata(loaded, now, trace).await?;
            let accepted =
                verify_response(&loaded.catalogue, &addressee, &form, &Arrival::Api, now, &mut Vec::new(), trace);
            let known = |all: Vec<Accepted>| all.into_iter().map(|a| OnPaper::of(a.provider, a.identity)).collect();
            return Ok(accepted.map(known).map_err(boxed));
        }
        if let Some(path) = &self.paper.id_token {
            // A copy that a gateway has kept serves here as it does there; what it lacks is fetched.
            for oidc in loaded.catalogue.providers().filter_map(|provider| provider.oidc()) {
                let kept = oidc.relying_party.restore_from(&loaded.settings.store.address, now).await;
                kept.map_err(|error| error.to_string())?;
            }
            let known = self.verify_token(&read(path)?, &loaded.catalogue, now, trace).await;
            return Ok(known.map_err(boxed));
        }
        let name = self.provider.as_deref().unwrap_or_default();
        let provider = provider_named(name, &loaded.catalogue)?;
        if let Some(path) = &self.paper.access_token {
            let social =
                provider.social().ok_or("access tokens are of providers of kind \"facebook\" and \"amazon\"")?;
            return Ok(verify_access(&read(path)?, provider, &social.desk, now, trace).await.map_err(boxed));
        }
        let path = self.paper.claims.as_ref().ok_or("give --saml-response, --id-token, --access-token or --claims")?;
        let claims = read_claims(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        let recipient = format!("{}saml/acs", loaded.settings.server.public_url);
        trace.note("explain.claims", "taken as they are; nothing was verified");
        Ok(OnPaper::supposed(claims, provider.clone(), &recipient).map(|known| vec![known]))
    }

    /// The gateway's own keys, where the paper needs them. That they are not here is what the trace then says.
    async fn decryption_keys(&self, form: &str, now: OffsetDateTime) -> Result<DecryptionKeys, String> {
        let xml = STANDARD.decode(form.replace(['\r', '\n'], "")).unwrap_or_default();
        if !String::from_utf8_lossy(&xml).contains("Encrypted") {
            return Ok(DecryptionKeys::default());
        }
        let load = |secrets| self.config.load(secrets, now);
        let Ok(loaded) = load(Secrets::Read).or_else(|_| load(Secrets::LeaveShut)) else {
            return Ok(DecryptionKeys::default());
        };
        existing_decryption_keys(&loaded.settings, now).await.map_err(|error| error.to_string())
    }

    async fn verify_token(
        &self,
        text: &str,
        catalogue: &Catalogue,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Vec<OnPaper>, StsError> {
        let issuer = UnverifiedToken::decode(text.trim())?.issuer().to_owned();
        let wanted = self.role.as_ref().map(RoleArn::account);
        let here = |provider: &&Arc<Provider>| {
            provider.oidc().is_some_and(|tokens| oidc::spellings(&tokens.issuer).any(|spelled| spelled == issuer))
                && wanted.is_none_or(|account| account == provider.account())
        };
        let mut known = Vec::new();
        for provider in catalogue.providers().filter(here) {
            let Some(oidc) = provider.oidc() else { continue };
            let token =
                oidc.relying_party.verify_token(UnverifiedToken::decode(text.trim())?, now, None, trace).await?;
            known.push(OnPaper::of(provider.clone(), FederatedIdentity::from_token(token, provider)?));
        }
        if known.is_empty() {
            let account = wanted.map_or("any".to_owned(), |account| account.to_string());
            return Err(StsError::UnknownIssuer { account, issuer });
        }
        Ok(known)
    }
}

fn boxed(error: StsError) -> Box<dyn Refusal> {
    Box::new(error)
}

async fn verify_access(
    text: &str,
    provider: &Arc<Provider>,
    desk: &Arc<AccessDesk>,
    now: OffsetDateTime,
    trace: &mut Trace,
) -> Result<Vec<OnPaper>, StsError> {
    let access = desk.verify(desk.network().decode(text.trim())?, "explain", now, trace).await?;
    Ok(vec![OnPaper::of(provider.clone(), FederatedIdentity::from_access(&access, provider))])
}

/// What is followed by URL is judged by the copy that a gateway has kept; nothing is fetched.
async fn recall_metadata(loaded: &Loaded, now: OffsetDateTime, trace: &mut Trace) -> Result<(), String> {
    for live in loaded.catalogue.metadata().into_iter().filter(|live| live.is_followed()) {
        live.restore_from(&loaded.settings.store.address).await.map_err(|error| error.to_string())?;
        let providers = live.registrations().join(", ");
        let sentence = match live.current(now) {
            Ok(_) => format!("{providers}: the copy that was kept is used"),
            Err(error) if live.is_known() => format!("{providers}: {error}"),
            Err(_) => format!("{providers}: no copy is kept; start Gatehouse, which fetches it"),
        };
        trace.note("saml.metadata", sentence);
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))
}
