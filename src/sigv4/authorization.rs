//! What the request says about its own signature, from the Authorization header or from the query.

use super::error::SigError;
use super::query::Query;
use super::request::{RawRequest, lossy};
use crate::trace::clip;
use std::borrow::Cow;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of an authentication, all present, none believed yet. Those of a header are where they were received.
pub(super) struct Authorization<'a> {
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    pub(super) session_token: Option<Cow<'a, str>>,
    pub(super) content_sha256: Option<Cow<'a, str>>,
    /// Whether it was in the query.
    pub(super) presigned: bool,
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(raw: &RawRequest<'a>, query: &Query) -> Result<Self, SigError> {
        let header = raw.single("authorization")?;
        let in_query = query.texts().any(|(name, _)| is_ours(&name));
        match (header, in_query) {
            (None, false) => Err(SigError::Missing),
            (Some(_), true) => Err(SigError::Both),
            (Some(header), false) => match lossy(header) {
                Cow::Borrowed(text) => Self::from_header(raw, text, Cow::Borrowed),
                Cow::Owned(text) => Self::from_header(raw, &text, |part| Cow::Owned(part.to_owned())),
            },
            (None, true) => Self::from_query(raw, query),
        }
    }

    fn from_header<'t>(
        raw: &RawRequest<'a>,
        text: &'t str,
        kept: impl Fn(&'t str) -> Cow<'a, str>,
    ) -> Result<Self, SigError> {
        let (algorithm, parameters) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if algorithm != ALGORITHM {
            return Err(SigError::Algorithm { algorithm: scheme(algorithm) });
        }
        let mut found = Found::new(["Credential", "Signature", "SignedHeaders"]);
        for pair in parameters.split(',') {
            let Some((name, value)) = pair.trim().split_once('=') else { return Err(SigError::Pair) };
            if !found.take(name, || kept(value))? {
                return Err(SigError::UnknownParameter { name: scheme(name) });
            }
        }
        let date = match raw.single("x-amz-date")? {
            Some(date) => Some(date),
            None => raw.single("date")?,
        };
        let absent = found.absent();
        let ([Some(credential), Some(signature), Some(signed_headers)], Some(date)) = (found.values, date) else {
            let missing = absent.into_iter().flatten().chain(date.is_none().then_some("X-Amz-Date")).collect();
            return Err(SigError::IncompleteHeader { missing });
        };
        let date = text_of(date);
        let session_token = raw.single("x-amz-security-token")?.map(text_of);
        let content_sha256 = raw.single("x-amz-content-sha256")?.map(text_of);
        Ok(Self { credential, signed_headers, signature, date, session_token, content_sha256, presigned: false })
    }

    fn from_query(raw: &RawRequest<'a>, query: &Query) -> Result<Self, SigError> {
        let mut found =
            Found::new(["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "X-Amz-SignedHeaders"]);
        let mut optional = Found::new(["X-Amz-Security-Token", "X-Amz-Content-Sha256"]);
        for (name, value) in query.texts() {
            let value = || Cow::Owned(value.clone().into_owned());
            let known = found.take(&name, value)? || optional.take(&name, value)?;
            let respelled = found.respells(&name) || optional.respells(&name);
            if !known && respelled {
                return Err(SigError::UnknownParameter { name: clip(&name) });
            }
        }
        if let Some(algorithm) = found.values[0].as_deref().filter(|algorithm| *algorithm != ALGORITHM) {
            return Err(SigError::Algorithm { algorithm: clip(algorithm) });
        }
        let absent = found.absent();
        let [Some(_), Some(credential), Some(date), Some(signature), Some(signed_headers)] = found.values else {
            return Err(SigError::IncompleteQuery { missing: absent.into_iter().flatten().collect() });
        };
        let [session_token, content_sha256] = optional.values;
        if raw.single("x-amz-security-token")?.is_some() {
            return Err(SigError::TwoSessionTokens);
        }
        let content_sha256 = match raw.single("x-amz-content-sha256")? {
            Some(header) => Some(text_of(header)),
            None => content_sha256,
        };
        Ok(Self { credential, signed_headers, signature, date, session_token, content_sha256, presigned: true })
    }
}

/// Whether a query parameter belongs to an authentication. Compared without case, so that `x-amz-signature` cannot
/// ride along beside a signed header.
fn is_ours(name: &str) -> bool {
    name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-amz-"))
}

/// An unaccepted scheme or parameter may be followed by somebody's credentials: only its first word is kept.
fn scheme(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(40).collect()
}

fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match lossy(bytes) {
        Cow::Borrowed(text) => text.trim().into(),
        Cow::Owned(text) => text.trim().to_owned().into(),
    }
}

/// Named parameters, each at most once.
struct Found<'a, const N: usize> {
    names: [&'static str; N],
    values: [Option<Cow<'a, str>>; N],
}

impl<'a, const N: usize> Found<'a, N> {
    fn new(names: [&'static str; N]) -> Self {
        Self { names, values: [const { None }; N] }
    }

    fn take(&mut self, name: &str, value: impl FnOnce() -> Cow<'a, str>) -> Result<bool, SigError> {
        for (known, slot) in self.names.into_iter().zip(&mut self.values) {
            if known == name {
                return match slot.replace(value()) {
                    Some(_) => Err(SigError::RepeatedParameter { name: known }),
                    None => Ok(true),
                };
            }
        }
        Ok(false)
    }

    fn respells(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The names of those that are not there.
    fn absent(&self) -> [Option<&'static str>; N] {
        std::array::from_fn(|index| self.values[index].is_none().then_some(self.names[index]))
    }
}
