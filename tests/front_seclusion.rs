//! Whatever a response names, verifying it opens no file and calls nobody.

use crate::front::{ADMIN, assume_with_saml, open, unsigned};
use crate::house::{Browser, Directory};
use crate::saml_identity::{RSA, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::saml::signed_bytes;
use std::fs::FileTimes;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A file and an address that nobody has any business with, and that know when somebody has come.
struct Canaries {
    directory: Directory,
    listener: TcpListener,
}

impl Canaries {
    fn new() -> Self {
        let (directory, listener) = (Directory::new(), TcpListener::bind("127.0.0.1:0").expect("a port"));
        listener.set_nonblocking(true).expect("set");
        let canaries = Self { directory, listener };
        canaries.directory.write("canary.xml", "<canary/>");
        canaries.rest();
        canaries
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("canary.xml")
    }

    /// Both, as a document may name them.
    fn urls(&self) -> [String; 3] {
        let address = self.listener.local_addr().expect("an address");
        let file = self.file().display().to_string();
        [format!("http://{address}/canary"), format!("file://{file}"), file]
    }

    fn long_ago() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
    }

    fn rest(&self) {
        let file = std::fs::File::options().write(true).open(self.file()).expect("the canary");
        file.set_times(FileTimes::new().set_accessed(Self::long_ago())).expect("times");
    }

    /// Whether somebody has come since it was asked last; callers are hung up on.
    fn sing(&self) -> bool {
        let called = std::iter::from_fn(|| self.listener.accept().ok()).count() > 0;
        let read = std::fs::metadata(self.file()).and_then(|m| m.accessed()).expect("a time") != Self::long_ago();
        if read {
            self.rest();
        }
        called || read
    }
}

type Change = fn(&str, &str) -> String;

/// Where a document may name something outside, and what becomes of it; changed before it is signed.
const SIGNED: [(&str, Change, &str); 5] = [
    (
        "schema location",
        |xml, url| {
            assertion(
                xml,
                &format!("xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x {url}\""),
            )
        },
        "accepted",
    ),
    ("base", |xml, url| assertion(xml, &format!("xml:base=\"{url}\"")), "accepted"),
    (
        "inclusion",
        |xml, url| {
            value(
                xml,
                &format!("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"{url}\" parse=\"text\"/>"),
            )
        },
        "accepted",
    ),
    (
        "link",
        |xml, url| {
            value(
                xml,
                &format!(
                    "<a xmlns=\"urn:a\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"{url}\" href=\"{url}\" src=\"{url}\"/>"
                ),
            )
        },
        "accepted",
    ),
    ("value", value, "accepted"),
];

/// The same, changed after it was signed.
const FORGED: [(&str, Change, &str); 8] = [
    ("reference", |xml, url| changed(xml, "URI=\"#_assertion-x\"", &format!("URI=\"{url}\"")), "saml.reference"),
    (
        "second reference",
        |xml, url| changed(xml, "</ds:SignedInfo>", &format!("<ds:Reference URI=\"{url}\"/></ds:SignedInfo>")),
        "saml.reference-count",
    ),
    (
        "style sheet transform",
        |xml, url| {
            changed(
                xml,
                "</ds:Transforms>",
                &format!(
                    "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><x:stylesheet xmlns:x=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"><x:include href=\"{url}\"/></x:stylesheet></ds:Transform></ds:Transforms>"
                ),
            )
        },
        "saml.transforms",
    ),
    (
        "key elsewhere",
        |xml, url| changed(xml, "</ds:KeyInfo>", &format!("<ds:RetrievalMethod URI=\"{url}\"/></ds:KeyInfo>")),
        "saml.key-info",
    ),
    ("document type", |xml, url| format!("<!DOCTYPE x SYSTEM \"{url}\">{xml}"), "saml.doctype"),
    ("entity", |xml, url| format!("<!DOCTYPE x [<!ENTITY % e SYSTEM \"{url}\"> %e;]>{xml}"), "saml.doctype"),
    (
        "style sheet",
        |xml, url| format!("<?xml-stylesheet type=\"text/xsl\" href=\"{url}\"?>{xml}"),
        "saml.processing-instruction",
    ),
    ("issuer", |xml, url| xml.replace("https://idp.example/metadata", url), "saml.unknown-issuer"),
];

fn assertion(xml: &str, attributes: &str) -> String {
    changed(xml, "<saml:Assertion ", &format!("<saml:Assertion {attributes} "))
}

fn value(xml: &str, content: &str) -> String {
    let staff = "<saml:AttributeValue>staff";
    changed(xml, staff, &format!("<saml:AttributeValue>{content}</saml:AttributeValue>{staff}"))
}

#[tokio::test]
async fn verifying_opens_no_file_and_calls_nobody() {
    let (canaries, house) = (Canaries::new(), open("").await);
    let mut rows = Vec::new();
    for (at, url) in canaries.urls().iter().enumerate() {
        for (what, change, expected) in SIGNED {
            let id = format!("{at}-{}", what.replace(' ', "-"));
            let xml = change(&unsigned(&house, &id), url);
            rows.push((what, sign(&xml, &format!("_assertion-{id}"), &RSA), expected));
        }
        let genuine = sign(&unsigned(&house, "x"), "_assertion-x", &RSA);
        rows.extend(FORGED.map(|(what, change, expected)| (what, change(&genuine, url), expected)));
    }
    for (what, xml, expected) in rows {
        let form = STANDARD.encode(&xml);
        let answer = assume_with_saml(&house, ADMIN, &form).await;
        let code = if answer.status == 200 { "accepted".to_owned() } else { house.code(&answer).await };
        assert_eq!(code, expected, "{what}: {xml}");
        Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &form)]).await;
        assert!(!canaries.sing(), "{what}: {xml}");
    }
    house.close().await;
}

/// The engine alone, without bars and without what is checked before it, goes wherever a document sends it.
#[test]
fn the_canaries_sing() {
    let canaries = Canaries::new();
    assert!(!canaries.sing());
    let genuine = sign(&crate::saml_identity::response(), "_assertion", &RSA);
    for url in canaries.urls() {
        let xml = changed(&genuine, "URI=\"#_assertion\"", &format!("URI=\"{url}\""));
        let reading = std::thread::spawn(move || signed_bytes(&RSA.certificate, &xml));
        let mut sung = false;
        while !reading.is_finished() {
            sung |= canaries.sing();
            std::thread::yield_now();
        }
        assert!(sung | canaries.sing(), "{url}");
    }
}
