//! Bytes as text.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two hexadecimal digits for each byte, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = vec![0; 2 * bytes.len()];
    spell(bytes, &mut text);
    String::from_utf8(text).expect("digits are ASCII")
}

/// The same of a digest, without memory of its own.
pub fn hex_digest(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    spell(bytes, &mut text);
    text
}

fn spell(bytes: &[u8], text: &mut [u8]) {
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    }
}

/// The byte of two hexadecimal digits, in either case.
pub fn octet(digits: &[u8]) -> Option<u8> {
    let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    let [high, low] = digits else { return None };
    Some(digit(*high)? << 4 | digit(*low)?)
}

/// A UUID whose version is in place: with the variant of RFC 9562, spelt.
pub fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = [b'-'; 36];
    for (part, place) in [(0..4, 0), (4..6, 9), (6..8, 14), (8..10, 19), (10..16, 24)] {
        spell(&bytes[part], &mut text[place..]);
    }
    std::str::from_utf8(&text).expect("digits are ASCII").to_owned()
}
