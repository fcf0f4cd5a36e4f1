//! Bytes as text.

/// Two hexadecimal digits for each byte, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = vec![0; 2 * bytes.len()];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    }
    String::from_utf8(text).expect("digits are ASCII")
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
    let mut text = hex(&bytes);
    text.reserve_exact(4);
    for place in [8, 13, 18, 23] {
        text.insert(place, '-');
    }
    text
}
