//! From the tree of a document to its statements, with every mistake on the way.

use super::error::{Fault, Faults, PolicyError, located, member};
use super::json::{self, Json};
use super::keys::{Vocabulary, is_claim_key};
use super::pattern::{Action, ActionPattern, ArnPattern, Written};
use super::principal::{PrincipalPattern, foreign_partition, is_federated_user};
use super::reader::{MOST_ENTRIES, MOST_STATEMENTS, Reader};
use super::statement::{Cover, Statement, StatementEffect};
use super::template::Dialect;
use crate::trace::clip;

/// A compiled policy document: statements, ready to be asked. One without any allows nothing and denies nothing.
#[derive(Debug, Default, PartialEq)]
pub struct Policy {
    statements: Box<[Statement]>,
}

/// The actions a role's trust policy may speak of.
const TRUST_ACTIONS: [&str; 5] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
];

/// One more of AWS's, for sessions that carry a context on: no session does here, but a question on paper may be about it.
const SET_CONTEXT: &str = "sts:SetContext";

/// The longest document that is read (the API field's limit for raw policy text).
const MOST_BYTES: usize = 128 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Trust,
    Identity,
    Resource,
}

impl Kind {
    pub(super) fn vocabulary(self) -> Vocabulary {
        match self {
            Self::Trust => Vocabulary::Trust,
            Self::Identity | Self::Resource => Vocabulary::Permission,
        }
    }
}

impl Policy {
    /// Reads a role's trust policy: Principal required, Resource forbidden, only the actions that assume a role.
    pub fn trust(json: &str) -> Result<Self, Vec<PolicyError>> {
        Self::read(json, Kind::Trust)
    }

    /// Reads a permission policy: Resource required, Principal forbidden.
    pub fn identity(json: &str) -> Result<Self, Vec<PolicyError>> {
        Self::read(json, Kind::Identity)
    }

    /// Denies everything: what stands in for a policy that cannot be had, so that no Deny of its is lost.
    pub fn denying_everything() -> Self {
        let (actions, resources) = (Cover::all_but(Box::default()), Some(Cover::all_but(Box::default())));
        let (effect, conditions) = (StatementEffect::Deny, Box::default());
        let statement = Statement { sid: None, index: 0, effect, principals: None, actions, resources, conditions };
        Self { statements: Box::new([statement]) }
    }

    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter()
    }

    /// The Allow statements that name this provider, by its ARN or its well-known name.
    pub fn allows_federated<'a>(&'a self, arn_or_alias: &'a str) -> impl Iterator<Item = &'a Statement> {
        self.statements()
            .filter(|statement| statement.effect == StatementEffect::Allow)
            .filter(move |statement| statement.names_provider(arn_or_alias))
    }

    /// The identity providers that the document names anywhere, as they are written.
    pub fn federated_principals(&self) -> impl Iterator<Item = &str> {
        self.statements().flat_map(Statement::providers)
    }

    /// Each Deny for everybody, with the identity providers that the document lets people in through and that this
    /// statement does not name: whoever comes through them is not denied.
    pub fn denies_past(&self) -> impl Iterator<Item = (&Statement, Vec<&str>)> {
        let entrances = self.statements().filter(|statement| statement.effect == StatementEffect::Allow);
        let mut entrances: Vec<&str> = entrances.flat_map(Statement::providers).collect();
        entrances.sort_unstable();
        entrances.dedup();
        self.statements().filter(|statement| statement.denies_everybody()).filter_map(move |statement| {
            let past = entrances.iter().copied().filter(|name| !statement.names_provider(name)).collect::<Vec<_>>();
            (!past.is_empty()).then_some((statement, past))
        })
    }

    /// The condition keys that the document reads, in lower case: those of its conditions, and the variables in its texts.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.statements().flat_map(Statement::reads)
    }

    /// Those of [`Policy::reads`] that are of a provider's claim, `<issuer without scheme>:<claim>`.
    pub fn reads_of_claims(&self) -> impl Iterator<Item = &str> {
        self.reads().filter(|key| is_claim_key(key))
    }

    /// Whether a condition of the document asks for this key.
    pub fn asks_for(&self, key: &str) -> bool {
        self.statements().any(|statement| statement.conditions.iter().any(|condition| condition.is_on(key)))
    }

    fn read(text: &str, kind: Kind) -> Result<Self, Vec<PolicyError>> {
        let mut faults = Faults::default();
        match json::parse(text, MOST_BYTES, &mut faults) {
            Some(tree) => Self::of(&tree, kind, kind.vocabulary()).map_err(|errors| located(errors, text)),
            None => faults.none_or(Self { statements: Box::default() }),
        }
    }

    pub(super) fn of(tree: &Json, kind: Kind, vocabulary: Vocabulary) -> Result<Self, Vec<PolicyError>> {
        let mut faults = Faults::default();
        tree.inspect(&mut faults);
        let mut reader = Reader::new(kind, vocabulary, faults);
        let statements = reader.document(tree);
        reader.faults.none_or(Self { statements: statements.into() })
    }
}

impl<'t> Reader<'t> {
    fn document(&mut self, tree: &'t Json) -> Vec<Statement> {
        let Some(members) = self.object(tree, "") else { return Vec::new() };
        let mut statements = Vec::new();
        if let Some((_, version)) = members.iter().find(|(name, _)| name == "Version") {
            self.dialect = self.version(version);
        }
        for (name, value) in members {
            match name.as_str() {
                "Version" => {}
                "Id" => self.id(value),
                "Statement" => statements = self.statements(value),
                other => self.faults.add(&member("", other), Fault::Unknown { name: clip(other) }),
            }
        }
        self.require(members, "", "Statement");
        statements
    }

    /// A document without a version is one of 2008, and that language takes variables as plain text.
    fn version(&mut self, value: &Json) -> Dialect {
        let found = match value {
            Json::Text(text) if text == "2008-10-17" => return Dialect::Plain,
            Json::Text(text) if text == "2012-10-17" => return Dialect::WithVariables(self.vocabulary),
            Json::Text(text) => format!("\"{}\"", clip(text)),
            _ => "another kind of value".to_owned(),
        };
        self.faults.add("Version", Fault::Version { found });
        Dialect::WithVariables(self.vocabulary)
    }

    fn id(&mut self, value: &Json) {
        if self.kind == Kind::Identity {
            self.faults.add("Id", Fault::Prohibited { name: "Id".to_owned(), document: "an identity policy" });
        } else if !matches!(value, Json::Text(_)) {
            self.faults.add("Id", Fault::Shape { wanted: "a string" });
        }
    }

    fn statements(&mut self, value: &'t Json) -> Vec<Statement> {
        let Json::Array(entries) = value else {
            return self.statement(value, "Statement", 0).into_iter().collect();
        };
        if !self.count(entries.len(), MOST_STATEMENTS, "Statement") {
            return Vec::new();
        }
        let entries = entries.iter().enumerate();
        let statements = entries.filter_map(|(i, entry)| self.statement(entry, &format!("Statement[{i}]"), i));
        statements.collect()
    }

    fn statement(&mut self, value: &'t Json, place: &str, index: usize) -> Option<Statement> {
        let members = self.object(value, place)?;
        let (mut sid, mut effect, mut principals, mut actions) = (None, None, None, Cover::default());
        let (mut resources, mut conditions) = (None, Box::default());
        for (name, value) in members {
            let place = &member(place, name);
            match (name.as_str(), self.kind) {
                ("Sid", _) => sid = self.sid(value, place),
                ("Effect", _) => effect = self.effect(value, place),
                ("Principal", Kind::Trust | Kind::Resource) => principals = Some(self.principals(value, place).into()),
                ("Action", _) => actions = Cover::only(self.each(value, place, Self::action)),
                ("NotAction", Kind::Identity | Kind::Resource) => {
                    actions = Cover::all_but(self.each(value, place, Self::action));
                }
                ("Resource", Kind::Identity | Kind::Resource) => {
                    resources = Some(Cover::only(self.each(value, place, Self::resource)));
                }
                ("NotResource", Kind::Identity | Kind::Resource) => {
                    resources = Some(Cover::all_but(self.each(value, place, Self::resource)));
                }
                ("Condition", _) => conditions = self.conditions(value, place),
                // With Allow it opens a resource to strangers (IAM User Guide, "NotPrincipal").
                ("NotPrincipal", Kind::Resource) => self.prohibited(name, place, "a resource policy"),
                ("Principal" | "NotPrincipal", Kind::Identity) => self.prohibited(name, place, "an identity policy"),
                ("NotPrincipal" | "NotAction" | "Resource" | "NotResource", Kind::Trust) => {
                    self.prohibited(name, place, "a trust policy");
                }
                (other, _) => self.faults.add(place, Fault::Unknown { name: clip(other) }),
            }
        }
        self.require(members, place, "Effect");
        if self.kind != Kind::Identity {
            self.require(members, place, "Principal");
        }
        if self.kind == Kind::Trust {
            self.require(members, place, "Action");
        } else {
            self.one_of(members, place, "Action", "NotAction");
            self.one_of(members, place, "Resource", "NotResource");
        }
        Some(Statement { sid, index: index as u32, effect: effect?, principals, actions, resources, conditions })
    }

    fn sid(&mut self, value: &'t Json, place: &str) -> Option<Box<str>> {
        let text = self.text(value, place)?;
        if text.is_empty() {
            return None;
        }
        let fits = text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits || !self.sids.insert(text) {
            self.faults.add(place, Fault::Sid { sid: clip(text) });
        }
        Some(text.into())
    }

    fn effect(&mut self, value: &'t Json, place: &str) -> Option<StatementEffect> {
        match self.text(value, place)? {
            "Allow" => Some(StatementEffect::Allow),
            "Deny" => Some(StatementEffect::Deny),
            other => {
                self.faults.add(place, Fault::Effect { found: clip(other) });
                None
            }
        }
    }

    fn action(&mut self, text: &str, place: &str) -> Option<Written<ActionPattern>> {
        let Some(pattern) = Written::action(self.kept(text)) else {
            self.faults.add(place, Fault::Action { action: clip(text) });
            return None;
        };
        let within_sts = pattern.service().is_some_and(|service| service.eq_ignore_ascii_case("sts"));
        let further = Some(&SET_CONTEXT).filter(|_| self.vocabulary == Vocabulary::Any);
        let assumes =
            within_sts && TRUST_ACTIONS.iter().chain(further).any(|action| pattern.covers(&Action::of(action)));
        if self.kind == Kind::Trust && !assumes {
            self.faults.add(place, Fault::TrustAction { action: clip(text) });
            return None;
        }
        Some(pattern)
    }

    fn resource(&mut self, text: &str, place: &str) -> Option<Written<ArnPattern>> {
        match ArnPattern::parse(text, self.dialect) {
            Ok(Some(pattern)) if !pattern.has_early_variables() => {
                return Some(Written { text: self.kept(text), pattern });
            }
            Ok(Some(_)) => self.faults.add(place, Fault::EarlyVariable { text: clip(text) }),
            Ok(None) => self.faults.add(place, Fault::Resource { resource: clip(text) }),
            Err(fault) => self.faults.add(place, fault),
        }
        None
    }

    fn principals(&mut self, value: &'t Json, place: &str) -> Vec<PrincipalPattern> {
        let members = match value {
            Json::Text(text) if text == "*" => return vec![PrincipalPattern::Anyone],
            Json::Object(members) => members,
            _ => {
                self.faults.add(place, Fault::Shape { wanted: "\"*\" or an object of principal types" });
                return Vec::new();
            }
        };
        self.count(members.len(), MOST_ENTRIES, place);
        let mut principals = Vec::new();
        for (kind, value) in members {
            let place = &member(place, kind);
            let (kind, parse): (_, fn(&str) -> _) = match kind.as_str() {
                "AWS" => ("AWS", PrincipalPattern::aws),
                "Federated" => ("Federated", PrincipalPattern::federated),
                "Service" => ("Service", PrincipalPattern::service),
                other => {
                    self.faults.add(place, Fault::NotSupported { what: format!("the principal type {}", clip(other)) });
                    continue;
                }
            };
            let read = |reader: &mut Self, text: &str, place: &str| reader.principal(kind, parse, text, place);
            principals.extend(self.each(value, place, read));
        }
        principals
    }

    fn principal(
        &mut self,
        kind: &'static str,
        parse: fn(&str) -> Option<PrincipalPattern>,
        text: &str,
        place: &str,
    ) -> Option<PrincipalPattern> {
        if let Some(partition) = foreign_partition(text).filter(|_| self.vocabulary != Vocabulary::Any) {
            self.faults.add(place, Fault::Partition { partition, principal: clip(text) });
            return None;
        }
        if is_federated_user(text) && self.vocabulary == Vocabulary::Trust {
            self.faults.add(place, Fault::FederatedUser { principal: clip(text) });
            return None;
        }
        let pattern = parse(text);
        if pattern.is_none() {
            self.faults.add(place, Fault::Principal { kind, principal: clip(text) });
        }
        pattern
    }
}
