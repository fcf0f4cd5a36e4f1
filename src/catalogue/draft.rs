//! What configuration hands over: each thing with the place it was read from, so that an objection can name it.

use super::{Account, Provider, Role, Service, User};
use std::collections::HashSet;
use std::path::PathBuf;

/// File and key, for people.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub file: PathBuf,
    pub key: String,
}

pub struct Placed<T> {
    pub origin: Origin,
    pub value: T,
}

/// Everything that is to become a catalogue. Managed policies are already part of the roles that name them.
#[derive(Default)]
pub struct Draft {
    pub accounts: Vec<Placed<Account>>,
    pub policies: Vec<Placed<super::NamedPolicy>>,
    pub providers: Vec<Placed<Provider>>,
    pub roles: Vec<Placed<Role>>,
    pub users: Vec<Placed<User>>,
    pub services: Vec<Placed<Service>>,
    /// The claims that tests name, each with the provider's name.
    pub tested: Vec<(String, Vec<String>)>,
    /// ARNs of policies, roles and providers that are there but wrong in themselves: whoever names them makes no mistake.
    pub unfinished: HashSet<String>,
}

/// Why things that are right one by one do not fit together.
pub struct Objection {
    pub file: Option<PathBuf>,
    pub key: String,
    pub sentence: String,
}

impl Objection {
    pub(super) fn at(origin: &Origin, key: &str, sentence: impl Into<String>) -> Self {
        let key = if key.is_empty() { origin.key.clone() } else { format!("{}.{key}", origin.key) };
        Self { file: Some(origin.file.clone()), key, sentence: sentence.into() }
    }
}
