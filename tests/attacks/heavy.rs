//! Documents that are made to cost. Every one is refused; what is measured is how soon.

use crate::saml_identity::{IDP, RSA, changed, element, form, sign_by, signed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;

/// (name, form field)
pub(crate) fn documents() -> Vec<(&'static str, String)> {
    [sizes(), shapes(), namespaces(), signatures(), under_a_genuine_signature()].into_iter().flatten().collect()
}

/// What is refused before it is parsed, because the parser would copy or look through namespaces for each element.
pub(crate) fn namespaces() -> Vec<(&'static str, String)> {
    vec![
        ("a namespace of 30 kB, 9,500 elements in it", outside(&in_a_long_namespace("u:", 30_000, 9_500))),
        (
            "a namespace of 30 kB with a reference in it, 9,500 elements in it",
            outside(&in_a_long_namespace("u:&#65;", 30_000, 9_500)),
        ),
        ("1,836 namespaces in scope on 36 levels, 7,000 elements", outside(&in_many_scopes(7_000))),
    ]
}

/// The same for the single logout service: (name, query of the redirect binding), each of which swells to 64 kB.
pub(crate) fn queries() -> Vec<(&'static str, String)> {
    let request = |insert: &str| {
        query(&format!(
            "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_x\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{IDP}</saml:Issuer>{insert}</samlp:LogoutRequest>"
        ))
    };
    vec![
        ("logout, a namespace of 32 kB, 8,000 elements in it", request(&in_a_long_namespace("u:", 32_000, 8_000))),
        (
            "logout, a namespace of 32 kB with a reference in it, 8,000 elements",
            request(&in_a_long_namespace("u:&#65;", 32_000, 8_000)),
        ),
        ("logout, 1,836 namespaces in scope on 36 levels, 6,000 elements", request(&in_many_scopes(6_000))),
    ]
}

fn in_a_long_namespace(begin: &str, length: usize, elements: usize) -> String {
    format!("<q xmlns='{begin}{}'>{}</q>", "x".repeat(length), "<a/>".repeat(elements))
}

/// The prefix that is used is declared outermost, so it is found last.
fn in_many_scopes(elements: usize) -> String {
    let prefixes = "abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWYZ_".chars();
    let declared: String = prefixes.map(|prefix| format!(" xmlns:{prefix}='u:'")).collect();
    let (open, close) = (format!("<b{declared}>").repeat(36), "</b>".repeat(36));
    format!("<x:a xmlns:x='u:'>{open}{}{close}</x:a>", "<x:b/>".repeat(elements))
}

/// As the redirect binding has it; nobody made the signature.
fn query(xml: &str) -> String {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(xml.as_bytes()).expect("memory");
    let message = STANDARD.encode(encoder.finish().expect("memory"));
    let message = message.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let method = "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256";
    format!("SAMLRequest={message}&SigAlg={method}&Signature=AAAA")
}

/// The signed response with `insert` in the unsigned or the signed part; the digest does not hold any more.
fn outside(insert: &str) -> String {
    form(&changed(&signed(), "<samlp:Status>", &format!("{insert}<samlp:Status>")))
}

fn inside(insert: &str) -> String {
    form(&changed(&signed(), "<saml:Subject>", &format!("{insert}<saml:Subject>")))
}

fn numbered(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

fn sizes() -> Vec<(&'static str, String)> {
    let bomb = |entities: String| form(&format!("<!DOCTYPE x [{entities}]>{}", signed()));
    let laughs = |n: usize| format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n.saturating_sub(1)).repeat(10));
    vec![
        ("256 KiB of base64", "A".repeat(256 * 1024)),
        ("256 KiB of line breaks", "\n".repeat(256 * 1024)),
        ("100,000 line breaks", "\n".repeat(100_000)),
        ("the largest field, no XML", form(&"x".repeat(74_000))),
        ("the largest field, white space", inside(&" ".repeat(68_000))),
        ("billion laughs", bomb(numbered(10, laughs))),
        ("quadratic blow-up", bomb(format!("<!ENTITY a \"{}\">", "a".repeat(60_000)))),
        ("14,000 character references", inside(&"&#65;".repeat(13_000))),
        ("30,000 line ends of two octets", inside(&"\r\n".repeat(30_000))),
        ("a line end in each of 5,800 tags", inside(&"<a\n/>".repeat(5_800))),
    ]
}

fn shapes() -> Vec<(&'static str, String)> {
    let attributes = |count, value: &'static str| numbered(count, |n| format!("a{n}='{value}' "));
    let chain = |depth: usize, tag: &dyn Fn(usize) -> String| {
        format!("{}{}", numbered(depth, |n| format!("<a{}>", tag(n))), "</a>".repeat(depth))
    };
    vec![
        ("20,000 levels", form(&"<a>".repeat(24_000))),
        ("9,000 levels, closed", form(&chain(9_000, &|_| String::new()))),
        ("36 levels, as wide as they may be", outside(&chain(30, &|_| String::new()).repeat(180))),
        ("30,000 attributes", outside(&format!("<a {}/>", attributes(30_000, "")))),
        ("7,000 attributes", outside(&format!("<a {}/>", attributes(7_000, "")))),
        ("64 attributes on each of 100 elements", outside(&format!("<a {}/>", attributes(64, "")).repeat(110))),
        ("7,000 attributes of a tag that does not end", form(&format!("<a {}", attributes(7_000, "")))),
        ("7,000 attributes before a quote that does not end", form(&format!("<a {}b='/>", attributes(7_000, "")))),
        ("equal signs in attribute values", outside(&format!("<a {}/>", attributes(60, "====")).repeat(60))),
        ("5,000 namespaces", outside(&format!("<a {}/>", numbered(3_500, |n| format!("xmlns:a{n}='urn:x' "))))),
        ("64 namespaces, 5,000 elements in their scope", {
            let declared = numbered(55, |n| format!("xmlns:a{n}='urn:x' "));
            outside(&format!("<a {declared}>{}</a>", "<a0:b/>".repeat(5_500)))
        }),
        ("a namespace on each of 3,000 elements", outside(&"<b xmlns='urn:y'/>".repeat(3_400))),
        ("12,000 elements", outside(&"<a/>".repeat(13_000))),
        ("6,000 elements with an ID each", outside(&numbered(4_500, |n| format!("<a ID='_{n}'/>")))),
        ("10,000 CDATA sections", outside(&format!("<a>{}</a>", "<![CDATA[]]>".repeat(5_000)))),
        ("8,000 comments", outside(&"<!---->".repeat(8_000))),
        ("8,000 instructions", outside(&"<?a b?>".repeat(8_000))),
        ("2,000 assertions", outside(&"<saml:Assertion/>".repeat(3_400))),
        ("3,000 nested responses", outside(&"<samlp:Response/>".repeat(3_400))),
        ("2,000 issuers", inside(&"<saml:Issuer>x</saml:Issuer>".repeat(2_000))),
        ("3,000 statuses", outside(&"<samlp:Status/>".repeat(3_500))),
    ]
}

fn signatures() -> Vec<(&'static str, String)> {
    let signed = changed(&signed(), "alice@", "mallory@");
    let swap = |from: &str, to: &str| form(&changed(&signed, from, to));
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let transforms = element(&signed, "ds:Transforms");
    let reference = element(&signed, "ds:Reference");
    let info = element(&signed, "ds:SignedInfo");
    let methods = ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256");
    let listed = sign_by(&crate::saml_identity::response(), "saml:Assertion", "_assertion", &RSA, methods.0, methods.1);
    let prefixes = |count| numbered(count, |n| format!("p{n} "));
    let list =
        |count: usize| form(&changed(&listed, "PrefixList=\"xs\"", &format!("PrefixList=\"{}\"", prefixes(count))));
    let inclusive = element(&listed, "Transforms");
    let inclusive = &inclusive[inclusive.find("<InclusiveNamespaces").expect("a list")..];
    let inclusive = &inclusive[..inclusive.find("/>").expect("an end") + 2];
    vec![
        (
            "2,000 transforms",
            swap(
                transforms,
                &format!("<ds:Transforms>{}</ds:Transforms>", "<ds:Transform Algorithm=\"\"/>".repeat(2_000)),
            ),
        ),
        ("700 enveloped transforms", swap(enveloped, &enveloped.repeat(700))),
        ("200 References", swap(reference, &reference.repeat(100))),
        ("60 SignedInfos", swap(info, &info.repeat(50))),
        ("500 signatures", outside(&"<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>".repeat(500))),
        ("4,000 things called Signature", outside(&"<Signature/>".repeat(4_500))),
        ("16 prefixes", list(16)),
        ("9,000 prefixes", list(9_000)),
        ("500 InclusiveNamespaces", form(&changed(&listed, inclusive, &inclusive.repeat(500)))),
        (
            "a SignatureValue of 60 kB",
            swap("<ds:SignatureValue>", &format!("<ds:SignatureValue>{}", "AAAA".repeat(15_000))),
        ),
        ("a DigestValue of 60 kB", swap("<ds:DigestValue>", &format!("<ds:DigestValue>{}", "AAAA".repeat(15_000)))),
        (
            "a certificate of 60 kB",
            swap("<ds:X509Certificate>", &format!("<ds:X509Certificate>{}", "AAAA".repeat(15_000))),
        ),
        (
            "1,500 certificates",
            swap(
                "<ds:X509Data>",
                &format!("<ds:X509Data>{}", "<ds:X509Certificate>AA==</ds:X509Certificate>".repeat(1_300)),
            ),
        ),
        (
            "RSA modulus of 60 kB in KeyValue",
            swap(
                "<ds:KeyInfo>",
                &format!(
                    "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus></ds:RSAKeyValue></ds:KeyValue>",
                    "AAAA".repeat(15_000)
                ),
            ),
        ),
    ]
}

/// Whoever has seen one genuine response can put its signature on anything: SignedInfo holds, and only the digest of
/// what is around it can tell. These get the furthest that anything gets without a key.
fn under_a_genuine_signature() -> Vec<(&'static str, String)> {
    // As many as pass, with the three that a response declares itself.
    let declared = numbered(21, |n| format!("xmlns:a{n}='urn:x{n}' "));
    let used = numbered(4, |n| format!("a{n}:b='' "));
    vec![
        ("genuine signature, 60 kB of text", inside(&"x".repeat(64_000))),
        ("genuine signature, 5,800 elements", inside(&"<a/>".repeat(5_800))),
        (
            "genuine signature, 5,000 elements in the scope of 24 namespaces",
            inside(&format!("<a {declared}>{}</a>", "<a0:b/>".repeat(5_500))),
        ),
        (
            "genuine signature, 4 attributes with a prefix on each of 1,900 elements",
            inside(&format!("<a {declared}>{}</a>", format!("<c {used}/>").repeat(1_900))),
        ),
        (
            "genuine signature, a namespace used anew by each element",
            inside(&format!("<a {declared}>{}</a>", numbered(5_000, |n| format!("<a{}:b/>", n % 21)))),
        ),
        ("genuine signature, a namespace of 256 octets used anew by each element", {
            let long = numbered(21, |n| format!("xmlns:a{n}='urn:{n:0>252}' "));
            inside(&format!("<a {long}>{}</a>", numbered(5_000, |n| format!("<a{}:b/>", n % 21))))
        }),
        (
            "genuine signature, 21 levels of namespaces",
            inside(
                &format!("{}{}", numbered(21, |n| format!("<a xmlns:b{n}='urn:{n}'>")), "</a>".repeat(21)).repeat(90),
            ),
        ),
        ("genuine signature, 4,000 CDATA sections", inside(&"<![CDATA[x]]>".repeat(4_500))),
        (
            "genuine signature, 60 kB of what must be escaped",
            inside(&format!("<a b='{}'/>", "&lt;&quot;".repeat(6_400))),
        ),
    ]
}
