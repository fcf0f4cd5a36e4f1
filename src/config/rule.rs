//! `[[provider.rule]]`.

use super::Section;
use crate::catalogue::{RolesOf, Rule};

pub(super) fn read(section: Section<'_>, index: usize) -> Option<Rule> {
    let when = section.required_parsed("when");
    let roles = RolesOf { listed: section.all_parsed("roles"), computed: section.parsed("roles_from") };
    let lists_none = section.value("roles").is_none_or(|roles| roles.as_array().is_some_and(Vec::is_empty));
    if lists_none && !section.has("roles_from") {
        section.mistake("roles", "is missing; a rule gives roles, by name (roles) or computed (roles_from)");
    }
    let session_name = section.parsed("session_name");
    for key in ["source_identity", "tags", "transitive_tags"] {
        section.not_in_this_build(key, None);
    }
    section.finish();
    Some(Rule { name: format!("rule[{index}]"), when: when?, roles, session_name })
}
