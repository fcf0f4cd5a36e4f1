//! A compiled policy, told: what is in force, for people to read.

use super::Policy;
use super::pattern::Written;
use super::statement::{Cover, Statement, StatementEffect};
use serde_json::{Map, Value, json};

/// What an element lists, or everything but that.
pub struct Listed<'a> {
    pub all_but: bool,
    pub texts: Vec<&'a str>,
}

/// A line of a Condition block.
pub struct ToldCondition<'a> {
    pub operator: &'a str,
    pub key: &'a str,
    pub values: Vec<&'a str>,
}

impl Policy {
    /// The document again, as far as it decides: in the order of its statements, each as the engine reads it.
    pub fn to_document(&self) -> String {
        let statements: Vec<Value> = self.statements().map(Statement::to_value).collect();
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        serde_json::to_string_pretty(&document).expect("texts are plain data")
    }
}

impl Statement {
    pub fn listed_actions(&self) -> Listed<'_> {
        Listed::of(&self.actions)
    }

    /// `None` where the kind of document has none.
    pub fn listed_resources(&self) -> Option<Listed<'_>> {
        self.resources.as_ref().map(Listed::of)
    }

    pub fn told_conditions(&self) -> impl Iterator<Item = ToldCondition<'_>> {
        self.conditions.iter().map(|condition| ToldCondition {
            operator: &condition.operator.name,
            key: &condition.name.written,
            values: condition.values.iter().map(|value| &*value.text).collect(),
        })
    }

    fn to_value(&self) -> Value {
        let mut members = Map::new();
        if let Some(sid) = self.sid() {
            members.insert("Sid".into(), sid.into());
        }
        let allows = self.effect() == StatementEffect::Allow;
        members.insert("Effect".into(), if allows { "Allow" } else { "Deny" }.into());
        let mut add = |name: &str, listed: Listed<'_>| {
            let name = if listed.all_but { format!("Not{name}") } else { name.to_owned() };
            members.insert(name, one_or_many(&listed.texts));
        };
        add("Action", self.listed_actions());
        if let Some(resources) = self.listed_resources() {
            add("Resource", resources);
        }
        let mut block = Map::new();
        for condition in self.told_conditions() {
            let keys = block.entry(condition.operator).or_insert_with(|| Value::Object(Map::new()));
            keys[condition.key] = one_or_many(&condition.values);
        }
        if !block.is_empty() {
            members.insert("Condition".into(), Value::Object(block));
        }
        Value::Object(members)
    }
}

impl<'a> Listed<'a> {
    fn of<P>(cover: &'a Cover<P>) -> Self {
        let texts = cover.patterns.iter().map(|Written { text, .. }| &**text).collect();
        Self { all_but: cover.all_but, texts }
    }
}

fn one_or_many(texts: &[&str]) -> Value {
    match texts {
        [only] => (*only).into(),
        many => many.into(),
    }
}
