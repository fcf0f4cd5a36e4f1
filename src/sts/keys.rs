//! Where the keys of the house come from.
//!
//! Without a wrapping key they are files in the keys directory, readable by their owner only. With one they are rows of
//! the store, encrypted under it, so that every node of a cluster has the same and a copied disk has none. Either way
//! the first ones are made on the first start, and whoever comes second finds them.

use super::seal::Seal;
use crate::ambient::Random;
use crate::store::{Address, Store, StoreError, Verdict, Visit};
use crate::words::Secret;
use std::io::Write;
use std::path::{Path, PathBuf};

pub enum KeyStore {
    Directory(PathBuf),
    Wrapped(Store, Secret),
    /// The same, looked at from beside a gateway: the database is neither made nor changed.
    Beside(Address, Secret),
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path} cannot be used: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the key \"{0}\" in the store was wrapped by another wrapping key; give the former one")]
    OtherWrappingKey(String),
    #[error(
        "the key \"{0}\" is on the ring, but not here; give the keys directory that all nodes have, or restore it from a backup"
    )]
    Missing(String),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the key \"{0}\" does not have the form it should have; restore it from a backup")]
    Damaged(String),
    #[error("{0}")]
    Making(String),
}

/// Largest key file: an RSA key with its certificate in PEM has about 3 KiB.
const LARGEST: usize = 16 * 1024;
/// What a wrapped key is sealed under, with its name, so that it is nothing else.
const LABEL: &[u8] = b"house key called ";
/// What keys were sealed under before their names were.
const NAMELESS: &[u8] = b"house key";

impl KeyStore {
    /// The key called `name`, made by `make` if there is none yet.
    pub async fn load_or_make(
        &self,
        name: &str,
        random: &Random,
        make: impl FnOnce() -> Result<Secret, KeyError>,
    ) -> Result<Secret, KeyError> {
        match self {
            Self::Directory(directory) => in_directory(directory, name, random, make),
            Self::Wrapped(store, wrapping_key) => {
                if let Some(key) = self.load(name).await? {
                    return Ok(key);
                }
                let wrapped = wrap(name, &make()?, wrapping_key, random);
                let visit = Visit { wrapped_key: Some((name.to_owned(), wrapped)), ..Visit::default() };
                // Another node may have been first; what is in the store counts.
                let _: Verdict = store.commit(visit).await?;
                self.load(name).await?.ok_or_else(|| KeyError::Damaged(name.to_owned()))
            }
            Self::Beside(..) => self.load(name).await?.ok_or_else(|| KeyError::Missing(name.to_owned())),
        }
    }

    /// The key called `name`, if there is one.
    pub async fn load(&self, name: &str) -> Result<Option<Secret>, KeyError> {
        match self {
            Self::Directory(directory) => match read(&directory.join(name)) {
                Err(KeyError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
                read => read.map(Some),
            },
            Self::Wrapped(store, wrapping_key) => unwrap(store.wrapped_key(name).await?, wrapping_key, name),
            Self::Beside(address, wrapping_key) => {
                unwrap(Store::kept_wrapped_key(address, name).await?, wrapping_key, name)
            }
        }
    }

    /// Lays down a key that is to join the ring. In a directory it is written now; for the store it comes back wrapped, to
    /// be written together with its place on the ring.
    pub fn lay_down(&self, name: &str, key: &Secret, random: &Random) -> Result<Option<Vec<u8>>, KeyError> {
        match self {
            Self::Directory(directory) => {
                let path = directory.join(name);
                let failed = |source| KeyError::File { path: path.display().to_string(), source };
                write_private(&path, key, random).map_err(failed).map(|()| None)
            }
            Self::Wrapped(_, wrapping_key) | Self::Beside(_, wrapping_key) => {
                Ok(Some(wrap(name, key, wrapping_key, random)))
            }
        }
    }

    /// The names of what lies in the keys directory; none if there is no directory.
    pub fn files(&self) -> Result<Vec<String>, KeyError> {
        let Self::Directory(directory) = self else { return Ok(Vec::new()) };
        let files = match std::fs::read_dir(directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.and_then(Iterator::collect::<Result<Vec<_>, _>>),
        };
        let failed = |source| KeyError::File { path: directory.display().to_string(), source };
        Ok(files.map_err(failed)?.into_iter().filter_map(|file| file.file_name().into_string().ok()).collect())
    }

    /// Removes the file of a key that is not on the ring; in the store it goes with its place there.
    pub fn remove(&self, name: &str) -> Result<(), KeyError> {
        let Self::Directory(directory) = self else { return Ok(()) };
        let path = directory.join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(KeyError::File { path: path.display().to_string(), source })
            }
            _ => Ok(()),
        }
    }
}

fn wrap(name: &str, key: &Secret, wrapping_key: &Secret, random: &Random) -> Vec<u8> {
    Seal::new(wrapping_key).seal(&[LABEL, name.as_bytes()].concat(), key.expose(), random)
}

/// Whoever may write the store, and has no wrapping key, must not make one key another.
pub fn unwrap(wrapped: Option<Vec<u8>>, wrapping_key: &Secret, name: &str) -> Result<Option<Secret>, KeyError> {
    let Some(wrapped) = wrapped else { return Ok(None) };
    let seal = Seal::new(wrapping_key);
    if Seal::named_by(&wrapped) != Some(seal.id()) {
        return Err(KeyError::OtherWrappingKey(name.to_owned()));
    }
    let named = seal.open(&[LABEL, name.as_bytes()].concat(), &wrapped);
    let key = named.or_else(|| seal.open(NAMELESS, &wrapped));
    key.map(Secret::new).ok_or_else(|| KeyError::Damaged(name.to_owned())).map(Some)
}

fn in_directory(
    directory: &Path,
    name: &str,
    random: &Random,
    make: impl FnOnce() -> Result<Secret, KeyError>,
) -> Result<Secret, KeyError> {
    let path = directory.join(name);
    let failed = |source| KeyError::File { path: path.display().to_string(), source };
    if !path.exists() {
        create_private_directory(directory).map_err(failed)?;
        write_private(&path, &make()?, random).map_err(failed)?;
    }
    read(&path)
}

fn read(path: &Path) -> Result<Secret, KeyError> {
    let bytes = std::fs::read(path).map_err(|source| KeyError::File { path: path.display().to_string(), source })?;
    if bytes.is_empty() || bytes.len() > LARGEST {
        return Err(KeyError::Damaged(path.display().to_string()));
    }
    Ok(Secret::new(bytes))
}

fn create_private_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() { Ok(()) } else { std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path) }
}

/// Written beside its place and linked there whole: a crash leaves no half key, and of two first starts one wins. It belongs
/// to whoever the directory belongs to: an operator who rotates keys may be somebody else than the gateway.
fn write_private(path: &Path, key: &Secret, random: &Random) -> std::io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", random.token::<8>()));
    let linked = write_draft(&draft, key, path).and_then(|()| std::fs::hard_link(&draft, path));
    // A draft that could not be written whole holds a part of a secret.
    if let Err(error) = std::fs::remove_file(&draft)
        && linked.is_ok()
    {
        return Err(error);
    }
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        // The name, too, outlives a loss of power: what it seals is promised from now on.
        Ok(()) => std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all(),
        Err(error) => Err(error),
    }
}

fn write_draft(draft: &Path, key: &Secret, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(key.expose())?;
    let owner = path.parent().unwrap_or(Path::new(".")).metadata()?;
    if owner.uid() != file.metadata()?.uid() {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.sync_all()
}
