//! What XML may do, and what a message may not contain.

use super::row::{Good, Row, after, before, hostile, posted};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const XXE: &str = "OWASP XXE";

pub(super) fn rows() -> Vec<Row> {
    [texts(), entities(), includes(), recovery(), encodings(), counts(), sizes()].into_iter().flatten().collect()
}

fn texts() -> Vec<Row> {
    let truncated = "CVE-2017-11427";
    vec![
        after(
            "B1",
            "comment in the NameID",
            truncated,
            "saml.comment",
            "alice@example.com</saml:NameID>",
            "alice@example.com<!---->.evil</saml:NameID>",
        ),
        before(
            "B1",
            "comment in the NameID, signed",
            truncated,
            "saml.comment",
            "alice@example.com</saml:NameID>",
            "alice@example.com<!---->.evil</saml:NameID>",
        ),
        after("B1", "comment in a role", "CVE-2018-0489", "saml.comment", "role/Admin", "role/Admin<!-- -->"),
        after(
            "B1",
            "comment in the Issuer",
            "CVE-2018-7340",
            "saml.comment",
            "idp.example/metadata</saml:Issuer><ds:Signature",
            "idp.example<!---->/metadata</saml:Issuer><ds:Signature",
        ),
        after(
            "B1",
            "comment before the root",
            "CVE-2018-5387",
            "saml.comment",
            "<samlp:Response",
            "<!-- x --><samlp:Response",
        ),
        after(
            "B1",
            "comment behind the root",
            "CVE-2018-5387",
            "saml.comment",
            "</samlp:Response>",
            "</samlp:Response><!-- x -->",
        ),
        after(
            "B2",
            "instruction in the NameID",
            "Oblique Security 2026",
            "saml.processing-instruction",
            "alice@",
            "alice@<?x y?>",
        ),
        before(
            "B2",
            "instruction in the NameID, signed",
            "Oblique Security 2026",
            "saml.processing-instruction",
            "alice@",
            "alice@<?x y?>",
        ),
        after(
            "B2",
            "instruction before the root",
            "Oblique Security 2026",
            "saml.processing-instruction",
            "<samlp:Response",
            "<?xml-stylesheet href=\"x\"?><samlp:Response",
        ),
        after(
            "B2",
            "CDATA in the NameID after signing",
            "parser differentials",
            "saml.signature",
            "alice@example.com</saml:NameID>",
            "alice@<![CDATA[example.com]]>.evil</saml:NameID>",
        ),
        hostile("B2", "a line end by reference where a blank is signed", "XML 1.0 3.3.3", "saml.signature", |good| {
            let named = changed(&good.xml, "Name=\"groups\"", "FriendlyName=\"is member of\" Name=\"groups\"");
            changed(&good.sign(&named), "is member of", "is member&#10;of")
        }),
        before(
            "B2",
            "element in the NameID",
            "Oblique Security 2026",
            "saml.unexpected-element",
            "alice@example.com</saml:NameID>",
            "alice<saml:X/>@example.com</saml:NameID>",
        ),
        before(
            "B2",
            "element in the Audience",
            "Oblique Security 2026",
            "saml.unexpected-element",
            "/saml/metadata</saml:Audience>",
            "/saml/metadata<saml:X/></saml:Audience>",
        ),
        before(
            "B2",
            "text between attributes",
            "Oblique Security 2026",
            "saml.unexpected-text",
            "</saml:AttributeStatement>",
            "text</saml:AttributeStatement>",
        ),
        before(
            "B2",
            "element in the confirmation's data",
            "SAML core 2.4.1.2",
            "saml.unexpected-element",
            "</saml:SubjectConfirmation>",
            "<saml:NameID>mallory</saml:NameID></saml:SubjectConfirmation>",
        ),
    ]
}

fn with_doctype(
    name: &'static str,
    threat: &'static str,
    reference: &'static str,
    doctype: fn(&Good) -> String,
) -> Row {
    hostile(threat, name, reference, "saml.doctype", move |good| format!("{}{}", doctype(good), good.signed()))
}

fn entities() -> Vec<Row> {
    vec![
        hostile("B3", "entity as NameID", "CVE-2018-0486", "saml.doctype", |good| {
            let signed = changed(&good.signed(), "alice@example.com</saml:NameID>", "&who;</saml:NameID>");
            format!("<!DOCTYPE samlp:Response [<!ENTITY who \"mallory@example.com\">]>{signed}")
        }),
        with_doctype("defaulted Destination", "B3", "CVE-2025-25291", |good| {
            format!("<!DOCTYPE samlp:Response [<!ATTLIST samlp:Response Destination CDATA \"{}\">]>", good.acs)
        }),
        with_doctype("ID by ATTLIST", "B3", "CVE-2025-25291", |_| {
            "<!DOCTYPE x [<!ATTLIST saml:Subject n ID #IMPLIED>]>".into()
        }),
        with_doctype("bare document type", "B3", "CVE-2025-25291", |_| "<!DOCTYPE samlp:Response>".into()),
        after(
            "B3",
            "unknown entity",
            "CVE-2018-0486",
            "saml.malformed",
            "alice@example.com</saml:NameID>",
            "&who;</saml:NameID>",
        ),
        with_doctype("external entity by file", "B4", XXE, |good| {
            format!("<!DOCTYPE x [<!ENTITY y SYSTEM \"{}\">]>", good.trap)
        }),
        with_doctype("external entity by HTTP", "B4", XXE, |good| {
            format!("<!DOCTYPE x [<!ENTITY y SYSTEM \"{}\">]>", good.canary)
        }),
        with_doctype("parameter entity", "B4", XXE, |good| {
            format!("<!DOCTYPE x [<!ENTITY % y SYSTEM \"{}\"> %y;]>", good.canary)
        }),
        with_doctype("external subset by file", "B4", XXE, |good| format!("<!DOCTYPE x SYSTEM \"{}\">", good.trap)),
        with_doctype("external subset by HTTP", "B4", XXE, |good| {
            format!("<!DOCTYPE x PUBLIC \"y\" \"{}\">", good.canary)
        }),
        posted("B4", "external entity in UTF-16", XXE, "saml.encoding", |good| {
            let xml = format!("<!DOCTYPE x [<!ENTITY y SYSTEM \"{}\">]>{}", good.canary, good.signed());
            STANDARD.encode(utf16(&xml))
        }),
        with_doctype("billion laughs", "B5", "CVE-2003-1564", |_| {
            let entity = |n: usize| format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
            format!("<!DOCTYPE x [<!ENTITY a0 \"ha\">{}]>", (1..10).map(entity).collect::<String>())
        }),
        with_doctype("quadratic blow-up", "B5", "CVE-2013-1664", |_| {
            format!("<!DOCTYPE x [<!ENTITY a \"{}\">]>", "a".repeat(30_000))
        }),
        with_doctype("entity that names itself", "B5", "CVE-2003-1564", |_| {
            "<!DOCTYPE x [<!ENTITY a \"&a;\">]>".into()
        }),
        after(
            "B5",
            "document type in the middle",
            "CVE-2003-1564",
            "saml.doctype",
            "<samlp:Status>",
            "<!DOCTYPE x><samlp:Status>",
        ),
    ]
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn includes() -> Vec<Row> {
    vec![
        hostile("B6", "XInclude in the unsigned part", "SSRF", "saml.unexpected-element", |good| {
            let include = format!("<x:include xmlns:x=\"http://www.w3.org/2001/XInclude\" href=\"{}\"/>", good.canary);
            changed(&good.signed(), "<samlp:Status>", &format!("{include}<samlp:Status>"))
        }),
        // Looked at by nobody, and covered by no signature: the response's own attributes do not count.
        hostile("B6", "schemaLocation in the unsigned part", "SSRF", "accepted", |good| {
            let located = format!(
                "<samlp:Response xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:schemaLocation=\"urn:x {}\"",
                good.canary
            );
            changed(&good.signed(), "<samlp:Response", &located)
        }),
    ]
}

fn recovery() -> Vec<Row> {
    let recovers = |name: &'static str, from: &'static str, to: &'static str| {
        after("B7", name, "libxml2 RECOVER", "saml.malformed", from, to)
    };
    vec![
        recovers("missing end", "</samlp:Response>", ""),
        recovers("crossed ends", "</saml:NameID>", "</saml:Subject>"),
        recovers("attribute twice", " Destination=", " Version=\"2.0\" Destination="),
        recovers("unbound prefix", "<samlp:Status>", "<nobody:Status>"),
        recovers("NUL", "alice", "ali\0ce"),
        recovers("control character", "alice", "ali\u{1}ce"),
        recovers("character reference to NUL", "alice", "ali&#0;ce"),
        recovers("trailing text", "</samlp:Response>", "</samlp:Response>x"),
        recovers("leading text", "<samlp:Response", "x<samlp:Response"),
        recovers("attribute without quotes", "Version=\"2.0\" Iss", "Version=2.0 Iss"),
        recovers("bare ampersand", "alice", "ali&ce"),
        recovers("less-than in an attribute", "AuthnInstant=\"", "AuthnInstant=\"<"),
        recovers("end of CDATA in text", "alice", "ali]]>ce"),
        recovers("declaration in the middle", "<samlp:Status>", "<?xml version=\"1.0\"?><samlp:Status>"),
    ]
}

fn encodings() -> Vec<Row> {
    let declared = |name: &'static str, declaration: &'static str| {
        hostile("B8", name, "UTF-7 filters", "saml.encoding", move |good| format!("{declaration}{}", good.signed()))
    };
    vec![
        declared("UTF-7", "<?xml version=\"1.0\" encoding=\"UTF-7\"?>"),
        declared("ISO-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"),
        declared("UTF-16 that is none", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"),
        declared("XML 1.1", "<?xml version=\"1.1\" encoding=\"UTF-8\"?>"),
        posted("B8", "UTF-16", "UTF-16 filters", "saml.encoding", |good| STANDARD.encode(utf16(&good.signed()))),
        posted("B7", "bytes that are no UTF-8", "libxml2 RECOVER", "saml.encoding", |good| {
            STANDARD.encode([good.signed().as_bytes(), &[0xff, 0xfe]].concat())
        }),
        posted("B8", "overlong UTF-8", "UTF-7 filters", "saml.encoding", |good| {
            let (head, tail) = good.signed().split_once("alice").map(|(h, t)| (h.to_owned(), t.to_owned())).unwrap();
            STANDARD.encode([head.as_bytes(), &[0xc0, 0xbc], tail.as_bytes()].concat())
        }),
    ]
}

fn counts() -> Vec<Row> {
    let nested = "CVE-2016-3627";
    let many = |name: &'static str, code: &'static str, insert: fn() -> String| {
        hostile("B9", name, "c14n complexity", code, move |good| {
            changed(&good.signed(), "<saml:Subject>", &format!("{}<saml:Subject>", insert()))
        })
    };
    vec![
        after(
            "B9",
            "5,000 levels",
            nested,
            "saml.depth",
            "<saml:Subject>",
            format!("{}{}<saml:Subject>", "<a>".repeat(5_000), "</a>".repeat(5_000)),
        ),
        posted("B9", "20,000 levels that never end", nested, "saml.depth", |_| STANDARD.encode("<a>".repeat(20_000))),
        many("7,000 attributes", "saml.too-many-nodes", || {
            format!("<a {}/>", (0..7_000).map(|n| format!("a{n}='' ")).collect::<String>())
        }),
        many("9,000 elements", "saml.too-many-nodes", || "<a/>".repeat(9_000)),
        many("80 namespaces in scope", "saml.too-many-nodes", || {
            let some = |prefix| (0..40).map(|n| format!("xmlns:{prefix}{n}=\"urn:x\" ")).collect::<String>();
            format!("<a {}><b {}/></a>", some("a"), some("b"))
        }),
        many("25 namespaces in scope", "saml.too-many-nodes", || {
            format!("<a {}/>", (0..22).map(|n| format!("xmlns:a{n}=\"urn:x\" ")).collect::<String>())
        }),
        many("25 namespaces in scope around an end that is text", "saml.too-many-nodes", || {
            let some = |prefix| (0..11).map(|n| format!("xmlns:{prefix}{n}='urn:x' ")).collect::<String>();
            format!("<a {}><![CDATA[</a>]]><b {}/></a>", some("a"), some("b"))
        }),
        many("a namespace of 257 octets", "saml.namespace-name", || format!("<a xmlns='urn:{}'/>", "x".repeat(253))),
        many("a prefix's namespace of 32 kB", "saml.namespace-name", || {
            format!("<a b='>' c = \"'/>\" xmlns:a\n=\t'urn:{}'/>", "x".repeat(32_000))
        }),
        many("a namespace with a character reference in it", "saml.namespace-name", || {
            "<a xmlns=\"urn:&#120;\"/>".to_owned()
        }),
        many("5 attributes with a prefix", "saml.too-many-nodes", || {
            "<a xmlns:a='urn:a' a:b='' a:c='' a:d='' a:e='' a:f=''/>".to_owned()
        }),
        hostile("B9", "50 signatures", "c14n complexity", "saml.signature-count", |good| {
            let signature = super::row::signature_in(&good.signed());
            let bare = changed(&signature, crate::saml_identity::element(&signature, "ds:KeyInfo"), "");
            changed(&good.signed(), &signature, &bare.repeat(50))
        }),
    ]
}

fn sizes() -> Vec<Row> {
    let lax = |name: &'static str, code: &'static str, spoil: fn(&str) -> String| {
        posted("B11", name, "double decoding", code, move |good| spoil(&STANDARD.encode(good.signed())))
    };
    vec![
        posted("B10", "more than STS takes", "CVE-2025-54572", "saml.too-long", |good| {
            STANDARD.encode(changed(&good.signed(), "<samlp:Status>", &format!("{}<samlp:Status>", " ".repeat(80_000))))
        })
        .api("sts.parameters"),
        posted("B10", "3 MB", "CVE-2025-54572", "413", |_| "A".repeat(3_000_000)),
        posted("B10", "deflated, as on the redirect binding", "CVE-2025-25293", "saml.encoding", |good| {
            use std::io::Write;
            let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            deflate.write_all(good.signed().as_bytes()).expect("memory");
            STANDARD.encode(deflate.finish().expect("memory"))
        }),
        lax("junk characters", "saml.base64", |field| field.replacen('A', "A!", 1)),
        lax("a blank", "saml.base64", |field| field.replacen('A', "A A", 1)),
        lax("the URL alphabet", "saml.base64", |field| format!("-_{}", &field[2..])),
        lax("padding in the middle", "saml.base64", |field| format!("{}={}", &field[..99], &field[100..])),
        lax("one character more", "saml.base64", |field| format!("{field}A")),
        lax("twice", "saml.malformed", |field| STANDARD.encode(field)),
        posted("B11", "raw XML", "double decoding", "saml.base64", Good::signed),
        posted("B11", "no XML", "double decoding", "saml.malformed", |_| STANDARD.encode("<samlp:Response")),
    ]
}
