//! Asking an identity provider for an assertion: the AuthnRequest (SAML core §3.4.1).

use super::ServiceProvider;
use super::binding::{Binding, Message, Parcel};
use super::names::{ASSERTION, POST_BINDING, PROTOCOL};
use super::tree::escape;
use crate::words::{hex, iso};
use time::OffsetDateTime;

/// A request id from 160 random bits; the underscore makes it an `xs:ID` (SAML core §1.3.4).
pub fn new_request_id(random: [u8; 20]) -> String {
    format!("_{}", hex(&random))
}

/// What is asked of the identity provider.
pub struct AuthnRequest<'a> {
    pub id: &'a str,
    pub now: OffsetDateTime,
    /// Whether the person must authenticate anew, whatever session they have there.
    pub force_authn: bool,
    /// Authentication contexts of which exactly one must be met, best first; none leaves it to the identity provider.
    pub contexts: &'a [String],
}

impl AuthnRequest<'_> {
    /// The signed request on its way to the identity provider's `location`, which may have a query.
    pub fn send(
        &self,
        sender: &ServiceProvider,
        binding: Binding,
        location: &str,
        relay_state: Option<&str>,
    ) -> Parcel {
        let xml = self.xml(sender, location);
        Message { field: "SAMLRequest", id: self.id, xml, location }.send(sender, binding, relay_state)
    }

    fn xml(&self, sender: &ServiceProvider, location: &str) -> String {
        format!(
            "<samlp:AuthnRequest xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{instant}\" Destination=\"{destination}\"{force} ProtocolBinding=\"{POST_BINDING}\" \
             AssertionConsumerServiceURL=\"{acs}\"><saml:Issuer>{issuer}</saml:Issuer>{contexts}</samlp:AuthnRequest>",
            id = escape(self.id),
            instant = iso(self.now),
            destination = escape(location),
            force = if self.force_authn { " ForceAuthn=\"true\"" } else { "" },
            acs = escape(&sender.acs_url),
            issuer = escape(&sender.entity_id),
            contexts = self.requested_contexts(),
        )
    }

    fn requested_contexts(&self) -> String {
        if self.contexts.is_empty() {
            return String::new();
        }
        let class =
            |class: &String| format!("<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>", escape(class));
        let classes: String = self.contexts.iter().map(class).collect();
        format!("<samlp:RequestedAuthnContext Comparison=\"exact\">{classes}</samlp:RequestedAuthnContext>")
    }
}
