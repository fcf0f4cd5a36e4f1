//! Numbers and times, to the last digit.

use crate::policy_operators::Has::{Nothing, One};
use crate::policy_operators::Is::{Met, Unmet};
use crate::policy_operators::{VALUE, table};
use gatehouse::policy::Policy;

#[test]
fn numbers() {
    table(&[
        ("NumericEquals", r#""10""#, One("10"), Met, "equal"),
        ("NumericEquals", "10", One("10.0"), Met, "the number counts, not its digits"),
        ("NumericEquals", r#""1.50""#, One("01.5"), Met, "decimal"),
        ("NumericEquals", "1.5", One("1.5"), Met, "a JSON fraction is a number"),
        ("NumericEquals", r#""-0""#, One("0"), Met, "zero has no sign"),
        ("NumericEquals", r#"["1", "2"]"#, One("2"), Met, "alternatives"),
        ("NumericEquals", r#""9007199254740993""#, One("9007199254740992"), Unmet, "no rounding"),
        ("NumericNotEquals", r#""1""#, One("1.0"), Unmet, "negated"),
        ("NumericNotEquals", r#""1""#, One("2"), Met, "negated"),
        ("NumericNotEquals", r#""1""#, One("one"), Met, "unreadable: the negated operator holds"),
        ("NumericLessThan", r#""3600""#, One("3599"), Met, "below"),
        ("NumericLessThan", r#""3600""#, One("3600"), Unmet, "not below"),
        ("NumericLessThan", r#""9""#, One("10"), Unmet, "numbers, not texts"),
        ("NumericLessThan", r#""-2""#, One("-10"), Met, "below zero"),
        ("NumericLessThan", r#""0""#, One("-0.001"), Met, "below zero"),
        ("NumericLessThan", r#"["1", "5"]"#, One("3"), Met, "alternatives: below one of them"),
        ("NumericLessThanEquals", r#""3600""#, One("3600"), Met, "equal"),
        ("NumericLessThanEquals", r#""3600""#, One("3600.1"), Unmet, "above"),
        ("NumericGreaterThan", r#""1.5""#, One("1.51"), Met, "above"),
        ("NumericGreaterThan", r#""1.5""#, One("1.5"), Unmet, "equal"),
        ("NumericGreaterThan", r#""-10""#, One("-2"), Met, "above, below zero"),
        ("NumericGreaterThanEquals", r#""10""#, One("10"), Met, "equal"),
        ("NumericGreaterThanEquals", r#""10""#, One("9"), Unmet, "below"),
        ("NumericLessThan", r#""3600""#, One(""), Unmet, "unreadable never matches"),
        ("NumericLessThan", r#""3600""#, One("1e3"), Met, "an exponent moves the point"),
        ("NumericEquals", "1.50e3", One("1500"), Met, "in the policy as well"),
        ("NumericEquals", r#""0.0000001""#, One("1e-7"), Met, "to the right"),
        ("NumericEquals", r#""0.00120""#, One("12E-4"), Met, "in capitals"),
        ("NumericEquals", r#""120""#, One("0.0012e+5"), Met, "with a sign"),
        ("NumericEquals", r#""0""#, One("-0.00e99"), Met, "zero stays zero"),
        ("NumericEquals", r#""100e-2""#, One("1"), Met, "zeros at the end"),
        ("NumericGreaterThan", r#""0""#, One("1e-2147483648"), Met, "smaller than any machine's number"),
        ("NumericGreaterThan", r#""1e400""#, One("1e2147483647"), Met, "and larger"),
        ("NumericLessThan", r#""-1e400""#, One("-1e401"), Met, "below zero"),
        ("NumericLessThan", r#""1e1""#, One("1e9999999999"), Unmet, "exponents are bounded"),
        ("NumericLessThan", r#""1e1""#, One("1e"), Unmet, "an exponent has digits"),
        ("NumericLessThan", r#""1e1""#, One("1e1.0"), Unmet, "and no point"),
        ("NumericEquals", r#""1e9999999999""#, Nothing, VALUE, "exponents are bounded"),
        ("NumericEquals", "100000000000000000000000", One("100000000000000000000001"), Unmet, "no rounding"),
        ("NumericLessThan", "100000000000000000000001", One("100000000000000000000000.5"), Met, "no rounding"),
        ("NumericLessThan", r#""3600""#, One(" 1"), Unmet, "nor is white space"),
        ("NumericLessThan", r#""3600""#, One("NaN"), Unmet, "nor this"),
        ("NumericEquals", r#""ten""#, Nothing, VALUE, "an unreadable value is an error at load"),
        ("NumericEquals", "true", Nothing, VALUE, "a boolean is no number"),
        ("NumericEquals", r#""${idp.example:n}""#, Nothing, VALUE, "variables are for texts and ARNs"),
        ("NumericEquals", r#""1.""#, Nothing, VALUE, "digits after the point"),
    ]);
}

#[test]
fn dates() {
    const NOON: &str = "2026-11-25T12:00:00Z";
    table(&[
        ("DateEquals", r#""2026-11-25T12:00:00Z""#, One(NOON), Met, "equal"),
        ("DateEquals", r#""2026-11-25T13:00:00+01:00""#, One(NOON), Met, "the moment counts, not the zone"),
        ("DateEquals", r#""2026-11-25T12:00:00.000Z""#, One(NOON), Met, "fractions"),
        ("DateEquals", r#""2026-11-25T12:00Z""#, One(NOON), Met, "ISO 8601 to the minute"),
        ("DateEquals", "1795608000", One(NOON), Met, "seconds since 1970"),
        ("DateEquals", r#""2026-11-25T12:00:00Z""#, One("1795608000"), Met, "the request may count as well"),
        ("DateEquals", r#""1795608000.5""#, One("2026-11-25T12:00:00.5Z"), Met, "and in fractions"),
        ("DateNotEquals", r#""2026-11-25""#, One(NOON), Met, "a day is its first moment"),
        ("DateNotEquals", r#""2026-11-25""#, One("2026-11-25T00:00:00Z"), Unmet, "a day is its first moment"),
        ("DateNotEquals", r#""2026-11-25""#, One("yesterday"), Met, "unreadable: the negated operator holds"),
        ("DateLessThan", r#""2026-11-25T12:00:01Z""#, One(NOON), Met, "earlier"),
        ("DateLessThan", r#""2026-11-25T12:00:00Z""#, One(NOON), Unmet, "not earlier"),
        ("DateLessThan", "0", One("-1"), Met, "before 1970"),
        ("DateEquals", "1.795608e9", One(NOON), Met, "however the seconds are written"),
        ("DateEquals", r#""-1""#, One("1969-12-31T23:59:59Z"), Met, "before 1970"),
        ("DateEquals", r#""1e-10""#, One("0"), Met, "nanoseconds are the least"),
        ("DateLessThan", "0", One("1e30"), Unmet, "no moment"),
        ("DateEquals", r#""99999999999999999999""#, Nothing, VALUE, "no moment"),
        ("DateLessThanEquals", r#""2026-11-25T12:00:00Z""#, One(NOON), Met, "equal"),
        ("DateGreaterThan", r#""2026-11-25T11:59:59.999Z""#, One(NOON), Met, "later"),
        ("DateGreaterThan", r#""2026-11-25T12:00:00Z""#, One(NOON), Unmet, "not later"),
        ("DateGreaterThanEquals", r#""2026-11-25T12:00:00Z""#, One(NOON), Met, "equal"),
        ("DateGreaterThan", r#""2026-11-25T12:00:00Z""#, One("2027-01-01 00:00"), Unmet, "unreadable"),
        ("DateGreaterThan", r#""2026-11-25T12:00:00Z""#, One("2027-01-01T00:00:00"), Unmet, "no zone, no moment"),
        ("DateGreaterThan", r#""2026-11-25T12:00:00""#, Nothing, VALUE, "no zone, no moment"),
        ("DateGreaterThan", r#""tomorrow""#, Nothing, VALUE, "unreadable"),
        ("DateGreaterThan", r#""2026-13-01""#, Nothing, VALUE, "there is no such month"),
    ]);
}

/// Bare digits would be seconds of the year 1970.
#[test]
fn a_day_is_written_as_one() {
    for (written, meant) in [
        ("\"2030\"", Some("write 2030-01-01")),
        ("2030", Some("write 2030-01-01")),
        ("\"203012\"", Some("write 2030-12-01")),
        ("\"20261201\"", Some("write 2026-12-01")),
        ("\"20261301\"", Some("write a day as in 2030-01-01")),
        ("\"2030-01-01\"", None),
        ("\"1893456000\"", None),
        ("1893456000", None),
        ("\"20300\"", None),
        ("\"-2030\"", None),
        ("0", None),
    ] {
        let outcome = Policy::identity(&format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{"DateLessThan": {{"aws:CurrentTime": {written}}}, "NumericLessThan": {{"aws:MultiFactorAuthAge": 3600}}}}}}}}"#
        ));
        match (outcome, meant) {
            (Ok(_), None) => {}
            (Err(errors), Some(meant)) => {
                assert!(matches!(&*errors, [only] if only.to_string().ends_with(meant)), "{written}: {errors:?}");
            }
            (outcome, _) => panic!("{written}: {outcome:?}"),
        }
    }
}
