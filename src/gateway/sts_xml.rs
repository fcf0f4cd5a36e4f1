//! STS answers as XML (AWS Query protocol, namespace of 2011-06-15).

use super::sts_answer::{Member, Members};
use super::sts_wire::Refused;
use crate::words::iso;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn result(action: &str, members: &Members, request_id: &str) -> String {
    let mut result = String::new();
    write(&mut result, members);
    let id = escape(request_id);
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    )
}

pub(super) fn error(refused: &Refused<'_>) -> String {
    let Refused { side, code, message, request_id } = refused;
    let (message, id) = (escape(message), escape(request_id));
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>"
    )
}

fn write(xml: &mut String, members: &Members) {
    for (name, member) in members {
        xml.extend(["<", name, ">"]);
        match member {
            Member::Text(text) => xml.push_str(&escape(text)),
            Member::Number(number) => xml.push_str(&number.to_string()),
            Member::Time(at) => xml.push_str(&iso(*at)),
            Member::Group(members) => write(xml, members),
        }
        xml.extend(["</", name, ">"]);
    }
}

/// XML text; characters that XML 1.0 cannot carry become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
