//! Texts with wildcards: `*` stands for any run of characters, `?` for exactly one.
//!
//! Wildcards are special in the pattern only. A `*` or `?` in the value that a caller or an identity provider brings
//! is a character like any other, or a claim could widen the policy that reads it.

/// A pattern over a whole text.
#[derive(Debug)]
pub(super) struct Glob(Box<str>);

impl Glob {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Case-sensitive.
    pub(super) fn matches(&self, value: &str) -> bool {
        glob(self.0.as_bytes(), value.as_bytes(), |a, b| a == b)
    }

    /// ASCII letters match either case.
    fn matches_ignoring_case(&self, value: &str) -> bool {
        glob(self.0.as_bytes(), value.as_bytes(), |a, b| a.eq_ignore_ascii_case(&b))
    }
}

/// Greedy with one point of return: a later `*` makes every earlier one's choice final, so the work is at most the
/// product of both lengths and no recursion.
fn glob(pattern: &[u8], value: &[u8], same: fn(u8, u8) -> bool) -> bool {
    let (mut p, mut v) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, v));
            }
            Some(b'?') => {
                p += 1;
                v = next_character(value, v);
            }
            Some(&byte) if same(byte, value[v]) => {
                p += 1;
                v += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    p = after_star;
                    v = next_character(value, from);
                    retry = Some((after_star, v));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// `?` is one character, not one byte of its UTF-8.
fn next_character(value: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while value.get(next).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
        next += 1;
    }
    next
}

/// `service:Name` with wildcards in the name, or a lone `*`. The case of either part does not matter.
#[derive(Debug)]
pub(super) struct ActionPattern(Glob);

impl ActionPattern {
    /// `None` unless the text is an action. Wildcards in the service part would make one typing slip cover services
    /// that nobody thought of, so they are no action.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self(Glob::new(text)));
        }
        let (service, name) = text.split_once(':')?;
        let service_fits = !service.is_empty() && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name_fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-*?".contains(&b));
        (service_fits && name_fits && text.len() <= 256).then(|| Self(Glob::new(text)))
    }

    pub(super) fn matches(&self, action: &str) -> bool {
        self.0.matches_ignoring_case(action)
    }

    pub(super) fn service(&self) -> Option<&str> {
        self.0.text().split_once(':').map(|(service, _)| service)
    }
}

/// An ARN whose parts may hold wildcards, or a lone `*`. A wildcard stays within its part, except in the last one,
/// which runs to the end of the ARN, colons included. Case-sensitive.
#[derive(Debug)]
pub(super) enum ArnPattern {
    Any,
    Parts([Glob; PARTS]),
}

/// `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

impl ArnPattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let parts = parts(text)?;
        (parts[0] == "arn" && text.len() <= 2048).then(|| Self::Parts(parts.map(Glob::new)))
    }

    pub(super) fn matches(&self, arn: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Parts(patterns) => {
                parts(arn).is_some_and(|parts| patterns.iter().zip(parts).all(|(pattern, part)| pattern.matches(part)))
            }
        }
    }
}

fn parts(arn: &str) -> Option<[&str; PARTS]> {
    let mut parts = arn.splitn(PARTS, ':');
    let mut split = [""; PARTS];
    for part in &mut split {
        *part = parts.next()?;
    }
    Some(split)
}
