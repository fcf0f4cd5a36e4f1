//! The file, what it includes, and how tables become settings and a catalogue.

use super::{Mistake, Section, Settings, account, document, limits, provider, role, section::Reading, server, user};
use crate::catalogue::{Catalogue, Draft};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use toml::Table;

/// Whether `{ env = … }` and `{ file = … }` are followed. `check --without-secrets` leaves them shut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    Read,
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
}

/// Reads `path` and everything it names; on failure, every mistake there is.
pub fn load(path: &Path, secrets: Secrets, peers: Peers, now: OffsetDateTime) -> Result<Loaded, Vec<Mistake>> {
    let reading = Reading::new(secrets == Secrets::Read, peers == Peers::Demo);
    let files = read_all(&reading, path);
    let loaded = assemble(&reading, &files, now);
    let mistakes = reading.into_mistakes();
    match loaded {
        Some(loaded) if mistakes.is_empty() => Ok(loaded),
        _ => Err(mistakes),
    }
}

fn assemble(reading: &Reading, files: &[(PathBuf, Table)], now: OffsetDateTime) -> Option<Loaded> {
    let mut settings = None;
    let mut draft = Draft::default();
    let roots: Vec<Section<'_>> = files.iter().map(|(file, table)| Section::new(reading, file, "", table)).collect();
    for (index, root) in roots.iter().enumerate() {
        if index == 0 {
            root.has("include");
            settings = limits::settings(root, server::read(root));
        } else if root.has("include") {
            root.mistake("include", "stands in a file that is included itself; only the main file includes others");
        }
        account::read(root, &mut draft);
        document::read_managed(root, &mut draft);
    }
    for root in &roots {
        provider::read(root, &mut draft, now);
        role::read(root, &mut draft);
        user::read(root, &mut draft);
        root.not_in_this_build("upstream", None);
        root.not_in_this_build("test", None);
    }
    roots.into_iter().for_each(Section::finish);
    let (catalogue, objections) = Catalogue::build(draft);
    let main = files.first().map_or(Path::new(""), |(file, _)| file.as_path());
    for objection in objections {
        let file = objection.file.unwrap_or_else(|| main.to_owned());
        reading.note(Mistake { file, key: objection.key, sentence: objection.sentence });
    }
    Some(Loaded { settings: settings?, catalogue })
}

/// The main file first, then what it includes, in order. `*` stands for any file name in the last part of a path.
fn read_all(reading: &Reading, main: &Path) -> Vec<(PathBuf, Table)> {
    let Some(table) = read_one(reading, main) else { return Vec::new() };
    let patterns = Section::new(reading, main, "", &table).strings("include");
    let mut files = vec![(main.to_owned(), table)];
    let directory = main.parent().unwrap_or(Path::new("."));
    for pattern in patterns {
        let found = matching(directory, &pattern);
        if found.is_empty() {
            reading.note(Mistake::new(main, "include", format!("\"{pattern}\" names no file")));
        }
        for path in found {
            files.extend(read_one(reading, &path).map(|table| (path, table)));
        }
    }
    files
}

fn read_one(reading: &Reading, path: &Path) -> Option<Table> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| reading.note(Mistake::new(path, "", format!("cannot be read: {e}"))))
        .ok()?;
    text.parse::<Table>()
        .map_err(|e| reading.note(Mistake::new(path, "", format!("is not TOML{}: {}", place(&text, &e), e.message()))))
        .ok()
}

/// Where the parser stopped. The line itself is not shown: it may hold what should not be in the file at all.
fn place(text: &str, error: &toml::de::Error) -> String {
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" at line {line}, column {column}")
}

fn matching(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let whole = directory.join(pattern);
    let Some((before, after)) = whole.file_name().and_then(|n| n.to_str()).and_then(|n| n.split_once('*')) else {
        return if whole.is_file() { vec![whole] } else { Vec::new() };
    };
    let fits = |path: &PathBuf| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        path.is_file() && name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    };
    let listed = std::fs::read_dir(whole.parent().unwrap_or(directory)).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = listed.map(|entry| entry.path()).filter(fits).collect();
    found.sort();
    found
}
