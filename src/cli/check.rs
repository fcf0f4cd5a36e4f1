//! `gatehouse check`.

use super::config_file::ConfigFile;
use super::{fail_with_mistakes, install_cryptography, say};
use crate::ambient::Clock;
use crate::app::load;
use crate::config::{Peers, Secrets};
use clap::Args;
use std::process::ExitCode;

/// Exit status 0 when it would start, 1 when it would not.
#[derive(Args)]
#[command(after_help = "Example:\n  gatehouse check --config config/gatehouse.toml --without-secrets")]
pub(super) struct Check {
    #[command(flatten)]
    config: ConfigFile,
    /// Do not read what { env = … } and { file = … } point to, as in a review or in CI
    #[arg(long)]
    without_secrets: bool,
}

/// The name that AWS has at every SAML identity provider.
const AWS: &str = "urn:amazon:webservices";

impl Check {
    pub(super) fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let secrets = if self.without_secrets { Secrets::LeaveShut } else { Secrets::Read };
        let now = Clock::system().now();
        let loaded = load(self.config.path(), secrets, Peers::Real, now).map_err(fail_with_mistakes)?;
        let catalogue = &loaded.catalogue;
        let (accounts, providers) = (catalogue.accounts().count(), catalogue.providers().count());
        let roles = catalogue.roles().count();
        let tests = match loaded.tests.len() {
            0 => String::new(),
            tests => format!(", tests passed: {tests}"),
        };
        let file = self.config.path().display();
        say(format!("{file}: good. Accounts: {accounts}, providers: {providers}, roles: {roles}{tests}."));
        if loaded.settings.saml.audiences.iter().any(|audience| audience == AWS) {
            say(format!(
                "note: saml.audiences has \"{AWS}\": responses that are made out to AWS itself are accepted here as well."
            ));
        }
        for provider in catalogue.providers() {
            let claims: Vec<&str> = provider.normalisation.common_name.iter().map(String::as_str).collect();
            if !claims.is_empty() {
                say(format!(
                    "note: of {} at {} the common name alone is read: groups of one name in two places look alike.",
                    claims.join(", "),
                    provider.arn
                ));
            }
        }
        for (provider, expression) in catalogue.read_whole() {
            say(format!(
                "note: {expression} of {} reads claims without naming them, so all of them are kept for `gatehouse plan`.",
                provider.arn
            ));
        }
        for role in catalogue.roles() {
            for (statement, past) in role.trust.denies_past() {
                let names = past.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
                say(format!(
                    "note: the Deny {} of the trust policy of {} has the Principal \"*\", which does not reach those who come through an identity provider; to deny them as well, write \"Principal\": {{\"AWS\": \"*\", \"Federated\": [{names}]}}.",
                    statement.sid().map_or_else(|| format!("#{}", statement.index()), str::to_owned),
                    role.arn
                ));
            }
        }
        Ok(())
    }
}
