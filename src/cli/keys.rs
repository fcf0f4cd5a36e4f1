//! `gatehouse keys`.

use super::config_file::ConfigFile;
use super::{answer, fail, install_cryptography, say};
use crate::ambient::{Clock, Random};
use crate::app::{Former, ListedKey, activate, keys, rotate};
use crate::config::Secrets;
use crate::sts::{KeyKind, KeyState};
use crate::words::iso;
use clap::{Args, Subcommand, ValueEnum};
use std::process::ExitCode;
use time::OffsetDateTime;

#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse keys rotate --config gatehouse.toml --kind session")]
pub(super) struct KeysCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the keys, what each is for, and until when; never the keys themselves
    List(List),
    /// Makes a new key, which comes into use when every node has it
    Rotate(Rotate),
    /// Brings the SAML key that waits into use
    Activate(Activate),
}

#[derive(Args)]
#[command(after_help = "\
Example:
  gatehouse keys list --config gatehouse.toml")]
struct List {
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Args)]
#[command(after_help = "\
Gateways on the same store and keys take the new key up within two seconds, without a restart.

session  It seals session tokens, console sessions and sign-ins under way, from one minute on. The key before it opens
         what it has sealed, each kind of thing for as long as that lives, and is removed after 15 days. Nobody's session
         ends, and nobody is shut out who has stolen that key: they go on making sessions with it for a day and a half.
issuer   A pair, in /.well-known/jwks.json at once; it signs tokens from a day later on, when everybody who keeps that document
         has it anew. The pair before it stays there for a day and an hour more.
saml     A pair, one to sign with and one to decrypt with, and its certificates in /saml/metadata behind those in use.
         Assertions that are encrypted to it are opened from now on; it signs from `gatehouse keys activate` on, which is for
         you to say once the identity providers have the new metadata. The pair before it goes on decrypting, and stays in the
         metadata behind the new one, until the next `gatehouse keys rotate --kind saml`.

A second key of a kind is refused while one is on its way.

If somebody may have come by a key, say --compromised: the new key is in use at once, and every other key of its kind, also
one on its way, is removed at once and for good. A gateway that has heard of it, within two seconds, takes nothing any more
that those have made:

session  Everybody's temporary credentials, console sessions and sign-in URLs end, and sign-ins under way fail: everybody
         signs in anew. What was kept for `gatehouse plan` and in encoded authorization messages cannot be read any more.
issuer   /.well-known/jwks.json has the new pair alone. Whoever keeps the former document (most do for a day at most) takes
         what is signed with the former keys, and nothing that is signed with the new ones, until they fetch it anew.
saml     /saml/metadata has the new pair alone; identity providers need it before they can encrypt to us or take our signed
         requests. A saml-encryption-former.pem that was put there by hand is yours to take away.

Examples:
  gatehouse keys rotate --config gatehouse.toml --kind session
  gatehouse keys rotate --config gatehouse.toml --kind issuer
  gatehouse keys rotate --config gatehouse.toml --kind saml
  gatehouse keys rotate --config gatehouse.toml --kind session --compromised")]
struct Rotate {
    #[command(flatten)]
    config: ConfigFile,
    /// Which key
    #[arg(long)]
    kind: Kind,
    /// Somebody may have come by a key of this kind: it and whatever it has made end now
    #[arg(long)]
    compromised: bool,
}

#[derive(Args)]
#[command(after_help = "\
What we send to SAML identity providers is signed with the new key within two seconds, and its certificates come first in
/saml/metadata. Whoever has only the former certificate refuses our requests from then on; what they encrypt to it is opened.

Example:
  gatehouse keys activate --config gatehouse.toml")]
struct Activate {
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Session,
    Issuer,
    Saml,
}

impl KeysCommand {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        install_cryptography();
        let now = Clock::system().now();
        match self.command {
            Command::List(list) => list.run(now).await,
            Command::Rotate(rotate) => rotate.run(now).await,
            Command::Activate(activate) => activate.run(now).await,
        }
    }
}

impl List {
    async fn run(self, now: OffsetDateTime) -> Result<(), ExitCode> {
        let loaded = self.config.loaded(Secrets::TheStores)?;
        let keys = keys(&loaded.settings, now).await.map_err(fail)?;
        keys.iter().try_for_each(|key| answer(as_text(key)))
    }
}

impl Rotate {
    async fn run(self, now: OffsetDateTime) -> Result<(), ExitCode> {
        let loaded = self.config.loaded(Secrets::TheHouses)?;
        let former = if self.compromised { Former::Go } else { Former::Stay };
        let key = rotate(&loaded.settings, self.kind.into(), former, now, Random).await.map_err(fail)?;
        say(as_text(&key));
        Ok(())
    }
}

impl Activate {
    async fn run(self, now: OffsetDateTime) -> Result<(), ExitCode> {
        let loaded = self.config.loaded(Secrets::TheStores)?;
        let id = activate(&loaded.settings, now).await.map_err(fail)?;
        say(format!(
            "The SAML key {id} signs from now on. Give the metadata to identity providers that do not follow it."
        ));
        Ok(())
    }
}

impl From<Kind> for KeyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Session => Self::Session,
            Kind::Issuer => Self::Issuer,
            Kind::Saml => Self::Saml,
        }
    }
}

fn as_text(key: &ListedKey) -> String {
    let ListedKey { kind, id, made, state } = key;
    let state = match state {
        KeyState::Upcoming { from: Some(from) } => format!("upcoming, active from {}", iso(*from)),
        KeyState::Upcoming { from: None } => "upcoming, waits for `gatehouse keys activate`".to_owned(),
        KeyState::Active => "active".to_owned(),
        KeyState::Retired { until: Some(until) } => format!("retired, kept until {}", iso(*until)),
        KeyState::Retired { until: None } => {
            "retired, kept until the next `gatehouse keys rotate --kind saml`".to_owned()
        }
        KeyState::Spent => "retired, about to be removed".to_owned(),
    };
    format!("{:8} {id:8}  made {}  {state}", kind.name(), iso(*made))
}
