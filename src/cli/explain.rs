//! `gatehouse explain`: the live path, walked on paper. It redeems nothing and mints nothing.

use super::{fail, fail_with_mistakes, install_cryptography, say};
use crate::ambient::Clock;
use crate::app::{addressee, existing_decryption_keys, this_program, witness};
use crate::catalogue::{Catalogue, Provider};
use crate::config::{Loaded, Peers, Secrets, load_untested};
use crate::metrics::Metrics;
use crate::oidc::social::AccessDesk;
use crate::oidc::{self, UnverifiedToken};
use crate::saml::DecryptionKeys;
use crate::sts::{Accepted, Arrival, StsError, verify_response};
use crate::trace::{Outcome, Refusal, Step, Trace};
use crate::trust::{FederatedIdentity, Surroundings, TrustError, Worn, ruling, suppose};
use crate::words::{RoleArn, iso, parse_xs_date_time};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use time::OffsetDateTime;

/// Exit status 0 if the role (or any role) would be given, 2 if not, 1 if the question could not be understood.
#[derive(Args)]
#[command(after_help = "Examples:
  gatehouse explain --config gatehouse.toml --saml-response response.b64 --role arn:aws:iam::111122223333:role/Admin
  gatehouse explain --config gatehouse.toml --id-token token.jwt --at 2031-01-01T12:00:00Z
  gatehouse explain --config gatehouse.toml --access-token token.txt --provider facebook
  gatehouse explain --config gatehouse.toml --claims claims.json --provider corp")]
pub(super) struct Explain {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    paper: PaperFile,
    /// The provider that the access token or the claims are from: name, or account:name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["saml_response", "id_token"])]
    provider: Option<String>,
    /// Ask about this role alone
    #[arg(long, value_name = "ARN")]
    role: Option<RoleArn>,
    /// Pretend that it is this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_xs_date_time(text).ok_or("write it as 2031-01-01T12:00:00Z"))]
    at: Option<OffsetDateTime>,
    /// Pretend that the request comes from this address (aws:SourceIp); else it comes from nowhere
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct PaperFile {
    /// A SAMLResponse, as base64 or XML
    #[arg(long, value_name = "FILE")]
    saml_response: Option<PathBuf>,
    /// An ID token
    #[arg(long, value_name = "FILE")]
    id_token: Option<PathBuf>,
    /// An access token of Facebook or Amazon, which is asked about it
    #[arg(long, value_name = "FILE", requires = "provider")]
    access_token: Option<PathBuf>,
    /// Claims as a JSON object, unverified: who would such a person become?
    #[arg(long, value_name = "FILE", requires = "provider")]
    claims: Option<PathBuf>,
}

/// Somebody, and the provider that says so.
type Known = (Arc<Provider>, FederatedIdentity);

/// What one role would say.
struct Ruling {
    role: RoleArn,
    verdict: Result<Worn, TrustError>,
}

impl Explain {
    pub(super) async fn run(self) -> ExitCode {
        install_cryptography();
        let now = self.at.unwrap_or_else(|| Clock::system().now());
        let around = Surroundings::on_paper(now, self.source_ip);
        let load = |secrets| load_untested(&self.config, secrets, Peers::Demo, now);
        // Of what explaining fetches, only the word on an access token and the groups that do not fit into an ID token need a
        // secret; without it most ID tokens are explained all the same.
        let loaded = match &self.paper {
            PaperFile { access_token: Some(_), .. } => load(Secrets::Read),
            PaperFile { id_token: Some(_), .. } => load(Secrets::Read).or_else(|_| load(Secrets::LeaveShut)),
            _ => load(Secrets::LeaveShut),
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(mistakes) => return fail_with_mistakes(&mistakes),
        };
        let mut trace = Trace::new("explain");
        let known = match self.identify(&loaded, now, &mut trace).await {
            Ok(Ok(known)) => known,
            Ok(Err(refusal)) => {
                trace.refuse(refusal.as_ref());
                Vec::new()
            }
            Err(sentence) => return fail(sentence),
        };
        let rulings: Vec<Ruling> =
            known.iter().flat_map(|(p, i)| self.rule(&loaded.catalogue, p, i, &around, &mut trace)).collect();
        let allowed = rulings.iter().any(|ruling| ruling.verdict.is_ok());
        if self.json {
            print_json(&trace, &known, &rulings, allowed)
        } else {
            print_text(&trace, &known, &rulings, now)
        }
        ExitCode::from(if allowed { 0 } else { 2 })
    }

    /// Outer error: the question is wrong. Inner error: the papers are.
    async fn identify(
        &self,
        loaded: &Loaded,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Result<Vec<Known>, Box<dyn Refusal>>, String> {
        if let Some(path) = &self.paper.saml_response {
            let text = read(path)?;
            let form =
                if text.trim_start().starts_with('<') { STANDARD.encode(text.trim()) } else { text.trim().to_owned() };
            let settings = &loaded.settings;
            let decryption = self.decryption_keys(&form, now).await?;
            let metrics = Arc::new(Metrics::new());
            let witness =
                witness(settings.saml.second_engine, this_program(), 1, metrics).map_err(|e| e.to_string())?;
            let addressee = addressee(&settings.server.public_url, &settings.saml, decryption, witness);
            recall_metadata(loaded, now, trace).await?;
            let accepted =
                verify_response(&loaded.catalogue, &addressee, &form, &Arrival::Api, now, &mut Vec::new(), trace);
            let known = |all: Vec<Accepted>| all.into_iter().map(|a| (a.provider, a.identity)).collect();
            return Ok(accepted.map(known).map_err(boxed));
        }
        if let Some(path) = &self.paper.id_token {
            // A copy that a gateway has kept serves here as it does there; what it lacks is fetched.
            for oidc in loaded.catalogue.providers().filter_map(|provider| provider.oidc()) {
                let kept = oidc.relying_party.restore_from(&loaded.settings.store.path, now).await;
                kept.map_err(|error| error.to_string())?;
            }
            let known = self.verify_token(&read(path)?, &loaded.catalogue, now, trace).await;
            return Ok(known.map_err(boxed));
        }
        let name = self.provider.as_deref().unwrap_or_default();
        let provider =
            loaded.catalogue.provider_named(name).ok_or_else(|| format!("there is no provider called \"{name}\""))?;
        if let Some(path) = &self.paper.access_token {
            let social =
                provider.social().ok_or("access tokens are of providers of kind \"facebook\" and \"amazon\"")?;
            return Ok(verify_access(&read(path)?, provider, &social.desk, now, trace).await.map_err(boxed));
        }
        let path = self.paper.claims.as_ref().ok_or("give --saml-response, --id-token, --access-token or --claims")?;
        let claims: Value =
            serde_json::from_str(&read(path)?).map_err(|e| format!("{} is not JSON: {e}", path.display()))?;
        let Value::Object(claims) = claims else { return Err(format!("{} is not a JSON object", path.display())) };
        let recipient = format!("{}saml/acs", loaded.settings.server.public_url);
        trace.note("explain.claims", "taken as they are; nothing was verified");
        Ok(suppose(claims, provider, &recipient).map(|identity| vec![(provider.clone(), identity)]))
    }

    /// The gateway's own keys, where the paper needs them. That they are not here is what the trace then says.
    async fn decryption_keys(&self, form: &str, now: OffsetDateTime) -> Result<DecryptionKeys, String> {
        let xml = STANDARD.decode(form.replace(['\r', '\n'], "")).unwrap_or_default();
        if !String::from_utf8_lossy(&xml).contains("Encrypted") {
            return Ok(DecryptionKeys::default());
        }
        let load = |secrets| load_untested(&self.config, secrets, Peers::Demo, now);
        let Ok(loaded) = load(Secrets::Read).or_else(|_| load(Secrets::LeaveShut)) else {
            return Ok(DecryptionKeys::default());
        };
        existing_decryption_keys(loaded.settings).await.map_err(|error| error.to_string())
    }

    async fn verify_token(
        &self,
        text: &str,
        catalogue: &Catalogue,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Vec<Known>, StsError> {
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
            known.push((provider.clone(), FederatedIdentity::from_token(&token, provider)?));
        }
        if known.is_empty() {
            let account = wanted.map_or("any".to_owned(), |account| account.to_string());
            return Err(StsError::UnknownIssuer { account, issuer });
        }
        Ok(known)
    }

    fn rule(
        &self,
        catalogue: &Catalogue,
        provider: &Arc<Provider>,
        identity: &FederatedIdentity,
        around: &Surroundings,
        trace: &mut Trace,
    ) -> Vec<Ruling> {
        let here = |arn: &RoleArn| arn.account() == provider.account();
        let roles: Vec<RoleArn> = match &self.role {
            Some(role) => [role.clone()].into_iter().filter(|role| here(role)).collect(),
            None => catalogue.roles().map(|role| role.arn.clone()).filter(|role| here(role)).collect(),
        };
        // Each role is asked for on its own, as the API would; the trace keeps the deciding steps.
        let mut rule = |role: RoleArn| {
            let verdict = ruling(catalogue, provider, identity, &role, around, trace);
            Ruling { role, verdict }
        };
        roles.into_iter().map(&mut rule).collect()
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
) -> Result<Vec<Known>, StsError> {
    let access = desk.verify(desk.network().decode(text.trim())?, "explain", now, trace).await?;
    Ok(vec![(provider.clone(), FederatedIdentity::from_access(&access, provider))])
}

/// What is followed by URL is judged by the copy that a gateway has kept; nothing is fetched.
async fn recall_metadata(loaded: &Loaded, now: OffsetDateTime, trace: &mut Trace) -> Result<(), String> {
    for live in loaded.catalogue.metadata().into_iter().filter(|live| live.is_followed()) {
        live.restore_from(&loaded.settings.store.path).await.map_err(|error| error.to_string())?;
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

fn print_text(trace: &Trace, known: &[Known], rulings: &[Ruling], now: OffsetDateTime) {
    say(format!("At {}:", iso(now)));
    trace.steps().iter().for_each(print_step);
    for (provider, identity) in known {
        say(format!("\n{} is {} at {}", identity.subject, provider.name, provider.arn));
        for (name, value) in &identity.claims {
            say(format!("  {name} = {}", crate::trace::clip(&value.to_string())));
        }
    }
    say("\nRoles:");
    for Ruling { role, verdict } in rulings {
        match verdict {
            Ok(Worn { session_name, statement, .. }) => {
                say(format!("  allow  {role}\n         as {session_name}, by {statement}"));
            }
            Err(error) => {
                let (code, remedy) = (error.code().name(), error.code().remedy());
                say(format!("  deny   {role}\n         {code}: {error}\n         → {remedy}"))
            }
        }
    }
    if rulings.is_empty() {
        say("  none can be asked about");
    }
}

fn print_step(step: &Step) {
    let mark = match step.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "FAIL",
        Outcome::Note => "note",
    };
    say(format!(
        "  {mark}  {:<28} {}",
        step.check,
        step.sentence.as_deref().or(step.received.as_deref()).unwrap_or_default()
    ));
    if step.outcome == Outcome::Fail {
        for (label, text) in [("expected", &step.expected), ("received", &step.received), ("→", &step.remedy)] {
            if let Some(text) = text {
                say(format!("        {label} {text}"));
            }
        }
    }
}

fn print_json(trace: &Trace, known: &[Known], rulings: &[Ruling], allowed: bool) {
    let identities: Vec<Value> = known
        .iter()
        .map(|(provider, identity)| json!({ "provider": provider.arn.to_string(), "subject": identity.subject, "claims": identity.claims }))
        .collect();
    let roles: Vec<Value> = rulings
        .iter()
        .map(|Ruling { role, verdict }| match verdict {
            Ok(Worn { session_name, statement, .. }) => json!({
                "role": role.as_str(), "decision": "allow", "session_name": session_name.as_str(), "statement": statement,
            }),
            Err(error) => json!({
                "role": role.as_str(), "decision": "deny", "code": error.code().name(), "reason": error.to_string(),
                "remedy": error.code().remedy(),
            }),
        })
        .collect();
    say(json!({ "allowed": allowed, "steps": trace.steps(), "identities": identities, "roles": roles }));
}
