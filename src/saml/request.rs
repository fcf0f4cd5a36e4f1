//! Asking an identity provider for an assertion: AuthnRequest by HTTP-Redirect (SAML bindings §3.4).

use super::ServiceProvider;
use super::names::{ASSERTION, POST_BINDING, PROTOCOL, RSA_SHA256};
use super::tree::escape;
use crate::words::iso;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::DeflateEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::Write;
use time::OffsetDateTime;

/// Everything but RFC 3986's unreserved characters, so that no receiver can decode it in two ways.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request id from 160 random bits; the underscore makes it an `xs:ID` (SAML core §1.3.4).
pub fn new_request_id(random: [u8; 20]) -> String {
    let mut id = String::from("_");
    id.extend(random.iter().map(|byte| format!("{byte:02x}")));
    id
}

/// The URL to send the browser to: the SingleSignOnService's `location` with a deflated AuthnRequest and a signature by
/// RSA-SHA256 over exactly the octets of `SAMLRequest=…[&RelayState=…]&SigAlg=…` (SAML bindings §3.4.4.1).
pub fn authn_request_redirect(
    provider: &ServiceProvider,
    location: &str,
    id: &str,
    now: OffsetDateTime,
    relay_state: Option<&str>,
) -> String {
    let mut signed =
        format!("SAMLRequest={}", encode(&STANDARD.encode(deflate(&authn_request(provider, location, id, now)))));
    if let Some(relay_state) = relay_state {
        signed.push_str(&format!("&RelayState={}", encode(relay_state)));
    }
    signed.push_str(&format!("&SigAlg={}", encode(RSA_SHA256)));
    let mut signature = vec![0; provider.key.public_modulus_len()];
    // Blinding draws from the library's own generator; PKCS #1 v1.5 itself is deterministic.
    let random = aws_lc_rs::rand::SystemRandom::new();
    provider
        .key
        .sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)
        .expect("an RSA key of at least 2048 bits signs a SHA-256");
    let join = match location.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{location}{join}{signed}&Signature={}", encode(&STANDARD.encode(signature)))
}

fn authn_request(provider: &ServiceProvider, location: &str, id: &str, now: OffsetDateTime) -> String {
    format!(
        "<samlp:AuthnRequest xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{id}\" Version=\"2.0\" \
         IssueInstant=\"{instant}\" Destination=\"{destination}\" ProtocolBinding=\"{POST_BINDING}\" \
         AssertionConsumerServiceURL=\"{acs}\"><saml:Issuer>{issuer}</saml:Issuer></samlp:AuthnRequest>",
        id = escape(id),
        instant = iso(now),
        destination = escape(location),
        acs = escape(&provider.acs_url),
        issuer = escape(&provider.entity_id),
    )
}

fn deflate(xml: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes()).expect("memory takes every write");
    encoder.finish().expect("memory takes every write")
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
