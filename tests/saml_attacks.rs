//! Responses that somebody without the key has changed, and what each is refused for.

use crate::saml_identity::*;
use gatehouse::saml::{SecondEngine, UnverifiedResponse};
use gatehouse::trace::{Outcome, Refusal, Trace};

/// The genuine assertion about somebody else, unsigned, with its own ID.
fn forged() -> String {
    assertion().replace("_assertion", "_forged").replace("alice@", "mallory@")
}

#[test]
fn a_long_list_of_prefixes_is_refused_before_it_is_worked_through() {
    let list = (0..17).map(|n| format!("p{n}")).collect::<Vec<_>>().join(" ");
    let (method, digest) =
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256");
    let signed = sign_by(&response(), "saml:Assertion", "_assertion", &RSA, method, digest);
    assert!(accept(&signed).is_ok(), "with one prefix it is good");
    let long = changed(&signed, "PrefixList=\"xs\"", &format!("PrefixList=\"{list}\""));
    refused("17 prefixes", &long, "saml.signature-shape");
}

#[test]
fn what_is_changed_after_signing_is_refused() {
    for (from, to) in [
        ("alice@example.com", "mallory@example.com"),
        ("role/Admin", "role/Owner"),
        ("<saml:AttributeValue>ops", "<saml:AttributeValue>root"),
        ("NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "NotOnOrAfter=\"2031-01-01T13:05:00Z\""),
        ("</saml:AttributeStatement>", "<saml:Attribute Name=\"x\"/></saml:AttributeStatement>"),
    ] {
        refused(from, &changed(&signed(), from, to), "saml.signature");
    }
    let response_signed = sign(&response(), "_response", &RSA);
    refused("InResponseTo", &changed(&response_signed, "InResponseTo=\"_request-1\">", ">"), "saml.signature");
}

#[test]
fn wrapping_of_a_signed_response() {
    let signed = sign(&response(), "_response", &RSA);
    let signature = element(&signed, "ds:Signature").to_owned();
    let original = changed(&signed, &signature, "");
    let evil = changed(&changed(&original, "_response\"", "_evil\""), &assertion_in(&original), &forged());
    let with =
        |inside: &str| changed(&evil, "</saml:Issuer><samlp:Status>", &format!("</saml:Issuer>{inside}<samlp:Status>"));
    let object = |inside: &str| {
        changed(&signature, "</ds:Signature>", &format!("<ds:Object>{inside}</ds:Object></ds:Signature>"))
    };
    refused("XSW1", &with(&object(&original)), "saml.assertion-count");
    refused("XSW2", &with(&format!("{original}{signature}")), "saml.assertion-count");
    let hollow = changed(&original, &assertion_in(&original), "");
    refused("XSW1, hollow", &with(&object(&hollow)), "saml.nested-response");
    refused("the reference names another element", &with(&signature), "saml.reference");
}

fn assertion_in(xml: &str) -> String {
    element(xml, "saml:Assertion").to_owned()
}

#[test]
fn wrapping_of_a_signed_assertion() {
    let signed = signed();
    let genuine = assertion_in(&signed);
    let signature = element(&signed, "ds:Signature").to_owned();
    let bare = changed(&genuine, &signature, "");
    let replaced = |by: &str| changed(&signed, &genuine, by);
    let inside = |outer: &str, inner: &str| changed(outer, "</saml:Assertion>", &format!("{inner}</saml:Assertion>"));
    let object =
        |inner: &str| changed(&signature, "</ds:Signature>", &format!("<ds:Object>{inner}</ds:Object></ds:Signature>"));
    let after_issuer =
        |outer: &str, inner: &str| outer.replacen("</saml:Issuer>", &format!("</saml:Issuer>{inner}"), 1);
    let extensions = |inner: &str| format!("<samlp:Extensions>{inner}</samlp:Extensions>");
    for (name, document) in [
        ("XSW3", replaced(&format!("{}{genuine}", forged()))),
        ("XSW3, after", replaced(&format!("{genuine}{}", forged()))),
        ("XSW4", replaced(&inside(&forged(), &genuine))),
        ("XSW5", replaced(&format!("{}{bare}", after_issuer(&forged(), &signature)))),
        (
            "XSW6",
            replaced(&after_issuer(
                &forged(),
                &changed(&signature, "</ds:Signature>", &format!("{bare}</ds:Signature>")),
            )),
        ),
        ("XSW7", replaced(&format!("{}{genuine}", extensions(&forged())))),
        ("XSW8", replaced(&after_issuer(&forged(), &object(&bare)))),
        ("same ID", replaced(&format!("{}{genuine}", forged().replace("_forged", "_assertion")))),
        ("other namespace", replaced(&format!("{genuine}<Assertion xmlns=\"urn:x\"/>"))),
    ] {
        refused(name, &document, "saml.assertion-count");
    }
    let parked =
        |place: &str| changed(&changed(&signed, &genuine, ""), "<samlp:Status>", &format!("{place}<samlp:Status>"));
    refused("in Extensions", &parked(&extensions(&genuine)), "saml.assertion-place");
    refused(
        "in StatusDetail",
        &changed(
            &changed(&signed, &genuine, ""),
            "</samlp:Status>",
            &format!("<samlp:StatusDetail>{genuine}</samlp:StatusDetail></samlp:Status>"),
        ),
        "saml.assertion-place",
    );
    refused(
        "signature under Response",
        &changed(&changed(&signed, &signature, ""), "<samlp:Status>", &format!("{signature}<samlp:Status>")),
        "saml.reference",
    );
    refused(
        "signature in Subject",
        &changed(&changed(&signed, &signature, ""), "</saml:Subject>", &format!("{signature}</saml:Subject>")),
        "saml.signature-place",
    );
    refused("two signatures", &changed(&signed, &signature, &signature.repeat(2)), "saml.signature-count");
    refused("Object", &changed(&signed, &signature, &object("")), "saml.signature-shape");
    refused(
        "look-alike namespace",
        &signed.replace(
            "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
            "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion/\"",
        ),
        "saml.assertion-count",
    );
}

#[test]
fn what_is_not_signed_by_a_registered_key() {
    refused("unsigned", &response(), "saml.unsigned");
    let signature = element(&signed(), "ds:Signature").to_owned();
    refused("stripped", &changed(&signed(), &signature, ""), "saml.unsigned");
    let strangers = sign(&response(), "_assertion", &STRANGER);
    refused("wrong key, own certificate in KeyInfo", &strangers, "saml.signature");
    let dressed = changed(&strangers, &STRANGER.certificate_text(), &RSA.certificate_text());
    refused("wrong key, genuine certificate in KeyInfo", &dressed, "saml.signature");
    let both = changed(
        &strangers,
        "<ds:X509Data>",
        &format!("<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>", RSA.certificate_text()),
    );
    refused("wrong key, both certificates", &both, "saml.signature");
    refused("other family", &sign(&response(), "_assertion", &EC), "saml.key-family");
    let outer = sign(&signed(), "_response", &STRANGER);
    refused("one of two signatures by a stranger", &outer, "saml.signature");
    let inner = sign(&sign(&response(), "_assertion", &STRANGER), "_response", &RSA);
    refused("the inner of two signatures by a stranger", &inner, "saml.signature");
    let code = authenticate(&signed(), &[]).map(|_| ()).map_err(|error| error.code().name());
    assert_eq!(code, Err("saml.no-keys"));
}

#[test]
fn what_a_signature_may_not_ask_for() {
    let signed = signed();
    let swap = |from: &str, to: &str| changed(&signed, from, to);
    let transforms = element(&signed, "ds:Transforms").to_owned();
    let reference = element(&signed, "ds:Reference").to_owned();
    let info = element(&signed, "ds:SignedInfo").to_owned();
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let transform = |algorithm: &str, body: &str| {
        swap(enveloped, &format!("<ds:Transform Algorithm=\"{algorithm}\">{body}</ds:Transform>"))
    };
    let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    let xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116";
    for (name, document, code) in [
        (
            "SHA-1 signature",
            swap("xmldsig-more#rsa-sha256", "xmldsig#rsa-sha1").replace("2001/04/xmldsig#rsa", "2000/09/xmldsig#rsa"),
            "saml.sha1",
        ),
        ("HMAC", swap("#rsa-sha256", "#hmac-sha256"), "saml.signature-method"),
        (
            "SHA-1 digest",
            swap("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
            "saml.sha1",
        ),
        (
            "HMAC output length",
            swap("#rsa-sha256\"/>", "#rsa-sha256\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"),
            "saml.signature-shape",
        ),
        (
            "inclusive canonicalisation",
            swap(
                "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
                "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"",
            ),
            "saml.canonicalisation",
        ),
        ("two references", swap(&reference, &reference.repeat(2)), "saml.reference-count"),
        ("no reference", swap(&reference, ""), "saml.reference-count"),
        ("two SignedInfo", swap(&info, &info.repeat(2)), "saml.signature-shape"),
        ("no SignatureValue", swap(element(&signed, "ds:SignatureValue"), ""), "saml.signature-shape"),
        ("XPath", transform(xpath, "<ds:XPath>not(ancestor-or-self::saml:Subject)</ds:XPath>"), "saml.transforms"),
        (
            "XSLT",
            transform(xslt, "<x:stylesheet xmlns:x=\"http://www.w3.org/1999/XSL/Transform\"/>"),
            "saml.transforms",
        ),
        ("many transforms", swap(enveloped, &enveloped.repeat(200)), "saml.transforms"),
        ("no transforms", swap(&transforms, "<ds:Transforms/>"), "saml.transforms"),
        ("empty reference", swap("URI=\"#_assertion\"", "URI=\"\""), "saml.reference"),
        ("reference to a file", swap("URI=\"#_assertion\"", "URI=\"Cargo.toml\""), "saml.reference"),
        ("reference to a host", swap("URI=\"#_assertion\"", "URI=\"http://127.0.0.1:1/\""), "saml.reference"),
        ("xpointer", swap("URI=\"#_assertion\"", "URI=\"#xpointer(id('_assertion'))\""), "saml.reference"),
        (
            "retrieval method",
            swap("<ds:X509Data>", "<ds:RetrievalMethod URI=\"http://127.0.0.1:1/\"/><ds:X509Data>"),
            "saml.key-info",
        ),
        (
            "two DigestValues",
            swap("</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>"),
            "saml.signature-shape",
        ),
        ("empty DigestValue", swap(element(&signed, "ds:DigestValue"), "<ds:DigestValue/>"), "saml.signature-value"),
        (
            "empty SignatureValue",
            swap(element(&signed, "ds:SignatureValue"), "<ds:SignatureValue></ds:SignatureValue>"),
            "saml.signature-value",
        ),
        (
            "element in SignatureValue",
            swap("</ds:SignatureValue>", "<ds:X/></ds:SignatureValue>"),
            "saml.signature-value",
        ),
        ("CDATA in DigestValue", swap("<ds:DigestValue>", "<ds:DigestValue><![CDATA[AAAA]]>"), "saml.signature-value"),
    ] {
        refused(name, &document, code);
    }
}

#[test]
fn what_a_document_may_not_contain() {
    let signed = signed();
    let swap = |from: &str, to: &str| changed(&signed, from, to);
    for (name, document, code) in [
        ("comment in NameID", swap("alice@example.com", "alice@example.com<!---->.evil"), "saml.comment"),
        ("comment in DigestValue", swap("<ds:DigestValue>", "<ds:DigestValue><!--x-->"), "saml.comment"),
        ("comment before the root", format!("<!-- x -->{signed}"), "saml.comment"),
        ("instruction", swap("alice@", "alice@<?x y?>"), "saml.processing-instruction"),
        ("document type", format!("<!DOCTYPE r [<!ENTITY x \"y\">]>{signed}"), "saml.doctype"),
        ("external document type", format!("<!DOCTYPE r SYSTEM \"file:///etc/passwd\">{signed}"), "saml.doctype"),
        ("unknown entity", swap("alice", "&alice;"), "saml.malformed"),
        ("second root", format!("{signed}{signed}"), "saml.malformed"),
        ("trailing text", format!("{signed}x"), "saml.malformed"),
        ("missing end", signed.replace("</samlp:Response>", ""), "saml.malformed"),
        ("duplicate attribute", swap(" Destination=", " Version=\"2.0\" Destination="), "saml.malformed"),
        ("unbound prefix", swap("<samlp:Status>", "<nobody:Status>"), "saml.malformed"),
        ("NUL", swap("alice", "ali\0ce"), "saml.malformed"),
        ("UTF-7", format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{signed}"), "saml.encoding"),
        ("bare assertion", element(&signed, "saml:Assertion").to_owned(), "saml.root"),
        ("wrapper", format!("<x>{signed}</x>"), "saml.root"),
        ("other message", signed.replace("samlp:Response", "samlp:ArtifactResponse"), "saml.root"),
        ("other namespace", signed.replace("SAML:2.0:protocol", "SAML:1.1:protocol"), "saml.root"),
        ("no assertion", swap(&assertion_in(&signed), ""), "saml.assertion-count"),
        ("encrypted assertion", swap(&assertion_in(&signed), "<saml:EncryptedAssertion/>"), "saml.encryption-shape"),
        ("encrypted id", swap("<saml:NameID", "<saml:EncryptedID/><saml:NameID"), "saml.encryption-shape"),
        ("xml:id", swap("<saml:Subject>", "<saml:Subject xml:id=\"_other\">"), "saml.id-attribute"),
        ("Id", swap("<saml:Subject>", "<saml:Subject Id=\"_other\">"), "saml.id-attribute"),
        ("prefixed ID", swap("<saml:Subject>", "<saml:Subject saml:ID=\"_other\">"), "saml.id-attribute"),
        ("duplicate ID", swap("ID=\"_response\"", "ID=\"_assertion\""), "saml.duplicate-id"),
        ("no ID", swap(" ID=\"_response\"", ""), "saml.id"),
        ("relative namespace", swap("<saml:Subject>", "<saml:Subject xmlns:x=\"relative\">"), "saml.namespace"),
        (
            "many attributes",
            swap(
                "<saml:Subject>",
                &format!("<saml:Subject {}>", (0..7_000).map(|n| format!("a{n}='' ")).collect::<String>()),
            ),
            "saml.too-many-nodes",
        ),
        (
            "many namespaces in scope",
            swap("<saml:Subject>", &format!("{}<saml:Subject>", many_namespaces())),
            "saml.too-many-nodes",
        ),
        (
            "failure without assertion",
            swap(&assertion_in(&signed), "").replace("status:Success", "status:Responder"),
            "saml.status",
        ),
        (
            "many elements",
            swap("<saml:Subject>", &format!("{}<saml:Subject>", "<a/>".repeat(9_000))),
            "saml.too-many-nodes",
        ),
    ] {
        refused(name, &document, code);
    }
}

/// Forty on one element, forty more on the next.
fn many_namespaces() -> String {
    let some = |prefix| (0..40).map(|n| format!("xmlns:{prefix}{n}=\"urn:x\" ")).collect::<String>();
    format!("<a {}><b {}/></a>", some("a"), some("b"))
}

#[test]
fn depth_is_refused_and_not_descended() {
    let deep = format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
    refused("5,000 levels", &changed(&signed(), "<saml:Subject>", &format!("{deep}<saml:Subject>")), "saml.depth");
    let open = form(&"<a>".repeat(20_000));
    let code = UnverifiedResponse::decode(&open).map(|_| ()).map_err(|error| error.code().name());
    assert_eq!(code, Err("saml.depth"));
}

/// Its namespace is a URI to one engine and none to the other.
#[test]
fn a_genuine_document_on_which_the_engines_disagree() {
    let xml = signed_with("<saml:Subject>", "<saml:Subject xmlns:x=\"urn:a b\" x:y=\"\">");
    let outcome = |mode| {
        let mut trace = Trace::new("test");
        let response = UnverifiedResponse::decode(&form(&xml)).expect("decoded");
        let code = response
            .authenticate(&[RSA.key()], &crate::saml_encrypted::KEYS, mode, &mut trace)
            .map(|_| ())
            .map_err(|e| e.code().name());
        (code, trace.steps().iter().any(|step| step.check == "saml.second-engine" && step.outcome == Outcome::Note))
    };
    assert_eq!(outcome(SecondEngine::Enforce), (Err("saml.second-engine-refused"), false));
    assert_eq!(outcome(SecondEngine::Report), (Ok(()), true));
    assert_eq!(outcome(SecondEngine::Off), (Ok(()), false));
}

#[test]
fn the_second_engine_reports_only_what_the_first_believed() {
    let mut trace = Trace::new("test");
    let forged = UnverifiedResponse::decode(&form(&sign(&response(), "_assertion", &STRANGER))).expect("decoded");
    forged
        .authenticate(&[RSA.key()], &crate::saml_encrypted::KEYS, SecondEngine::Report, &mut trace)
        .expect_err("a stranger's");
    assert!(trace.steps().iter().all(|step| step.check != "saml.second-engine"));
}
