//! `/console/roles`: everything that can be worn now, what was worn last first.

use super::arrival::with_cookies;
use super::console::sorry;
use super::console_pages::left;
use super::frame::{Frame, Tab};
use super::page_session::PageSession;
use super::pages::{self, AccountGroup, ChooserPage, RoleLine};
use super::{House, form};
use crate::console::{Choice, ConsoleSession};
use crate::words::RoleArn;
use axum::extract::State;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A search longer than this is cut.
const LONGEST_SEARCH: usize = 200;

/// `GET /console/roles?q=`.
pub(super) async fn roles(State(house): State<Arc<House>>, mut page: PageSession) -> Response {
    let now = page.incoming.request.now;
    let choices = house.console.choices(&page.session, &mut page.incoming.request);
    // It decides the order, and nothing else: where it cannot be read, they come in another.
    let used = house.console.last_used(&page.session).await.unwrap_or_default();
    match choices {
        Ok(choices) => {
            let query = page.incoming.query().unwrap_or_default();
            let q: String = form::one(&query, "q").unwrap_or_default().trim().chars().take(LONGEST_SEARCH).collect();
            let of = choices.len();
            let accounts = Chooser { house: &house, session: &page.session, used: &used, now }.found(&choices, &q);
            let found = accounts.iter().map(|account| account.roles.len()).sum();
            let notice = house.notice(&page.session, &page.incoming.request);
            let frame = Frame { notice, ..page.frame(Tab::Roles) };
            pages::show_scripted(&ChooserPage { frame, q, found, of, accounts })
        }
        Err(error) if house.console.worn(&page.session, now).is_some() => {
            sorry(&house, "ConsoleRoles", &error, page.incoming).await
        }
        Err(error) => {
            // Nothing is open to this person any more: they are told, and may come as somebody else.
            let _ = house.console.sign_out(&page.id).await;
            let ended = house.cookies.end_session(page.incoming.nth);
            with_cookies(sorry(&house, "ConsoleRoles", &error, page.incoming).await, [ended])
        }
    }
}

struct Chooser<'a> {
    house: &'a House,
    session: &'a ConsoleSession,
    /// When each role was put on last.
    used: &'a HashMap<String, i64>,
    now: OffsetDateTime,
}

impl Chooser<'_> {
    /// By account, the one that was used last first, and so within each. A role is found if every word is somewhere in what
    /// is said of it.
    fn found(&self, choices: &[Choice], q: &str) -> Vec<AccountGroup> {
        let words: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
        let latest = self.used.iter().max_by_key(|(_, at)| **at).map(|(role, _)| role.as_str());
        let worn = self.house.console.base(self.session, self.now);
        let worn = worn.as_ref().and_then(|worn| worn.role());
        let mut groups: Vec<(i64, AccountGroup)> = Vec::new();
        // They come in the order of their ARNs, and with that of their accounts.
        for choice in choices {
            let account = choice.role.arn.account();
            if groups.last().is_none_or(|(_, group)| group.id != account.as_str()) {
                let alias = self.house.sts.catalogue.account(account).map(|it| it.alias.clone()).unwrap_or_default();
                groups.push((i64::MIN, AccountGroup { alias, id: account.to_string(), roles: Vec::new() }));
            }
            let Some((used, group)) = groups.last_mut() else { continue };
            let path = path(&choice.role.arn);
            if !words.is_empty() {
                let (name, description) = (choice.role.arn.name(), &choice.role.description);
                let text = format!("{} {} {path}{name} {description}", group.alias, group.id).to_lowercase();
                if !words.iter().all(|word| text.contains(word)) {
                    continue;
                }
            }
            *used = self.used_at(choice.role.arn.as_str()).max(*used);
            group.roles.push(self.line(choice, path, worn, latest));
        }
        groups.retain(|(_, group)| !group.roles.is_empty());
        groups.sort_by_key(|(used, _)| std::cmp::Reverse(*used));
        let in_order = |(_, mut group): (i64, AccountGroup)| {
            group.roles.sort_by_key(|role| std::cmp::Reverse(self.used_at(&role.arn)));
            group
        };
        groups.into_iter().map(in_order).collect()
    }

    fn used_at(&self, role: &str) -> i64 {
        self.used.get(role).copied().unwrap_or(i64::MIN)
    }

    fn line(&self, choice: &Choice, path: &str, worn: Option<&str>, latest: Option<&str>) -> RoleLine {
        let arn = choice.role.arn.as_str();
        RoleLine {
            arn: arn.to_owned(),
            name: choice.role.arn.name().to_owned(),
            path: path.to_owned(),
            description: choice.role.description.clone(),
            session_name: choice.session_name.to_string(),
            lasts: hours(self.house.console.would_last(self.session, &choice.role, self.now)),
            worn: worn == Some(arn),
            latest: latest == Some(arn),
            needs_mfa: choice.needs_mfa,
        }
    }
}

/// `path/` of `arn:aws:iam::111122223333:role/path/Name`.
fn path(role: &RoleArn) -> &str {
    let resource = role.as_str().split_once(":role/").map_or("", |(_, resource)| resource);
    &resource[..resource.len() - role.name().len().min(resource.len())]
}

/// `2 h` where it is whole hours, as roles have them.
fn hours(duration: Duration) -> String {
    match duration.whole_seconds() {
        seconds if seconds > 0 && seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        _ => left(duration),
    }
}
