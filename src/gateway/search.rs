//! Search fields and links from page to page, read and written the same on every page.

use super::form;
use super::incoming::Incoming;
use crate::console::ConsoleError;
use crate::store::{BookPlace, SessionPlace, TracePlace};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

/// The query of an address.
pub(super) struct Search(Vec<(String, String)>);

/// Nothing that is looked for is longer.
const LONGEST: usize = 512;

impl Search {
    pub(super) fn of(incoming: &Incoming) -> Result<Self, ConsoleError> {
        let pairs = incoming.query().ok_or(ConsoleError::BadSearch)?;
        let fits = pairs.len() <= 20 && pairs.iter().all(|(_, value)| value.len() <= LONGEST);
        if fits { Ok(Self(pairs)) } else { Err(ConsoleError::BadSearch) }
    }

    /// The one value of that name, without blanks around it; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        form::one(&self.0, name).unwrap_or_default().trim()
    }

    /// A time in seconds since 1970; a day is its first moment, or its last if that is what is asked for.
    pub(super) fn time(&self, name: &str, last: bool) -> Result<Option<i64>, ConsoleError> {
        match self.text(name) {
            "" => Ok(None),
            text => moment(text, last).map(Some).ok_or(ConsoleError::BadSearch),
        }
    }

    pub(super) fn session_place(&self) -> Result<SessionPlace, ConsoleError> {
        let text = self.text("after");
        if text.is_empty() {
            return Ok(SessionPlace::first());
        }
        let (expires, id) = text.split_once('.').ok_or(ConsoleError::BadSearch)?;
        let (expires, access_key_id) = (expires.parse().map_err(|_| ConsoleError::BadSearch)?, id.to_owned());
        Ok(SessionPlace { expires, access_key_id })
    }

    /// Before this place, or before the end of the time that is asked for.
    pub(super) fn book_place(&self) -> Result<Option<BookPlace>, ConsoleError> {
        match self.text("before") {
            "" => Ok(self.time("until", true)?.map(BookPlace::after)),
            text => text.parse().map(Some).map_err(|()| ConsoleError::BadSearch),
        }
    }

    pub(super) fn trace_place(&self, now: OffsetDateTime) -> Result<TracePlace, ConsoleError> {
        let text = self.text("before");
        if text.is_empty() {
            return Ok(TracePlace::after(self.time("until", true)?.unwrap_or(now.unix_timestamp())));
        }
        let (at, id) = text.split_once('.').ok_or(ConsoleError::BadSearch)?;
        Ok(TracePlace { at: at.parse().map_err(|_| ConsoleError::BadSearch)?, id: id.to_owned() })
    }

    /// An address with those of these fields that are not empty, and one more.
    pub(super) fn link(&self, path: &str, fields: &[&str], more: (&str, &str)) -> String {
        let kept = fields.iter().map(|name| (*name, self.text(name)));
        let kept = kept.chain([more]).filter(|(_, value)| !value.is_empty());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// As it is shown, in UTC.
pub(super) fn shown(seconds: i64) -> String {
    const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.format(FORM).ok()).unwrap_or_default()
}

/// `2026-01-31`, `2026-01-31T12:00` or `2026-01-31T12:00:00`, in UTC, with a Z or without.
fn moment(text: &str, last: bool) -> Option<i64> {
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let text = text.strip_suffix('Z').unwrap_or(text);
    let at = match text.len() {
        10 => {
            let end = Time::from_hms(23, 59, 59).ok()?;
            PrimitiveDateTime::new(Date::parse(text, DAY).ok()?, if last { end } else { Time::MIDNIGHT })
        }
        16 => PrimitiveDateTime::parse(text, MINUTE).ok()?,
        19 => PrimitiveDateTime::parse(text, SECOND).ok()?,
        _ => return None,
    };
    Some(at.assume_utc().unix_timestamp())
}
