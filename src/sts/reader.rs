//! The parameters of a form, read one by one; what breaks its constraint is kept until all have been read.

use super::action::{Form, NotAnAction, SecondFactor, TOKEN_SIZE, Violation};
use super::credentials::LONGEST_TOKEN;
use crate::issuer::SigningAlgorithm;
use crate::words::{FederatedName, RoleArn, Secret, SessionName};
use std::collections::BTreeSet;
use time::Duration;
pub(super) struct Reader<'a> {
    form: &'a Form<'a>,
    violations: Vec<Violation>,
    /// The members of lists that were read.
    listed: BTreeSet<String>,
    /// The lists that are there, and whose next member was looked for in vain.
    ended: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(form: &'a Form) -> Self {
        Self { form, violations: Vec::new(), listed: BTreeSet::new(), ended: BTreeSet::new() }
    }

    pub(super) fn role(&mut self) -> Option<RoleArn> {
        let text = self.required("RoleArn")?;
        self.arn("roleArn", text)
    }

    pub(super) fn arn<T: std::str::FromStr>(&mut self, member: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(arn) => Some(arn),
            Err(_) if !(20..=2048).contains(&text.len()) => {
                self.violates(text, member, "Member must have length between 20 and 2048")
            }
            Err(_) => {
                let clipped = crate::trace::clip(text);
                self.violations.push(Violation(match text.starts_with("arn:aws:iam::aws:") {
                    true => format!("{clipped} is AWS's own, which is not here: name one of the role's account"),
                    false => format!("{clipped} is invalid"),
                }));
                None
            }
        }
    }

    pub(super) fn session_name(&mut self) -> Option<SessionName> {
        self.name("RoleSessionName", 64)
    }

    pub(super) fn federated_name(&mut self) -> Option<FederatedName> {
        self.name("Name", 32)
    }

    fn name<T: std::str::FromStr>(&mut self, name: &str, most: usize) -> Option<T> {
        let text = self.required(name)?;
        if let Ok(name) = text.parse() {
            return Some(name);
        }
        let constraint = match text.len() {
            0..=1 => "Member must have length greater than or equal to 2".to_owned(),
            length if length > most => format!("Member must have length less than or equal to {most}"),
            _ => "Member must satisfy regular expression pattern: [\\w+=,.@-]*".to_owned(),
        };
        self.violates(text, &lower_first(name), &constraint)
    }

    pub(super) fn second_factor(&mut self) -> SecondFactor {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&b);
        let serial = self.text("SerialNumber", 9..=256, fits).map(str::to_owned);
        let code = self.form.get("TokenCode").map(str::to_owned);
        let digits = |code: &String| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit());
        if code.as_ref().is_some_and(|code| !digits(code)) {
            self.violates::<()>("***", "tokenCode", "Member must satisfy regular expression pattern: [\\d]{6}");
        }
        SecondFactor { serial, code: code.map(Secret::new) }
    }

    /// 900 seconds and more.
    pub(super) fn duration(&mut self, most: i64) -> Option<Duration> {
        self.seconds(900, most)
    }

    /// `DurationSeconds`, from `least` to `most`.
    pub(super) fn seconds(&mut self, least: i64, most: i64) -> Option<Duration> {
        let text = self.form.get("DurationSeconds").filter(|text| !text.is_empty())?;
        let digits = text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<i64>().ok().filter(|_| digits) {
            Some(seconds) if (least..=most).contains(&seconds) => Some(Duration::seconds(seconds)),
            Some(seconds) if seconds < least => {
                let constraint = format!("Member must have value greater than or equal to {least}");
                self.violates(text, "durationSeconds", &constraint)
            }
            _ if !text.bytes().all(|b| b.is_ascii_digit()) => {
                let constraint = format!("Member must be a whole number from {least} to {most}, in digits alone");
                self.violates(text, "durationSeconds", &constraint)
            }
            _ => {
                let constraint = format!("Member must have value less than or equal to {most}");
                self.violates(text, "durationSeconds", &constraint)
            }
        }
    }

    pub(super) fn signing_algorithm(&mut self) -> Option<SigningAlgorithm> {
        let text = self.required("SigningAlgorithm")?;
        let constraint = "Member must satisfy enum value set: [RS256, ES384]";
        SigningAlgorithm::parse(text).or_else(|| self.violates(text, "signingAlgorithm", constraint))
    }

    /// `MinimumSessionTokenSize`, in characters.
    pub(super) fn token_size(&mut self) -> usize {
        let Some(text) = self.form.get(TOKEN_SIZE).filter(|text| !text.is_empty()) else { return 0 };
        let digits = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(size) if digits && size <= LONGEST_TOKEN => size,
            _ => {
                let constraint = format!("Member must have value between 0 and {LONGEST_TOKEN}");
                self.violates::<()>(text, "minimumSessionTokenSize", &constraint);
                0
            }
        }
    }

    /// Never repeated: secrets come this way, some of them in the wrong place.
    pub(super) fn text(
        &mut self,
        name: &str,
        length: std::ops::RangeInclusive<usize>,
        fits: impl Fn(u8) -> bool,
    ) -> Option<&'a str> {
        let text = self.form.get(name)?;
        if !length.contains(&text.len()) {
            let (least, most) = (length.start(), length.end());
            let member = lower_first(name);
            return self.violates("***", &member, &format!("Member must have length between {least} and {most}"));
        }
        if !text.bytes().all(fits) {
            return self.violates("***", &lower_first(name), "Member must satisfy its regular expression pattern");
        }
        Some(text)
    }

    /// The same of one that must be there: its absence is one violation, and not two.
    pub(super) fn required_text(
        &mut self,
        name: &str,
        length: std::ops::RangeInclusive<usize>,
        fits: impl Fn(u8) -> bool,
    ) -> Option<&'a str> {
        self.required(name)?;
        self.text(name, length, fits)
    }

    /// A parameter that is there with a text, and is then known.
    pub(super) fn optional(&mut self, name: &str) -> Option<&'a str> {
        self.listed(name).filter(|text| !text.is_empty())
    }

    /// A member of a list, empty or not.
    pub(super) fn listed(&mut self, name: &str) -> Option<&'a str> {
        let text = self.form.get(name);
        match (text, list_of(name)) {
            (Some(_), _) => _ = self.listed.insert(name.to_owned()),
            (None, Some(list)) if self.form.0.iter().any(|(name, _)| list_of(name) == Some(list)) => {
                self.ended.insert(list.to_owned());
            }
            (None, _) => {}
        }
        text
    }

    pub(super) fn required(&mut self, name: &str) -> Option<&'a str> {
        let text = self.form.get(name).filter(|text| !text.is_empty());
        text.or_else(|| self.violates_null(&lower_first(name)))
    }

    pub(super) fn violates<T>(&mut self, value: &str, member: &str, constraint: &str) -> Option<T> {
        let value = crate::trace::clip(value);
        self.violations
            .push(Violation(format!("Value '{value}' at '{member}' failed to satisfy constraint: {constraint}")));
        None
    }

    pub(super) fn violates_null<T>(&mut self, member: &str) -> Option<T> {
        self.violations
            .push(Violation(format!("Value null at '{member}' failed to satisfy constraint: Member must not be null")));
        None
    }

    /// What was read, or every violation at once. What would be ignored is refused; empty lists are sent by SDKs as a
    /// bare name and mean nothing.
    pub(super) fn finish<T>(self, read: Option<T>, known: &[&str]) -> Result<T, NotAnAction> {
        let read = match read {
            Some(read) if self.violations.is_empty() => read,
            _ => return Err(NotAnAction::Violations(self.violations)),
        };
        let of_a_signature = |name: &str| name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
        let expected = |name: &str| {
            known.contains(&name)
                || self.listed.contains(name)
                || ["Action", "Version"].contains(&name)
                || of_a_signature(name)
        };
        let stray = self.form.0.iter().find(|(name, value)| !value.is_empty() && !expected(name));
        let Some((name, _)) = stray else { return Ok(read) };
        let (clipped, list) = (crate::trace::clip(name), list_of(name).filter(|list| self.ended.contains(*list)));
        Err(match list {
            Some(list) => NotAnAction::Violations(vec![Violation(format!(
                "{clipped} is out of sequence: number the members of {list} from 1 without a gap, and complete each"
            ))]),
            None => NotAnAction::NotActedOn(clipped),
        })
    }
}

/// `Tags` in `Tags.member.1.Key`.
fn list_of(name: &str) -> Option<&str> {
    name.split_once(".member.").map(|(list, _)| list)
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
