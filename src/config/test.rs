//! `[[test]]`: somebody's claims, a role, and what is to come of them. A configuration that does not come to it is not
//! loaded.

use super::{Mistake, Section};
use crate::catalogue::{Catalogue, Origin, Provider};
use crate::trace::{Refusal, Trace};
use crate::trust::{FederatedIdentity, Surroundings, read_claims, ruling, suppose};
use crate::words::RoleArn;
use serde_json::{Map, Value};
use std::sync::Arc;
use time::OffsetDateTime;

const LARGEST: u64 = 256 * 1024;

/// What is written down; whether it holds is known once there is a catalogue.
pub(super) struct Test {
    origin: Origin,
    provider: String,
    claims: Map<String, Value>,
    role: RoleArn,
    allowed: bool,
    /// What the explanation is to say.
    reason: Option<String>,
}

pub(super) fn read(root: &Section<'_>) -> Vec<Test> {
    root.sections("test", "name").into_iter().filter_map(read_one).collect()
}

fn read_one(section: Section<'_>) -> Option<Test> {
    section.required_string("name");
    let provider = section.required_string("provider");
    let claims = claims(&section);
    let role = section.required_parsed("role");
    section.required("expect");
    let expect = section.choice("expect", &["allow", "deny"]);
    let reason = section.string("reason");
    if reason.as_ref().is_some_and(String::is_empty) {
        section.mistake("reason", "is empty, which is in every explanation; leave it out");
    }
    let origin = section.origin();
    section.finish();
    Some(Test { origin, provider: provider?, claims: claims?, role: role?, allowed: expect? == "allow", reason })
}

/// A table of claims, or `{ file = "claims.json" }`.
fn claims(section: &Section<'_>) -> Option<Map<String, Value>> {
    section.required("claims");
    let table = section.section("claims")?;
    if table.has("file") && section.value("claims")?.as_table()?.len() == 1 {
        let text = table.file_text("file", LARGEST)?;
        return read_claims(&text).map_err(|error| table.mistake("file", error.to_string())).ok();
    }
    match serde_json::to_value(section.value("claims")?).unwrap_or_default() {
        Value::Object(claims) => Some(claims),
        _ => {
            section.mistake("claims", "must be an object: claims by their names");
            None
        }
    }
}

impl Test {
    /// The provider's name, and the claims that it reads.
    pub(super) fn reads(&self) -> (String, Vec<String>) {
        (self.provider.clone(), self.claims.keys().cloned().collect())
    }

    /// Why it does not pass: asked as the live path would, by somebody whom the provider says these claims of and who
    /// comes from nowhere.
    pub(super) fn failure(&self, catalogue: &Catalogue, recipient: &str, now: OffsetDateTime) -> Option<Mistake> {
        let mistake = |key: &str, sentence: String| {
            Some(Mistake::new(&self.origin.file, format!("{}.{key}", self.origin.key), sentence))
        };
        let Some(provider) = catalogue.provider_named(&self.provider) else {
            return mistake("provider", format!("there is no provider \"{}\" (or there are several)", self.provider));
        };
        if catalogue.role(&self.role).is_none() {
            return mistake("role", format!("there is no [[role]] {}", self.role));
        }
        // Whoever cannot come at all is denied everything, which says nothing of rules and policies.
        let identity = match suppose(self.claims.clone(), provider, recipient) {
            Ok(identity) => identity,
            Err(refusal) => return mistake("claims", format!("nobody comes with these: {}", told(refusal.as_ref()))),
        };
        let verdict = self.verdict(catalogue, provider, &identity, now);
        let (what, why) = match &verdict {
            Ok(why) => ("allowed", why),
            Err(why) => ("denied", why),
        };
        if verdict.is_ok() != self.allowed {
            let expected = if self.allowed { "allow" } else { "deny" };
            return mistake("expect", format!("\"{expected}\" is expected, and it is {what}: {why}"));
        }
        let reason = self.reason.as_ref().filter(|reason| !why.contains(reason.as_str()))?;
        mistake("reason", format!("it is {what}, and \"{reason}\" is not why: {why}"))
    }

    /// The deciding statement and the session's name, or code and sentence of the refusal, as `explain` tells them.
    fn verdict(
        &self,
        catalogue: &Catalogue,
        provider: &Arc<Provider>,
        identity: &FederatedIdentity,
        now: OffsetDateTime,
    ) -> Result<String, String> {
        let around = Surroundings::on_paper(now, None);
        let worn = ruling(catalogue, provider, identity, &self.role, &around, &mut Trace::new("test"));
        worn.map(|worn| format!("as {}, by {}", worn.session_name, worn.statement)).map_err(|e| told(&e))
    }
}

fn told(refusal: &dyn Refusal) -> String {
    format!("{}: {refusal}", refusal.code().name())
}
