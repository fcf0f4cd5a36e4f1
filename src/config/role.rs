//! `[[role]]`.

use super::{Section, document};
use crate::catalogue::{Draft, Placed, Role};
use crate::policy::Policy;
use crate::words::RoleArn;
use time::Duration;

pub(super) fn read(root: &Section<'_>, draft: &mut Draft) {
    for section in root.sections("role", "arn") {
        let arn: Option<RoleArn> = section.required_parsed("arn");
        let trust = document::read(&section, "trust", Policy::trust);
        let policies = document::read_list(&section, draft);
        let max_session = section.duration("max_session").unwrap_or(Duration::HOUR);
        if max_session < Duration::HOUR || max_session > Duration::hours(12) {
            section.mistake("max_session", "must be between 1h and 12h");
        }
        let description = section.string("description").unwrap_or_default();
        for key in ["boundary", "tags", "upstream"] {
            section.not_in_this_build(key, None);
        }
        let origin = section.origin();
        section.finish();
        match (arn, trust) {
            (Some(arn), Some(trust)) => {
                draft.roles.push(Placed { origin, value: Role { arn, trust, policies, max_session, description } });
            }
            (Some(arn), None) => draft.unfinished.extend([arn.to_string()]),
            _ => {}
        }
    }
}
