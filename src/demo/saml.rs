//! The SAML side: an AuthnRequest by HTTP-Redirect in, a Response with a signed assertion by HTTP-POST out.
//!
//! [`ask`] checks the request and shows the people; the choice brings the same request back, which [`answer`] checks
//! again, so nothing is kept between the two. A request's signature is not looked at (the metadata does not want
//! one): the answer goes to the one ACS that is known, whoever asks.

use super::pages::{self, onward, refuse};
use super::{MARK, Person, Provider};
use crate::words::{hex, iso, parse_xs_date_time};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use std::io::Read;
use std::sync::Arc;
use time::Duration;

/// An assertion is good for this long; the person is on the way already.
const LIFETIME: Duration = Duration::minutes(5);
/// A gateway's request has about 1,500 bytes.
const MOST_REQUEST: u64 = 32 * 1024;
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

/// Why an AuthnRequest is not answered.
#[derive(Debug, thiserror::Error)]
enum RequestRefused {
    #[error("The SAMLRequest is not base64 of a deflated document of at most 32 KiB.")]
    Encoding,
    #[error("The SAMLRequest is not a SAML 2.0 AuthnRequest with an ID and an IssueInstant.")]
    NotAnAuthnRequest,
    #[error("The request's Issuer is not the gateway that this provider was started for.")]
    Issuer,
    #[error("The request is addressed to another identity provider.")]
    Destination,
    #[error("The request asks for an answer at a place that is not the gateway's assertion consumer service.")]
    AssertionConsumerService,
}

/// The form fields of both bindings (SAML bindings §3.4.4, §3.5.4), and the choice once it is made.
#[derive(serde::Deserialize)]
pub(super) struct Exchange {
    #[serde(rename = "SAMLRequest")]
    request: String,
    #[serde(rename = "RelayState", default)]
    relay_state: String,
    person: Option<String>,
}

#[derive(serde::Deserialize)]
pub(super) struct Papers {
    person: String,
}

/// What an answer needs to know of its request.
struct AuthnRequest {
    id: String,
    context: String,
}

#[derive(Template)]
#[template(
    ext = "xml",
    source = r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{{ entity_id }}"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{{ certificate }}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{{ sso }}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
)]
struct Metadata {
    entity_id: String,
    certificate: String,
    sso: String,
}

#[derive(Template)]
#[template(
    ext = "xml",
    source = r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{{ id }}" Version="2.0" IssueInstant="{{ now }}" Destination="{{ acs_url }}"{% if let Some(request) = request %} InResponseTo="{{ request.id }}"{% endif %}><saml:Issuer>{{ issuer }}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{{ assertion_id }}" Version="2.0" IssueInstant="{{ now }}"><saml:Issuer>{{ issuer }}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{{ person.mail }}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData{% if let Some(request) = request %} InResponseTo="{{ request.id }}"{% endif %} NotOnOrAfter="{{ end }}" Recipient="{{ acs_url }}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{{ now }}" NotOnOrAfter="{{ end }}"><saml:AudienceRestriction><saml:Audience>{{ audience }}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{{ now }}" SessionIndex="{{ session }}"><saml:AuthnContext><saml:AuthnContextClassRef>{{ context }}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{% for (name, values) in attributes %}<saml:Attribute Name="{{ name }}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified">{% for value in *values %}<saml:AttributeValue>{{ value }}</saml:AttributeValue>{% endfor %}</saml:Attribute>{% endfor %}</saml:AttributeStatement></saml:Assertion></samlp:Response>"#
)]
struct Answer<'a> {
    id: String,
    assertion_id: String,
    session: String,
    now: String,
    end: String,
    issuer: String,
    acs_url: &'a str,
    audience: &'a str,
    request: Option<&'a AuthnRequest>,
    context: &'a str,
    person: &'a Person,
    attributes: Vec<(&'a str, &'a [&'a str])>,
}

pub(super) async fn metadata(State(provider): State<Arc<Provider>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], provider.saml_metadata())
}

/// Who is signing in?
pub(super) async fn ask(State(provider): State<Arc<Provider>>, Query(exchange): Query<Exchange>) -> Response {
    match provider.authn_request(&exchange.request) {
        Ok(_) => pages::choose(
            &provider.relying_party.sp_entity_id,
            &provider.sso_url(),
            &[("SAMLRequest", &exchange.request), ("RelayState", &exchange.relay_state)],
        ),
        Err(refused) => refuse(StatusCode::BAD_REQUEST, &refused.to_string()),
    }
}

/// The chosen person's Response, on its way to the ACS.
pub(super) async fn answer(State(provider): State<Arc<Provider>>, Form(exchange): Form<Exchange>) -> Response {
    let request = match provider.authn_request(&exchange.request) {
        Ok(request) => request,
        Err(refused) => return refuse(StatusCode::BAD_REQUEST, &refused.to_string()),
    };
    let Some(person) = exchange.person.as_deref().and_then(Person::named) else {
        return refuse(StatusCode::BAD_REQUEST, "There is no such person.");
    };
    match provider.response(person, Some(&request)) {
        Some(response) => {
            let mut fields = vec![("SAMLResponse", response.as_str())];
            if !exchange.relay_state.is_empty() {
                fields.push(("RelayState", &exchange.relay_state));
            }
            onward(person, &provider.relying_party.acs_url, &fields)
        }
        None => refuse(StatusCode::INTERNAL_SERVER_ERROR, "The assertion could not be signed."),
    }
}

/// A Response that nobody asked for, as the text that `aws sts assume-role-with-saml` takes.
pub(super) async fn unsolicited(State(provider): State<Arc<Provider>>, Query(papers): Query<Papers>) -> Response {
    let Some(person) = Person::named(&papers.person) else {
        return (StatusCode::NOT_FOUND, "There is no such person.\n").into_response();
    };
    match provider.response(person, None) {
        Some(response) => response.into_response(),
        None => (StatusCode::INTERNAL_SERVER_ERROR, "The assertion could not be signed.\n").into_response(),
    }
}

impl Provider {
    pub(super) fn saml_metadata(&self) -> String {
        let pem = &self.keys.assertion_certificate;
        let certificate = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let metadata = Metadata { entity_id: self.entity_id(), certificate, sso: self.sso_url() };
        metadata.render().expect("templates of plain values render")
    }

    fn entity_id(&self) -> String {
        format!("{}/{MARK}/saml/metadata", self.base_url)
    }

    fn sso_url(&self) -> String {
        format!("{}/{MARK}/saml/sso", self.base_url)
    }

    fn authn_request(&self, encoded: &str) -> Result<AuthnRequest, RequestRefused> {
        use RequestRefused as Refused;
        const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
        const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
        let xml = inflate(encoded).ok_or(Refused::Encoding)?;
        let parser = uppsala::parser::Parser::new().with_forbid_dtd(true).with_max_depth(16);
        let document = parser.parse(&xml).map_err(|_| Refused::NotAnAuthnRequest)?;
        let root = document.document_element().ok_or(Refused::NotAnAuthnRequest)?;
        let attribute = |name| document.get_attribute(root, name);
        let is_request = document.element(root).is_some_and(|it| it.matches_name_ns(PROTOCOL, "AuthnRequest"));
        let id = attribute("ID").filter(|id| is_xml_id(id));
        let dated = attribute("IssueInstant").is_some_and(|at| parse_xs_date_time(at).is_some());
        let (Some(id), true, true, Some("2.0")) = (id, is_request, dated, attribute("Version")) else {
            return Err(Refused::NotAnAuthnRequest);
        };
        let text = |parent, space, name| {
            let child = document.first_child_element_by_name_ns(parent, space, name)?;
            Some(document.text_content_deep(child).trim().to_owned())
        };
        if text(root, ASSERTION, "Issuer").as_deref() != Some(&self.relying_party.sp_entity_id) {
            return Err(Refused::Issuer);
        }
        if attribute("Destination").is_some_and(|it| it != self.sso_url()) {
            return Err(Refused::Destination);
        }
        if attribute("AssertionConsumerServiceURL").is_some_and(|it| it != self.relying_party.acs_url) {
            return Err(Refused::AssertionConsumerService);
        }
        // Whatever class is asked for is asserted: the person at the keyboard chooses who and how strongly.
        let requested = document.first_child_element_by_name_ns(root, PROTOCOL, "RequestedAuthnContext");
        let context = requested.and_then(|it| text(it, ASSERTION, "AuthnContextClassRef"));
        Ok(AuthnRequest { id: id.to_owned(), context: context.unwrap_or_else(|| UNSPECIFIED.to_owned()) })
    }

    /// The Response as its form field, base64. `None` when signing fails.
    fn response(&self, person: &Person, request: Option<&AuthnRequest>) -> Option<String> {
        let now = self.clock.now();
        let fresh_id = || format!("_{}", hex(&self.random.bytes::<20>()));
        let (uid, mail, name) = ([person.uid], [person.mail], [person.name]);
        let mut attributes: Vec<(&str, &[&str])> = vec![
            ("uid", &uid),
            ("mail", &mail),
            ("displayName", &name),
            ("https://aws.amazon.com/SAML/Attributes/RoleSessionName", &mail),
        ];
        if !person.groups.is_empty() {
            attributes.push(("groups", person.groups));
        }
        let answer = Answer {
            id: fresh_id(),
            assertion_id: fresh_id(),
            session: fresh_id(),
            now: iso(now),
            end: iso(now + LIFETIME),
            issuer: self.entity_id(),
            acs_url: &self.relying_party.acs_url,
            audience: &self.relying_party.sp_entity_id,
            request,
            context: request.map_or(UNSPECIFIED, |request| &request.context),
            person,
            attributes,
        };
        let xml = answer.render().expect("templates of plain values render");
        let keys = &self.keys;
        let signed =
            crate::saml::sign_enveloped(&xml, &answer.assertion_id, &keys.assertion_key, &keys.assertion_certificate);
        Some(STANDARD.encode(signed.ok()?))
    }
}

/// Undoes base64 and DEFLATE (SAML bindings §3.4.4.1). The cap is on what comes out: a kilobyte can swell to a
/// megabyte.
fn inflate(encoded: &str) -> Option<String> {
    let deflated = STANDARD.decode(encoded).ok()?;
    let mut xml = String::new();
    DeflateDecoder::new(deflated.as_slice()).take(MOST_REQUEST + 1).read_to_string(&mut xml).ok()?;
    (xml.len() as u64 <= MOST_REQUEST).then_some(xml)
}

/// The part of `xs:ID` that is in use: it is written back into the answer.
fn is_xml_id(id: &str) -> bool {
    let starts_well = id.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && id.len() <= 256 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
