//! What a gateway tells of itself on stderr, and how much of it (`GATEHOUSE_LOG`).

use super::fail;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

const VARIABLE: &str = "GATEHOUSE_LOG";

/// Begins. A filter that nobody can mean ends the command: it would keep silent where something fails.
pub(super) fn to_stderr() -> Result<(), ExitCode> {
    let filter = filter(std::env::var_os(VARIABLE)).map_err(fail)?;
    let plain = std::env::var_os("NO_COLOR").is_some() || !stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(!plain).with_writer(stderr);
    // That a line cannot be written it would otherwise say on stderr, which panics where stderr is closed.
    let _ = log.log_internal_errors(false).try_init();
    Ok(())
}

fn filter(set: Option<OsString>) -> Result<EnvFilter, String> {
    let text = set.unwrap_or_default();
    let wrong = |what: &str| {
        format!(
            "{VARIABLE}: {what}; write off, error, warn, info, debug or trace, or a filter as in \"info,gatehouse::oidc=debug\""
        )
    };
    let text = text.to_str().ok_or_else(|| wrong("it is not UTF-8"))?;
    let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Ok("info".into());
    }
    // A lone word that is no level would pass for the name of a module.
    let is_slip = |word: &&&str| {
        let is_lone = !word.contains(['=', '[', ']', '{', '}']);
        let is_ours = **word == "gatehouse" || word.starts_with("gatehouse::");
        is_lone && !is_ours && word.parse::<LevelFilter>().is_err()
    };
    if let Some(word) = words.iter().find(is_slip) {
        return Err(wrong(&format!("\"{}\" is no level", crate::trace::clip(word))));
    }
    // What names modules alone, perhaps none that there is, does not silence the errors of others.
    let text = format!("error,{}", words.join(","));
    EnvFilter::try_new(text).map_err(|error| wrong(&error.to_string()))
}
