//! What we say about logouts ourselves: a request when a person signs out here, an answer when they did elsewhere.

use crate::saml::ServiceProvider;
use crate::saml::assertion::NameId;
use crate::saml::binding::{Binding, Message, Parcel};
use crate::saml::names::{ASSERTION, PROTOCOL, SUCCESS};
use crate::saml::tree::escape;
use crate::words::iso;
use time::OffsetDateTime;

/// Tells an identity provider that a person has signed out (SAML core §3.7.1).
pub struct LogoutCall<'a> {
    pub id: &'a str,
    pub now: OffsetDateTime,
    pub name_id: &'a NameId,
    pub session_index: Option<&'a str>,
}

/// Answers an identity provider's LogoutRequest that has been acted on (SAML core §3.7.2).
pub struct LogoutAnswer<'a> {
    pub id: &'a str,
    pub now: OffsetDateTime,
    pub in_response_to: &'a str,
}

impl LogoutCall<'_> {
    pub fn send(&self, sender: &ServiceProvider, binding: Binding, location: &str, relay_state: &str) -> Parcel {
        let attribute = |name: &str, value: Option<&String>| {
            value.map(|value| format!(" {name}=\"{}\"", escape(value))).unwrap_or_default()
        };
        let NameId { value, format, name_qualifier, sp_name_qualifier } = self.name_id;
        let session = |index: &str| format!("<samlp:SessionIndex>{}</samlp:SessionIndex>", escape(index));
        let xml = format!(
            "<samlp:LogoutRequest {head} Reason=\"urn:oasis:names:tc:SAML:2.0:logout:user\"><saml:Issuer>{issuer}\
             </saml:Issuer><saml:NameID{qualifier}{sp_qualifier} Format=\"{format}\">{value}</saml:NameID>{session}\
             </samlp:LogoutRequest>",
            head = head(self.id, self.now, location),
            issuer = escape(&sender.entity_id),
            qualifier = attribute("NameQualifier", name_qualifier.as_ref()),
            sp_qualifier = attribute("SPNameQualifier", sp_name_qualifier.as_ref()),
            format = escape(format),
            value = escape(value),
            session = self.session_index.map(session).unwrap_or_default(),
        );
        Message { field: "SAMLRequest", id: self.id, xml, location }.send(sender, binding, Some(relay_state))
    }
}

impl LogoutAnswer<'_> {
    pub fn send(
        &self,
        sender: &ServiceProvider,
        binding: Binding,
        location: &str,
        relay_state: Option<&str>,
    ) -> Parcel {
        let xml = format!(
            "<samlp:LogoutResponse {head} InResponseTo=\"{in_response_to}\"><saml:Issuer>{issuer}</saml:Issuer>\
             <samlp:Status><samlp:StatusCode Value=\"{SUCCESS}\"/></samlp:Status></samlp:LogoutResponse>",
            head = head(self.id, self.now, location),
            in_response_to = escape(self.in_response_to),
            issuer = escape(&sender.entity_id),
        );
        Message { field: "SAMLResponse", id: self.id, xml, location }.send(sender, binding, relay_state)
    }
}

fn head(id: &str, now: OffsetDateTime, location: &str) -> String {
    format!(
        "xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" \
         Destination=\"{}\"",
        escape(id),
        iso(now),
        escape(location),
    )
}
