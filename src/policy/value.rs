//! One value of a condition, read when the document is, and compared with what a request brings.

use super::context::Context;
use super::error::Fault;
use super::number::Decimal;
use super::operator::{Comparison, Order};
use super::pattern::{Arn, ArnPattern};
use super::template::{Dialect, Style, Template};
use crate::trace::clip;
use crate::words::{Network, parse_xs_date_time};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::IpAddr;
use std::sync::Arc;
use time::OffsetDateTime;

#[derive(Debug, PartialEq)]
pub(super) struct Value {
    /// As the document writes it.
    pub(super) text: Arc<str>,
    test: Test,
}

/// What is large and rare has a place of its own: the smaller all are, the more of them are near when they are asked.
#[derive(Debug, PartialEq)]
enum Test {
    Text(Template),
    /// The digits are cheaper to split again than to keep apart.
    Number(Order),
    Date(Order, Box<i128>),
    Truth(bool),
    Address(Network),
    Arn(Box<ArnPattern>),
}

impl Value {
    /// Fails when the operator could never read the text: such a condition is a slip, and would decide all the same.
    pub(super) fn read(text: &Arc<str>, comparison: Comparison, dialect: Dialect) -> Result<Self, Fault> {
        let unreadable = |wanted| Fault::Value { wanted, found: clip(text) };
        let test = match comparison {
            Comparison::Text(style) => Test::Text(Template::parse(text, style, dialect)?),
            Comparison::Number(order) => Decimal::parse(text)
                .map(|_| Test::Number(order))
                .ok_or_else(|| unreadable("a whole or decimal number"))?,
            Comparison::Date(order) => date(text)
                .map(|at| Test::Date(order, Box::new(at)))
                .ok_or_else(|| unreadable("a time, as in 2031-01-01T00:00:00Z, or seconds since 1970"))?,
            Comparison::Bool | Comparison::Null => {
                truth(text).map(Test::Truth).ok_or_else(|| unreadable("true or false"))?
            }
            // Standard base64 has one spelling of each byte sequence, so that equal bytes are equal texts.
            Comparison::Binary => match STANDARD.decode(&**text) {
                Ok(_) => Test::Text(Template::parse(text, Style::Exact, Dialect::Plain)?),
                Err(_) => return Err(unreadable("base64")),
            },
            Comparison::Address => text
                .parse()
                .map(Test::Address)
                .map_err(|_| unreadable("an address or a network, as in 203.0.113.0/24"))?,
            Comparison::Arn => {
                let pattern = ArnPattern::parse(text, dialect)?;
                pattern
                    .map(|pattern| Test::Arn(Box::new(pattern)))
                    .ok_or_else(|| unreadable("an ARN with its six parts"))?
            }
        };
        Ok(Self { text: text.clone(), test })
    }

    /// The positive comparison. What the operator cannot read never matches.
    pub(super) fn matches(&self, received: &str, context: &Context) -> bool {
        match &self.test {
            Test::Text(template) => template.matches(&self.text, received, context),
            Test::Number(order) => {
                let both = Decimal::parse(received).zip(Decimal::parse(&self.text));
                both.is_some_and(|(received, expected)| order.admits(received.cmp(&expected)))
            }
            Test::Date(order, expected) => {
                date(received).is_some_and(|received| order.admits(received.cmp(&**expected)))
            }
            Test::Truth(expected) => truth(received) == Some(*expected),
            Test::Address(network) => received.parse().is_ok_and(|address| network.contains(address)),
            Test::Arn(pattern) => {
                let arn = Arn::parse(received);
                arn.is_some() && pattern.matches(&self.text, arn.as_ref(), context)
            }
        }
    }

    /// Of Null's values: whether the key must be absent.
    pub(super) fn is_true(&self) -> bool {
        matches!(self.test, Test::Truth(true))
    }

    pub(super) fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.templates().iter().flat_map(Template::variables).map(|(key, _)| key.as_str())
    }

    pub(super) fn templates(&self) -> &[Template] {
        match &self.test {
            Test::Text(template) => std::slice::from_ref(template),
            Test::Arn(pattern) => pattern.templates(),
            Test::Number(_) | Test::Date(..) | Test::Truth(_) | Test::Address(_) => &[],
        }
    }

    /// Whether the operator understands what the request brings.
    pub(super) fn can_read(&self, received: &str) -> bool {
        match &self.test {
            Test::Text(_) => true,
            Test::Number(_) => Decimal::parse(received).is_some(),
            Test::Date(..) => date(received).is_some(),
            Test::Truth(_) => truth(received).is_some(),
            Test::Address(_) => received.parse::<IpAddr>().is_ok(),
            Test::Arn(_) => Arn::parse(received).is_some(),
        }
    }
}

/// The day that somebody meant who wrote a year, a month or a day in bare digits. They can be read as seconds since 1970, of
/// its first months or years, and then a condition that was to hold until a day never holds, or always.
pub(super) fn likely_day(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        6 => format!("{}-{}-01", &text[..4], &text[4..]),
        8 => format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]),
        _ => return None,
    };
    Some(if date(&day).is_some() { day } else { "a day as in 2030-01-01".to_owned() })
}

fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Nanoseconds since 1970, from seconds since then or from one of the ISO 8601 forms with a zone: to the fraction, the
/// second or the minute, or a day alone, which is its first moment in UTC (W3C, "Date and Time Formats").
fn date(text: &str) -> Option<i128> {
    if let Some(seconds) = Decimal::parse(text) {
        return seconds.billionths();
    }
    let at: OffsetDateTime = match (text.len(), text.get(..16), text.get(16..)) {
        (10, ..) => parse_xs_date_time(&format!("{text}T00:00:00Z"))?,
        (17 | 22, Some(to_the_minute), Some(zone)) if zone.starts_with(['Z', '+', '-']) => {
            parse_xs_date_time(&format!("{to_the_minute}:00{zone}"))?
        }
        _ => parse_xs_date_time(text)?,
    };
    Some(at.unix_timestamp_nanos())
}
