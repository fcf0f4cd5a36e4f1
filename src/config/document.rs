//! Policy documents: `{ file = … }` or `{ json = … }`, and `[[policy]]`, the managed ones.

use super::Section;
use crate::catalogue::{Draft, NamedPolicy, Placed};
use crate::policy::{Policy, PolicyError};
use crate::words::{PolicyArn, sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// One of the language's two dialects.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    Trust,
    Identity,
}

/// The dialect, and the SHA-256 of the text.
type Document = (Dialect, [u8; 32]);

/// Documents that were compiled: a thousand roles often have one trust policy between them, and share it.
#[derive(Default)]
pub(super) struct Compiled {
    policies: RefCell<HashMap<Document, Arc<Policy>>>,
    /// The managed ones, by their ARN.
    managed: RefCell<HashMap<String, NamedPolicy>>,
}

impl Compiled {
    fn get(&self, dialect: Dialect, json: &str) -> Result<Arc<Policy>, Vec<PolicyError>> {
        let key = (dialect, sha256(json.as_bytes()));
        if let Some(known) = self.policies.borrow().get(&key) {
            return Ok(known.clone());
        }
        let policy = Arc::new(match dialect {
            Dialect::Trust => Policy::trust(json),
            Dialect::Identity => Policy::identity(json),
        }?);
        self.policies.borrow_mut().insert(key, policy.clone());
        Ok(policy)
    }
}

/// IAM's own limit for a document, generously.
const LARGEST: u64 = 128 * 1024;

/// The document that `key` holds as `{ file }` or `{ json }`.
pub(super) fn read(section: &Section<'_>, key: &'static str, dialect: Dialect) -> Option<Arc<Policy>> {
    section.required(key);
    let source = section.section(key)?;
    let policy = compile(&source, dialect);
    source.finish();
    policy
}

/// `boundary = { file | json }`. It is reported under the name `boundary`.
pub(super) fn read_boundary(section: &Section<'_>) -> Option<NamedPolicy> {
    let source = section.section("boundary")?;
    let policy = compile(&source, Dialect::Identity);
    source.finish();
    policy.map(|policy| NamedPolicy { name: "boundary".into(), policy })
}

/// `policies = [{ name, file | json }, { arn }]`.
pub(super) fn read_list(section: &Section<'_>, draft: &Draft) -> Vec<NamedPolicy> {
    let read_one = |entry: Section<'_>| {
        let policy = if entry.has("arn") {
            let arn: Option<PolicyArn> = entry.parsed("arn");
            let compiled = section.reading.compiled.managed.borrow();
            let managed = arn.as_ref().and_then(|arn| compiled.get(arn.as_str()));
            let wrong_itself = arn.as_ref().is_some_and(|arn| draft.unfinished.contains(arn.as_str()));
            if let (Some(arn), None, false) = (&arn, managed, wrong_itself) {
                entry.mistake("arn", format!("there is no [[policy]] {arn}"));
            }
            managed.cloned()
        } else {
            let name = entry.required_string("name");
            let policy = compile(&entry, Dialect::Identity);
            name.zip(policy).map(|(name, policy)| NamedPolicy { name, policy })
        };
        entry.finish();
        policy
    };
    section.sections("policies", "name").into_iter().filter_map(read_one).collect()
}

/// `[[policy]]` tables. They are named by their ARN.
pub(super) fn read_managed(root: &Section<'_>, draft: &mut Draft) {
    for section in root.sections("policy", "arn") {
        let arn: Option<PolicyArn> = section.required_parsed("arn");
        let policy = read(&section, "document", Dialect::Identity);
        let origin = section.origin();
        section.finish();
        match (arn, policy) {
            (Some(arn), Some(policy)) => {
                let value = NamedPolicy { name: arn.to_string(), policy };
                root.reading.compiled.managed.borrow_mut().insert(value.name.clone(), value.clone());
                draft.policies.push(Placed { origin, value });
            }
            (Some(arn), None) => draft.unfinished.extend([arn.to_string()]),
            _ => {}
        }
    }
}

fn compile(source: &Section<'_>, dialect: Dialect) -> Option<Arc<Policy>> {
    let (json, key) = match (source.has("json"), source.has("file")) {
        (true, false) => (source.string("json")?, "json"),
        (false, true) => (source.file_text("file", LARGEST)?, "file"),
        _ => {
            source.mistake("", "say exactly one of file = \"path\" and json = '''…'''");
            return None;
        }
    };
    let note = |errors: Vec<PolicyError>| errors.iter().for_each(|error| source.mistake(key, error.to_string()));
    source.reading.compiled.get(dialect, &json).map_err(note).ok()
}
