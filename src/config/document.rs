//! Policy documents: `{ file = … }` or `{ json = … }`, and `[[policy]]`, the managed ones.

use super::Section;
use crate::catalogue::{Draft, NamedPolicy, Placed};
use crate::policy::{Policy, PolicyError};
use crate::words::PolicyArn;
use std::sync::Arc;

/// Parses a document in one of the language's two dialects.
pub(super) type Dialect = fn(&str) -> Result<Policy, Vec<PolicyError>>;

/// IAM's own limit for a document, generously.
const LARGEST: u64 = 128 * 1024;

/// The document that `key` holds as `{ file }` or `{ json }`.
pub(super) fn read(section: &Section<'_>, key: &'static str, dialect: Dialect) -> Option<Policy> {
    section.required(key);
    let source = section.section(key)?;
    let policy = compile(&source, dialect);
    source.finish();
    policy
}

/// `boundary = { file | json }`. It is reported under the name `boundary`.
pub(super) fn read_boundary(section: &Section<'_>) -> Option<NamedPolicy> {
    let source = section.section("boundary")?;
    let policy = compile(&source, Policy::identity);
    source.finish();
    policy.map(|policy| NamedPolicy { name: "boundary".into(), policy: Arc::new(policy) })
}

/// `policies = [{ name, file | json }, { arn }]`.
pub(super) fn read_list(section: &Section<'_>, draft: &Draft) -> Vec<NamedPolicy> {
    let read_one = |entry: Section<'_>| {
        let policy = if entry.has("arn") {
            let arn: Option<PolicyArn> = entry.parsed("arn");
            let managed = arn.as_ref().and_then(|arn| draft.policies.iter().find(|p| p.value.name == arn.as_str()));
            let wrong_itself = arn.as_ref().is_some_and(|arn| draft.unfinished.contains(arn.as_str()));
            if let (Some(arn), None, false) = (&arn, managed, wrong_itself) {
                entry.mistake("arn", format!("there is no [[policy]] {arn}"));
            }
            managed.map(|placed| placed.value.clone())
        } else {
            let name = entry.required_string("name");
            let policy = compile(&entry, Policy::identity);
            name.zip(policy).map(|(name, policy)| NamedPolicy { name, policy: Arc::new(policy) })
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
        let policy = read(&section, "document", Policy::identity);
        let origin = section.origin();
        section.finish();
        match (arn, policy) {
            (Some(arn), Some(policy)) => {
                let value = NamedPolicy { name: arn.to_string(), policy: Arc::new(policy) };
                draft.policies.push(Placed { origin, value });
            }
            (Some(arn), None) => draft.unfinished.extend([arn.to_string()]),
            _ => {}
        }
    }
}

fn compile(source: &Section<'_>, dialect: Dialect) -> Option<Policy> {
    let (json, key) = match (source.has("json"), source.has("file")) {
        (true, false) => (source.string("json")?, "json"),
        (false, true) => (source.file_text("file", LARGEST)?, "file"),
        _ => {
            source.mistake("", "say exactly one of file = \"path\" and json = '''…'''");
            return None;
        }
    };
    let note = |errors: Vec<PolicyError>| errors.iter().for_each(|error| source.mistake(key, error.to_string()));
    dialect(&json).map_err(note).ok()
}
