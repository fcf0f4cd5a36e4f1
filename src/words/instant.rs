//! Points in time as the protocols spell them. All are UTC; a time without a zone is refused.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// `2031-01-01T00:00:00Z`, whole seconds, as STS answers.
pub fn iso(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC).replace_nanosecond(0).expect("zero is a nanosecond");
    at.format(&Rfc3339).expect("years 0 to 9999")
}

/// `20310101T000000Z`, the basic form that SigV4 signs.
pub fn basic(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC)
        .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
        .expect("years 0 to 9999")
}

/// Reads [`basic`]'s form and nothing else.
pub fn parse_basic(text: &str) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(text, format).ok().map(PrimitiveDateTime::assume_utc)
}

/// An `xs:dateTime` with a zone, fractions allowed (SAML core §1.3.3).
pub fn parse_xs_date_time(text: &str) -> Option<OffsetDateTime> {
    // RFC 3339 would take a blank for the T, and small letters.
    if text.len() > 40 || text.as_bytes().get(10) != Some(&b'T') || text.ends_with('z') {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
