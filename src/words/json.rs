//! Texts within JSON.

/// What stands between the quotation marks, at the end of a text.
pub fn push_escaped(into: &mut String, text: &str) {
    // All of them are looked at, whatever the first ones are: many at once.
    let is_plain = |plain, byte: u8| plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\');
    if text.bytes().fold(true, is_plain) {
        return into.push_str(text);
    }
    let quoted = serde_json::to_string(text).expect("a text is plain data");
    into.push_str(&quoted[1..quoted.len() - 1]);
}
