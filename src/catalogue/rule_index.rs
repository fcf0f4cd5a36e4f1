//! Which of many rules can match somebody: most ask first for a value of a claim, or for one of a few, and are found by it.

use super::Rule;
use super::expression::Need;
use serde_json::Value;
use std::collections::HashMap;

/// The places of a provider's rules.
#[derive(Default)]
pub struct RuleIndex {
    claims: HashMap<String, OfClaim>,
    /// Those that must be asked.
    rest: Vec<usize>,
}

/// By the text that a list must hold, or a text must be.
#[derive(Default)]
struct OfClaim {
    holding: HashMap<String, Vec<usize>>,
    being: HashMap<String, Vec<usize>>,
}

impl RuleIndex {
    pub fn of(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (place, rule) in rules.iter().enumerate() {
            let needs = rule.when.needs();
            if needs.is_empty() {
                index.rest.push(place);
            }
            for Need { claim, text, in_list } in needs {
                let of = index.claims.entry(claim.to_owned()).or_default();
                let by_text = if in_list { &mut of.holding } else { &mut of.being };
                by_text.entry(text.to_owned()).or_default().push(place);
            }
        }
        index
    }

    /// The rules of which the condition may hold, or fail, in their order; of all others it does not hold. `claim` looks
    /// a claim up; `None` says that reading it would fail. A condition of which this part is false and another would
    /// fail counts as one that does not hold: it gives nothing either way.
    pub fn candidates<'v>(&self, claim: impl Fn(&str) -> Option<&'v Value>) -> Vec<usize> {
        let mut places = self.rest.clone();
        for (name, of) in &self.claims {
            let value = claim(name);
            match value.and_then(Value::as_array) {
                Some(values) => {
                    let texts = values.iter().filter_map(Value::as_str);
                    places.extend(texts.filter_map(|text| of.holding.get(text)).flatten());
                }
                // A text has no items, and whoever asks for them fails.
                None => places.extend(of.holding.values().flatten()),
            }
            match value {
                Some(Value::String(text)) => places.extend(of.being.get(text).into_iter().flatten()),
                Some(_) => {}
                None => places.extend(of.being.values().flatten()),
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}
