//! A provider's `mfa` and `mfa_context`, and the lists of authentication contexts.

use super::Section;
use crate::catalogue::{Expression, Mfa};

/// How a protocol names authentication contexts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    ByUri,
    /// `acr_values` has them with spaces between.
    ByWord,
}

impl Named {
    fn fits(self, text: &str) -> bool {
        let is_word = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_word && (self == Self::ByWord || text.contains(':'))
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::ByUri => "the URI",
            Self::ByWord => "the name",
        }
    }
}

/// `demanded` are the contexts of which every assertion must name one anyway.
pub(super) fn read(section: &Section<'_>, named: Named, demanded: &[String]) -> Option<Mfa> {
    let contexts = contexts(section, "mfa_context", named);
    if let Some(stray) = contexts.iter().find(|context| !demanded.is_empty() && !demanded.contains(context)) {
        let sentence = format!("\"{stray}\" would be asked for and then refused; authn_context lists what is accepted");
        section.mistake("mfa_context", sentence);
    }
    if section.has("mfa_context") && !section.has("mfa") {
        section.mistake("mfa_context", "asks for a second factor, and nothing here tells that it came; add mfa");
    }
    let text = section.string("mfa")?;
    let expression = Expression::compile_mfa(&text).map_err(|e| section.mistake("mfa", e.to_string())).ok()?;
    Some(Mfa { expression, contexts })
}

/// A list of authentication contexts, best first. They stand in requests and are compared with what comes back.
pub(super) fn contexts(section: &Section<'_>, key: &'static str, named: Named) -> Vec<String> {
    const MOST: usize = 10;
    let contexts = section.strings(key);
    if section.has(key) && (contexts.is_empty() || contexts.len() > MOST) {
        section.mistake(key, format!("lists 1 to {MOST} contexts; leave it out to demand none"));
    }
    if let Some(bad) = contexts.iter().find(|context| !named.fits(context)) {
        let sentence =
            format!("\"{}\" is not {} of an authentication context", crate::trace::clip(bad), named.wanted());
        section.mistake(key, sentence);
    }
    contexts
}
