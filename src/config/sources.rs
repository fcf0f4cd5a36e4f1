//! What a configuration was read from, for whoever wants to know whether it has changed since.

use super::Peers;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The main file, and everything that was looked for while it was read, whether it was there or not. Each place is noted as
/// it is just before it is read: what is written meanwhile is a change.
pub struct Sources {
    main: PathBuf,
    pub(super) peers: Peers,
    places: Mutex<BTreeMap<Place, Mark>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    File(PathBuf),
    /// The names of the files that an include's pattern fits.
    Include(PathBuf, String),
}

/// What can be seen of a place without reading it.
type Mark = u64;

impl Sources {
    pub fn new(main: &Path, peers: Peers) -> Self {
        Self { main: main.to_owned(), peers, places: Mutex::default() }
    }

    /// The same place, of which nothing has been read yet.
    pub fn of_same_place(other: &Self) -> Self {
        Self::new(&other.main, other.peers)
    }

    pub fn main(&self) -> &Path {
        &self.main
    }

    /// `None` if everything is as it was read; else what it is now, to be compared with another look.
    pub fn change(&self) -> Option<u64> {
        let noted: Vec<(Place, Mark)> = self.places().iter().map(|(place, mark)| (place.clone(), *mark)).collect();
        let (mut all, mut changed) = (DefaultHasher::new(), false);
        for (place, noted) in noted {
            let mark = place.mark();
            changed |= mark != noted;
            mark.hash(&mut all);
        }
        changed.then(|| all.finish())
    }

    pub(super) fn note_file(&self, path: &Path) {
        self.note(Place::File(path.to_owned()));
    }

    pub(super) fn note_include(&self, directory: &Path, pattern: &str) {
        self.note(Place::Include(directory.to_owned(), pattern.to_owned()));
    }

    fn note(&self, place: Place) {
        self.places().entry(place).or_insert_with_key(Place::mark);
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<Place, Mark>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn mark(&self) -> Mark {
        let mut mark = DefaultHasher::new();
        match self {
            // Through links, so that one which leads elsewhere is another file. The time of the last change of the inode
            // is not for writers to choose, as that of the content is.
            Self::File(path) => match std::fs::metadata(path) {
                Ok(found) => {
                    (found.dev(), found.ino(), found.size(), found.mode()).hash(&mut mark);
                    (found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()).hash(&mut mark);
                }
                Err(error) => error.kind().hash(&mut mark),
            },
            Self::Include(directory, pattern) => super::file::matching(directory, pattern).hash(&mut mark),
        }
        mark.finish()
    }
}
