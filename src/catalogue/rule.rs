//! A provider's rule, compiled: which claims give which roles, and under which session name.

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
        let expressions = [Some(&self.when), self.roles.computed.as_ref(), self.session_name.as_ref()];
        expressions.into_iter().flatten().flat_map(Expression::reads)
    }
}
