//! What a signature must be made of, and that it holds.

use super::row::{Row, after, hostile, signature_in};
use crate::saml_identity::{changed, element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(super) const METHOD: &str = "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>";
const DIGEST: &str = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

pub(super) fn rows() -> Vec<Row> {
    [changes(), shape(), empty()].into_iter().flatten().collect()
}

/// What the digest and the signature are for.
fn changes() -> Vec<Row> {
    let core = "XML Signature 3.2";
    vec![
        after("A13", "the subject", core, "saml.signature", "alice@example.com", "mallory@example.com"),
        after("A13", "a role", core, "saml.signature", "role/Admin", "role/Owner"),
        after("A13", "a value", core, "saml.signature", "<saml:AttributeValue>ops", "<saml:AttributeValue>root"),
        after(
            "A13",
            "a time",
            core,
            "saml.signature",
            "NotOnOrAfter=\"2031-01-01T12:05:00Z\"",
            "NotOnOrAfter=\"2031-01-01T13:05:00Z\"",
        ),
        after(
            "A13",
            "an attribute more",
            core,
            "saml.signature",
            "</saml:AttributeStatement>",
            "<saml:Attribute Name=\"x\"/></saml:AttributeStatement>",
        ),
        hostile("A13", "what the signed response answers", core, "saml.signature", |good| {
            changed(
                &good.response_signed(),
                "IssueInstant=\"2031-01-01T11:59:00Z\" InRe",
                "IssueInstant=\"2031-01-01T11:59:01Z\" InRe",
            )
        }),
        hostile(
            "A13",
            "a namespace that is a URI to one engine only",
            "CVE-2025-25292",
            "saml.second-engine-refused",
            |good| good.sign(&changed(&good.xml, "<saml:Subject>", "<saml:Subject xmlns:x=\"urn:a b\" x:y=\"\">")),
        ),
        hostile("A14", "relative namespace in the assertion", "CVE-2025-66568", "saml.namespace", |good| {
            changed(&good.signed(), "<saml:Subject>", "<saml:Subject xmlns:x=\"relative\">")
        }),
        after(
            "A14",
            "relative namespace in SignedInfo",
            "CVE-2025-66475",
            "saml.namespace",
            "<ds:SignedInfo>",
            "<ds:SignedInfo xmlns:x=\"1\">",
        ),
        after(
            "A14",
            "no canonicalisation that anybody knows",
            "xmlseclibs GHSA-c4cc-x928-vjw9",
            "saml.canonicalisation",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "<ds:CanonicalizationMethod Algorithm=\"urn:none\"",
        ),
        after(
            "A14",
            "inclusive canonicalisation",
            "SAML core 5.4.3",
            "saml.canonicalisation",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"",
        ),
        hostile("A14", "the digest of nothing", "CVE-2025-66568", "saml.signature", |good| {
            let nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
            let forged = changed(&good.signed(), "alice@", "mallory@");
            changed(
                &forged,
                element(&good.signed(), "ds:DigestValue"),
                &format!("<ds:DigestValue>{nothing}</ds:DigestValue>"),
            )
        }),
    ]
}

fn repeated(
    threat: &'static str,
    name: &'static str,
    reference: &'static str,
    code: &'static str,
    tag: &'static str,
) -> Row {
    hostile(threat, name, reference, code, move |good| {
        let signed = good.signed();
        let part = element(&signed, tag);
        changed(&signed, part, &part.repeat(2))
    })
}

fn shape() -> Vec<Row> {
    let forged_digest = "<ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</ds:DigestValue>";
    vec![
        hostile("A6", "DigestValue of the forgery in StatusDetail", "CVE-2024-45409", "saml.signature", move |good| {
            let digest = forged_digest
                .replace("<ds:DigestValue>", "<ds:DigestValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">");
            let detail = format!("<samlp:StatusDetail>{digest}</samlp:StatusDetail></samlp:Status>");
            changed(&changed(&good.signed(), "alice@", "mallory@"), "</samlp:Status>", &detail)
        }),
        after(
            "A6",
            "DigestValue before the Reference",
            "CVE-2024-6800",
            "saml.signature-shape",
            "<ds:Reference ",
            format!("{forged_digest}<ds:Reference "),
        ),
        repeated("A7", "two SignedInfo", "CVE-2025-29774", "saml.signature-shape", "ds:SignedInfo"),
        hostile("A7", "the forged SignedInfo first", "CVE-2025-29774", "saml.signature-shape", move |good| {
            let signed = good.signed();
            let info = element(&signed, "ds:SignedInfo").to_owned();
            let forged = changed(&info, element(&info, "ds:DigestValue"), forged_digest);
            changed(&signed, &info, &format!("{forged}{info}"))
        }),
        hostile("A7", "the forged SignedInfo last", "CVE-2025-29774", "saml.signature-shape", move |good| {
            let signed = good.signed();
            let info = element(&signed, "ds:SignedInfo").to_owned();
            let forged = changed(&info, element(&info, "ds:DigestValue"), forged_digest);
            changed(&signed, "</ds:Signature>", &format!("{forged}</ds:Signature>"))
        }),
        after(
            "A8",
            "comment in DigestValue",
            "CVE-2025-29775",
            "saml.comment",
            "<ds:DigestValue>",
            "<ds:DigestValue><!--AAAA-->",
        ),
        after(
            "A8",
            "two DigestValue",
            "CVE-2025-29775",
            "saml.signature-shape",
            "<ds:DigestValue>",
            format!("{forged_digest}<ds:DigestValue>"),
        ),
        after(
            "A8",
            "CDATA in DigestValue",
            "CVE-2025-29775",
            "saml.signature-value",
            "<ds:DigestValue>",
            "<ds:DigestValue><![CDATA[AAAA]]>",
        ),
        after(
            "A8",
            "element in DigestValue",
            "CVE-2025-29775",
            "saml.signature-value",
            "</ds:DigestValue>",
            "<ds:X/></ds:DigestValue>",
        ),
        after(
            "A8",
            "element in SignatureValue",
            "CVE-2025-29775",
            "saml.signature-value",
            "</ds:SignatureValue>",
            "<ds:X/></ds:SignatureValue>",
        ),
        repeated("A15", "two References", "CVE-2026-33487", "saml.reference-count", "ds:Reference"),
        hostile(
            "A15",
            "a Reference to the response behind the genuine one",
            "CVE-2026-33487",
            "saml.reference-count",
            |good| {
                let signed = good.signed();
                let reference = element(&signed, "ds:Reference").to_owned();
                let other = reference.replace(&good.id, "_response");
                changed(&signed, &reference, &format!("{reference}{other}"))
            },
        ),
        hostile("A25", "a second signature in the assertion", "signature stripping", "saml.signature-count", |good| {
            let signature = signature_in(&good.signed());
            changed(&good.signed(), &signature, &signature.repeat(2))
        }),
        hostile(
            "A25",
            "an attribute inside a second signature",
            "signature stripping",
            "saml.signature-place",
            |good| {
                let hidden = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><saml:AttributeValue>root</saml:AttributeValue></ds:Signature><saml:AttributeValue>ops";
                changed(&good.signed(), "<saml:AttributeValue>ops", hidden)
            },
        ),
        after(
            "A25",
            "Object in the signature",
            "signature stripping",
            "saml.signature-shape",
            "</ds:Signature>",
            "<ds:Object>root</ds:Object></ds:Signature>",
        ),
        after(
            "A25",
            "text in the signature",
            "signature stripping",
            "saml.signature-shape",
            "</ds:Signature>",
            "root</ds:Signature>",
        ),
    ]
}

fn without(name: &'static str, code: &'static str, tag: &'static str) -> Row {
    hostile("A16", name, "CVE-2019-3465", code, move |good| changed(&good.signed(), element(&good.signed(), tag), ""))
}

fn empty() -> Vec<Row> {
    let emptied = |name: &'static str, code: &'static str, tag: &'static str| {
        hostile("A16", name, "CVE-2026-28323", code, move |good| {
            changed(&good.signed(), element(&good.signed(), tag), &format!("<{tag} xmlns:ds=\"{NAMESPACE}\"></{tag}>"))
        })
    };
    vec![
        hostile("A16", "never signed", "SAML profiles 4.1.3.5", "saml.unsigned", |good| good.xml.clone()),
        without("no Signature", "saml.unsigned", "ds:Signature"),
        without("no SignedInfo", "saml.signature-shape", "ds:SignedInfo"),
        without("no SignatureValue", "saml.signature-shape", "ds:SignatureValue"),
        without("no Reference", "saml.reference-count", "ds:Reference"),
        without("no DigestValue", "saml.signature-shape", "ds:DigestValue"),
        without("no Transforms", "saml.signature-shape", "ds:Transforms"),
        hostile("A16", "no SignatureMethod", "CVE-2019-3465", "saml.signature-shape", |good| {
            changed(&good.signed(), METHOD, "")
        }),
        hostile("A16", "no DigestMethod", "CVE-2019-3465", "saml.signature-shape", |good| {
            changed(&good.signed(), DIGEST, "")
        }),
        emptied("empty Signature", "saml.signature-shape", "ds:Signature"),
        emptied("empty SignedInfo", "saml.reference-count", "ds:SignedInfo"),
        emptied("empty SignatureValue", "saml.signature-value", "ds:SignatureValue"),
        emptied("empty DigestValue", "saml.signature-value", "ds:DigestValue"),
        emptied("empty Reference", "saml.reference", "ds:Reference"),
        emptied("empty Transforms", "saml.transforms", "ds:Transforms"),
        hostile("A16", "zeros for a signature", "CVE-2026-28323", "saml.signature", |good| {
            let zeros = format!("<ds:SignatureValue>{}</ds:SignatureValue>", STANDARD.encode([0; 256]));
            changed(&good.signed(), element(&good.signed(), "ds:SignatureValue"), &zeros)
        }),
    ]
}
