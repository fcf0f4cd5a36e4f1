//! One TOML table, read key by key.
//!
//! Each reader returns `None` both when the key is absent and when it is wrong; in the second case the mistake has been
//! noted, so that a single pass names them all. [`Section::finish`] notes the keys that nobody asked for.

use super::document::Compiled;
use super::mistake::Mistake;
use super::{Secrets, Sources};
use crate::catalogue::Origin;
use crate::outbound::Proxy;
use crate::words::{Secret, nearest};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use time::Duration;
use toml::{Table, Value};

/// Where the mistakes of one loading are gathered, whether secrets are to be read, and what one table means for others.
pub(super) struct Reading {
    mistakes: RefCell<Vec<Mistake>>,
    pub(super) with_secrets: bool,
    secrets: Secrets,
    pub(super) demo_peers: bool,
    /// `[outbound]` has the proxy, each provider a door through it. Unset while secrets stay shut.
    pub(super) proxy: OnceCell<Proxy>,
    pub(super) compiled: Compiled,
    pub(super) sources: Arc<Sources>,
}

impl Reading {
    pub(super) fn new(secrets: Secrets, demo_peers: bool, sources: Arc<Sources>) -> Self {
        let with_secrets = secrets == Secrets::Read;
        let (mistakes, proxy, compiled) = (RefCell::default(), OnceCell::new(), Compiled::default());
        Self { mistakes, with_secrets, secrets, demo_peers, proxy, compiled, sources }
    }

    /// Whether the secrets of this table are to be read.
    fn opens(&self, table: &str) -> bool {
        match self.secrets {
            Secrets::Read => true,
            Secrets::TheHouses => ["store", "keys"].contains(&table),
            Secrets::TheStores => table == "store",
            Secrets::LeaveShut => false,
        }
    }

    pub(super) fn note(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner()
    }
}

pub(super) struct Section<'a> {
    pub(super) reading: &'a Reading,
    pub(super) file: &'a Path,
    path: String,
    table: &'a Table,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn new(reading: &'a Reading, file: &'a Path, path: impl Into<String>, table: &'a Table) -> Self {
        Self { reading, file, path: path.into(), table, asked: RefCell::default() }
    }

    /// The keys that were asked for, for whoever reads the rest of the table.
    pub(super) fn into_asked(self) -> BTreeSet<&'static str> {
        self.asked.into_inner()
    }

    pub(super) fn having_asked(self, asked: BTreeSet<&'static str>) -> Self {
        Self { asked: RefCell::new(asked), ..self }
    }

    /// Notes a mistake at `key` of this table; an empty key means the table itself.
    pub(super) fn mistake(&self, key: &str, sentence: impl Into<String>) {
        self.reading.note(Mistake::new(self.file, self.place(key), sentence));
    }

    /// `provider "corp".rule[0].when`, as a reader would look for it.
    pub(super) fn place(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (_, true) => self.path.clone(),
            _ => format!("{}.{key}", self.path),
        }
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    pub(super) fn string(&self, key: &'static str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.clone()),
            other => self.wrong(key, "a string", other),
        }
    }

    pub(super) fn required_string(&self, key: &'static str) -> Option<String> {
        self.required(key);
        self.string(key)
    }

    /// Notes that `key` must be there, if it is not.
    pub(super) fn required(&self, key: &'static str) {
        if !self.has(key) {
            self.mistake(key, "is missing; this table needs it");
        }
    }

    pub(super) fn bool(&self, key: &'static str) -> Option<bool> {
        match self.value(key)? {
            Value::Boolean(value) => Some(*value),
            other => self.wrong(key, "true or false", other),
        }
    }

    /// The table's place, for objections that are found later.
    pub(super) fn origin(&self) -> Origin {
        Origin { file: self.file.to_owned(), key: self.path.clone() }
    }

    /// A string that parses into `T`; what `T` says of a bad one is the mistake.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, key: &'static str) -> Option<T> {
        let text = self.string(key)?;
        text.parse().map_err(|e: T::Err| self.mistake(key, e.to_string())).ok()
    }

    pub(super) fn required_parsed<T: FromStr<Err: Display>>(&self, key: &'static str) -> Option<T> {
        self.required(key);
        self.parsed(key)
    }

    /// As [`Section::parsed`], for a `T` whose errors do not speak to people.
    pub(super) fn parsed_as<T: FromStr>(&self, key: &'static str, wanted: &str) -> Option<T> {
        let text = self.string(key)?;
        text.parse().map_err(|_| self.mistake(key, format!("\"{text}\" is not {wanted}"))).ok()
    }

    /// A list of strings; absent is empty.
    pub(super) fn strings(&self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let strings = value.as_array().and_then(|all| all.iter().map(|v| v.as_str().map(str::to_owned)).collect());
        strings.unwrap_or_else(|| {
            self.mistake(key, "must be a list of strings, as in [\"one\", \"two\"]");
            Vec::new()
        })
    }

    /// A list of strings that each parse into `T`.
    pub(super) fn all_parsed<T: FromStr<Err: Display>>(&self, key: &'static str) -> Vec<T> {
        let parse = |text: String| text.parse().map_err(|e: T::Err| self.mistake(key, e.to_string())).ok();
        self.strings(key).into_iter().filter_map(parse).collect()
    }

    /// `"90s"`, `"15m"`, `"12h"` or `"400d"`.
    pub(super) fn duration(&self, key: &'static str) -> Option<Duration> {
        let text = self.string(key)?;
        let parsed = parse_duration(&text);
        if parsed.is_none() {
            self.mistake(
                key,
                format!("\"{text}\" is not a duration; write for example \"90s\", \"15m\", \"12h\" or \"400d\""),
            );
        }
        parsed
    }

    /// `{ env = "NAME" }` or `{ file = "path" }`, never the secret itself. Not followed when secrets stay shut.
    pub(super) fn secret(&self, key: &'static str) -> Option<Secret> {
        let value = self.value(key)?;
        let Value::Table(_) = value else {
            self.mistake(key, "a secret is never written in the file; say { env = \"NAME\" } or { file = \"path\" }");
            return None;
        };
        let source = self.section(key)?;
        let (env, file) = (source.string("env"), source.string("file"));
        let reads = self.reading.opens(&self.path);
        let secret = match (env, file) {
            (Some(name), None) if reads => std::env::var(&name)
                .map_err(|_| self.mistake(key, format!("the environment variable {name} is not set")))
                .ok(),
            (None, Some(path)) if reads => {
                let place = source.resolve(&path);
                self.reading.sources.note_file(&place);
                let text = std::fs::read_to_string(place);
                text.map_err(|e| self.mistake(key, format!("{path} cannot be read: {e}"))).ok()
            }
            (Some(_), None) | (None, Some(_)) => None,
            _ => {
                self.mistake(key, "say exactly one of { env = \"NAME\" } and { file = \"path\" }");
                None
            }
        };
        source.finish();
        secret.map(|text| Secret::new(text.trim_end_matches(['\r', '\n']).as_bytes()))
    }

    /// The text of the file that `key` names, at most `limit` bytes.
    pub(super) fn file_text(&self, key: &'static str, limit: u64) -> Option<String> {
        self.file_read(key, limit, |path| std::fs::read_to_string(path))
    }

    /// The same of a file that is no text.
    pub(super) fn file_bytes(&self, key: &'static str, limit: u64) -> Option<Vec<u8>> {
        self.file_read(key, limit, |path| std::fs::read(path))
    }

    fn file_read<T>(&self, key: &'static str, limit: u64, read: fn(&Path) -> std::io::Result<T>) -> Option<T> {
        let path = self.resolve(&self.string(key)?);
        let unreadable = |e: std::io::Error| self.mistake(key, format!("{} cannot be read: {e}", path.display()));
        self.reading.sources.note_file(&path);
        let size = std::fs::metadata(&path).map_err(unreadable).ok()?.len();
        if size > limit {
            self.mistake(key, format!("{} has {size} bytes; at most {limit} are read", path.display()));
            return None;
        }
        read(&path).map_err(unreadable).ok()
    }

    /// A nested table; the caller finishes it.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        match self.value(key)? {
            Value::Table(table) => Some(Section::new(self.reading, self.file, self.place(key), table)),
            other => self.wrong(key, "a table", other),
        }
    }

    /// A nested table that may be left out whole.
    pub(super) fn section_or_empty(&self, key: &'static str) -> Section<'a> {
        static EMPTY: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::new);
        self.section(key).unwrap_or_else(|| Section::new(self.reading, self.file, self.place(key), &EMPTY))
    }

    /// One of a few words.
    pub(super) fn choice(&self, key: &'static str, all: &[&'static str]) -> Option<&'static str> {
        let text = self.string(key)?;
        let chosen = all.iter().copied().find(|word| *word == text);
        if chosen.is_none() {
            self.mistake(key, format!("must be one of \"{}\"", all.join("\", \"")));
        }
        chosen
    }

    /// Every table of a `[[key]]` list, named by `label` (a key of theirs) where they have it.
    pub(super) fn sections(&self, key: &'static str, label: &str) -> Vec<Section<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(all) = value.as_array() else {
            self.mistake(key, format!("must be written as [[{key}]]"));
            return Vec::new();
        };
        let section = |(index, value): (usize, &'a Value)| {
            let Value::Table(table) = value else {
                self.mistake(key, format!("must be written as [[{key}]]"));
                return None;
            };
            let path = match table.get(label).and_then(Value::as_str) {
                Some(name) => format!("{} \"{}\"", self.place(key), crate::trace::clip(name)),
                None => format!("{}[{index}]", self.place(key)),
            };
            Some(Section::new(self.reading, self.file, path, table))
        };
        all.iter().enumerate().filter_map(section).collect()
    }

    /// A key of the configuration language that this build does not act on. Silently ignoring it would promise something
    /// that does not happen.
    pub(super) fn not_in_this_build(&self, key: &'static str) {
        if self.value(key).is_some() {
            self.mistake(key, "this build does not act on it; remove it, or use a build that does");
        }
    }

    /// `path` as seen from the file that names it.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new(".")).join(path)
    }

    /// Notes the keys that nobody asked for, each with the nearest right name.
    pub(super) fn finish(self) {
        self.note_unasked();
    }

    /// [`Section::finish`] of a table that somebody else holds.
    pub(super) fn note_unasked(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.contains(key.as_str())) {
            let hint = match nearest(key, asked.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known here: {}", asked.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            self.mistake(key, format!("is not a key of this table; {hint}"));
        }
    }

    pub(super) fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    pub(super) fn wrong<T>(&self, key: &str, wanted: &str, got: &Value) -> Option<T> {
        self.mistake(key, format!("must be {wanted}, not {}", article(got.type_str())));
        None
    }
}

fn article(kind: &str) -> String {
    if kind.starts_with(['a', 'i']) { format!("an {kind}") } else { format!("a {kind}") }
}

/// `"16MiB"`: KiB, MiB or GiB.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn parse_duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let number: i64 = number.parse().ok()?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).filter(|s| *s <= 100 * 366 * 86_400).map(Duration::seconds)
}
