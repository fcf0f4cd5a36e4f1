//! The book as people read it: their own records without any permission, the account's if they may.

use super::own::Own;
use super::{Console, ConsoleError, ConsoleSession};
use crate::store::{BookPlace, KeptRecord, Sought};
use crate::sts::Request;
use serde_json::{Value, json};

/// What is looked for in the book; whatever is empty does not matter.
#[derive(Default)]
pub struct ActivitySearch {
    pub event: String,
    /// An ARN, or what an identity provider calls them, to the letter.
    pub principal: String,
    pub access_key_id: String,
    pub outcome: Option<Outcome>,
    pub since: i64,
    pub before: Option<BookPlace>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
}

/// The newest come first.
pub struct ActivityPage {
    pub records: Vec<Value>,
    pub next: Option<BookPlace>,
    /// Whether the page is short because the search has not come to the end.
    pub searched_in_part: bool,
}

const READ: &str = "gatehouse:ReadAudit";
const BOOK: &str = "audit";
/// On a page.
const PAGE: usize = 50;
/// As many are looked through for one page, where not each of them is what is looked for.
const MOST_LOOKED_THROUGH: usize = 250;

impl Console {
    /// What somebody has done, whichever role they wore, and what was done in their name.
    pub async fn own_activity(
        &self,
        session: &ConsoleSession,
        search: &ActivitySearch,
        request: &Request,
    ) -> Result<ActivityPage, ConsoleError> {
        let account = self.principal(session, request.now).ok().map(|caller| caller.account().to_string());
        let open = account.as_deref().filter(|_| self.could_read_audit(session, request));
        match self.own(session) {
            Own::Person(whose) => self.read(Sought::Whose(&whose), search.is_narrow(), open, search, request).await,
            Own::Browser { switched, .. } => {
                let Some((account, id)) = account.as_deref().zip(switched.as_deref()) else {
                    return Ok(ActivityPage { records: Vec::new(), next: None, searched_in_part: false });
                };
                self.read(Sought::Key { account, id }, search.is_narrow(), open, search, request).await
            }
            Own::Nobody => Err(ConsoleError::NotSignedIn),
        }
    }

    /// What anybody of the account has done.
    pub async fn account_activity(
        &self,
        session: &ConsoleSession,
        search: &ActivitySearch,
        request: &mut Request,
    ) -> Result<ActivityPage, ConsoleError> {
        let caller = self.may(session, READ, BOOK, request).await?;
        let (account, ActivitySearch { event, principal, access_key_id, outcome, .. }) =
            (&caller.account().to_string(), search);
        // By whatever is likely to be rare.
        let (sought, whole) = if !access_key_id.is_empty() {
            (Sought::Key { account, id: access_key_id }, event.is_empty() && principal.is_empty() && outcome.is_none())
        } else if !principal.is_empty() {
            (Sought::Principal { account, name: principal }, event.is_empty() && outcome.is_none())
        } else if *outcome == Some(Outcome::Refused) {
            (Sought::Refusals { account }, event.is_empty())
        } else if !event.is_empty() {
            (Sought::Event { account, name: event }, outcome.is_none())
        } else {
            (Sought::Everything { account }, outcome.is_none())
        };
        self.read(sought, !whole, Some(account), search, request).await
    }

    pub fn could_read_audit(&self, session: &ConsoleSession, request: &Request) -> bool {
        self.could(session, READ, BOOK, request)
    }

    /// `in_part`: not each record that is found so is what is looked for. `open`: the account whose policies' words may
    /// be read.
    async fn read(
        &self,
        sought: Sought<'_>,
        in_part: bool,
        open: Option<&str>,
        search: &ActivitySearch,
        request: &Request,
    ) -> Result<ActivityPage, ConsoleError> {
        let most = if in_part { MOST_LOOKED_THROUGH } else { PAGE + 1 };
        let mut place = search.before.clone().unwrap_or_else(|| BookPlace::after(request.now.unix_timestamp()));
        let (found, further) = self.sts.store.activity(sought, &place, search.since, most).await?;
        let (last, has_more) = (found.last().map(|kept| kept.place.clone()), found.len() >= most);
        let mut records = Vec::new();
        for KeptRecord { place: at, record } in found {
            let Ok(mut record) = serde_json::from_str(&record) else { continue };
            hold_back(&mut record, open);
            if search.fits(&record) {
                if records.len() == PAGE {
                    return Ok(ActivityPage { records, next: Some(place), searched_in_part: false });
                }
                records.push(record);
                place = at;
            }
        }
        let next = further.or(last.filter(|_| has_more));
        Ok(ActivityPage { records, searched_in_part: next.is_some(), next })
    }
}

/// Why a policy refused somebody is for those alone who may read the book of the account that it is of: to whoever was
/// refused another account's role, and to their own account, the record tells no more than that they were.
fn hold_back(record: &mut Value, open: Option<&str>) {
    let of_policy = record["errorCode"].as_str().is_some_and(|code| code.starts_with("trust."));
    let is_open = open.is_some_and(|account| record["recipientAccountId"].as_str() == Some(account));
    if let (true, false, Some(members)) = (of_policy, is_open, record.as_object_mut()) {
        members.insert("errorCode".to_owned(), json!("AccessDenied"));
        members.remove("errorMessage");
    }
}

impl ActivitySearch {
    fn is_narrow(&self) -> bool {
        !(self.event.is_empty() && self.principal.is_empty() && self.access_key_id.is_empty() && self.outcome.is_none())
    }

    fn fits(&self, record: &Value) -> bool {
        let (led_to, switched) = (&record["userIdentity"], &record["additionalEventData"]["switchedBy"]);
        let who = if switched.is_object() { switched } else { led_to };
        let any = |wanted: &str, values: &[&Value]| {
            wanted.is_empty() || values.iter().any(|value| value.as_str() == Some(wanted))
        };
        let refused = record["errorCode"].is_string();
        any(&self.event, &[&record["eventName"]])
            && any(&self.principal, &[&who["arn"], &who["userName"], &led_to["arn"]])
            && any(&self.access_key_id, &[&who["accessKeyId"], &record["accessKeyId"]])
            && self.outcome.is_none_or(|outcome| refused == (outcome == Outcome::Refused))
    }
}
