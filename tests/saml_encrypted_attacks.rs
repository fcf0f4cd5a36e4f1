//! What is encrypted and must come to nothing. A row differs from the good one in exactly the attack.

use crate::saml_encrypted::*;
use crate::saml_identity::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::saml::ResponseText;
use gatehouse::trace::Trace;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

fn assertion_of(xml: &str) -> String {
    element(xml, "saml:Assertion").to_owned()
}

fn forged() -> String {
    assertion().replace("alice@", "mallory@")
}

#[test]
fn encryption_never_stands_in_for_a_signature() {
    let by = Encryptor::ours();
    refused("unsigned", &by.response(&response()), "saml.unsigned");
    let strangers = sign(&response(), "_assertion", &STRANGER);
    refused("signed by a stranger", &by.response(&strangers), "saml.signature");
    let both = sign(&by.response(&strangers), "_response", &RSA);
    refused("a stranger's inside the identity provider's", &both, "saml.signature");
    let outer = sign(&by.response(&signed()), "_response", &STRANGER);
    refused("the identity provider's inside a stranger's", &outer, "saml.signature");
    let changed_after = changed(&signed(), "alice@", "mallory@");
    refused("changed before it was encrypted", &by.response(&changed_after), "saml.signature");
    let replaced = sign(&by.response(&signed()), "_response", &RSA);
    let sealed = element(&replaced, "saml:EncryptedAssertion").to_owned();
    let other = by.seal("EncryptedAssertion", forged());
    refused("exchanged in a signed response", &changed(&replaced, &sealed, &other), "saml.signature");
    let sha1 =
        sign(&response(), "_assertion", &RSA).replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1");
    refused("SHA-1 inside", &by.response(&sha1), "saml.sha1");
}

#[test]
fn one_assertion_in_all() {
    let by = Encryptor::ours();
    let (plain, sealed) = (assertion_of(&signed()), by.seal("EncryptedAssertion", forged()));
    let with = |what: String| changed(&signed(), &plain, &what);
    let inside = |outer: &str| changed(&plain, outer, &format!("{sealed}{outer}"));
    for (name, document, code) in [
        ("before a signed one", with(format!("{sealed}{plain}")), "saml.assertion-count"),
        ("after a signed one", with(format!("{plain}{sealed}")), "saml.assertion-count"),
        ("two", with(format!("{sealed}{sealed}")), "saml.assertion-count"),
        ("in a signed one", with(inside("<saml:Conditions")), "saml.assertion-count"),
        ("in Extensions", with(format!("<samlp:Extensions>{sealed}</samlp:Extensions>")), "saml.assertion-place"),
        ("look-alike", with(sealed.replace("SAML:2.0:assertion", "SAML:2.0:assertion/")), "saml.assertion-count"),
        (
            "no issuer",
            changed(&with(sealed.clone()), &format!("<saml:Issuer>{IDP}</saml:Issuer>"), ""),
            "saml.issuer-missing",
        ),
    ] {
        refused(name, &document, code);
    }
    let genuine = by.response(&signed());
    let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer>");
    refused(
        "another issuer outside",
        &changed(&genuine, &issuer, "<saml:Issuer>https://other.example</saml:Issuer>"),
        "saml.issuer",
    );
}

#[test]
fn what_is_encrypted_is_one_assertion() {
    let by = Encryptor::ours();
    let good = assertion_of(&signed());
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("a blank", b" ".to_vec()),
        ("text", b"alice".to_vec()),
        ("not UTF-8", [&b"<a>\xff\xfe</a>"[..], good.as_bytes()].concat()),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a fragment", good[..good.len() / 2].into()),
        ("two", good.repeat(2).into()),
        ("a response", signed().into()),
        ("a wrapper", format!("<x>{good}</x>").into()),
        ("a forged one around it", changed(&forged(), "</saml:Assertion>", &format!("{good}</saml:Assertion>")).into()),
        ("a document type", format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{good}").into()),
        ("an external document type", format!("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/\">{good}").into()),
        ("encrypted again", by.seal("EncryptedAssertion", &good).into()),
        ("encrypted data alone", element(&by.seal("EncryptedAssertion", &good), "xenc:EncryptedData").into()),
        (
            "encrypted inside",
            changed(&good, "<saml:Conditions", &format!("{}<saml:Conditions", by.seal("EncryptedAssertion", "x")))
                .into(),
        ),
        ("another namespace", good.replace("SAML:2.0:assertion", "SAML:1.0:assertion").into()),
        ("deep", ["<a>".repeat(60), good.clone(), "</a>".repeat(60)].concat().into()),
        ("many attributes", format!("<a {}/>", (0..100).map(|n| format!("a{n}='' ")).collect::<String>()).into()),
    ];
    for (name, plaintext) in rows {
        refused(name, &by.response_of(&signed(), &plaintext), "saml.decryption");
        refused(name, &sign(&by.response_of(&response(), &plaintext), "_response", &RSA), "saml.decryption");
    }
    let comment = changed(&good, "alice@", "alice<!---->@");
    refused("the shape's own rules hold inside", &by.response_of(&signed(), comment), "saml.comment");
    let attribute = changed(
        &good,
        "<saml:Attribute Name=\"groups\">",
        "<saml:EncryptedAttribute/><saml:Attribute Name=\"groups\">",
    );
    refused("an attribute", &by.response_of(&signed(), attribute), "saml.encrypted-attribute");
}

#[test]
fn ciphertexts_that_do_not_open() {
    for data in ["aes128-gcm", "aes192-gcm", "aes256-gcm"] {
        let by = Encryptor::ours().with(data);
        let (key, good) = (by.content_key(), assertion_of(&signed()));
        let (octets, wrapped) = (by.encrypt(&key, good.as_bytes()), by.wrap(&key));
        let flipped = |at: usize| {
            let mut octets = octets.clone();
            octets[at] ^= 1;
            octets
        };
        let length = octets.len();
        let of = |octets: &[u8], wrapped: &[u8]| {
            changed(&signed(), &good, &by.element("EncryptedAssertion", octets, wrapped))
        };
        for (name, octets) in [
            ("tag flipped", flipped(length - 1)),
            ("vector flipped", flipped(0)),
            ("content flipped", flipped(100)),
            ("tag cut by one", octets[..length - 1].to_vec()),
            ("tag gone", octets[..length - 16].to_vec()),
        ] {
            refused(name, &of(&octets, &wrapped), "saml.decryption");
        }
        for short in [1, 12, 16, 28] {
            refused("too short", &of(&octets[..short], &wrapped), "saml.encryption-shape");
        }
        refused("empty", &of(&[], &wrapped), "saml.encryption-shape");
        let mut damaged = wrapped.clone();
        damaged[17] ^= 1;
        for (name, wrapped) in [
            ("key damaged", damaged),
            ("key for nobody", Encryptor::to(&NOBODYS.certificate).with(data).wrap(&key)),
            ("key of another length", by.wrap(&key[..key.len() - 1])),
            ("empty key", by.wrap(&[])),
            ("key cut", wrapped[..255].to_vec()),
            ("key too long", [&wrapped[..], &[0]].concat()),
            ("zeros", vec![0; 256]),
            ("ones", vec![0xff; 256]),
        ] {
            refused(name, &of(&octets, &wrapped), "saml.decryption");
        }
    }
}

/// Behind a genuine signature of the response, or nobody would come this far.
#[test]
fn blocks_that_end_oddly() {
    for data in ["aes128-cbc", "aes192-cbc", "aes256-cbc"] {
        let by = Encryptor::ours().with(data);
        let key = by.content_key();
        let of = |octets: &[u8]| {
            let sealed = by.element("EncryptedAssertion", octets, &by.wrap(&key));
            sign(&changed(&response(), &assertion(), &sealed), "_response", &RSA)
        };
        let last = |octet: u8| [[b' '; 31].as_slice(), &[octet]].concat();
        for octet in [0, 16, 17, 32, 33, 255] {
            refused("padding", &of(&by.encrypt_blocks(&key, &last(octet))), "saml.decryption");
            refused("one block", &of(&by.encrypt_blocks(&key, &[octet; 16])), "saml.decryption");
        }
        let good = by.encrypt(&key, assertion().as_bytes());
        for (name, octets) in [("vector alone", &good[..16]), ("half a block", &good[..40]), ("nothing", &[])] {
            refused(name, &of(octets), "saml.encryption-shape");
        }
        refused("a block gone", &of(&good[..good.len() - 16]), "saml.decryption");
        refused("no signature around it", &by.response(&signed()), "saml.cbc-unsigned");
        let inner = sign(&by.response(&signed()), "_response", &STRANGER);
        refused("a stranger's signature around it", &inner, "saml.signature");
        let gcm = changed(
            &by.response(&signed()),
            &format!("2001/04/xmlenc#{data}"),
            &format!("2009/xmlenc11#{}-gcm", &data[..6]),
        );
        refused("called GCM", &gcm, "saml.decryption");
    }
}

#[test]
fn what_a_ciphertext_may_not_ask_for() {
    let by = Encryptor::ours();
    let good = by.response(&signed());
    let key = element(&good, "xenc:EncryptedKey").to_owned();
    let swap = |from: &str, to: &str| changed(&good, from, to);
    let data = |algorithm: &str| swap("http://www.w3.org/2009/xmlenc11#aes256-gcm", algorithm);
    let transport = |algorithm: &str, child: &str| {
        swap(&format!("Algorithm=\"{MGF1P}\">"), &format!("Algorithm=\"{algorithm}\">{child}"))
    };
    let digest = |uri: &str| format!("<ds:DigestMethod Algorithm=\"{uri}\"/>");
    let retrieved = Encryptor { place: Place::Retrieved, ..by.clone() }.response(&signed());
    let key_info = |child: &str| swap(&key, &format!("{child}{key}"));
    let reference = "<xenc:CipherReference URI=\"http://127.0.0.1:1/\"/>";
    let (value, shape) = (
        element(&good[good.find("</xenc:EncryptedKey>").expect("a key")..], "xenc:CipherValue"),
        "saml.encryption-shape",
    );
    let rows = [
        ("RSA-1.5", Encryptor { transport: RSA_1_5, ..by.clone() }.response(&signed()), "saml.rsa-1_5"),
        ("no transport", transport("", ""), "saml.key-transport"),
        ("AES key wrap", transport("http://www.w3.org/2001/04/xmlenc#kw-aes128", ""), "saml.key-transport"),
        ("SHA-512", transport(MGF1P, &digest("http://www.w3.org/2001/04/xmlenc#sha512")), "saml.key-transport"),
        ("MD5", transport(OAEP, &digest("http://www.w3.org/2001/04/xmldsig-more#md5")), "saml.key-transport"),
        ("unknown MGF", transport(OAEP, "<xenc11:MGF Algorithm=\"urn:x\"/>"), "saml.key-transport"),
        ("MGF in the old transport", transport(MGF1P, &format!("<xenc11:MGF Algorithm=\"{MASK_SHA1}\"/>")), shape),
        ("OAEP parameters", transport(MGF1P, "<xenc:OAEPparams>AAAA</xenc:OAEPparams>"), shape),
        ("two digests", transport(MGF1P, &digest(SHA1).repeat(2)), shape),
        ("Triple DES", data("http://www.w3.org/2001/04/xmlenc#tripledes-cbc"), "saml.encryption-method"),
        ("no algorithm", data(""), "saml.encryption-method"),
        ("ChaCha20", data("http://www.w3.org/2021/04/xmldsig-more#chacha20poly1305"), "saml.encryption-method"),
        ("cipher reference", swap(value, reference), shape),
        ("reference beside the value", swap(value, &format!("{value}{reference}")), shape),
        ("two values", swap(value, &value.repeat(2)), shape),
        ("not base64", swap(value, "<xenc:CipherValue>?</xenc:CipherValue>"), shape),
        ("element in the value", swap(value, "<xenc:CipherValue><x/></xenc:CipherValue>"), shape),
        ("content, not element", swap("xmlenc#Element", "xmlenc#Content"), shape),
        ("encoding", swap("Id=\"_data\"", "Id=\"_data\" Encoding=\"http://www.w3.org/2000/09/xmldsig#base64\""), shape),
        ("properties", swap("</xenc:EncryptedData>", "<xenc:EncryptionProperties/></xenc:EncryptedData>"), shape),
        ("retrieval from a host", key_info("<ds:RetrievalMethod URI=\"http://127.0.0.1:1/\"/>"), shape),
        ("retrieval from a file", key_info("<ds:RetrievalMethod URI=\"Cargo.toml\"/>"), shape),
        ("retrieval of nothing", key_info("<ds:RetrievalMethod/>"), shape),
        ("retrieval from elsewhere", changed(&retrieved, "URI=\"#_key\"", "URI=\"#_response\""), shape),
        (
            "retrieval with transforms",
            changed(&retrieved, "URI=\"#_key\"/>", "URI=\"#_key\"><ds:Transforms/></ds:RetrievalMethod>"),
            shape,
        ),
        ("key agreement", swap(&key, "<xenc:AgreementMethod/>"), "saml.key-info"),
        ("key in the message", swap(&key, "<ds:KeyValue/>"), "saml.key-info"),
        ("no key", swap(&key, ""), "saml.encrypted-key-count"),
        (
            "three keys",
            swap(&key, &[&key, &key, &key].map(|key| key.replace("Id=\"_key\"", "")).concat()),
            "saml.encrypted-key-count",
        ),
        ("key for other data", swap("URI=\"#_data\"", "URI=\"#_response\""), shape),
        (
            "no method",
            swap("<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/>", ""),
            shape,
        ),
        ("text beside", swap("</saml:EncryptedAssertion>", "x</saml:EncryptedAssertion>"), shape),
        ("a stranger beside", swap("</saml:EncryptedAssertion>", "<x/></saml:EncryptedAssertion>"), shape),
        ("nothing in it", swap(element(&good, "xenc:EncryptedData"), ""), shape),
        ("the Response's ID", swap("Id=\"_data\"", "Id=\"_response\""), "saml.duplicate-id"),
        ("the same Id twice", swap("Id=\"_key\"", "Id=\"_data\""), "saml.duplicate-id"),
        ("a signature in it", swap("<ds:KeyName>ours</ds:KeyName>", "<ds:Signature/>"), "saml.signature-place"),
    ];
    for (name, document, code) in rows {
        refused(name, &document, code);
    }
}

#[test]
fn names_and_attributes_that_are_encrypted() {
    let by = Encryptor::ours();
    let plain = response();
    let name = element(&plain, "saml:NameID").to_owned();
    let of = |subject: &str| sign(&changed(&plain, &name, subject), "_assertion", &RSA);
    let sealed = |plaintext: &str| of(&by.seal("EncryptedID", plaintext));
    let own = changed(&name, "<saml:NameID", "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"");
    let good = by.seal("EncryptedID", &own);
    for (what, document, code) in [
        ("beside a name", of(&format!("{good}{name}")), "saml.name-id"),
        ("two", of(&format!("{good}{}", changed(&good, "\"_", "\"_2"))), "saml.encrypted"),
        (
            "elsewhere",
            sign(&changed(&plain, "<saml:Conditions", &format!("{good}<saml:Conditions")), "_assertion", &RSA),
            "saml.encrypted",
        ),
        ("another name", sealed(&own.replace("NameID", "BaseID")), "saml.decryption"),
        ("two names", sealed(&own.repeat(2)), "saml.decryption"),
        ("a comment", sealed(&own.replace("alice@", "alice<!---->@")), "saml.decryption"),
        ("an element", sealed(&own.replace("alice@", "alice<x/>@")), "saml.decryption"),
        ("an empty name", sealed(&own.replace("alice@example.com", " ")), "saml.decryption"),
        ("nobody's key", of(&Encryptor::to(&NOBODYS.certificate).seal("EncryptedID", &own)), "saml.decryption"),
        ("nothing in it", of("<saml:EncryptedID/>"), "saml.encryption-shape"),
        ("not signed", changed(&plain, &name, &good), "saml.unsigned"),
        (
            "an attribute",
            sign(
                &changed(
                    &plain,
                    "<saml:Attribute Name=\"groups\">",
                    "<saml:EncryptedAttribute/><saml:Attribute Name=\"groups\">",
                ),
                "_assertion",
                &RSA,
            ),
            "saml.encrypted-attribute",
        ),
    ] {
        refused(what, &document, code);
    }
}

/// CPU time of this thread.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

/// A wrapped key that is, as a number, below every modulus of 2,048 bits. One above a modulus is refused without the
/// private key's work, which tells nothing: both numbers are public.
fn wrap(by: &Encryptor, key: &[u8]) -> Vec<u8> {
    std::iter::repeat_with(|| by.wrap(key)).find(|wrapped| wrapped[0] < 0x80).expect("every other one")
}

/// What fails fails alike: with whatever it is that fails, both our keys were tried and the content was decrypted.
/// Whoever leaves out one of these operations for one class halves its time, or worse.
#[test]
fn every_failure_costs_the_same_and_little() {
    let by = Encryptor::ours();
    let (key, good) = (by.content_key(), assertion_of(&signed()));
    let (octets, wrapped) = (by.encrypt(&key, good.as_bytes()), wrap(&by, &key));
    let mut flipped = octets.clone();
    *flipped.last_mut().expect("a tag") ^= 1;
    let of = |octets: &[u8], wrapped: &[u8]| {
        form(&changed(&signed(), &good, &by.element("EncryptedAssertion", octets, wrapped)))
    };
    let nobodys = wrap(&Encryptor::to(&NOBODYS.certificate), &key);
    let mut damaged = wrapped.clone();
    damaged[200] ^= 1;
    let text = "x".repeat(good.len());
    let rows = [
        ("key for nobody", of(&octets, &nobodys)),
        ("key damaged", of(&octets, &damaged)),
        ("key of zeros", of(&octets, &[0; 256])),
        ("key of another length", of(&octets, &wrap(&by, &key[..16]))),
        ("tag flipped", of(&flipped, &wrapped)),
        ("former key, tag flipped", of(&flipped, &wrap(&Encryptor::to(&FORMER.certificate), &key))),
        ("not UTF-8", of(&by.encrypt(&key, &vec![0xff; good.len()]), &wrapped)),
        ("not XML", of(&by.encrypt(&key, text.as_bytes()), &wrapped)),
    ];
    // Within a round all classes run on the same machine in the same mood; a class that costs less does so in every one.
    let round = || {
        rows.each_ref().map(|(name, document)| {
            let text = ResponseText::decode(document).expect("decoded");
            let parsed: Vec<_> = (0..20).map(|_| text.parse().expect("parsed")).collect();
            let began = cpu();
            for response in parsed {
                let failed = response.authenticate(&[RSA.key()], &KEYS, Some(&*WITNESS), &mut Trace::new("test"));
                assert_eq!(failed.expect_err(name), gatehouse::saml::SamlError::Decryption, "{name}");
            }
            (cpu() - began) / 20
        })
    };
    let spread = |costs: &[Duration; 8]| {
        let (low, high) = (costs.iter().min().expect("some"), costs.iter().max().expect("some"));
        high.as_secs_f64() / low.as_secs_f64()
    };
    let rounds: Vec<[Duration; 8]> = (0..10).map(|_| round()).collect();
    let quiet = rounds.iter().min_by(|a, b| spread(a).total_cmp(&spread(b))).expect("ten");
    let figures: Vec<String> = rows.iter().zip(quiet).map(|((name, _), cpu)| format!("{name}: {cpu:?}")).collect();
    eprintln!("{}", figures.join("\n"));
    assert!(spread(quiet) < 1.5, "one class stands out:\n{}", figures.join("\n"));
    let high = quiet.iter().max().expect("some");
    assert!(*high < Duration::from_millis(10), "a stranger's document costs too much:\n{}", figures.join("\n"));
    assert_eq!(STANDARD.decode(&rows[0].1).map(|xml| xml.len() > 5_000), Ok(true));
}
