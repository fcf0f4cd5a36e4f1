//! What the gateway keeps, in one file, and back from there.
//!
//! ```text
//! {"gatehouse":"backup","version":1,"made":1925035200,"steps":[1,3,…],"keys":"directory"}
//! the rows of the store, as `store::copy` writes them
//! {"key":"session.key","base64":"…"}     for each, if the keys lie in a directory; else they are rows, and wrapped
//! {"end":"…"}                            SHA-256 of all lines before it, in hexadecimal
//! ```

use super::audit::{AUDIT_KEY, key_of};
use super::{AppError, sessions};
use crate::audit::Statement;
use crate::config::Settings;
use crate::store::{CheckpointRecord, CopyError, Filled, PutBack, RingKey, copy, steps};
use crate::sts::{KeyError, KeyKind, KeyRing, KeyStore, key_name, unwrap_key};
use crate::words::{Secret, hex, iso};
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Error, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use time::OffsetDateTime;

/// Why there is no backup, or why it is not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{path} cannot be written: {source}")]
    Write { path: String, source: std::io::Error },
    #[error("{path} cannot be read: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{0} is no backup of Gatehouse")]
    NoBackup(String),
    #[error("{path} is a backup of version {version}, which this build does not read")]
    Version { path: String, version: i64 },
    #[error("{0} is damaged: it is not what was written; nothing was touched")]
    Damaged(String),
    #[error("{0}")]
    Copy(#[from] CopyError),
    #[error("{0}")]
    App(#[from] AppError),
    #[error("the keys of this backup are {0}, and those of the configuration are not; mend [keys]")]
    OtherKeys(&'static str),
    #[error("{0} is there and holds another key than the backup; take it away first")]
    AnotherKey(String),
}

/// What a backup is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    pub made: OffsetDateTime,
    pub lines: usize,
}

const VERSION: i64 = 1;
const IN_DIRECTORY: &str = "in a directory";
const WRAPPED: &str = "wrapped in the store";
/// What keys are called; whatever else lies beside them is not ours.
const KEY_FILES: [&str; 2] = [".key", ".pem"];

/// The largest document of metadata has 10 MB, and JSON writes most of its letters as they are.
const LONGEST_LINE: usize = 64 << 20;

/// Copies store and keys into a new file, which only its owner may read: whoever has it has the keys. A gateway may be
/// running.
pub async fn back_up(settings: &Settings, path: &Path, now: OffsetDateTime) -> Result<BackedUp, BackupError> {
    let writing = |source| BackupError::Write { path: path.display().to_string(), source };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(writing)?;
    let written = write(settings, file, now).await;
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written.map_err(|error| match error {
        BackupError::Copy(CopyError::File(source)) => writing(source),
        other => other,
    })
}

async fn write(settings: &Settings, file: File, now: OffsetDateTime) -> Result<BackedUp, BackupError> {
    let mut out = Hashed { file: BufWriter::new(file), hash: Context::new(&SHA256), lines: 0 };
    let keys = KeyStore::Directory(settings.keys_directory.clone());
    let wrapped = settings.wrapping_key.is_some();
    let made = now.unix_timestamp();
    let head = json!({
        "gatehouse": "backup", "version": VERSION, "made": made, "steps": steps(),
        "keys": if wrapped { WRAPPED } else { IN_DIRECTORY },
    });
    out.line(&head.to_string()).map_err(CopyError::from)?;
    // A key lies there before it is on the ring, and leaves the ring after it: what a copy of the ring names was there
    // before or is there afterwards.
    let mut found = if wrapped { BTreeMap::new() } else { key_files(&keys).await? };
    let ring = copy(&settings.store.address, |line| out.line(line)).await?;
    if !wrapped {
        found.extend(key_files(&keys).await?);
        if let Some(missing) = needed(&ring, now).find(|name| !found.contains_key(name)) {
            return Err(AppError::from(KeyError::Missing(missing)).into());
        }
    }
    for (name, key) in found {
        let line = json!({ "key": name, "base64": STANDARD.encode(key.expose()) });
        out.line(&line.to_string()).map_err(CopyError::from)?;
    }
    let lines = out.end().map_err(CopyError::from)?;
    Ok(BackedUp { made: now, lines })
}

/// A file that goes while we look is no loss: its key has left the ring, or the copy says that it is missing.
async fn key_files(keys: &KeyStore) -> Result<BTreeMap<String, Secret>, AppError> {
    let mut found = BTreeMap::new();
    for name in keys.files()?.into_iter().filter(|name| KEY_FILES.iter().any(|end| name.ends_with(end))) {
        if let Some(key) = keys.load(&name).await? {
            found.insert(name, key);
        }
    }
    Ok(found)
}

/// Where the keys of the rings that have begun lie, but for those that are spent.
fn needed(all: &[RingKey], now: OffsetDateTime) -> impl Iterator<Item = String> {
    let begun = KeyKind::ALL.into_iter().filter(|kind| all.iter().any(|key| key.kind == kind.name()));
    begun.flat_map(move |kind| {
        let ring = KeyRing::of(kind, all);
        let kept = ring.kept(now).flat_map(|(key, _)| kind.files().iter().map(|plain| key_name(key, plain)));
        kept.collect::<Vec<_>>()
    })
}

/// Puts a backup in the place of what is in store and keys directory, whole or not at all. Nobody may have the store open.
/// Up to the end of this second nothing that was issued is believed any more.
pub async fn restore(settings: &Settings, path: &Path, now: OffsetDateTime) -> Result<BackedUp, BackupError> {
    let head = checked(path)?;
    let keys = KeyStore::Directory(settings.keys_directory.clone());
    if head.wrapped != settings.wrapping_key.is_some() {
        return Err(BackupError::OtherKeys(if head.wrapped { WRAPPED } else { IN_DIRECTORY }));
    }
    let missing = missing(&settings.keys_directory, &keys, &head.keys).await?;
    let at = now.unix_timestamp() + 1;
    let parameters = json!({ "backup": iso(head.made) });
    let record = sessions::record("RestoreBackup", &parameters, &Value::Null, now);
    let put_back = PutBack { at, made: head.made.unix_timestamp(), steps: &head.steps, record };
    let rows = lines(path)?.skip(1).take(head.rows);
    let held = put_back.hold(&settings.store.address).await?;
    // Before the rows: a key that is on no ring is nobody's, but a ring without its keys is of no use.
    lay_down(&settings.keys_directory, &keys, &missing)?;
    let mut filled = held.fill(rows).await?;
    let signed = signed(settings, &keys, &mut filled, (head.made, now)).await?;
    filled.commit(signed).await?;
    Ok(BackedUp { made: head.made, lines: head.rows })
}

/// What is told in the book of the restoring, signed, so that what it has lost is known for lost and not for cut off; not if
/// the house has never had a key to sign with.
async fn signed(
    settings: &Settings,
    keys: &KeyStore,
    filled: &mut Filled,
    (made, now): (OffsetDateTime, OffsetDateTime),
) -> Result<Option<CheckpointRecord>, BackupError> {
    let seed = match &settings.wrapping_key {
        Some(wrapping) => unwrap_key(filled.wrapped_key(AUDIT_KEY).await?, wrapping, AUDIT_KEY),
        None => keys.load(AUDIT_KEY).await,
    };
    let key = seed.map_err(AppError::from)?.as_ref().map(key_of).transpose()?;
    let statement = |key| Statement::restored(filled.told().clone(), made, now, &key);
    Ok(key.map(|key| statement(key).record()))
}

/// What a backup that is whole says of itself.
struct Head {
    made: OffsetDateTime,
    steps: Vec<i64>,
    wrapped: bool,
    rows: usize,
    keys: Vec<(String, Secret)>,
}

/// Reads all of it before anything is touched.
fn checked(path: &Path) -> Result<Head, BackupError> {
    let name = || path.display().to_string();
    let (no_backup, damaged) = (|| BackupError::NoBackup(name()), || BackupError::Damaged(name()));
    let reading = |source: Error| match source.kind() {
        ErrorKind::InvalidData => BackupError::Damaged(name()),
        _ => BackupError::Read { path: name(), source },
    };
    let mut lines = lines(path)?;
    let first = lines.next().ok_or_else(no_backup)?.map_err(|_| no_backup())?;
    let said: Value = serde_json::from_str(&first).map_err(|_| no_backup())?;
    if said["gatehouse"] != "backup" {
        return Err(no_backup());
    }
    let version = said["version"].as_i64().ok_or_else(no_backup)?;
    if version != VERSION {
        return Err(BackupError::Version { path: name(), version });
    }
    let made = said["made"].as_i64().and_then(|made| OffsetDateTime::from_unix_timestamp(made).ok());
    let steps = said["steps"].as_array().and_then(|all| all.iter().map(Value::as_i64).collect());
    let wrapped = said["keys"] == WRAPPED;
    let (made, steps) = made.zip(steps).ok_or_else(damaged)?;
    let mut head = Head { made, steps, wrapped, rows: 0, keys: Vec::new() };
    let mut hash = Context::new(&SHA256);
    let mut former = first;
    for line in lines {
        let line = line.map_err(reading)?;
        hash.update(former.as_bytes());
        hash.update(b"\n");
        match as_key(&line) {
            Some(key) => head.keys.push(key),
            None if head.keys.is_empty() => head.rows += 1,
            // The end.
            None => {}
        }
        former = line;
    }
    let end: Value = serde_json::from_str(&former).map_err(|_| damaged())?;
    if end["end"] != hex(hash.finish().as_ref()).as_str() {
        return Err(damaged());
    }
    // Without keys the end was taken for a row.
    head.rows -= usize::from(head.keys.is_empty());
    Ok(head)
}

/// A row begins otherwise. A name leads nowhere else.
fn as_key(line: &str) -> Option<(String, Secret)> {
    if !line.starts_with('{') {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    let name = line["key"].as_str()?;
    let is_name = KEY_FILES.iter().any(|end| name.ends_with(end)) && !name.contains('/') && !name.starts_with('.');
    let key = STANDARD.decode(line["base64"].as_str()?).ok()?;
    is_name.then(|| (name.to_owned(), Secret::new(key)))
}

/// Those of the keys that are not there yet. One that is there and is another is no key of the backup's.
async fn missing<'a>(
    directory: &Path,
    keys: &KeyStore,
    all: &'a [(String, Secret)],
) -> Result<Vec<&'a (String, Secret)>, BackupError> {
    let mut missing = Vec::new();
    for key @ (name, secret) in all {
        match keys.load(name).await.map_err(AppError::from)? {
            Some(there) if there.matches(secret.expose()) => {}
            Some(_) => return Err(BackupError::AnotherKey(directory.join(name).display().to_string())),
            None => missing.push(key),
        }
    }
    Ok(missing)
}

fn lay_down(directory: &Path, keys: &KeyStore, missing: &[&(String, Secret)]) -> Result<(), BackupError> {
    if !missing.is_empty() {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|source| BackupError::Write { path: directory.display().to_string(), source })?;
    }
    for (name, key) in missing {
        keys.lay_down(name, key, &crate::ambient::Random).map_err(AppError::from)?;
    }
    Ok(())
}

/// A file that is no backup may be one line, of any length.
fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>, BackupError> {
    let file = File::open(path).map_err(|source| BackupError::Read { path: path.display().to_string(), source })?;
    let mut file = BufReader::new(file);
    Ok(std::iter::from_fn(move || {
        let mut line = Vec::new();
        match (&mut file).take(LONGEST_LINE as u64 + 2).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        let fits = if line.len() > LONGEST_LINE { Err(too_long()) } else { Ok(line) };
        Some(fits.and_then(|line| String::from_utf8(line).map_err(|_| ErrorKind::InvalidData.into())))
    }))
}

fn too_long() -> Error {
    Error::new(
        ErrorKind::FileTooLarge,
        format!("a line has more than {} MiB, and none of a backup has", LONGEST_LINE >> 20),
    )
}

struct Hashed {
    file: BufWriter<File>,
    hash: Context,
    lines: usize,
}

impl Hashed {
    fn line(&mut self, line: &str) -> std::io::Result<()> {
        if line.len() > LONGEST_LINE {
            return Err(too_long());
        }
        self.lines += 1;
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        self.file.write_all(line.as_bytes())?;
        self.file.write_all(b"\n")
    }

    /// Writes what all lines come to, and tells how many there are when they are on disk.
    fn end(mut self) -> std::io::Result<usize> {
        let end = hex(self.hash.clone().finish().as_ref());
        self.line(&json!({ "end": end }).to_string())?;
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(self.lines)
    }
}
