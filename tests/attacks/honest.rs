//! The shapes that honest identity providers send. Each is accepted on both surfaces.

use super::row::{Good, Row, honest, posted};
use super::table::ACCEPTED;
use crate::saml_identity::{EC, EC384, Identity, RSA, changed, element, sign, sign_by};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

pub(super) fn rows() -> Vec<Row> {
    [signatures(), keys(), prefixes(), spellings(), wrapped()].into_iter().flatten().collect()
}

fn signatures() -> Vec<Row> {
    let by = |name: &'static str, method: &'static str, digest: &'static str| {
        honest(name, "RFC 6931", move |good| {
            sign_by(&good.xml, "saml:Assertion", &good.id, &RSA, &format!("{MORE}{method}"), digest)
        })
    };
    vec![
        honest("assertion signed", "Entra, Google, Auth0", Good::signed),
        honest("response signed", "OneLogin, JumpCloud", Good::response_signed),
        honest("both signed", "Okta, Keycloak, Shibboleth", |good| sign(&good.signed(), "_response", &RSA)),
        honest("nobody asked for it", "SAML profiles 4.1.5", Good::signed).unasked(),
        honest("response signed, nobody asked for it", "SAML profiles 4.1.5", Good::response_signed).unasked(),
        by("RSA-SHA384", "rsa-sha384", SHA384),
        by("RSA-SHA512", "rsa-sha512", SHA512),
        by("RSA-SHA512 over a SHA-256 digest", "rsa-sha512", SHA256),
        honest("both signed, RSA-SHA512 outside", "SimpleSAMLphp", |good| {
            sign_by(&good.signed(), "samlp:Response", "_response", &RSA, &format!("{MORE}rsa-sha512"), SHA512)
        }),
    ]
}

fn keys() -> Vec<Row> {
    let key = |name: &'static str, provider: &'static str, by: &'static std::sync::LazyLock<Identity>| {
        honest(name, "SAML metadata IOP 2.6.1", move |good| sign(&good.xml, &good.id, by)).through(provider)
    };
    vec![
        key("ECDSA P-256", "curved", &EC),
        key("RSA behind P-256 and P-384 in the metadata", "rsa-last", &RSA),
        key("P-256 before P-384 and RSA in the metadata", "rsa-last", &EC),
        key("P-384 between P-256 and RSA in the metadata", "rsa-last", &EC384),
        key("RSA before P-384 and P-256 in the metadata", "rsa-first", &RSA),
        key("P-256 behind RSA and P-384 in the metadata", "rsa-first", &EC),
        key("P-384 between RSA and P-256 in the metadata", "rsa-first", &EC384),
        honest("response signed by P-384", "SAML metadata IOP 2.6.1", |good| sign(&good.xml, "_response", &EC384))
            .through("rsa-first"),
    ]
}

/// Signs with a PrefixList on the transform and on the canonicalisation.
fn listing(xml: &str, id: &str, list: &str) -> String {
    let inclusive =
        format!("<i:InclusiveNamespaces xmlns:i=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{list}\"/>");
    let exclusive = "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let template = format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo><ds:CanonicalizationMethod {exclusive}{inclusive}</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{MORE}rsa-sha256\"/><ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/><ds:Transform {exclusive}{inclusive}</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"
    );
    let mut keys = bergshamra_keys::KeysManager::new();
    keys.add_key(bergshamra_keys::loader::load_pem_auto(RSA.key_pem.expose(), None).expect("a key"));
    let document = changed(xml, "</saml:Issuer><saml:Subject>", &format!("</saml:Issuer>{template}<saml:Subject>"));
    bergshamra_dsig::sign::sign_owned(&bergshamra_dsig::DsigContext::new(keys), document).expect("signed")
}

/// Values typed as Okta types them, the prefixes declared far above or at each value.
fn typed(good: &Good) -> String {
    let far = "<samlp:Response xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let xml = changed(&good.xml, "<samlp:Response", far);
    changed(&xml, "<saml:AttributeValue>", "<saml:AttributeValue xsi:type=\"xs:string\">")
}

fn prefixes() -> Vec<Row> {
    let exclusive = "exclusive canonicalisation 1.0";
    vec![
        honest("xs listed, declared on the response", "Okta", |good| listing(&typed(good), &good.id, "xs")),
        honest("xs and xsi listed", exclusive, |good| listing(&typed(good), &good.id, "xs xsi")),
        honest("#default and others listed", exclusive, |good| listing(&typed(good), &good.id, "#default xs saml ds")),
        honest("prefixes listed that nobody declares", exclusive, |good| listing(&good.xml, &good.id, "xs md ec")),
        honest("xsi:type declared at each value", "Shibboleth, Keycloak", |good| {
            let near = "<saml:AttributeValue xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:string\">";
            good.sign(&changed(&good.xml, "<saml:AttributeValue>", near))
        }),
        honest("values of any type", "Entra", |good| good.sign(&typed(good).replace("xs:string", "xs:anyType"))),
        honest("other prefixes", "SAML core 1.3", |good| {
            let swaps = [("samlp:", "p:"), (":samlp=", ":p="), ("saml:", "a:"), (":saml=", ":a=")];
            let xml = swaps.iter().fold(good.xml.clone(), |xml, (from, to)| xml.replace(from, to));
            good.sign(&xml)
        }),
        honest("saml2 and saml2p", "Okta, Shibboleth", |good| {
            let swaps = [
                ("<samlp:", "<saml2p:"),
                ("</samlp:", "</saml2p:"),
                (":samlp=", ":saml2p="),
                ("<saml:", "<saml2:"),
                ("</saml:", "</saml2:"),
                (":saml=", ":saml2="),
            ];
            good.sign(&swaps.iter().fold(good.xml.clone(), |xml, (from, to)| xml.replace(from, to)))
        }),
        honest("the assertion in the default namespace", "Entra, AD FS", |good| {
            good.sign(&default_namespace(&good.xml))
        }),
        honest("both in default namespaces", "AD FS", |good| {
            let xml = default_namespace(&good.xml).replace("<samlp:", "<").replace("</samlp:", "</");
            good.sign(&xml.replace(" xmlns:samlp=", " xmlns="))
        }),
        honest("prefixes that mean something else below", exclusive, |good| good.sign(&redeclared(good))),
        honest("listed prefixes that mean something else below", exclusive, |good| {
            listing(&redeclared(good), &good.id, "#default a")
        }),
        honest("attributes in the order of their namespaces", exclusive, |good| {
            let value = "<saml:AttributeValue><v xml:lang=\"de\" p:a=\"1\" z=\"&lt;&#9;&quot;\" xmlns:p=\"urn:z\" q:b=\"2\" xmlns:q=\"urn:a\" a=\"&gt;'\"/>";
            good.sign(&good.xml.replacen("<saml:AttributeValue>", value, 1))
        }),
        honest("declarations that nobody uses", "exclusive canonicalisation 1.0", |good| {
            good.sign(&changed(&good.xml, "<samlp:Response", "<samlp:Response xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" xmlns:query=\"urn:oasis:names:tc:SAML:metadata:ext:query\""))
        }),
    ]
}

/// A value in which the default namespace begins, ends and begins again, and a prefix changes its meaning twice.
fn redeclared(good: &Good) -> String {
    let value = "<saml:AttributeValue><v xmlns=\"urn:v\" xmlns:a=\"urn:a\"><w xmlns=\"\"><a:x y=\"\"/><v xmlns=\"urn:v\"/></w><a:v xmlns:a=\"urn:b\" a:y=\"\"><a:v xmlns:a=\"urn:a\"/></a:v></v>";
    good.xml.replacen("<saml:AttributeValue>", value, 1)
}

fn default_namespace(xml: &str) -> String {
    let xml =
        xml.replace("<saml:", "<").replace("</saml:", "</").replace("<Assertion xmlns:saml=", "<Assertion xmlns=");
    xml.replace("<Issuer>", "<Issuer xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">")
}

fn spellings() -> Vec<Row> {
    let declared = |name: &'static str, declaration: &'static str| {
        honest(name, "XML 1.0", move |good| format!("{declaration}{}", good.signed()))
    };
    // What is written otherwise than its signer's parser read it.
    let respelt = |name: &'static str, signed: &'static str, written: &'static str| {
        honest(name, "XML 1.0 2.11, 3.3.3", move |good| {
            let more = "<saml:Attribute FriendlyName=\"is member of\" Name=\"more\"><saml:AttributeValue>one\ntwo</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>";
            changed(&good.sign(&changed(&good.xml, "</saml:AttributeStatement>", more)), signed, written)
        })
    };
    vec![
        respelt("line end in an attribute", "is member of", "is\nmember\nof"),
        respelt("tabs in an attribute", "is member of", "is\tmember\tof"),
        respelt("CR LF and CR in an attribute", "is member of", "is\r\nmember\rof"),
        respelt("CR LF in a text", "one\ntwo", "one\r\ntwo"),
        respelt("CR LF in CDATA", "one\ntwo", "<![CDATA[one\r\ntwo]]>"),
        respelt("CR in CDATA", "one\ntwo", "<![CDATA[one\rtwo]]>"),
        respelt("attributes in lines", "\" Name=\"more\"", "\"\r\n\tName\n=\n'more'\n"),
        declared("XML declaration", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
        declared("XML declaration in small letters", "<?xml version='1.0' encoding='utf-8' standalone='no'?>\r\n"),
        declared("XML declaration without an encoding", "<?xml version=\"1.0\"?>"),
        declared("byte order mark", "\u{feff}"),
        honest("pretty-printed, then signed", "PingFederate", |good| good.sign(&good.xml.replace("><", ">\n    <"))),
        honest("pretty-printed by tabs and CR LF", "Windows", |good| good.sign(&good.xml.replace("><", ">\r\n\t<"))),
        honest("white space around the root", "XML 1.0", |good| format!("\n  {}\n\n", good.signed())),
        honest("single quotes", "XML 1.0", |good| good.sign(&good.xml.replace('"', "'"))),
        honest("CDATA", "XML 1.0", |good| {
            good.sign(&changed(
                &good.xml,
                "alice@example.com</saml:NameID>",
                "<![CDATA[alice@example.com]]></saml:NameID>",
            ))
        }),
        honest("character references", "XML 1.0", |good| {
            good.sign(&changed(
                &good.xml,
                "alice@example.com</saml:NameID>",
                "&#x61;lice&#64;example.com</saml:NameID>",
            ))
        }),
        honest("empty elements written out", "XML 1.0", |good| {
            let code = element(&good.xml, "samlp:Status").to_owned();
            good.sign(&changed(&good.xml, &code, &code.replace("/>", "></samlp:StatusCode>")))
        }),
    ]
}

fn wrapped() -> Vec<Row> {
    let lines = |name: &'static str, width: usize, end: &'static str| {
        posted("honest", name, "RFC 2045 6.8", ACCEPTED, move |good| {
            let field = STANDARD.encode(good.signed());
            field.as_bytes().chunks(width).map(|line| format!("{}{end}", String::from_utf8_lossy(line))).collect()
        })
    };
    let inside = |name: &'static str, end: &'static str| {
        honest(name, "xmlsec, Apache Santuario", move |good| {
            let signed = good.signed();
            ["ds:SignatureValue", "ds:X509Certificate"].iter().fold(signed, |xml, tag| {
                let part = element(&xml, tag).to_owned();
                let text = &part[tag.len() + 2..part.len() - tag.len() - 3];
                let lines: Vec<&str> = text.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).unwrap()).collect();
                changed(&xml, &part, &format!("<{tag}>{end}{}{end}</{tag}>", lines.join(end)))
            })
        })
    };
    vec![
        lines("the field in lines of 76", 76, "\r\n"),
        lines("the field in lines of 64", 64, "\n"),
        inside("signature and certificate in lines", "\n"),
        inside("signature and certificate in lines that end in &#13;", "&#13;\n"),
        honest("certificate with its names and serial number", "WSO2", |good| {
            let more = "<ds:X509Data><ds:X509SubjectName>CN=idp</ds:X509SubjectName><ds:X509IssuerSerial><ds:X509IssuerName>CN=idp</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial>";
            changed(&good.signed(), "<ds:X509Data>", more)
        }),
        honest("key name, certificate and key value", "Keycloak", |good| {
            let signed = changed(
                &good.signed(),
                "<ds:KeyInfo>",
                "<ds:KeyInfo><ds:KeyName>FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE</ds:KeyName>",
            );
            let value = "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>";
            changed(&signed, "</ds:KeyInfo>", value)
        }),
        honest("no KeyInfo", "XML Signature 4.4", |good| {
            changed(&good.signed(), element(&good.signed(), "ds:KeyInfo"), "")
        }),
    ]
}
