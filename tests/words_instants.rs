//! Points in time are spelt in one way, wherever they are told.

use gatehouse::words::{in_utc, iso, iso_of, parse_xs_date_time};

#[test]
fn a_time_is_told_in_whole_seconds_of_utc() {
    for (came, told) in [
        ("2031-02-03T04:05:06Z", "2031-02-03T04:05:06Z"),
        ("2031-12-31T23:59:59.999999999Z", "2031-12-31T23:59:59Z"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("0987-10-09T10:11:12Z", "0987-10-09T10:11:12Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(parse_xs_date_time(came).map(iso).as_deref(), Some(told), "{came}");
    }
}

#[test]
fn a_time_of_another_zone_is_of_a_year_that_can_be_told_or_none() {
    for (came, told) in [
        ("2024-02-29T23:30:00-01:00", Some("2024-03-01T00:30:00Z")),
        ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
        ("9999-12-31T23:59:59-00:01", None),
        ("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z")),
        ("0000-01-01T00:00:00+00:01", None),
    ] {
        let at = parse_xs_date_time(came).expect("a time");
        assert_eq!(in_utc(at).map(iso).as_deref(), told, "{came}");
    }
}

/// They may be a stranger's, or of a record that somebody has changed.
#[test]
fn seconds_of_no_year_that_can_be_told_are_told_as_they_are() {
    for (seconds, told) in [
        (0, "1970-01-01T00:00:00Z"),
        (-62_167_219_200, "0000-01-01T00:00:00Z"),
        (-62_167_219_201, "-62167219201"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (253_402_300_800, "253402300800"),
        (i64::MIN, "-9223372036854775808"),
    ] {
        assert_eq!(iso_of(seconds), told);
    }
}
