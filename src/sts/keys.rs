//! Where the keys of the house come from.
//!
//! Without a wrapping key they are files in the keys directory, readable by their owner only. With one they are rows of
//! the store, encrypted under it, so that every node of a cluster has the same and a copied disk has none. Either way
//! they are made on the first start, and whoever comes second finds them.

use super::seal::{Purpose, Seals};
use crate::ambient::Random;
use crate::store::{Store, StoreError, Verdict, Visit};
use crate::words::Secret;
use std::io::Write;
use std::path::{Path, PathBuf};

pub enum KeyStore {
    Directory(PathBuf),
    Wrapped(Store, Secret),
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path} cannot be used: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the key \"{0}\" in the store was wrapped by another wrapping key; give the former one")]
    OtherWrappingKey(String),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the key \"{0}\" does not have the form it should have; restore it from a backup")]
    Damaged(String),
    #[error("{0}")]
    Making(String),
}

/// Largest key file: an RSA key with its certificate in PEM has about 3 KiB.
const LARGEST: usize = 16 * 1024;

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
                let seals = Seals::new(wrapping_key);
                if let Some(key) = unwrap(store, &seals, name).await? {
                    return Ok(key);
                }
                let wrapped = seals.seal(Purpose::HouseKey, make()?.expose(), random);
                let visit = Visit { wrapped_key: Some((name.to_owned(), wrapped)), ..Visit::default() };
                // Another node may have been first; what is in the store counts.
                let _: Verdict = store.commit(visit).await?;
                unwrap(store, &seals, name).await?.ok_or_else(|| KeyError::Damaged(name.to_owned()))
            }
        }
    }

    /// The key called `name`, if there is one.
    pub async fn load(&self, name: &str) -> Result<Option<Secret>, KeyError> {
        match self {
            Self::Directory(directory) if !directory.join(name).exists() => Ok(None),
            Self::Directory(directory) => read(&directory.join(name)).map(Some),
            Self::Wrapped(store, wrapping_key) => unwrap(store, &Seals::new(wrapping_key), name).await,
        }
    }
}

async fn unwrap(store: &Store, seals: &Seals, name: &str) -> Result<Option<Secret>, KeyError> {
    let Some(wrapped) = store.wrapped_key(name).await? else { return Ok(None) };
    open(&wrapped, seals, name).map(Some)
}

/// A key as the store holds it, unwrapped.
pub fn unwrapped(wrapped: &[u8], wrapping_key: &Secret, name: &str) -> Result<Secret, KeyError> {
    open(wrapped, &Seals::new(wrapping_key), name)
}

fn open(wrapped: &[u8], seals: &Seals, name: &str) -> Result<Secret, KeyError> {
    let key = seals.open(Purpose::HouseKey, wrapped).ok_or_else(|| KeyError::OtherWrappingKey(name.to_owned()))?;
    Ok(Secret::new(key))
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

/// Written beside its place and linked there whole: a crash leaves no half key, and of two first starts one wins.
fn write_private(path: &Path, key: &Secret, random: &Random) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let draft = path.with_extension(format!("draft-{}", random.token::<8>()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(key.expose())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
