//! A role that somebody switches to, as they call it.

use super::session::Original;
use super::{Color, Console, ConsoleError};
use crate::catalogue::Catalogue;
use crate::store::RecentRecord;
use crate::sts::Purpose;
use crate::words::RoleArn;
use serde::{Deserialize, Serialize};

/// The role that is switched to at present.
#[derive(Clone, Serialize, Deserialize)]
pub struct Switched {
    /// Its sealed session token.
    pub token: String,
    pub to: Target,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Target {
    /// ARN.
    pub role: String,
    /// What the person calls it.
    pub label: String,
    pub color: Option<Color>,
}

/// What the form asks for, as it came.
pub struct SwitchForm<'a> {
    /// The id, or the alias.
    pub account: &'a str,
    /// With its path.
    pub role_name: &'a str,
    pub display_name: &'a str,
    pub color: &'a str,
}

/// Roles that somebody switched to before are kept, so many of them.
const MOST_RECENT: usize = 5;
const LONGEST_LABEL: usize = 64;

impl SwitchForm<'_> {
    /// Which role is meant, if it can be one.
    pub fn target(&self, catalogue: &Catalogue) -> Result<Target, ConsoleError> {
        let account = self.account.trim();
        let by_id = account.parse().ok().and_then(|id| catalogue.account(id));
        let account = by_id.or_else(|| catalogue.accounts().find(|it| it.alias == account));
        let account = account.ok_or(ConsoleError::BadSwitch("account"))?;
        let name = self.role_name.trim();
        let name = name.strip_prefix('/').unwrap_or(name);
        let role: RoleArn = format!("arn:aws:iam::{}:role/{name}", account.id)
            .parse()
            .map_err(|_| ConsoleError::BadSwitch("roleName"))?;
        let color = match self.color.trim() {
            "" => None,
            text => Some(Color::parse(text).ok_or(ConsoleError::BadSwitch("color"))?),
        };
        let label = self.display_name.trim();
        if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
            return Err(ConsoleError::BadSwitch("displayName"));
        }
        let label = if label.is_empty() { format!("{} @ {}", role.name(), account.alias) } else { label.to_owned() };
        Ok(Target { role: role.to_string(), label, color })
    }
}

impl Console {
    /// Where this person switched to before, wherever they signed in; nothing of it is worth refusing anybody.
    pub(super) async fn recent_of(&self, original: &Original) -> Vec<Target> {
        let Some(person) = self.person_of(original) else { return Vec::new() };
        let sealed = self.sts.store.recent_roles(&person).await.ok().flatten();
        let plain = sealed.and_then(|sealed| self.sts.keys.seals.open(Purpose::RecentRoles(person), &sealed));
        plain.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_default()
    }

    /// The record of it; none of whoever is nobody but the role that they came with.
    pub(super) fn recent_record(&self, original: &Original, recent: &[Target], used: i64) -> Option<RecentRecord> {
        let plain = serde_json::to_vec(recent).ok()?;
        let person = self.person_of(original)?;
        let sealed = self.sts.keys.seals.seal(Purpose::RecentRoles(person), &plain, &self.sts.random);
        Some(RecentRecord { person, sealed, used })
    }

    fn person_of(&self, original: &Original) -> Option<[u8; 32]> {
        Some(self.sts.keys.chooser(&original.chooser()?))
    }
}

/// The roles of before and this one, which comes first.
pub(super) fn with_latest(recent: &[Target], latest: &Target) -> Vec<Target> {
    let others = recent.iter().filter(|target| target.role != latest.role);
    [latest].into_iter().chain(others).take(MOST_RECENT).cloned().collect()
}
