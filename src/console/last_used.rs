//! Which roles somebody put on last: they are offered first.

use super::ConsoleError;
use super::service::Console;
use super::session::ConsoleSession;
use crate::store::RoleUse;
use std::collections::HashMap;
use time::OffsetDateTime;

impl Console {
    /// The roles that whoever chooses here has put on, by ARN, with when last.
    pub async fn last_used(&self, session: &ConsoleSession) -> Result<HashMap<String, i64>, ConsoleError> {
        let Some(person) = session.original.chooser() else { return Ok(HashMap::new()) };
        let used = self.sts.store.roles_used(&self.sts.keys.chooser(&person)).await?;
        Ok(used.into_iter().collect())
    }

    pub(super) fn role_use(&self, session: &ConsoleSession, role: &str, now: OffsetDateTime) -> Option<RoleUse> {
        let person = self.sts.keys.chooser(&session.original.chooser()?);
        Some(RoleUse { person, role: role.to_owned(), used: now.unix_timestamp() })
    }
}
