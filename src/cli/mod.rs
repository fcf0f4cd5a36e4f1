//! The commands, one file or folder each. [`run`] picks one; what it returns is the exit status.
//!
//! ```text
//! serve.rs                the gateway
//! demo.rs                 the same, with a development identity provider beside it
//! check.rs                a configuration, and every mistake in it
//! explain/, simulate.rs   the live path and the policy engine, asked on paper
//! plan/                   recorded decisions, put to the configuration as it is and as it is planned
//! keys.rs, sessions.rs    what there is, and orders about it, of which a running gateway hears
//! audit/                  the book, read and verified
//! backup.rs               what the gateway keeps, copied and put back
//! config_file.rs          `--config`, as all have it that name one configuration
//! log.rs                  what `serve` and `demo` tell on stderr
//! ```

mod audit;
mod backup;
mod check;
mod config_file;
mod demo;
mod explain;
mod keys;
mod log;
mod plan;
mod serve;
mod sessions;
mod simulate;

use crate::catalogue::{Catalogue, Provider};
use crate::trace::clip;
use crate::words::{counted, in_utc};
use clap::{Parser, Subcommand};
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A federation identity-provider bridge: SAML and OpenID Connect in, temporary credentials out.
#[derive(Parser)]
#[command(name = "gatehouse", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the gateway
    Serve(serve::Serve),
    /// Starts a gateway with a development identity provider, to try it out
    Demo(demo::Demo),
    /// Loads a configuration and names every mistake in it
    Check(check::Check),
    /// Says what an assertion, a token or a set of claims would come to, and why
    Explain(explain::Explain),
    /// Says who would gain and lose what under another configuration
    Plan(plan::Plan),
    /// Lists the keys of the house, and brings new ones into use
    Keys(keys::KeysCommand),
    /// Reads the book: what was granted and refused, and whether it is as it was written
    Audit(audit::Audit),
    /// Lists the sessions that are live, and ends them before their time
    Sessions(sessions::Sessions),
    /// Copies what the gateway keeps, while it runs
    Backup(backup::Backup),
    /// Puts such a copy back, while it does not
    Restore(backup::Restore),
    /// Asks policies what they permit, without a configuration
    Simulate(simulate::Simulate),
    /// The second SAML engine, as the others start it for themselves
    #[command(name = crate::jail::COMMAND, hide = true)]
    SecondEngine,
}

/// Reads the arguments and runs the command.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    match arguments.command {
        Command::Serve(serve) => to_its_end(serve.run()),
        Command::Demo(demo) => to_its_end(demo.run()),
        Command::Check(check) => status(check.run()),
        Command::Explain(explain) => to_its_end(explain.run()),
        Command::Plan(plan) => to_its_end(plan.run()),
        Command::Keys(keys) => to_its_end(keys.run()),
        Command::Audit(audit) => to_its_end(audit.run()),
        Command::Sessions(sessions) => to_its_end(sessions.run()),
        Command::Backup(backup) => to_its_end(backup.run()),
        Command::Restore(restore) => to_its_end(restore.run()),
        Command::Simulate(simulate) => simulate.run(),
        // It stays a process of one thread, confined before it could have more.
        Command::SecondEngine => crate::jail::serve(),
    }
}

/// For what nobody waits for any more when a command has ended.
const LEFT_OVER: Duration = Duration::from_secs(5);

fn to_its_end(command: impl Future<Output = Result<(), ExitCode>>) -> ExitCode {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let ended = runtime.block_on(command);
            // Whoever writes to a file system that stands still does not hold up the end.
            runtime.shutdown_timeout(LEFT_OVER);
            status(ended)
        }
        Err(error) => fail(format!("cannot start: {error}")),
    }
}

/// 0, or what the command ended with instead, having said why.
fn status(ended: Result<(), ExitCode>) -> ExitCode {
    ended.err().unwrap_or(ExitCode::SUCCESS)
}

/// One plain sentence on stderr, and exit status 1. Nothing stops because nobody listens.
fn fail(sentence: impl std::fmt::Display) -> ExitCode {
    let _ = writeln!(stderr(), "gatehouse: {sentence}");
    ExitCode::from(1)
}

/// All mistakes, one a line.
fn fail_with_mistakes(mistakes: Vec<crate::config::Mistake>) -> ExitCode {
    for mistake in &mistakes {
        let _ = writeln!(stderr(), "{mistake}");
    }
    fail(format!("{}; nothing was started", counted(mistakes.len(), "mistake")))
}

/// What has become of an order, which stands though nobody hears of it.
fn say(text: impl std::fmt::Display) {
    let _ = writeln!(stdout(), "{text}");
}

/// What was asked for; a command that cannot write it has failed.
fn answer(text: impl std::fmt::Display) -> Result<(), ExitCode> {
    let mut out = stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(unwritten("the answer")).map_err(fail)
}

/// Why the records or the list that somebody asked for end too early.
fn unwritten(what: &str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{what} cannot be written: {error}")
}

/// The provider that somebody means, by its name or as account:name.
fn provider_named<'a>(text: &str, catalogue: &'a Catalogue) -> Result<&'a Arc<Provider>, String> {
    let named = catalogue.provider_named(text);
    named.ok_or_else(|| format!("there is no provider {}, or more than one; say account:name", clip(text)))
}

/// A time among the arguments (RFC 3339).
fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(in_utc);
    at.ok_or_else(|| "not a time as in 2026-01-31T12:00:00Z".to_owned())
}

/// rustls asks the process for its cryptography; it is aws-lc everywhere.
fn install_cryptography() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
