//! Issuers that anybody can get a token from, and how a trust policy says whose tokens are meant.

use super::Provider;
use crate::policy::Statement;

/// An issuer that signs for many customers alike; only a claim tells one from another.
pub(super) struct SharedIssuer {
    /// Its condition keys begin with this.
    name: &'static str,
    tenant: Tenant,
}

enum Tenant {
    /// `sub` is made of words and values with colons between. Who it is follows one of these words; the others tell of
    /// things that every customer may name as they like: a branch, an environment, or a workflow that strangers call.
    Subject { words: &'static [&'static str], example: &'static str },
    /// The claim holds an id of the customer's own.
    Id { claim: &'static str, example: &'static str },
}

use Tenant::{Id, Subject};

const GITHUB: Tenant = Subject {
    words: &[
        "repo",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "enterprise",
        "enterprise_id",
    ],
    example: "repo:your-org/your-repo:*",
};
const OF_AN_ORGANISATION: Tenant = Subject { words: &["organization"], example: "organization:your-org:*" };

const SHARED: [SharedIssuer; 12] = [
    SharedIssuer { name: "token.actions.githubusercontent.com", tenant: GITHUB },
    SharedIssuer { name: "vstoken.actions.githubusercontent.com", tenant: GITHUB },
    SharedIssuer {
        name: "gitlab.com",
        tenant: Subject { words: &["project_path"], example: "project_path:your-group/your-project:*" },
    },
    SharedIssuer { name: "agent.buildkite.com", tenant: OF_AN_ORGANISATION },
    SharedIssuer { name: "app.terraform.io", tenant: OF_AN_ORGANISATION },
    SharedIssuer {
        name: "oidc.codefresh.io",
        tenant: Subject { words: &["account"], example: "account:your-account-id:*" },
    },
    SharedIssuer { name: "oidc.vercel.com", tenant: Id { claim: "aud", example: "https://vercel.com/your-team" } },
    SharedIssuer { name: "api.pulumi.com/oidc", tenant: Id { claim: "aud", example: "aws:your-org" } },
    SharedIssuer { name: "accounts.google.com", tenant: Id { claim: "aud", example: "your client id" } },
    SharedIssuer {
        name: "cognito-identity.amazonaws.com",
        tenant: Id { claim: "aud", example: "your identity pool's id" },
    },
    SharedIssuer { name: "graph.facebook.com", tenant: Id { claim: "app_id", example: "your app's id" } },
    SharedIssuer { name: "www.amazon.com", tenant: Id { claim: "app_id", example: "your app's id" } },
];

impl SharedIssuer {
    /// The provider as a shared issuer, if it is one.
    pub(super) fn of(provider: &Provider) -> Option<&'static Self> {
        SHARED.iter().find(|shared| shared.name == provider.key_prefix())
    }

    /// What is wrong with a statement that lets the issuer in, and how it is mended; `None` for one that says whom.
    pub(super) fn danger(&self, statement: &Statement) -> Option<String> {
        let key = format!("{}:{}", self.name, self.claim());
        let values = statement.required_values(&key).unwrap_or_default();
        let stray = values.iter().find(|value| !self.names_somebody(value));
        if !values.is_empty() && stray.is_none() {
            return None;
        }
        let stray = stray.map(|value| format!(" (\"{}\" names nobody)", crate::trace::clip(value))).unwrap_or_default();
        let mending = match self.tenant {
            Subject { example, .. } => {
                format!("a condition on \"{key}\" that names your organisation, as in \"{example}\"")
            }
            Id { example, .. } => format!("a StringEquals condition on \"{key}\" with {example}"),
        };
        let name = self.name;
        Some(format!(
            "lets in everybody whom {name} signs for, anywhere in the world{stray}; add {mending}, or give the provider rules that ask for a claim of yours"
        ))
    }

    fn claim(&self) -> &'static str {
        match self.tenant {
            Subject { .. } => "sub",
            Id { claim, .. } => claim,
        }
    }

    /// Whether only tokens of somebody in particular have such a value, `*` and `?` taken as wildcards.
    fn names_somebody(&self, value: &str) -> bool {
        let fixed = value.split(['*', '?']).next().unwrap_or_default();
        let complete = fixed.len() == value.len();
        match self.tenant {
            Id { .. } => complete && !fixed.is_empty(),
            Subject { words, .. } => {
                let parts: Vec<&str> = fixed.split(':').collect();
                let mut pairs = parts.windows(2).enumerate();
                pairs.any(|(at, pair)| {
                    let [word, name] = pair else { return false };
                    let is_last = at + 2 == parts.len();
                    words.contains(word) && is_whole(name, complete || !is_last)
                })
            }
        }
    }
}

/// `your-org/…` names somebody, and so does `your-org@…`, which GitHub follows by an id; `your-org` does if nothing can
/// follow it: `your-org*` is also `your-organised-enemy`.
fn is_whole(name: &str, ends_here: bool) -> bool {
    match name.split_once(['/', '@']) {
        Some((owner, _)) => !owner.is_empty(),
        None => ends_here && !name.is_empty(),
    }
}
