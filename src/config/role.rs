//! `[[role]]`.

use super::Section;
use super::document::{self, Dialect};
use crate::catalogue::{Draft, Placed, Role};
use crate::words::{NotSessionTags, RoleArn, SessionTags};
use time::Duration;
use toml::Value;

pub(super) fn read(root: &Section<'_>, draft: &mut Draft) {
    for section in root.sections("role", "arn") {
        let arn: Option<RoleArn> = section.required_parsed("arn");
        let trust = document::read(&section, "trust", Dialect::Trust);
        let policies = document::read_list(&section, draft);
        let max_session = section.duration("max_session").unwrap_or(Duration::HOUR);
        if max_session < Duration::HOUR || max_session > Duration::hours(12) {
            section.mistake("max_session", "must be between 1h and 12h");
        }
        let description = section.string("description").unwrap_or_default();
        let boundary = document::read_boundary(&section);
        let tags = tags(&section);
        section.not_in_this_build("upstream");
        let origin = section.origin();
        section.finish();
        match (arn, trust) {
            (Some(arn), Some(trust)) => {
                let id = Role::id_of(&arn);
                draft.roles.push(Placed {
                    origin,
                    value: Role { arn, id, trust, policies, boundary, tags, max_session, description },
                });
            }
            (Some(arn), None) => draft.unfinished.extend([arn.to_string()]),
            _ => {}
        }
    }
}

/// `tags = { env = "production" }`.
fn tags(section: &Section<'_>) -> SessionTags {
    let Some(value) = section.value("tags") else { return SessionTags::default() };
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let pairs: Option<Vec<_>> = value.as_table().and_then(|table| table.iter().map(text).collect());
    let Some(pairs) = pairs else {
        section.wrong::<()>("tags", "a table of strings, as in { env = \"production\" }", value);
        return SessionTags::default();
    };
    let refused = |error: NotSessionTags| section.mistake("tags", error.to_string());
    SessionTags::new(pairs, &[]).map_err(refused).unwrap_or_default()
}
