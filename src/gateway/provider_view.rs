//! One identity provider, as its page and the list show it.

use super::console_pages::left;
use crate::catalogue::{Protocol, Provider};
use crate::metadata::MetadataTold;
use crate::oidc::KeysInForce;
use crate::store::ProviderNote;
use crate::trace::Refusal;
use crate::words::iso;
use time::{Duration, OffsetDateTime};

pub(super) struct ProviderView {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) kind: &'static str,
    pub(super) enabled: bool,
    /// What it calls itself.
    pub(super) issuer: String,
    /// What people should look at; nothing if all is well.
    pub(super) warnings: Vec<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) keys: Vec<KeyLine>,
    pub(super) last_good: Option<Word>,
    pub(super) last_bad: Option<Word>,
}

pub(super) struct KeyLine {
    pub(super) name: String,
    pub(super) told: String,
}

/// When a paper of the provider last held, or did not.
pub(super) struct Word {
    pub(super) at: String,
    pub(super) ago: String,
    /// Empty of one that held.
    pub(super) code: String,
    pub(super) trace: String,
}

/// A certificate that ends within this time is worth a word.
const SOON: Duration = Duration::days(30);

impl ProviderView {
    pub(super) fn of(provider: &Provider, notes: &[ProviderNote], now: OffsetDateTime) -> Self {
        let word = |good: bool| {
            let note = notes.iter().find(|note| note.provider == provider.arn.as_str() && note.good == good)?;
            let at = OffsetDateTime::from_unix_timestamp(note.at).ok()?;
            let (code, trace) = (note.code.clone(), note.trace.clone());
            Some(Word { at: iso(at), ago: left(now - at), code, trace })
        };
        let mut view = Self {
            name: provider.name.clone(),
            arn: provider.arn.to_string(),
            kind: match &provider.protocol {
                Protocol::Saml(_) => "SAML",
                Protocol::Oidc(_) => "OpenID Connect",
                Protocol::Social(_) => "social network",
            },
            enabled: provider.enabled,
            issuer: provider.issuer().unwrap_or_else(|| "not known yet".to_owned()),
            warnings: Vec::new(),
            facts: Vec::new(),
            keys: Vec::new(),
            last_good: word(true),
            last_bad: word(false),
        };
        if let Some(saml) = provider.saml() {
            view.tell_of_metadata(&saml.metadata.told(), now);
            if let Err(error) = saml.metadata.current(now) {
                view.warnings.insert(0, format!("{error} ({})", error.code().name()));
            }
        }
        if let Some(oidc) = provider.oidc() {
            view.tell_of_keys(&oidc.relying_party.keys_in_force(now), now);
            view.facts.push(("client ids", oidc.relying_party.client_ids().join(", ")));
        }
        view.facts.push(("rules", provider.rules.len().to_string()));
        view
    }

    fn tell_of_metadata(&mut self, told: &MetadataTold, now: OffsetDateTime) {
        let place = told.place.clone().unwrap_or_else(|| "a file, read when the gateway started".to_owned());
        self.facts.push(("metadata from", place));
        let age = told.fetched.map(|at| format!("{} ({} ago)", iso(at), left(now - at)));
        self.facts.extend(age.map(|age| ("fetched", age)));
        self.facts.extend(told.next.map(|next| ("fetched again about", iso(next))));
        if let Some(code) = told.failed {
            self.warnings.push(format!("The last fetch failed: {}. {}", code.name(), code.remedy()));
        }
        let Some(document) = &told.document else { return };
        self.facts.extend(document.valid_until.map(|until| ("valid until", iso(until))));
        for key in &document.keys {
            let ends = key.ends();
            let told = match ends - now {
                left if left <= Duration::ZERO => format!("ended {}", iso(ends)),
                time if time <= SOON => format!("ends {} (in {} days)", iso(ends), time.whole_days()),
                _ => format!("ends {}", iso(ends)),
            };
            if ends - now <= SOON {
                self.warnings.push(format!("A signing certificate {told}; have the provider renew it."));
            }
            self.keys.push(KeyLine { name: key.fingerprint().to_owned(), told });
        }
    }

    fn tell_of_keys(&mut self, keys: &KeysInForce, now: OffsetDateTime) {
        let place = match (&keys.place, keys.fixed) {
            (_, true) => "the configuration".to_owned(),
            (Some(place), false) => place.clone(),
            (None, false) => "not known yet: discovery has not been read".to_owned(),
        };
        self.facts.push(("keys from", place));
        let age = keys.fetched.map(|at| format!("{} ({} ago)", iso(at), left(now - at)));
        self.facts.extend(age.map(|age| ("fetched", age)));
        if let Some(code) = keys.failed {
            self.warnings.push(format!("The last fetch of keys failed: {}. {}", code.name(), code.remedy()));
        }
        let line = |(id, algorithms): &(Option<String>, String)| KeyLine {
            name: id.clone().unwrap_or_else(|| "without a key id".to_owned()),
            told: algorithms.clone(),
        };
        self.keys.extend(keys.keys.iter().map(line));
    }
}
