//! `gatehouse sessions`. No secret but the store's is needed to end a session: whoever may write the store may.

use super::config_file::ConfigFile;
use super::{fail, install_cryptography, moment, provider_named, say, unwritten};
use crate::ambient::Clock;
use crate::app::{Ending, Live, LiveSession, admit, live_sessions, revoke};
use crate::catalogue::Catalogue;
use crate::config::Secrets;
use crate::sts::is_session_id;
use crate::trace::clip;
use crate::words::{RoleArn, counted, iso_of};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::{BufWriter, Write};
use std::process::ExitCode;
use time::OffsetDateTime;

#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse sessions revoke --config gatehouse.toml --role arn:aws:iam::111122223333:role/Admin")]
pub(super) struct Sessions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the sessions that are live
    List(List),
    /// Ends sessions before their time, with all that was assumed with them
    Revoke(Revoke),
    /// Lets a person in again whom `revoke --subject` has barred
    Admit(Admit),
}

#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse sessions list --config gatehouse.toml --json | jq -r .[].principal")]
struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = "\
A running gateway refuses the sessions within two seconds, and every session that was assumed with one of them. Their
console sessions end as well, and the assertions and tokens that they were made from make no others. Whoever has a new
assertion or token may come again, unless --subject has barred them.

Exit status: 0 if it is done, even if nothing was live; 1 if not.

Examples:
  gatehouse sessions revoke --config gatehouse.toml --session ASIA...
  gatehouse sessions revoke --config gatehouse.toml --role arn:aws:iam::111122223333:role/Admin
  gatehouse sessions revoke --config gatehouse.toml --principal arn:aws:iam::111122223333:user/ops
  gatehouse sessions revoke --config gatehouse.toml --provider corp --before 2026-01-31T12:00:00Z
  gatehouse sessions revoke --config gatehouse.toml --provider corp --subject alice@example.com")]
struct Revoke {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    whose: Whose,
    /// With --provider: one person there, who is barred from then on
    // Beside another of the group clap takes `requires` for fulfilled.
    #[arg(
        long,
        value_name = "S",
        requires = "provider",
        conflicts_with_all = ["session", "role", "principal"],
        value_parser = NonEmptyStringValueParser::new()
    )]
    subject: Option<String>,
    /// Only what was issued before then (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    before: Option<OffsetDateTime>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// One session, by its access key id, even if it is on no record
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Everybody's in a role
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// A user's, a role session's or a federated user's, with what they have assumed or given away
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,
    /// Those of whoever came through a provider: its name, account:name, or its ARN
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
}

#[derive(Args)]
#[command(after_help = "\
Sessions that were ended stay ended.

Example:
  gatehouse sessions admit --config gatehouse.toml --provider corp --subject alice@example.com")]
struct Admit {
    #[command(flatten)]
    config: ConfigFile,
    /// The provider's name, account:name, or its ARN
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// The person there who is barred, as `revoke --subject` named them
    #[arg(long, value_name = "S", value_parser = NonEmptyStringValueParser::new())]
    subject: String,
}

impl Sessions {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let now = Clock::system().now();
        match self.command {
            Command::List(list) => list.run(now).await,
            Command::Revoke(revoke) => revoke.run(now).await,
            Command::Admit(admit) => admit.run(now).await,
        }
    }
}

impl List {
    async fn run(self, now: OffsetDateTime) -> Result<(), ExitCode> {
        let loaded = self.config.loaded(Secrets::TheStores)?;
        let mut live = live_sessions(&loaded.settings, now).await.map_err(fail)?;
        self.write(&mut live).await.map_err(fail)
    }

    /// As they are read: however many there are, no more than a page of them is held.
    async fn write(&self, live: &mut Live) -> Result<(), String> {
        let mut out = BufWriter::new(std::io::stdout());
        let mut count = 0_u64;
        loop {
            let page = live.page().await.map_err(|error| error.to_string())?;
            if page.is_empty() {
                break;
            }
            for session in &page {
                let written = match (self.json, count) {
                    (false, _) => writeln!(out, "{}", as_text(session)),
                    (true, 0) => write!(out, "[{}", as_json(session)),
                    (true, _) => write!(out, ",\n{}", as_json(session)),
                };
                written.map_err(unwritten("the list"))?;
                count += 1;
            }
        }
        let end = match (self.json, count) {
            (false, _) => format!("{}.", counted(count, "live session")),
            (true, 0) => "[]".to_owned(),
            (true, _) => "]".to_owned(),
        };
        writeln!(out, "{end}").and_then(|()| out.flush()).map_err(unwritten("the list"))
    }
}

impl Revoke {
    async fn run(self, now: OffsetDateTime) -> Result<(), ExitCode> {
        if self.before.is_some_and(|before| before > now) {
            return Err(fail("--before lies ahead; what is issued until then could not be ended now"));
        }
        let loaded = self.config.loaded(Secrets::TheStores)?;
        let ending = self.whose.ending(self.subject, &loaded.catalogue).map_err(fail)?;
        let (barred, unknown, unrecorded) = (barred(&ending), unknown(&ending), unrecorded(&ending));
        let ended = revoke(&loaded, ending, self.before, now).await.map_err(fail)?;
        let ended = ended.ok_or_else(|| fail(format!("{unknown}; nothing was ended")))?;
        let (live, console) = (counted(ended.sessions, "live session"), counted(ended.console, "console session"));
        let unrecorded = if ended.on_record { "" } else { unrecorded };
        say(format!("Ended {live} and {console}.{barred}{unrecorded}"));
        Ok(())
    }
}

impl Whose {
    fn ending(self, subject: Option<String>, catalogue: &Catalogue) -> Result<Ending, String> {
        let Self { session, role, principal, provider } = self;
        if subject.is_some() && provider.is_none() {
            return Err("--subject says who of a --provider; name that, and nothing else".to_owned());
        }
        if let Some(id) = session {
            return Ok(Ending::Session(id));
        }
        if let Some(arn) = role {
            return match arn.parse::<RoleArn>() {
                Ok(arn) => Ok(Ending::Role(arn.to_string())),
                Err(_) => Err(format!("{arn} is not the ARN of a role")),
            };
        }
        if let Some(arn) = principal {
            let fits = [":user/", ":assumed-role/", ":federated-user/"].iter().any(|kind| arn.contains(kind));
            return match arn.starts_with("arn:aws:") && fits {
                true => Ok(Ending::Principal(arn)),
                false => Err(format!("{arn} is not the ARN of a user, a role session or a federated user")),
            };
        }
        let provider = provider_arn(&provider.unwrap_or_default(), catalogue)?;
        Ok(match subject {
            Some(subject) => Ending::Person { provider, subject },
            None => Ending::Provider(provider),
        })
    }
}

impl Admit {
    async fn run(self, now: OffsetDateTime) -> Result<(), ExitCode> {
        let loaded = self.config.loaded(Secrets::TheStores)?;
        let provider = provider_arn(&self.provider, &loaded.catalogue).map_err(fail)?;
        let subject = clip(&self.subject);
        if !admit(&loaded.settings, &provider, &self.subject, now).await.map_err(fail)? {
            return Err(fail(format!("{subject} is not barred at {provider}")));
        }
        say(format!("{subject} may come in again through {provider}."));
        Ok(())
    }
}

/// What is said besides.
fn barred(ending: &Ending) -> String {
    match ending {
        Ending::Person { provider, subject } => format!(" {} is barred at {provider}.", clip(subject)),
        Ending::Session(_) | Ending::Role(_) | Ending::Principal(_) | Ending::Provider(_) | Ending::Whose(_) => {
            String::new()
        }
    }
}

/// What is said if nothing is on record of what is ended all the same.
fn unrecorded(ending: &Ending) -> &'static str {
    match ending {
        Ending::Session(_) => {
            " That access key id is on no record; it is refused from now on. If it was used, somebody has come by a key of the \
             gateway, and can make others: see `gatehouse keys rotate --kind session --compromised`."
        }
        Ending::Role(_) | Ending::Principal(_) | Ending::Provider(_) | Ending::Person { .. } | Ending::Whose(_) => "",
    }
}

/// What is said if nothing is known of it.
fn unknown(ending: &Ending) -> String {
    let (kind, arn) = match ending {
        Ending::Session(id) if is_session_id(id) => {
            return "no session of that access key id that was issued before then is on record".to_owned();
        }
        Ending::Session(id) => return format!("{} is not the access key id of a session", clip(id)),
        Ending::Role(arn) => ("role", arn),
        Ending::Principal(arn) => ("user or session", arn),
        Ending::Whose(_) => return "nothing of theirs is on record".to_owned(),
        Ending::Provider(arn) | Ending::Person { provider: arn, .. } => ("provider", arn),
    };
    format!("the configuration has no {kind} {}, and nothing of it is on record", clip(arn))
}

/// One that is configured no more is told by its ARN.
fn provider_arn(text: &str, catalogue: &Catalogue) -> Result<String, String> {
    if text.starts_with("arn:") {
        return Ok(text.to_owned());
    }
    provider_named(text, catalogue).map(|provider| provider.arn.to_string())
}

fn as_json(session: &LiveSession) -> serde_json::Value {
    json!({
        "id": session.access_key_id, "principal": session.principal, "role": session.role,
        "provider": session.provider, "subject": session.subject, "parent": session.parent,
        "issued": iso_of(session.issued), "expires": iso_of(session.expires),
    })
}

/// Whoever wrote a subject or a session name is not to write on the operator's screen.
fn as_text(session: &LiveSession) -> String {
    let LiveSession { access_key_id, provider, issued, expires, .. } = session;
    let via = provider.as_deref().map(|provider| format!(" via {provider}")).unwrap_or_default();
    let (principal, subject) = (clip(&session.principal), clip(&session.subject));
    format!("{access_key_id}  {}  until {}  {principal}  of {subject}{via}", iso_of(*issued), iso_of(*expires))
}
