//! Whose key a signature is checked with, and what it may ask for.

use super::row::{Good, Row, after, hostile};
use super::signature::METHOD;
use crate::saml_identity::{EC, RSA, STRANGER, changed, element, sign, sign_by};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const ENVELOPED: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
const BEST_PRACTICES: &str = "W3C XML Signature Best Practices";

pub(super) fn rows() -> Vec<Row> {
    [keys(), key_info(), algorithms(), curves(), transforms(), references()].into_iter().flatten().collect()
}

fn keys() -> Vec<Row> {
    let faking = "On Breaking SAML";
    let genuine = || RSA.certificate_text();
    vec![
        hostile("A17", "own key, own certificate", faking, "saml.signature", Good::by_a_stranger),
        hostile("A17", "own key, genuine certificate", faking, "saml.signature", move |good| {
            changed(&good.by_a_stranger(), &STRANGER.certificate_text(), &genuine())
        }),
        hostile("A17", "own key, both certificates", faking, "saml.signature", move |good| {
            let both = format!("<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>", genuine());
            changed(&good.by_a_stranger(), "<ds:X509Data>", &both)
        }),
        hostile("A17", "own key as KeyValue", "CVE-2024-32962", "saml.signature", |good| {
            let value = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>";
            let stranger = good.by_a_stranger();
            changed(&stranger, element(&stranger, "ds:KeyInfo"), value)
        }),
        hostile("A17", "own key by its name", "CVE-2021-21239", "saml.signature", |good| {
            let stranger = good.by_a_stranger();
            changed(
                &stranger,
                element(&stranger, "ds:KeyInfo"),
                "<ds:KeyInfo><ds:KeyName>idp</ds:KeyName></ds:KeyInfo>",
            )
        }),
        hostile("A17", "the response by a stranger, the assertion genuine", faking, "saml.signature", |good| {
            sign(&good.signed(), "_response", &STRANGER)
        }),
        hostile("A17", "the assertion by a stranger, the response genuine", faking, "saml.signature", |good| {
            sign(&good.by_a_stranger(), "_response", &RSA)
        }),
        hostile("A22", "ECDSA where only RSA is registered", "RFC 6931", "saml.key-family", |good| {
            sign(&good.xml, &good.id, &EC)
        }),
        after(
            "A22",
            "RSA signature called ECDSA",
            "RFC 6931",
            "saml.key-family",
            "xmldsig-more#rsa-sha256",
            "xmldsig-more#ecdsa-sha256",
        ),
        after(
            "A22",
            "RSA-SHA256 signature called RSA-SHA512",
            "RFC 6931",
            "saml.signature",
            "xmldsig-more#rsa-sha256",
            "xmldsig-more#rsa-sha512",
        ),
    ]
}

fn key_info() -> Vec<Row> {
    let looks = |name: &'static str, code: &'static str, from: &'static str, to: fn(&Good) -> String| {
        hostile("A18", name, "XML-DSig SSRF and file read", code, move |good| changed(&good.signed(), from, &to(good)))
    };
    vec![
        looks("RetrievalMethod by HTTP", "saml.key-info", "<ds:X509Data>", |good| {
            format!("<ds:RetrievalMethod URI=\"{}\"/><ds:X509Data>", good.canary)
        }),
        looks("RetrievalMethod from a file", "saml.key-info", "<ds:X509Data>", |good| {
            format!("<ds:RetrievalMethod URI=\"{}\"/><ds:X509Data>", good.trap)
        }),
        looks("KeyInfoReference", "saml.key-info", "<ds:X509Data>", |good| {
            let dsig11 = "http://www.w3.org/2009/xmldsig11#";
            format!("<d:KeyInfoReference xmlns:d=\"{dsig11}\" URI=\"{}\"/><ds:X509Data>", good.canary)
        }),
        looks("an EncryptedKey's CipherReference", "saml.encrypted", "<ds:X509Data>", |good| {
            format!(
                "<x:EncryptedKey xmlns:x=\"http://www.w3.org/2001/04/xmlenc#\"><x:CipherData><x:CipherReference URI=\"{}\"/></x:CipherData></x:EncryptedKey><ds:X509Data>",
                good.canary
            )
        }),
        hostile("A18", "Reference by HTTP", "XML-DSig SSRF and file read", "saml.reference", |good| {
            changed(&good.signed(), &format!("URI=\"#{}\"", good.id), &format!("URI=\"{}\"", good.canary))
        }),
        hostile("A18", "Reference to a file", "XML-DSig SSRF and file read", "saml.reference", |good| {
            changed(&good.signed(), &format!("URI=\"#{}\"", good.id), &format!("URI=\"{}\"", good.trap))
        }),
        hostile("A18", "Reference to a file, relative", "XML-DSig SSRF and file read", "saml.reference", |good| {
            changed(&good.signed(), &format!("URI=\"#{}\"", good.id), "URI=\"gatehouse.toml\"")
        }),
    ]
}

fn algorithms() -> Vec<Row> {
    let hmac = |name: &'static str, method: &'static str| {
        after(
            "A19",
            name,
            "GHSA-c27r-x354-4m68",
            "saml.signature-method",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            method,
        )
    };
    let weak = |name: &'static str, code: &'static str, method: &'static str| {
        after("A20", name, "NIST SP 800-131A", code, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", method)
    };
    let digest = |name: &'static str, code: &'static str, method: &'static str| {
        after("A20", name, "SHAttered 2017", code, "http://www.w3.org/2001/04/xmlenc#sha256", method)
    };
    vec![
        hmac("HMAC-SHA256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        hmac("HMAC-SHA1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        after(
            "A19",
            "HMACOutputLength",
            "CVE-2009-0217",
            "saml.signature-shape",
            METHOD,
            format!(
                "{}><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>",
                METHOD.trim_end_matches("/>")
            ),
        ),
        weak("RSA-SHA1", "saml.sha1", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        weak("RSA-MD5", "saml.signature-method", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        weak("DSA-SHA1", "saml.sha1", "http://www.w3.org/2000/09/xmldsig#dsa-sha1"),
        weak("no algorithm", "saml.signature-method", ""),
        digest("SHA-1 digest", "saml.sha1", "http://www.w3.org/2000/09/xmldsig#sha1"),
        digest("MD5 digest", "saml.digest-method", "http://www.w3.org/2001/04/xmldsig-more#md5"),
    ]
}

/// By the provider whose only key is on P-256.
fn curves() -> Vec<Row> {
    let valued = |name: &'static str, value: fn() -> Vec<u8>| {
        hostile("A21", name, "CVE-2022-21449", "saml.signature", move |good| {
            let methods =
                ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256");
            let xml = good.xml.replace(crate::saml_identity::IDP, super::CURVED);
            let signed = sign_by(&xml, "saml:Assertion", &good.id, &EC, methods.0, methods.1);
            let value = format!("<SignatureValue>{}</SignatureValue>", STANDARD.encode(value()));
            changed(&signed, element(&signed, "SignatureValue"), &value)
        })
    };
    vec![
        valued("r = s = 0", || vec![0; 64]),
        valued("r = s = n", || [ORDER, ORDER].concat()),
        valued("r = 0, s = 1", || [&[0; 63][..], &[1]].concat()),
        valued("one half", || vec![1; 32]),
        valued("a DER sequence of zeros", || vec![0x30, 6, 2, 1, 0, 2, 1, 0]),
    ]
}

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn transforms() -> Vec<Row> {
    let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    let xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116";
    let sheet = "xmlns:x=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"";
    let step = |name: &'static str, reference: &'static str, algorithm: &str, body: String| {
        let step = format!("<ds:Transform Algorithm=\"{algorithm}\">{body}</ds:Transform>");
        after("A23", name, reference, "saml.transforms", ENVELOPED, step)
    };
    vec![
        step(
            "XPath without the Subject",
            "SAML core 5.4.4",
            xpath,
            "<ds:XPath>not(ancestor-or-self::saml:Subject)</ds:XPath>".into(),
        ),
        step("XPath filter 2", "SAML core 5.4.4", "http://www.w3.org/2002/06/xmldsig-filter2", String::new()),
        step(
            "XSLT to a constant",
            "CVE-2022-47966",
            xslt,
            format!("<x:stylesheet {sheet}><x:template match=\"/\">good</x:template></x:stylesheet>"),
        ),
        step("base64", BEST_PRACTICES, "http://www.w3.org/2000/09/xmldsig#base64", String::new()),
        hostile("A23", "XSLT that fetches", "CVE-2022-47966", "saml.transforms", move |good| {
            let body = format!("<x:stylesheet {sheet}><x:include href=\"{}\"/></x:stylesheet>", good.canary);
            changed(&good.signed(), ENVELOPED, &format!("<ds:Transform Algorithm=\"{xslt}\">{body}</ds:Transform>"))
        }),
        after("A23", "enveloped transform twice", BEST_PRACTICES, "saml.transforms", ENVELOPED, ENVELOPED.repeat(2)),
        after("A23", "no enveloped transform", BEST_PRACTICES, "saml.transforms", ENVELOPED, ""),
        after("A23", "200 transforms", BEST_PRACTICES, "saml.transforms", ENVELOPED, ENVELOPED.repeat(200)),
        hostile("A23", "the transforms the other way round", BEST_PRACTICES, "saml.transforms", |good| {
            let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
            changed(&good.signed(), &format!("{ENVELOPED}{exclusive}"), &format!("{exclusive}{ENVELOPED}"))
        }),
        hostile("A23", "17 inclusive prefixes", BEST_PRACTICES, "saml.signature-shape", |good| {
            let list = (0..17).map(|n| format!("p{n}")).collect::<Vec<_>>().join(" ");
            let methods =
                ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256");
            let signed = sign_by(&good.xml, "saml:Assertion", &good.id, &RSA, methods.0, methods.1);
            changed(&signed, "PrefixList=\"xs\"", &format!("PrefixList=\"{list}\""))
        }),
    ]
}

fn references() -> Vec<Row> {
    let uri = |name: &'static str, uri: fn(&Good) -> String| {
        hostile("A24", name, "SAML core 5.4.2", "saml.reference", move |good| {
            changed(&good.signed(), &format!("URI=\"#{}\"", good.id), &uri(good))
        })
    };
    vec![
        uri("empty", |_| "URI=\"\"".to_owned()),
        uri("none", |_| String::new()),
        uri("hash alone", |_| "URI=\"#\"".to_owned()),
        uri("xpointer of the ID", |good| format!("URI=\"#xpointer(id('{}'))\"", good.id)),
        uri("xpointer of the root", |_| "URI=\"#xpointer(/)\"".to_owned()),
        uri("the response", |_| "URI=\"#_response\"".to_owned()),
        uri("escaped", |good| format!("URI=\"#%5F{}\"", &good.id[1..])),
        uri("of no element", |_| "URI=\"#_nobody\"".to_owned()),
    ]
}
