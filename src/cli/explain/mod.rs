//! `gatehouse explain`: the live path, walked on paper. It redeems nothing and mints nothing.

mod papers;
mod report;

use super::config_file::ConfigFile;
use super::{fail, fail_with_mistakes, install_cryptography};
use crate::ambient::Clock;
use crate::config::Secrets;
use crate::trace::Trace;
use crate::trust::{Admission, Explanation, Surroundings};
use crate::words::{RoleArn, in_utc, parse_xs_date_time};
use clap::Args;
use papers::PaperFile;
use report::Report;
use std::net::IpAddr;
use std::process::ExitCode;
use time::OffsetDateTime;

#[derive(Args)]
#[command(after_help = "\
Says step by step how the paper is verified, which claims it carries, and for each role of the provider's account whether
it would be given: by which rule and statement, under which conditions and what name, with which tags; or why not, and
what came nearest. The request comes from nowhere and in no manner; where the answer depends on that, or on the session name
that the bearer of a token would send, it says so.

Exit status: 0 if the role (or any role) would be given, 2 if not, 1 if the question could not be understood.

Examples:
  gatehouse explain --config gatehouse.toml --saml-response response.b64 --role arn:aws:iam::111122223333:role/Admin
  gatehouse explain --config gatehouse.toml --id-token token.jwt --at 2031-01-01T12:00:00Z
  gatehouse explain --config gatehouse.toml --access-token token.txt --provider facebook
  gatehouse explain --config gatehouse.toml --claims claims.json --provider corp")]
pub(super) struct Explain {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    paper: PaperFile,
    /// The provider that the access token or the claims are from: name, or account:name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["saml_response", "id_token"])]
    provider: Option<String>,
    /// Ask about this role alone
    #[arg(long, value_name = "ARN")]
    role: Option<RoleArn>,
    /// Pretend that it is this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_xs_date_time(text).and_then(in_utc).ok_or("write it as 2031-01-01T12:00:00Z"))]
    at: Option<OffsetDateTime>,
    /// Pretend that the request comes from this address (aws:SourceIp); else it comes from nowhere
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let now = self.at.unwrap_or_else(|| Clock::system().now());
        let load = |secrets| self.config.load(secrets, now);
        // Of what explaining fetches, only the word on an access token and the groups that do not fit into an ID token need a
        // secret; without it most ID tokens are explained all the same.
        let loaded = match &self.paper {
            PaperFile { access_token: Some(_), .. } => load(Secrets::Read),
            PaperFile { id_token: Some(_), .. } => load(Secrets::Read).or_else(|_| load(Secrets::LeaveShut)),
            _ => load(Secrets::LeaveShut),
        };
        let loaded = loaded.map_err(fail_with_mistakes)?;
        let around = Surroundings::on_paper(now, self.source_ip).in_region(&loaded.settings.region);
        let mut trace = Trace::new("explain");
        let known = self.identify(&loaded, now, &mut trace).await.map_err(fail)?;
        let explanation =
            Explanation::of(known, &loaded.catalogue, self.role.as_ref(), Admission::AsItIs, &around, trace);
        let report = Report { now, explanation };
        if self.json {
            report.print_json()?;
        } else {
            report.print_text()?;
        }
        if report.explanation.is_allowed() { Ok(()) } else { Err(ExitCode::from(2)) }
    }
}
