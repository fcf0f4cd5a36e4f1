//! STS answers as XML (AWS Query protocol, namespace of 2011-06-15).

use super::sts_answer::{Member, Members};
use super::sts_wire::Refused;
use crate::words::push_iso;
use std::fmt::Write;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// Enough for a refusal, and for what stands around the members of an answer.
const ROOM: usize = 512;

pub(super) fn result(action: &str, members: &Members<'_>, request_id: &str) -> String {
    let mut xml = String::with_capacity(ROOM + room(members));
    xml.extend(["<", action, "Response xmlns=\"", NAMESPACE, "\"><", action, "Result>"]);
    put(&mut xml, members);
    xml.extend(["</", action, "Result><ResponseMetadata><RequestId>"]);
    escape(&mut xml, request_id);
    xml.extend(["</RequestId></ResponseMetadata></", action, "Response>"]);
    xml
}

pub(super) fn error(refused: &Refused<'_>) -> String {
    let Refused { side, code, message, request_id } = refused;
    let mut xml = String::with_capacity(ROOM);
    xml.extend(["<ErrorResponse xmlns=\"", NAMESPACE, "\"><Error><Type>", side, "</Type><Code>", code]);
    xml.push_str("</Code><Message>");
    escape(&mut xml, message);
    xml.push_str("</Message></Error><RequestId>");
    escape(&mut xml, request_id);
    xml.push_str("</RequestId></ErrorResponse>");
    xml
}

/// How long they are, unless much is escaped.
fn room(members: &Members<'_>) -> usize {
    let length = |member: &Member<'_>| match member {
        Member::Text(text) => text.len(),
        Member::Number(_) | Member::Time(_) => 20,
        Member::Group(members) => room(members),
    };
    members.iter().map(|(name, member)| 2 * name.len() + 5 + length(member)).sum()
}

fn put(xml: &mut String, members: &Members<'_>) {
    for (name, member) in members {
        xml.extend(["<", name, ">"]);
        match member {
            Member::Text(text) => escape(xml, text),
            Member::Number(number) => {
                let _ = write!(xml, "{number}");
            }
            Member::Time(at) => push_iso(xml, *at),
            Member::Group(members) => put(xml, members),
        }
        xml.extend(["</", name, ">"]);
    }
}

/// XML text; characters that XML 1.0 cannot carry become U+FFFD.
fn escape(xml: &mut String, text: &str) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') & !matches!(byte, b'&' | b'<' | b'>' | b'"');
    // As nearly all are; without a stop at each byte, many are looked at at once.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        return xml.push_str(text);
    }
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
        let (plain, special) = rest.split_at(at);
        xml.push_str(plain);
        let mut characters = special.chars();
        match characters.next().unwrap_or_default() {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            c @ ('\t' | '\n' | '\r') => xml.push(c),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
        rest = characters.as_str();
    }
    xml.push_str(rest);
}
