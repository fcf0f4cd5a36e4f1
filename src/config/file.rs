//! The file, what it includes, and how tables become settings and a catalogue.

use super::section::Reading;
use super::test::{self, Test};
use super::{
    Mistake, Section, Settings, Sources, account, document, forward, limits, provider, role, server, service, user,
};
use crate::catalogue::{Catalogue, Draft};
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::OffsetDateTime;
use toml::Table;

/// Whether `{ env = … }` and `{ file = … }` are followed. `check --without-secrets` leaves them shut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    Read,
    /// For orders that need no other: whoever may write the store may give them.
    TheStores,
    /// The same, and the key that wraps the others: for orders about what the house itself keeps.
    TheHouses,
    LeaveShut,
}

/// Whether the built-in development identity provider may be trusted: by `demo` alone, whose keys nobody keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peers {
    Real,
    Demo,
}

/// A configuration that held.
pub struct Loaded {
    pub settings: Settings,
    pub catalogue: Catalogue,
    pub tests: Vec<Test>,
    pub sources: Arc<Sources>,
}

/// Reads `path` and everything it names; on failure, every mistake there is. Whether the tests hold is not asked, which is
/// for those who want to know why one does not, nor whether the development identity provider may be trusted, for nothing is
/// served by it; `app` loads by asking both.
pub fn load_untested(path: &Path, secrets: Secrets, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
    load_untested_from(&Arc::new(Sources::new(path, Peers::Demo)), secrets, now)
}

/// [`load_untested`] from where `sources` says, and there everything that was looked for is noted.
pub fn load_untested_from(
    sources: &Arc<Sources>,
    secrets: Secrets,
    now: OffsetDateTime,
) -> Result<Loaded, Vec<Mistake>> {
    let reading = Reading::new(secrets, sources.peers == Peers::Demo, sources.clone());
    let files = read_all(&reading, sources.main());
    let loaded = assemble(&reading, files, now);
    let mistakes = reading.into_mistakes();
    match loaded {
        Some(loaded) if mistakes.is_empty() => Ok(loaded),
        _ => Err(mistakes),
    }
}

/// Each file's tables are there only while it is read: a configuration of a hundred thousand roles has far more of them
/// than what comes of it. So files are read twice, for what others name first.
fn assemble(reading: &Reading, files: Vec<(PathBuf, String)>, now: OffsetDateTime) -> Option<Loaded> {
    let mut settings = None;
    let mut proxies_ask = false;
    let mut tests = Vec::new();
    let mut draft = Draft::default();
    let mut asked = Vec::new();
    for (index, (file, text)) in files.iter().enumerate() {
        let Some(table) = parse(reading, file, text) else {
            asked.push(BTreeSet::new());
            continue;
        };
        let root = Section::new(reading, file, "", &table);
        if index == 0 {
            root.has("include");
            proxies_ask = root.section("server").is_some_and(|server| server.has("forward_listen"));
            settings = limits::settings(&root, server::read(&root));
        } else if root.has("include") {
            root.mistake("include", "stands in a file that is included itself; only the main file includes others");
        }
        account::read(&root, &mut draft);
        document::read_managed(&root, &mut draft);
        asked.push(root.into_asked());
    }
    let main = files.first().map(|(file, _)| file.clone()).unwrap_or_default();
    let mut services = false;
    for ((file, text), asked) in files.into_iter().zip(asked) {
        let parsed = text.parse();
        drop(text);
        let Ok(table) = parsed else { continue };
        let root = Section::new(reading, &file, "", &table).having_asked(asked);
        provider::read(&root, &mut draft, now);
        role::read(&root, &mut draft);
        user::read(&root, &mut draft);
        services |= service::read(&root, &mut draft);
        root.not_in_this_build("upstream");
        tests.extend(test::read(&root));
        root.finish();
    }
    if let Some(settings) = &settings {
        provider::none_is_us(reading, &draft, &settings.server);
    }
    draft.tested = tests.iter().map(Test::reads).collect();
    let (catalogue, objections) = Catalogue::build(draft);
    let breaks_glass = settings.as_ref().is_some_and(|settings| settings.console.break_glass);
    if breaks_glass && !catalogue.users().any(|user| user.may_sign_in()) {
        let sentence = "lets nobody in: no [[user]] has both mfa and password_hash";
        reading.note(Mistake::new(&main, "console.break_glass", sentence));
    }
    if let Some((key, sentence)) = forward::is_alone(proxies_ask, services) {
        reading.note(Mistake::new(&main, key, sentence));
    }
    for objection in objections {
        let file = objection.file.unwrap_or_else(|| main.clone());
        reading.note(Mistake { file, key: objection.key, sentence: objection.sentence });
    }
    Some(Loaded { settings: settings?, catalogue, tests, sources: reading.sources.clone() })
}

/// The main file first, then what it includes, in order. `*` stands for any file name in the last part of a path.
fn read_all(reading: &Reading, main: &Path) -> Vec<(PathBuf, String)> {
    let Some(text) = read_one(reading, main) else { return Vec::new() };
    let table: Table = text.parse().unwrap_or_default();
    let patterns = Section::new(reading, main, "", &table).strings("include");
    let mut files = vec![(main.to_owned(), text)];
    let directory = main.parent().unwrap_or(Path::new("."));
    for pattern in patterns {
        let mistake = |sentence: &str| reading.note(Mistake::new(main, "include", format!("\"{pattern}\" {sentence}")));
        if pattern.matches('*').count() > 1 {
            mistake("has more than one *; only one is understood, in the last part of the path");
            continue;
        }
        reading.sources.note_include(directory, &pattern);
        let found = matching(directory, &pattern);
        if found.is_empty() {
            mistake("names no file");
        }
        for path in found {
            let read = path.map_err(|mistake| reading.note(mistake)).ok();
            files.extend(read.and_then(|path| read_one(reading, &path).map(|text| (path, text))));
        }
    }
    files
}

fn read_one(reading: &Reading, path: &Path) -> Option<String> {
    reading.sources.note_file(path);
    std::fs::read_to_string(path).map_err(|e| reading.note(Mistake::new(path, "", format!("cannot be read: {e}")))).ok()
}

fn parse(reading: &Reading, path: &Path, text: &str) -> Option<Table> {
    text.parse::<Table>()
        .map_err(|e| reading.note(Mistake::new(path, "", format!("is not TOML{}: {}", place(text, &e), e.message()))))
        .ok()
}

/// Where the parser stopped. The line itself is not shown: it may hold what should not be in the file at all.
fn place(text: &str, error: &toml::de::Error) -> String {
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" at line {line}, column {column}")
}

/// The files that a pattern fits, in order, and what could be one and cannot be read: a file that is passed over takes with it
/// the roles and the conditions that are written there.
pub(super) fn matching(directory: &Path, pattern: &str) -> Vec<Result<PathBuf, Mistake>> {
    let whole = directory.join(pattern);
    let Some((before, after)) = whole.file_name().and_then(|n| n.to_str()).and_then(|n| n.split_once('*')) else {
        let is_absent = std::fs::metadata(&whole).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        return if is_absent { Vec::new() } else { Vec::from_iter(included(whole)) };
    };
    let fits = |path: &Path| {
        let name = path.file_name().unwrap_or_default().as_bytes();
        name.len() >= before.len() + after.len()
            && name.starts_with(before.as_bytes())
            && name.ends_with(after.as_bytes())
    };
    let parent = whole.parent().unwrap_or(directory);
    let unlisted = |error| Mistake::new(parent, "", format!("cannot be listed: {error}"));
    let listed = match std::fs::read_dir(parent) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![Err(unlisted(error))],
    };
    let file = |entry: io::Result<DirEntry>| match entry {
        Ok(entry) => Some(entry.path()).filter(|path| fits(path)).and_then(included),
        Err(error) => Some(Err(unlisted(error))),
    };
    let mut found: Vec<_> = listed.filter_map(file).collect();
    found.sort();
    found
}

/// Whatever is not known to be a directory. Where even that is not known, reading it will tell why.
fn included(path: PathBuf) -> Option<Result<PathBuf, Mistake>> {
    let wrong = |sentence| Some(Err(Mistake::new(&path, "", sentence)));
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => None,
        // Reading a pipe could take for ever.
        Ok(found) if !found.is_file() => wrong("is included and is no file; take it away"),
        _ if path.file_name().is_some_and(|name| name.to_str().is_none()) => {
            wrong("is included and has a name that is not UTF-8; give it another")
        }
        Ok(_) | Err(_) => Some(Ok(path)),
    }
}
