//! Characters that a text may hold without anybody seeing it.

/// Whether it is not shown, or turns the direction of what is: with one of these, a text looks like another one.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
