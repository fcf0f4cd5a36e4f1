//! The time of a signature has one spelling: what is read is written the same when it is signed again.

use gatehouse::words::{basic, parse_basic};

#[test]
fn a_time_has_one_spelling() {
    for text in ["20310203T040506Z", "00010101T000000Z", "20240229T235959Z", "99991231T000000Z"] {
        assert_eq!(parse_basic(text).map(basic).as_deref(), Some(text));
    }
    for (what, text) in [
        ("a thirteenth month", "20311303T040506Z"),
        ("a day that February has not", "20310229T040506Z"),
        ("twenty-four o'clock", "20310203T240000Z"),
        ("a sixtieth second", "20310203T040560Z"),
        ("small letters", "20310203t040506z"),
        ("a blank for a digit", "20310203T 40506Z"),
        ("a sign for a digit", "2031+203T040506Z"),
        ("a sign before it", "+20310203T040506Z"),
        ("a digit that is none of ASCII", "2031020\u{663}T04050Z"),
        ("a digit too few", "2031203T040506Z"),
        ("the other form", "2031-02-03T04:05:06Z"),
        ("nothing", ""),
    ] {
        assert_eq!(parse_basic(text), None, "{what}");
    }
}
