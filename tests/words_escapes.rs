//! Percent and plus, wherever they stand: octets are looked at several at a time.

use gatehouse::words::unescape;

fn unescaped(text: &str) -> Result<String, String> {
    let mut octets = Vec::new();
    let outcome = unescape(text, &mut octets);
    outcome.map_err(|digits| String::from_utf8_lossy(digits).into_owned())?;
    Ok(String::from_utf8(octets).expect("text"))
}

#[test]
fn an_escape_is_found_at_every_distance() {
    for (before, between) in (0..50).flat_map(|before| (0..50).map(move |between| (before, between))) {
        let (before, between) = ("/".repeat(before), "=".repeat(between));
        for (end, plain) in [("", ""), ("%25", "%"), ("+x", " x")] {
            let expected = format!("{before}+{between} {plain}");
            assert_eq!(unescaped(&format!("{before}%2b{between}+{end}")), Ok(expected));
        }
        for digits in ["", "2", "zz", "+1", "%2"] {
            assert_eq!(unescaped(&format!("{before}+{between}%{digits}")), Err(digits.to_owned()));
        }
    }
}
