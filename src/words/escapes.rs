//! Percent and plus, as forms and queries have them. There is one reading of them, so that what was verified is what is obeyed.

use super::octet;

/// Whether a name or a value is anything else than it looks.
pub fn is_escaped(text: &str) -> bool {
    // Without a stop at each byte, many are looked at at once.
    text.bytes().fold(false, |escaped, byte| escaped | matches!(byte, b'%' | b'+'))
}

/// Appends the octets of a name or a value. It never writes more than it reads: a place that has room for the text is not
/// moved.
///
/// # Errors
/// What stands in the place of two hexadecimal digits.
pub fn unescape<'a>(text: &'a str, octets: &mut Vec<u8>) -> Result<(), &'a [u8]> {
    let mut rest = text.as_bytes();
    while let Some(at) = escaped(rest) {
        octets.extend_from_slice(&rest[..at]);
        let behind = &rest[at + 1..];
        let (byte, behind) = if rest[at] == b'+' {
            (b' ', behind)
        } else {
            let (digits, behind) = behind.split_at(behind.len().min(2));
            (octet(digits).ok_or(digits)?, behind)
        };
        octets.push(byte);
        rest = behind;
    }
    octets.extend_from_slice(rest);
    Ok(())
}

/// Where the first percent or plus stands. An assertion has few of them among thousands of others: sixteen octets are
/// looked at in one step.
fn escaped(octets: &[u8]) -> Option<usize> {
    let is_escape = |byte: &u8| matches!(byte, b'%' | b'+');
    let is_plain = |step: &&[u8; 16]| !step.iter().fold(false, |found, byte| found | is_escape(byte));
    let plain = octets.as_chunks().0.iter().take_while(is_plain).count() * 16;
    octets[plain..].iter().position(is_escape).map(|at| plain + at)
}
