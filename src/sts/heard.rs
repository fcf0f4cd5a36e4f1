//! When each identity provider's word was last accepted, and when it last was not: for the people who look after it.

use super::Sts;
use super::service::Request;
use crate::catalogue::Provider;
use crate::store::ProviderNote;
use crate::trace::Code;
use std::sync::Arc;

impl Sts {
    /// A paper of the provider held.
    pub fn heard_from(&self, provider: &Provider, request: &Request) {
        self.note(provider, None, request);
    }

    /// A paper that is said to be of a provider did not hold, or the provider could not be asked. Anybody can say so; that
    /// is why there are few such notes, and none pushes out one of the other kind.
    pub(super) fn heard_badly(&self, code: Code, request: &Request) {
        const OF_PROVIDERS: [&str; 5] = ["saml.", "oidc.", "social.", "outbound.", "signin.provider-refused"];
        let arn = request.trace.about.provider.parse().ok();
        let Some(first) = arn.and_then(|arn| self.catalogue.provider(&arn)) else { return };
        if !OF_PROVIDERS.iter().any(|beginning| code.name().starts_with(beginning)) {
            return;
        }
        for provider in self.registrations_of(first) {
            self.note(&provider, Some(code), request);
        }
    }

    /// The provider under each of its names, if it is an identity provider that several accounts know.
    fn registrations_of(&self, first: &Arc<Provider>) -> Vec<Arc<Provider>> {
        let entity_id = first.saml().and_then(|saml| saml.metadata.entity_id());
        entity_id.map_or_else(|| vec![first.clone()], |entity_id| self.catalogue.saml_providers(&entity_id))
    }

    fn note(&self, provider: &Provider, code: Option<Code>, request: &Request) {
        self.store.note_provider(provider.arn.as_str(), code.is_none(), request.now.unix_timestamp(), || {
            ProviderNote {
                provider: provider.arn.to_string(),
                good: code.is_none(),
                at: request.now.unix_timestamp(),
                code: code.map(Code::name).unwrap_or_default().to_owned(),
                trace: request.trace.id.clone(),
            }
        });
    }
}
