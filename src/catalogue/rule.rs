//! A provider's rule, compiled: which claims give which roles, under which session name, and with which tags.

use super::Expression;
use crate::words::RoleArn;

/// The language is CEL over `claims`, `provider` and `account`. What a rule comes to for somebody's claims is found by
/// `trust`.
pub struct Rule {
    /// Its place among the provider's rules, for people: `rule[0]`.
    pub name: String,
    pub when: Expression,
    pub roles: RolesOf,
    pub session_name: Option<Expression>,
    pub source_identity: Option<Expression>,
    /// Session tags: key, and what its value comes to.
    pub tags: Vec<(String, Expression)>,
    /// The keys of those that go along when the session assumes a further role.
    pub transitive_tags: Vec<String>,
}

/// Where a matching rule's roles come from.
pub struct RolesOf {
    pub listed: Vec<RoleArn>,
    /// A list of ARNs computed from the claims.
    pub computed: Option<Expression>,
}

impl Rule {
    /// The claims that the rule reads by name.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.expressions().flat_map(Expression::reads)
    }

    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let computed = [&self.roles.computed, &self.session_name, &self.source_identity].into_iter().flatten();
        let tags = self.tags.iter().map(|(_, value)| value);
        [&self.when].into_iter().chain(computed).chain(tags)
    }
}
