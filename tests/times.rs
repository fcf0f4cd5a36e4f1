//! Points in time, as they are written.

use gatehouse::words::iso;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

#[test]
fn a_time_is_written_as_rfc_3339_has_it_in_utc_and_whole_seconds() {
    assert_eq!(iso(datetime!(2031-01-01 00:00:00 UTC)), "2031-01-01T00:00:00Z");
    for at in [
        datetime!(1970-01-01 00:00:00 UTC),
        datetime!(0004-02-29 23:59:59.999_999_999 UTC),
        datetime!(2030-12-31 23:30:07.5 -1:15),
        datetime!(2028-02-29 10:09:08 +14),
        datetime!(9999-12-31 23:59:59 UTC),
    ] {
        let whole = at.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).expect("a nanosecond");
        assert_eq!(iso(at), whole.format(&Rfc3339).expect("a time"));
    }
}
