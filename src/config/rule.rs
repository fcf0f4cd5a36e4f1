//! `[[provider.rule]]`.

use super::Section;
use crate::catalogue::{Expression, RolesOf, Rule};
use crate::words::is_tag_key;
use toml::Value;

pub(super) fn read(section: Section<'_>, index: usize) -> Option<Rule> {
    let when = section.required_parsed("when");
    let roles = RolesOf { listed: section.all_parsed("roles"), computed: section.parsed("roles_from") };
    let lists_none = section.value("roles").is_none_or(|roles| roles.as_array().is_some_and(Vec::is_empty));
    if lists_none && !section.has("roles_from") {
        section.mistake("roles", "is missing; a rule gives roles, by name (roles) or computed (roles_from)");
    }
    let session_name = section.parsed("session_name");
    let source_identity = section.parsed("source_identity");
    let tags = tags(&section);
    let transitive_tags = section.strings("transitive_tags");
    let named = section.value("tags").and_then(Value::as_table);
    for key in transitive_tags.iter().filter(|key| !named.is_some_and(|tags| tags.contains_key(*key))) {
        section.mistake("transitive_tags", format!("\"{key}\" is none of this rule's tags"));
    }
    section.finish();
    let name = format!("rule[{index}]");
    Some(Rule { name, when: when?, roles, session_name, source_identity, tags, transitive_tags })
}

/// `tags = { team = 'claims.department[0]' }`: any keys, each with an expression.
fn tags(section: &Section<'_>) -> Vec<(String, Expression)> {
    let Some(value) = section.value("tags") else { return Vec::new() };
    let Value::Table(table) = value else {
        section.wrong::<()>("tags", "a table of expressions, as in { team = 'claims.department[0]' }", value);
        return Vec::new();
    };
    let mut tags: Vec<(String, Expression)> = Vec::new();
    for (key, value) in table {
        let place = format!("tags.{key}");
        if !is_tag_key(key) {
            let wanted = "1 to 128 letters, digits, separators and _.:/=+-@, not beginning with aws:";
            section.mistake(&place, format!("is no tag key: it has {wanted}"));
        }
        if tags.iter().any(|(known, _)| known.to_lowercase() == key.to_lowercase()) {
            section.mistake(&place, "is there twice; capitals do not tell keys apart");
        }
        match value.as_str().map(Expression::compile) {
            Some(Ok(expression)) => tags.push((key.clone(), expression)),
            Some(Err(error)) => section.mistake(&place, error.to_string()),
            None => drop(section.wrong::<()>(&place, "a string", value)),
        }
    }
    if tags.len() > 50 {
        section.mistake("tags", "has more than 50 tags");
    }
    tags
}
