//! Documents in which the element that is verified is not the one that is read.

use super::row::{Good, Row, after, assertion_in, hostile, signature_in};
use crate::saml_identity::{RSA, changed, element, sign};

const XSW: &str = "Somorovsky et al. 2012";
const RAIDER: &str = "SAML Raider";

pub(super) fn rows() -> Vec<Row> {
    [response(), assertion(), second_assertions(), parked(), levels(), roots(), identifiers()]
        .into_iter()
        .flatten()
        .collect()
}

/// The parts of a document whose response is signed: (signature, the response without it, the response of the forger).
fn of_the_response(good: &Good) -> (String, String, String) {
    let signed = good.response_signed();
    let signature = signature_in(&signed);
    let original = changed(&signed, &signature, "");
    let evil = changed(&original, "ID=\"_response\"", "ID=\"_evil\"");
    let evil = changed(&evil, &assertion_in(&original), &good.forged());
    (signature, original, evil)
}

fn before_status(evil: &str, inside: &str) -> String {
    changed(evil, "</saml:Issuer><samlp:Status>", &format!("</saml:Issuer>{inside}<samlp:Status>"))
}

fn with_object(signature: &str, inside: &str) -> String {
    changed(signature, "</ds:Signature>", &format!("<ds:Object>{inside}</ds:Object></ds:Signature>"))
}

fn response() -> Vec<Row> {
    vec![
        hostile("A1", "XSW1", XSW, "saml.assertion-count", |good| {
            let (signature, original, evil) = of_the_response(good);
            before_status(&evil, &with_object(&signature, &original))
        }),
        hostile("A1", "XSW2", XSW, "saml.assertion-count", |good| {
            let (signature, original, evil) = of_the_response(good);
            before_status(&evil, &format!("{original}{signature}"))
        }),
        hostile("A1", "XSW1 without the genuine assertion", XSW, "saml.nested-response", |good| {
            let (signature, original, evil) = of_the_response(good);
            let hollow = changed(&original, &assertion_in(&original), "");
            before_status(&evil, &with_object(&signature, &hollow))
        }),
        hostile("A1", "the signature of another response", XSW, "saml.reference", |good| {
            let (signature, _, evil) = of_the_response(good);
            before_status(&evil, &signature)
        }),
        hostile("A1", "forged assertion in a signed response", XSW, "saml.signature", |good| {
            let signed = good.response_signed();
            changed(&signed, &assertion_in(&signed), &good.forged())
        }),
    ]
}

/// (the document, its assertion, its signature, the assertion without it)
fn of_the_assertion(good: &Good) -> (String, String, String, String) {
    let signed = good.signed();
    let genuine = assertion_in(&signed);
    let signature = signature_in(&signed);
    let bare = changed(&genuine, &signature, "");
    (signed, genuine, signature, bare)
}

/// The document with its assertion replaced by what `by` makes of (forged, genuine, signature, bare).
fn replaced(
    threat: &'static str,
    name: &'static str,
    reference: &'static str,
    code: &'static str,
    by: fn(&str, &str, &str, &str) -> String,
) -> Row {
    hostile(threat, name, reference, code, move |good| {
        let (signed, genuine, signature, bare) = of_the_assertion(good);
        changed(&signed, &genuine, &by(&good.forged(), &genuine, &signature, &bare))
    })
}

fn inside(outer: &str, inner: &str) -> String {
    changed(outer, "</saml:Assertion>", &format!("{inner}</saml:Assertion>"))
}

fn after_issuer(outer: &str, inner: &str) -> String {
    outer.replacen("</saml:Issuer>", &format!("</saml:Issuer>{inner}"), 1)
}

fn assertion() -> Vec<Row> {
    let row = |name, by| replaced("A2", name, RAIDER, "saml.assertion-count", by);
    vec![
        row("XSW3", |forged, genuine, _, _| format!("{forged}{genuine}")),
        row("XSW3, forged one behind", |forged, genuine, _, _| format!("{genuine}{forged}")),
        row("XSW4", |forged, genuine, _, _| inside(forged, genuine)),
        row("XSW5", |forged, _, signature, bare| format!("{}{bare}", after_issuer(forged, signature))),
        row("XSW6", |forged, _, signature, bare| {
            after_issuer(forged, &changed(signature, "</ds:Signature>", &format!("{bare}</ds:Signature>")))
        }),
        row("XSW7", |forged, genuine, _, _| format!("<samlp:Extensions>{forged}</samlp:Extensions>{genuine}")),
        row("XSW8", |forged, _, signature, bare| after_issuer(forged, &with_object(signature, bare))),
    ]
}

fn second_assertions() -> Vec<Row> {
    let twice = "CVE-2022-41912";
    vec![
        replaced(
            "A3",
            "unsigned second assertion",
            "CVE-2016-5697",
            "saml.assertion-count",
            |forged, genuine, _, _| format!("{genuine}{forged}"),
        ),
        replaced("A3", "the signed one twice", twice, "saml.assertion-count", |_, genuine, _, _| genuine.repeat(2)),
        replaced(
            "A3",
            "an Assertion of another namespace",
            "CVE-2025-47949",
            "saml.assertion-count",
            |_, genuine, _, _| format!("{genuine}<Assertion xmlns=\"urn:x\"/>"),
        ),
        hostile("A3", "second one in a signed response", "dexidp/dex#895", "saml.assertion-count", |good| {
            changed(&good.response_signed(), "</samlp:Response>", &format!("{}</samlp:Response>", good.forged()))
        }),
        hostile("A4", "same ID, forged one first", "ruby-saml 2016", "saml.assertion-count", |good| {
            let (signed, genuine, ..) = of_the_assertion(good);
            let forged = good.forged().replace("_forged", &good.id);
            changed(&signed, &genuine, &format!("{forged}{genuine}"))
        }),
        hostile("A4", "same ID, forged one last", "ruby-saml 2016", "saml.assertion-count", |good| {
            let (signed, genuine, ..) = of_the_assertion(good);
            let forged = good.forged().replace("_forged", &good.id);
            changed(&signed, &genuine, &format!("{genuine}{forged}"))
        }),
        hostile("A4", "the response has the assertion's ID", "Santuario guidance", "saml.duplicate-id", |good| {
            changed(&good.signed(), "ID=\"_response\"", &format!("ID=\"{}\"", good.id))
        }),
        hostile("A4", "an attribute value has the assertion's ID", "Santuario guidance", "saml.duplicate-id", |good| {
            let by = format!("<saml:AttributeValue ID=\"{}\">ops", good.id);
            changed(&good.signed(), "<saml:AttributeValue>ops", &by)
        }),
    ]
}

fn parked() -> Vec<Row> {
    let away = |good: &Good| {
        let (signed, genuine, ..) = of_the_assertion(good);
        (changed(&signed, &genuine, ""), genuine)
    };
    let place =
        |name: &'static str, code: &'static str, open: &'static str, close: &'static str, before: &'static str| {
            hostile("A5", name, "CVE-2024-45409", code, move |good| {
                let (without, genuine) = away(good);
                changed(&without, before, &format!("{open}{genuine}{close}{before}"))
            })
        };
    vec![
        place("in Extensions", "saml.assertion-place", "<samlp:Extensions>", "</samlp:Extensions>", "<samlp:Status>"),
        place(
            "in StatusDetail",
            "saml.assertion-place",
            "<samlp:StatusDetail>",
            "</samlp:StatusDetail>",
            "</samlp:Status>",
        ),
        place(
            "in a nested Response",
            "saml.assertion-place",
            "<samlp:Response>",
            "</samlp:Response>",
            "</samlp:Response>",
        ),
        hostile("A5", "Extensions that nobody signed", "SAML core 3.2.2", "saml.unexpected-element", |good| {
            changed(&good.signed(), "<samlp:Status>", "<samlp:Extensions/><samlp:Status>")
        }),
        hostile("A5", "in the Advice of the forged one", "OneUptime#2949", "saml.assertion-count", |good| {
            let (signed, genuine, ..) = of_the_assertion(good);
            let advised = inside(&good.forged(), &format!("<saml:Advice>{genuine}</saml:Advice>"));
            changed(&signed, &genuine, &advised)
        }),
        hostile(
            "A5",
            "forged one in StatusDetail beside the genuine",
            "CVE-2024-45409",
            "saml.assertion-count",
            |good| {
                let detail = format!("<samlp:StatusDetail>{}</samlp:StatusDetail></samlp:Status>", good.forged());
                changed(&good.signed(), "</samlp:Status>", &detail)
            },
        ),
    ]
}

fn levels() -> Vec<Row> {
    let moved = |name: &'static str, code: &'static str, to: &'static str| {
        hostile("A9", name, "CVE-2025-54369", code, move |good| {
            let (signed, _, signature, _) = of_the_assertion(good);
            changed(&changed(&signed, &signature, ""), to, &format!("{signature}{to}"))
        })
    };
    vec![
        moved("signature under the Response", "saml.reference", "<samlp:Status>"),
        moved("signature in the Subject", "saml.signature-place", "</saml:Subject>"),
        moved("signature in an AttributeValue", "saml.signature-place", "staff</saml:AttributeValue>"),
        moved("signature in Status", "saml.signature-place", "</samlp:Status>"),
        hostile("A9", "response's signature under the assertion", "CVE-2024-8698", "saml.reference", |good| {
            let (signature, original, _) = of_the_response(good);
            changed(&original, "</saml:Issuer><saml:Subject>", &format!("</saml:Issuer>{signature}<saml:Subject>"))
        }),
        hostile("A9", "signed subtree of another level", "CVE-2020-5407", "saml.reference", |good| {
            // The subject alone is genuinely signed; what is around it is the forger's.
            let named = changed(&good.xml, "<saml:Subject>", "<saml:Subject ID=\"_subject\">");
            let signed = sign(&named, "_subject", &RSA);
            let signature = signature_in(&signed);
            let bare = changed(&signed, &signature, "");
            changed(&bare, "</saml:Issuer><saml:Subject", &format!("</saml:Issuer>{signature}<saml:Subject"))
        }),
    ]
}

fn roots() -> Vec<Row> {
    let root = "CVE-2022-39299";
    vec![
        hostile("A10", "two documents back to back", root, "saml.malformed", |good| good.signed().repeat(2)),
        hostile("A10", "forged document behind the genuine", root, "saml.malformed", |good| {
            let (_, _, evil) = of_the_response(good);
            format!("{}{evil}", good.signed())
        }),
        hostile("A10", "wrapper element", "CVE-2022-39300", "saml.root", |good| format!("<x>{}</x>", good.signed())),
        hostile("A10", "ArtifactResponse", "CVE-2022-39353", "saml.root", |good| {
            good.signed().replace("samlp:Response", "samlp:ArtifactResponse")
        }),
        hostile("A10", "LogoutResponse", "CVE-2022-39353", "saml.root", |good| {
            good.signed().replace("samlp:Response", "samlp:LogoutResponse")
        }),
        hostile("A10", "bare assertion", root, "saml.root", |good| assertion_in(&good.signed())),
        hostile("A10", "SOAP envelope", root, "saml.root", |good| {
            let soap = "http://schemas.xmlsoap.org/soap/envelope/";
            format!("<s:Envelope xmlns:s=\"{soap}\"><s:Body>{}</s:Body></s:Envelope>", good.signed())
        }),
        hostile("A10", "no assertion", root, "saml.assertion-count", |good| {
            changed(&good.signed(), &assertion_in(&good.signed()), "")
        }),
    ]
}

fn identifiers() -> Vec<Row> {
    let fragile = "The Fragile Lock 2025";
    let attribute = |name: &'static str, attribute: &'static str, code| {
        after("A11", name, fragile, code, "<saml:Subject>", format!("<saml:Subject {attribute}=\"_other\">"))
    };
    vec![
        attribute("xml:id", "xml:id", "saml.id-attribute"),
        attribute("id", "id", "saml.id-attribute"),
        attribute("Id", "Id", "saml.id-attribute"),
        attribute("saml:ID", "saml:ID", "saml.id-attribute"),
        attribute("AssertionID", "AssertionID", "saml.id-attribute"),
        hostile(
            "A11",
            "the forged one claims the reference by xml:id",
            "CVE-2025-66567",
            "saml.id-attribute",
            |good| {
                let value = format!("<saml:AttributeValue xml:id=\"{}\">ops", good.id);
                changed(&good.signed(), "<saml:AttributeValue>ops", &value)
            },
        ),
        hostile("A11", "no ID", fragile, "saml.id", |good| {
            changed(&good.signed(), &format!(" ID=\"{}\"", good.id), "")
        }),
        after("A11", "response without ID", fragile, "saml.id", " ID=\"_response\"", ""),
        hostile("A11", "an ID that is no XML name", fragile, "saml.id", |good| {
            good.signed().replace("ID=\"_response\"", "ID=\"1 2\"")
        }),
        hostile("A12", "look-alike namespace", "CVE-2025-66567", "saml.assertion-count", |good| {
            let declared = "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion";
            good.signed().replace(&format!("{declared}\""), &format!("{declared}/\""))
        }),
        hostile("A12", "two ID attributes", "CVE-2025-66567", "saml.malformed", |good| {
            let both = format!("ID=\"_forged\" ID=\"{}\"", good.id);
            changed(&good.signed(), &format!("ID=\"{}\"", good.id), &both)
        }),
        hostile("A12", "the prefix is rebound on the way", "CVE-2025-66567", "saml.assertion-count", |good| {
            let (signed, genuine, ..) = of_the_assertion(good);
            let rebound =
                changed(&genuine, "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"", "xmlns:saml=\"urn:x\"");
            changed(&signed, &genuine, &rebound)
        }),
        hostile("A12", "attributes equal in expanded names", "CVE-2025-66567", "saml.malformed", |good| {
            let twice = "<saml:Subject xmlns:a=\"urn:x\" xmlns:b=\"urn:x\" a:n=\"1\" b:n=\"2\">";
            changed(&good.signed(), "<saml:Subject>", twice)
        }),
        hostile("A12", "protocol of SAML 1.1", "CVE-2025-66567", "saml.root", |good| {
            good.signed().replace("SAML:2.0:protocol", "SAML:1.1:protocol")
        }),
        hostile("A12", "the signature is in another namespace", "CVE-2025-66567", "saml.signature-place", |good| {
            let signature = element(&good.signed(), "ds:Signature").to_owned();
            let other =
                changed(&signature, "http://www.w3.org/2000/09/xmldsig#\"", "http://www.w3.org/2000/09/xmldsig\"");
            changed(&good.signed(), &signature, &other)
        }),
    ]
}
