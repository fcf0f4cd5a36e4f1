//! The tables about Gatehouse itself, put together: `[server]`, `[store]`, `[keys]`, `[sts]`, `[saml]`, `[console]`,
//! `[limits]`, `[audit]`, `[trace]`, `[outbound]`.

use super::settings::{ConsoleSettings, SamlSettings, ServerSettings, Settings};
use super::{Section, audit, outbound, store};
use crate::limits::Rates;
use crate::saml::SecondEngine;
use crate::words::{LONGEST_CONSOLE_SESSION, Secret, is_anonymous};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;
use time::Duration;
use toml::Value;
use url::Url;

pub(super) fn settings(root: &Section<'_>, server: Option<ServerSettings>) -> Option<Settings> {
    let store = store::settings(root);
    let keys = keys(root);
    let region = sts(root);
    let saml = saml(root, server.as_ref());
    let console = console(root);
    let (max_body, rates) = limits(root);
    outbound::read(root);
    let (audit, trace) = (audit::audit(root), audit::trace(root));
    let (keys_directory, has_wrapping_key, wrapping_key) = keys?;
    let server = server?;
    if !has_wrapping_key && !server.listen.ip().is_loopback() {
        root.mistake("keys.wrapping_key", "is required unless the server listens on loopback; give 32 random bytes in base64 by { env = \"GATEHOUSE_WRAPPING_KEY\" }");
    }
    Some(Settings {
        server,
        store: store?,
        keys_directory,
        wrapping_key,
        saml: saml?,
        console: console?,
        max_body,
        rates,
        region,
        audit,
        trace,
    })
}

/// The directory, whether a wrapping key is named, and the key itself if it was read.
fn keys(root: &Section<'_>) -> Option<(PathBuf, bool, Option<Secret>)> {
    root.required("keys");
    let section = root.section("keys")?;
    let directory = section.required_string("directory").map(|path| section.resolve(&path));
    let wrapping_key = section.secret("wrapping_key").and_then(|text| {
        let key = text.expose_str().and_then(|text| STANDARD.decode(text.trim()).ok()).filter(|key| key.len() == 32);
        if key.is_none() {
            section.mistake("wrapping_key", "must be 32 random bytes in base64, as `openssl rand -base64 32` prints");
        }
        key.map(Secret::new)
    });
    let named = section.has("wrapping_key");
    section.finish();
    Some((directory?, named, wrapping_key))
}

/// Ours. Callers may put any other into their credential scope.
fn sts(root: &Section<'_>) -> String {
    // Where AWS's global endpoint is.
    const DEFAULT: &str = "us-east-1";
    let section = root.section_or_empty("sts");
    let fits = |region: &str| !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let region = section.string("region").unwrap_or_else(|| DEFAULT.to_owned());
    if !fits(&region) {
        section.mistake("region", "must be letters, digits and hyphens, as in \"us-east-1\"");
    }
    section.finish();
    region
}

fn saml(root: &Section<'_>, server: Option<&ServerSettings>) -> Option<SamlSettings> {
    let section = root.section_or_empty("saml");
    let second_engine = match section.choice("second_engine", &["enforce", "report", "off"]) {
        Some("report") => SecondEngine::Report,
        Some("off") => SecondEngine::Off,
        _ => SecondEngine::Enforce,
    };
    let redeem_once = section.choice("api_redemption", &["once-per-role", "once"]) == Some("once");
    let entity_id = section.string("entity_id");
    let (audiences, recipients) = (section.strings("audiences"), section.strings("recipients"));
    section.finish();
    let entity_id = entity_id.or_else(|| Some(format!("{}saml/metadata", server?.public_url)))?;
    Some(SamlSettings { entity_id, audiences, recipients, second_engine, redeem_once })
}

fn console(root: &Section<'_>) -> Option<ConsoleSettings> {
    let mut settings =
        ConsoleSettings { session_duration: LONGEST_CONSOLE_SESSION, break_glass: false, destinations: Vec::new() };
    let Some(section) = root.section("console") else { return Some(settings) };
    if let Some(duration) = section.duration("session_duration") {
        if duration < Duration::minutes(15) || duration > LONGEST_CONSOLE_SESSION {
            section.mistake("session_duration", "must be between 15m and 12h");
        }
        settings.session_duration = duration;
    }
    let fits = |url: &Url| url.scheme() == "https" && is_anonymous(url) && url.path().ends_with('/');
    let destinations = section.strings("destinations");
    settings.destinations = destinations.iter().filter_map(|text| text.parse().ok().filter(fits)).collect();
    if settings.destinations.len() < destinations.len() {
        section.mistake(
            "destinations",
            "each must be an https URL that ends with \"/\": whatever begins with it may be opened",
        );
    }
    settings.break_glass = section.bool("break_glass").unwrap_or(false);
    section.finish();
    Some(settings)
}

fn limits(root: &Section<'_>) -> (usize, Rates) {
    const DEFAULT: usize = 256 * 1024;
    let section = root.section_or_empty("limits");
    let size = section.string("max_body").map(|text| {
        let size = text.strip_suffix("KiB").and_then(|n| n.parse::<usize>().ok()).filter(|n| (64..=1024).contains(n));
        if size.is_none() {
            section.mistake("max_body", "must be between \"64KiB\" and \"1024KiB\"");
        }
        size.unwrap_or(256) * 1024
    });
    let rates = Rates {
        per_source: rate(&section, "rate_per_source", 1_000),
        per_principal: rate(&section, "rate_per_principal", 100),
        failures_per_source: rate(&section, "failures_per_source", 20),
    };
    section.finish();
    (size.unwrap_or(DEFAULT), rates)
}

/// How many a second. None at all would shut everybody out, and there is no way to have no limit.
fn rate(section: &Section<'_>, key: &'static str, default: u32) -> u32 {
    const MOST: i64 = 1_000_000;
    match section.value(key) {
        None => default,
        Some(Value::Integer(rate @ 1..=MOST)) => *rate as u32,
        Some(_) => {
            section.mistake(key, format!("must be a whole number between 1 and {MOST}, so many a second"));
            default
        }
    }
}
