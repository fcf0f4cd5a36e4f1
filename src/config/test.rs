//! `[[test]]`: what somebody comes with, a role, and what is to come of it. A configuration that does not come to it is
//! not loaded; `app` runs the tests, because it has what verifies papers.

use super::{Mistake, Section};
use crate::catalogue::{Catalogue, Origin, Provider};
use crate::trace::{Refusal, Trace};
use crate::trust::{FederatedIdentity, Ruling, Surroundings, read_claims, ruling, suppose};
use crate::words::{RoleArn, in_utc, parse_xs_date_time};
use serde_json::{Map, Value};
use std::sync::Arc;
use time::OffsetDateTime;

const LARGEST: u64 = 256 * 1024;

/// What is written down; whether it holds is known once there is a catalogue.
pub struct Test {
    origin: Origin,
    provider: String,
    brought: Brought,
    role: RoleArn,
    allowed: bool,
    /// What the explanation is to say.
    reason: Option<String>,
}

enum Brought {
    /// Taken as they are; nothing is verified.
    Claims(Map<String, Value>),
    Paper(TestPaper),
}

/// A paper as its bearer would present it, and when.
pub struct TestPaper {
    pub kind: PaperKind,
    pub text: String,
    pub at: OffsetDateTime,
}

#[derive(Clone, Copy)]
pub enum PaperKind {
    IdToken,
    SamlResponse,
}

/// Why a paper shows nobody.
pub enum Unproven {
    /// It does not verify.
    Refused(Box<dyn Refusal>),
    /// It cannot be verified here, or is somebody else's; a sentence that begins with what it is.
    Unasked(String),
}

impl<R: Refusal + 'static> From<R> for Unproven {
    fn from(refusal: R) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

const CLAIMS: &str = "claims";
const PAPERS: [(&str, PaperKind); 2] = [("id_token", PaperKind::IdToken), ("saml_response", PaperKind::SamlResponse)];

pub(super) fn read(root: &Section<'_>) -> Vec<Test> {
    root.sections("test", "name").into_iter().filter_map(read_one).collect()
}

fn read_one(section: Section<'_>) -> Option<Test> {
    section.required_string("name");
    let provider = section.required_string("provider");
    let brought = brought(&section);
    let role = section.required_parsed("role");
    section.required("expect");
    let expect = section.choice("expect", &["allow", "deny"]);
    let reason = section.string("reason");
    if reason.as_ref().is_some_and(String::is_empty) {
        section.mistake("reason", "is empty, which is in every explanation; leave it out");
    }
    let origin = section.origin();
    section.finish();
    Some(Test { origin, provider: provider?, brought: brought?, role: role?, allowed: expect? == "allow", reason })
}

/// Exactly one of claims and papers; a paper with its time.
fn brought(section: &Section<'_>) -> Option<Brought> {
    let at = time(section);
    let papers: Vec<(&'static str, PaperKind)> = PAPERS.into_iter().filter(|(key, _)| section.has(key)).collect();
    match papers[..] {
        [] => {
            if section.has("at") {
                section.mistake("at", "is for an id_token or a saml_response; claims are asked about at loading");
            }
            claims(section).map(Brought::Claims)
        }
        [(key, kind)] if !section.has(CLAIMS) => {
            section.required("at");
            let text = paper(section, key);
            Some(Brought::Paper(TestPaper { kind, text: text?, at: at? }))
        }
        [(key, _), ..] => {
            section.mistake(key, "is not all that is brought; say exactly one of claims, id_token and saml_response");
            None
        }
    }
}

fn time(section: &Section<'_>) -> Option<OffsetDateTime> {
    let text = section.string("at")?;
    let at = parse_xs_date_time(&text).and_then(in_utc);
    if at.is_none() {
        section
            .mistake("at", format!("\"{}\" is no time; write it as 2031-01-01T12:00:00Z", crate::trace::clip(&text)));
    }
    at
}

fn paper(section: &Section<'_>, key: &'static str) -> Option<String> {
    let source = section.section(key)?;
    source.required("file");
    let text = source.file_text("file", LARGEST);
    source.finish();
    text
}

/// A table of claims, or `{ file = "claims.json" }`.
fn claims(section: &Section<'_>) -> Option<Map<String, Value>> {
    if !section.has(CLAIMS) {
        section.mistake(CLAIMS, "is missing; this table needs it, or an id_token or a saml_response");
    }
    let table = section.section(CLAIMS)?;
    if table.has("file") && section.value(CLAIMS)?.as_table()?.len() == 1 {
        let text = table.file_text("file", LARGEST)?;
        return read_claims(&text).map_err(|error| table.mistake("file", error.to_string())).ok();
    }
    match serde_json::to_value(section.value(CLAIMS)?).unwrap_or_default() {
        Value::Object(claims) => Some(claims),
        _ => {
            section.mistake(CLAIMS, "must be an object: claims by their names");
            None
        }
    }
}

impl Test {
    /// The provider's name, and the claims that it reads as far as they are written down.
    pub(super) fn reads(&self) -> (String, Vec<String>) {
        let claims = match &self.brought {
            Brought::Claims(claims) => claims.keys().cloned().collect(),
            Brought::Paper(_) => Vec::new(),
        };
        (self.provider.clone(), claims)
    }

    /// Why it does not pass: asked as the live path would, by somebody who comes from nowhere, either with claims that
    /// are supposed or with a paper that `prove` verifies, at a house of this region.
    pub fn failure(
        &self,
        catalogue: &Catalogue,
        (recipient, region): (&str, &str),
        now: OffsetDateTime,
        prove: impl FnOnce(&Arc<Provider>, &TestPaper) -> Result<FederatedIdentity, Unproven>,
    ) -> Option<Mistake> {
        let Some(provider) = catalogue.provider_named(&self.provider) else {
            return self
                .mistake("provider", format!("there is no provider \"{}\" (or there are several)", self.provider));
        };
        if catalogue.role(&self.role).is_none() {
            return self.mistake("role", format!("there is no [[role]] {}", self.role));
        }
        match &self.brought {
            // Whoever cannot come at all is denied everything, which says nothing of rules and policies.
            Brought::Claims(claims) => match suppose(claims.clone(), provider, recipient) {
                Ok(identity) => self.ruled(catalogue, provider, &identity, (region, now)),
                Err(refusal) => self.mistake(CLAIMS, format!("nobody comes with these: {}", told(refusal.as_ref()))),
            },
            Brought::Paper(paper) => match prove(provider, paper) {
                Ok(identity) => self.ruled(catalogue, provider, &identity, (region, paper.at)),
                Err(Unproven::Refused(refusal)) => self.refused(paper, refusal.as_ref()),
                Err(Unproven::Unasked(sentence)) => self.mistake(paper.kind.key(), sentence),
            },
        }
    }

    /// That a paper is refused passes only where just this is expected by name: else a test of a rule would go on
    /// passing when its paper has come to be refused for something else.
    fn refused(&self, paper: &TestPaper, refusal: &dyn Refusal) -> Option<Mistake> {
        let why = told(refusal);
        if !self.allowed && self.reason.as_ref().is_some_and(|reason| why.contains(reason.as_str())) {
            return None;
        }
        let code = refusal.code().name();
        let hint = format!("where that is meant, say expect = \"deny\" and reason = \"{code}\"");
        self.mistake(paper.kind.key(), format!("nobody comes with this: {why}; {hint}"))
    }

    /// What depends on more than is written down would pass while somebody comes with something else.
    fn ruled(
        &self,
        catalogue: &Catalogue,
        provider: &Arc<Provider>,
        identity: &FederatedIdentity,
        (region, now): (&str, OffsetDateTime),
    ) -> Option<Mistake> {
        let around = Surroundings::on_paper(now, None).in_region(region);
        let ruling = ruling(catalogue, provider, identity, &self.role, &around, &mut Trace::new("test"));
        if let Some(doubt) = ruling.doubt() {
            let certain = made_certain(&ruling.depends_on);
            return self.mistake("role", format!("what becomes of them {doubt}; {certain}"));
        }
        let verdict = explained(ruling);
        let (what, why) = match &verdict {
            Ok(why) => ("allowed", why),
            Err(why) => ("denied", why),
        };
        if verdict.is_ok() != self.allowed {
            let expected = if self.allowed { "allow" } else { "deny" };
            return self.mistake("expect", format!("\"{expected}\" is expected, and it is {what}: {why}"));
        }
        let reason = self.reason.as_ref().filter(|reason| !why.contains(reason.as_str()))?;
        self.mistake("reason", format!("it is {what}, and \"{reason}\" is not why: {why}"))
    }

    #[expect(clippy::unnecessary_wraps, reason = "it ends a check that may find nothing")]
    fn mistake(&self, key: &str, sentence: String) -> Option<Mistake> {
        Some(Mistake::new(&self.origin.file, format!("{}.{key}", self.origin.key), sentence))
    }
}

impl PaperKind {
    fn key(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::SamlResponse => "saml_response",
        }
    }
}

/// What there is to do about a verdict that depends on these condition keys.
fn made_certain(depends_on: &[&str]) -> &'static str {
    match depends_on {
        ["sts:RoleSessionName", ..] => "give the provider a rule with session_name, or test another role",
        ["saml:sub", ..] => "say name_id among the claims, or test another role",
        _ => "test another role",
    }
}

/// The deciding statement and the session's name, or code and sentence of the refusal, as `explain` tells them.
fn explained(ruling: Ruling) -> Result<String, String> {
    let worn = ruling.verdict.map_err(|error| told(&error))?;
    Ok(format!("as {}, by {}", worn.session_name, worn.statement))
}

fn told(refusal: &dyn Refusal) -> String {
    format!("{}: {refusal}", refusal.code().name())
}
