//! Points in time as the protocols spell them. All are UTC; a time without a zone is refused.

use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// No provider may be configured with a larger clock skew: a longer one keeps stolen assertions alive.
pub const MOST_CLOCK_SKEW: Duration = Duration::minutes(5);

/// The longest that a console session can be. As long is kept whatever must outlast one.
pub const LONGEST_CONSOLE_SESSION: Duration = Duration::hours(12);

/// `2031-01-01T00:00:00Z`, whole seconds, as STS answers.
pub fn iso(at: OffsetDateTime) -> String {
    let mut text = String::with_capacity(20);
    push_iso(&mut text, at);
    text
}

/// The same of seconds since 1970, which are told as they are where the years 0 to 9999 do not have them.
pub fn iso_of(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds).ok().filter(|at| at.year() >= 0);
    at.map_or_else(|| seconds.to_string(), iso)
}

/// [`iso`] at the end of a text.
pub fn push_iso(text: &mut String, at: OffsetDateTime) {
    let at = at.to_offset(UtcOffset::UTC);
    let ((year, month, day), (hour, minute, second)) = (at.to_calendar_date(), at.to_hms());
    let year = u16::try_from(year).ok().filter(|year| *year <= 9999).expect("years 0 to 9999");
    let (century, year) = ((year / 100) as u8, (year % 100) as u8);
    let mut spelt = *b"0000-00-00T00:00:00Z";
    let pairs = [(0, century), (2, year), (5, month.into()), (8, day), (11, hour), (14, minute), (17, second)];
    for (place, pair) in pairs {
        spelt[place] += pair / 10;
        spelt[place + 1] += pair % 10;
    }
    text.push_str(std::str::from_utf8(&spelt).expect("digits are ASCII"));
}

/// The same moment in UTC; `None` where it is of no year that [`iso`] can tell.
pub fn in_utc(at: OffsetDateTime) -> Option<OffsetDateTime> {
    at.checked_to_offset(UtcOffset::UTC).filter(|at| (0..=9999).contains(&at.year()))
}

/// `20310101T000000Z`, the basic form that SigV4 signs.
pub fn basic(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let ((year, month, day), (hour, minute, second)) = (at.to_calendar_date(), at.to_hms());
    // Two numbers are written faster than six.
    let date = 10_000 * year + 100 * i32::from(u8::from(month)) + i32::from(day);
    let time = 10_000 * u32::from(hour) + 100 * u32::from(minute) + u32::from(second);
    format!("{date:08}T{time:06}Z")
}

/// Reads [`basic`]'s form and nothing else: what is read is written the same again.
pub fn parse_basic(text: &str) -> Option<OffsetDateTime> {
    let digits = |place: usize, count: usize| {
        let digits = text.as_bytes().get(place..place + count)?.iter();
        digits.copied().try_fold(0_u16, |n, digit| digit.is_ascii_digit().then(|| 10 * n + u16::from(digit - b'0')))
    };
    let two = |place| u8::try_from(digits(place, 2)?).ok();
    if text.len() != 16 || text.as_bytes()[8] != b'T' || text.as_bytes()[15] != b'Z' {
        return None;
    }
    let month = Month::try_from(two(4)?).ok()?;
    let date = Date::from_calendar_date(i32::from(digits(0, 4)?), month, two(6)?).ok()?;
    let time = Time::from_hms(two(9)?, two(11)?, two(13)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

/// An `xs:dateTime` with a zone, fractions allowed (SAML core §1.3.3).
pub fn parse_xs_date_time(text: &str) -> Option<OffsetDateTime> {
    // RFC 3339 would take a blank for the T, and small letters.
    if text.len() > 40 || text.as_bytes().get(10) != Some(&b'T') || text.ends_with('z') {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
