//! An external identity provider as one account knows it.

use super::{Expression, Face, Normalisation, Rule, RuleIndex};
use crate::metadata::LiveMetadata;
use crate::oidc::RelyingParty;
use crate::oidc::social::AccessDesk;
use crate::saml::Binding;
use crate::saml::metadata::IdentityProvider;
use crate::words::{AccountId, ProviderArn};
use std::sync::Arc;
use time::Duration;

/// The same identity provider may be registered in several accounts; each registration is one of these.
pub struct Provider {
    pub name: String,
    /// Whether anybody comes in by it. Those who ask what would be are answered all the same, so that it can be tried
    /// before it is.
    pub enabled: bool,
    pub face: Face,
    pub arn: ProviderArn,
    pub protocol: Protocol,
    /// With at least one rule, a provider gives only the roles of its matching rules.
    pub rules: Vec<Rule>,
    pub rule_index: RuleIndex,
    /// The form in which rules, the mfa expression and session names read its claims.
    pub normalisation: Normalisation,
    /// Whether the AWS Role attribute of a SAML assertion gives roles.
    pub role_attribute: bool,
    /// How to tell that somebody used a second factor; without it nobody knows.
    pub mfa: Option<Mfa>,
}

pub struct Mfa {
    pub expression: Expression,
    /// What a person who needs a second factor is sent to the provider with: authentication contexts, best first.
    pub contexts: Vec<String>,
}

pub enum Protocol {
    Saml(Box<SamlProvider>),
    Oidc(OidcProvider),
    Social(SocialProvider),
}

#[derive(PartialEq, Eq)]
pub struct SamlProvider {
    pub metadata: Arc<LiveMetadata>,
    /// Whether responses that nobody asked for are accepted at the assertion consumer.
    pub idp_initiated: bool,
    pub clock_skew: Duration,
    /// Whether a single logout ends the role sessions as well that were chosen in the console.
    pub logout_revokes: bool,
    /// Whether assertions in the clear are refused.
    pub encryption_required: bool,
    /// How our requests travel, if the operator chose; else by redirect where the identity provider takes that.
    pub request_binding: Option<Binding>,
    /// Whether people must authenticate anew at each sign-in that begins here.
    pub force_authn: bool,
    /// The authentication contexts of which every assertion must name one, best first; none are demanded if it is empty.
    pub authn_context: Vec<String>,
}

pub struct OidcProvider {
    pub issuer: String,
    pub relying_party: Arc<RelyingParty>,
    /// Whether people can sign in here with a browser.
    pub login: bool,
    /// Whether a logout that the provider tells of ends the role sessions as well that were chosen in the console.
    pub logout_revokes: bool,
}

/// A network whose access tokens come with a ProviderId.
pub struct SocialProvider {
    pub desk: Arc<AccessDesk>,
    /// Its ID tokens, if it gives people those as well (Facebook's Limited Login). They come without ProviderId.
    pub id_tokens: Option<OidcProvider>,
}

impl SamlProvider {
    /// How and where a sign-in at `idp` begins: the operator's choice, else by redirect if the identity provider takes
    /// that.
    pub fn sign_on<'i>(&self, idp: &'i IdentityProvider) -> Option<(Binding, &'i str)> {
        let bindings = match self.request_binding {
            Some(binding) => vec![binding],
            None => vec![Binding::Redirect, Binding::Post],
        };
        bindings.into_iter().find_map(|binding| Some((binding, idp.sso(binding)?)))
    }
}

impl Provider {
    /// Whether the role sessions end with the login that they were chosen in.
    pub fn logout_revokes(&self) -> bool {
        match &self.protocol {
            Protocol::Saml(saml) => saml.logout_revokes,
            Protocol::Oidc(oidc) => oidc.logout_revokes,
            Protocol::Social(_) => false,
        }
    }

    pub fn mfa_expression(&self) -> Option<&Expression> {
        self.mfa.as_ref().map(|mfa| &mfa.expression)
    }

    /// What people call it.
    pub fn display_name(&self) -> &str {
        self.face.display_name.as_deref().unwrap_or(&self.name)
    }

    pub fn account(&self) -> AccountId {
        self.arn.account()
    }

    pub fn saml(&self) -> Option<&SamlProvider> {
        match &self.protocol {
            Protocol::Saml(saml) => Some(saml),
            Protocol::Oidc(_) | Protocol::Social(_) => None,
        }
    }

    /// What verifies its ID tokens, if it gives any.
    pub fn oidc(&self) -> Option<&OidcProvider> {
        match &self.protocol {
            Protocol::Oidc(oidc) => Some(oidc),
            Protocol::Social(social) => social.id_tokens.as_ref(),
            Protocol::Saml(_) => None,
        }
    }

    pub fn social(&self) -> Option<&SocialProvider> {
        match &self.protocol {
            Protocol::Social(social) => Some(social),
            Protocol::Saml(_) | Protocol::Oidc(_) => None,
        }
    }

    /// What the provider calls itself: its entity id, once that is known, or its issuer.
    pub fn issuer(&self) -> Option<String> {
        match &self.protocol {
            Protocol::Saml(saml) => saml.metadata.entity_id(),
            Protocol::Oidc(oidc) => Some(oidc.issuer.clone()),
            Protocol::Social(social) => Some(social.desk.network().issuer().to_owned()),
        }
    }

    /// What stands before the colon in this provider's condition keys: the issuer without its scheme, the ProviderId, or
    /// `saml`.
    pub fn key_prefix(&self) -> &str {
        match &self.protocol {
            Protocol::Saml(_) => "saml",
            Protocol::Oidc(oidc) => crate::oidc::issuer_without_scheme(&oidc.issuer),
            Protocol::Social(social) => social.desk.network().provider_id(),
        }
    }

    /// The built-in principal name that means this provider as well as its ARN does.
    pub fn alias(&self) -> Option<&'static str> {
        match &self.protocol {
            Protocol::Social(social) => Some(social.desk.network().provider_id()),
            _ => (self.key_prefix() == "accounts.google.com").then_some("accounts.google.com"),
        }
    }

    /// Whether a sign-in at either is one at both: the same SAML identity provider, known alike under the same name. An
    /// issuer's clients differ by account, so for OpenID Connect it never is.
    pub fn same_sign_in(&self, other: &Self) -> bool {
        self.name == other.name && self.saml().is_some_and(|saml| Some(saml) == other.saml())
    }

    /// Whether its protocol lets a browser begin a sign-in here; whether people may is [`Provider::enabled`].
    pub fn signs_people_in(&self) -> bool {
        match &self.protocol {
            Protocol::Saml(_) => true,
            Protocol::Oidc(oidc) => oidc.login,
            Protocol::Social(_) => false,
        }
    }
}
