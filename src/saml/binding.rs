//! Sending a message by way of a person's browser: HTTP-Redirect with a signed query (SAML bindings §3.4), or HTTP-POST
//! with a signature inside the document (§3.5).

use super::ServiceProvider;
use super::metadata::{Endpoint, IdentityProvider};
use super::names::RSA_SHA256;
use super::sign::enveloped;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::DeflateEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::Write;

/// Everything but RFC 3986's unreserved characters, so that no receiver can decode it in two ways.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a message travels through the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    Redirect,
    Post,
}

impl IdentityProvider {
    /// Where requests for a sign-in go by this binding, if the identity provider takes them so.
    pub fn sso(&self, binding: Binding) -> Option<&str> {
        match binding {
            Binding::Redirect => self.sso_redirect.as_deref(),
            Binding::Post => self.sso_post.as_deref(),
        }
    }

    /// Its single logout service by this binding.
    pub fn slo(&self, binding: Binding) -> Option<&Endpoint> {
        match binding {
            Binding::Redirect => self.slo_redirect.as_ref(),
            Binding::Post => self.slo_post.as_ref(),
        }
    }
}

/// A signed message with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parcel {
    /// The URL to send the browser to.
    Redirect(String),
    Post(PostForm),
}

/// The form that the browser posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    pub action: String,
    /// `SAMLRequest` or `SAMLResponse`.
    pub field: &'static str,
    /// Base64 of the signed document.
    pub message: String,
    pub relay_state: Option<String>,
}

/// A document that is not signed yet; its root is the message.
pub(super) struct Message<'a> {
    pub(super) field: &'static str,
    pub(super) id: &'a str,
    pub(super) xml: String,
    /// Where it goes, which the document names as its Destination.
    pub(super) location: &'a str,
}

impl Message<'_> {
    pub(super) fn send(&self, sender: &ServiceProvider, binding: Binding, relay_state: Option<&str>) -> Parcel {
        match binding {
            Binding::Redirect => Parcel::Redirect(self.signed_url(sender, relay_state)),
            Binding::Post => Parcel::Post(PostForm {
                action: self.location.to_owned(),
                field: self.field,
                message: STANDARD.encode(self.signed_xml(sender)),
                relay_state: relay_state.map(str::to_owned),
            }),
        }
    }

    /// The deflated message and a signature by RSA-SHA256 over exactly the octets of
    /// `SAMLRequest=…[&RelayState=…]&SigAlg=…` (SAML bindings §3.4.4.1).
    fn signed_url(&self, sender: &ServiceProvider, relay_state: Option<&str>) -> String {
        let mut signed = format!("{}={}", self.field, encode(&STANDARD.encode(deflate(&self.xml))));
        if let Some(relay_state) = relay_state {
            signed.push_str(&format!("&RelayState={}", encode(relay_state)));
        }
        signed.push_str(&format!("&SigAlg={}", encode(RSA_SHA256)));
        let signing = sender.signing();
        let mut signature = vec![0; signing.key.public_modulus_len()];
        // Blinding draws from the library's own generator; PKCS #1 v1.5 itself is deterministic.
        let random = aws_lc_rs::rand::SystemRandom::new();
        signing
            .key
            .sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)
            .expect("an RSA key of at least 2048 bits signs a SHA-256");
        let join = match self.location.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, query)) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{join}{signed}&Signature={}", self.location, encode(&STANDARD.encode(signature)))
    }

    fn signed_xml(&self, sender: &ServiceProvider) -> String {
        let signing = sender.signing();
        enveloped(&self.xml, self.id, signing.engine_key.clone(), &signing.certificates[0])
            .expect("a document of ours and an RSA key that was read when we started")
    }
}

fn deflate(xml: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes()).expect("memory takes every write");
    encoder.finish().expect("memory takes every write")
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
