//! Encrypted assertions and names (threats D1 to D7), and those that honest identity providers send.

use super::row::{Good, Row, assertion_in, honest, hostile};
use crate::saml_encrypted::{Encryptor, MASK_SHA256, MGF1P, NOBODYS, OAEP, Place, RSA_1_5, SHA1, SHA256};
use crate::saml_identity::{RSA, STRANGER, changed, element, sign};

const ORACLE: &str = "Jager, Somorovsky 2011";
const GHES: &str = "CVE-2024-4985, CVE-2024-9487 GHES";
const TAG: &str = "CVE-2026-32313 xmlseclibs";

pub(super) fn rows() -> Vec<Row> {
    [signatures(), ciphertexts(), plaintexts(), requests()].into_iter().flatten().collect()
}

pub(super) fn honest_rows() -> Vec<Row> {
    let by = |name: &'static str, reference: &'static str, how: fn(Encryptor) -> Encryptor| {
        honest(name, reference, move |good| how(good.encryptor.clone()).response(&good.signed()))
    };
    let around = |name: &'static str, reference: &'static str, data: &'static str| {
        honest(name, reference, move |good| enclosed(&good.encryptor.clone().with(data).response(&good.signed())))
    };
    vec![
        by("encrypted, AES-128-GCM", "XML Encryption 1.1", |it| it.with("aes128-gcm")),
        by("encrypted, AES-192-GCM", "XML Encryption 1.1", |it| it.with("aes192-gcm")),
        by("encrypted, AES-256-GCM", "Shibboleth, Keycloak", |it| it),
        by("encrypted, OAEP with SHA-256", "XML Encryption 1.1 5.5.2", |it| Encryptor {
            transport: OAEP,
            digest: Some(SHA256),
            mask: Some(MASK_SHA256),
            ..it
        }),
        by("encrypted, OAEP with SHA-256 over MGF1 with SHA-1", "RFC 6931", |it| Encryptor {
            transport: MGF1P,
            digest: Some(SHA256),
            ..it
        }),
        by("encrypted, the key beside the data", "SAML core 2.3.4", |it| Encryptor { place: Place::Beside, ..it }),
        by("encrypted, the key retrieved from beside", "OpenSAML's peer placement", |it| Encryptor {
            place: Place::Retrieved,
            ..it
        }),
        around("encrypted with AES-256-CBC, both signed", "Entra ID, AD FS", "aes256-cbc"),
        around("encrypted with AES-128-CBC, both signed", "SimpleSAMLphp", "aes128-cbc"),
        honest("encrypted, response signed only", "SAML bindings 3.5", |good| {
            enclosed(&good.encryptor.response(&good.xml))
        }),
        honest("an encrypted name", "SAML core 2.2.4", |good| good.sign(&good.encryptor.name(&good.xml))),
        honest("an encrypted name in an encrypted assertion", "SAML core 2.2.4", |good| {
            good.encryptor.response(&good.sign(&good.encryptor.name(&good.xml)))
        }),
    ]
}

/// Signed as a response.
fn enclosed(xml: &str) -> String {
    sign(xml, "_response", &RSA)
}

/// The signed response with something else in place of its assertion.
fn instead(good: &Good, sealed: &str) -> String {
    let signed = good.signed();
    changed(&signed, &assertion_in(&signed), sealed)
}

fn signatures() -> Vec<Row> {
    let never = |name: &'static str, code: &'static str, xml: fn(&Good) -> String| hostile("D1", name, GHES, code, xml);
    let beside = |name: &'static str, code: &'static str, xml: fn(&str, &str) -> String| {
        hostile("D2", name, "wrapping", code, move |good| {
            let plain = assertion_in(&good.signed());
            instead(good, &xml(&plain, &good.encryptor.seal("EncryptedAssertion", good.forged())))
        })
    };
    vec![
        never("encrypted, not signed", "saml.unsigned", |good| good.encryptor.response(&good.xml)),
        never("encrypted, signed by a stranger", "saml.signature", |good| {
            good.encryptor.response(&good.by_a_stranger())
        }),
        never("encrypted, a stranger's signature around it", "saml.signature", |good| {
            sign(&good.encryptor.response(&good.signed()), "_response", &STRANGER)
        }),
        never("changed, then encrypted", "saml.signature", |good| {
            good.encryptor.response(&changed(
                &good.signed(),
                "alice@example.com</saml:NameID",
                "mallory@example.com</saml:NameID",
            ))
        }),
        never("another ciphertext in a signed response", "saml.signature", |good| {
            let genuine = enclosed(&good.encryptor.response(&good.signed()));
            let sealed = element(&genuine, "saml:EncryptedAssertion").to_owned();
            changed(&genuine, &sealed, &good.encryptor.seal("EncryptedAssertion", good.forged()))
        }),
        beside("encrypted before a signed one", "saml.assertion-count", |plain, sealed| format!("{sealed}{plain}")),
        beside("encrypted after a signed one", "saml.assertion-count", |plain, sealed| format!("{plain}{sealed}")),
        beside("two encrypted ones", "saml.assertion-count", |_, sealed| sealed.repeat(2)),
        beside("encrypted in Extensions", "saml.assertion-place", |_, sealed| {
            format!("<samlp:Extensions>{sealed}</samlp:Extensions>")
        }),
    ]
}

fn ciphertexts() -> Vec<Row> {
    // Key, octets and wrapped key of the good assertion, to be damaged.
    let damaged =
        |threat, name: &'static str, reference, code, how: fn(&Encryptor, &[u8], &mut Vec<u8>, &mut Vec<u8>)| {
            hostile(threat, name, reference, code, move |good| {
                let (by, key) = (&good.encryptor, good.encryptor.content_key());
                let mut octets = by.encrypt(&key, assertion_in(&good.signed()).as_bytes());
                let mut wrapped = by.wrap(&key);
                how(by, &key, &mut octets, &mut wrapped);
                instead(good, &by.element("EncryptedAssertion", &octets, &wrapped))
            })
        };
    let oddly = |name: &'static str, block: [u8; 16]| {
        hostile("D6", name, "behind a genuine signature", "saml.decryption", move |good| {
            let by = good.encryptor.clone().with("aes256-cbc");
            let key = by.content_key();
            let sealed = by.element("EncryptedAssertion", &by.encrypt_blocks(&key, &block), &by.wrap(&key));
            enclosed(&changed(&good.xml, &assertion_in(&good.xml), &sealed))
        })
    };
    let last = |octet: u8| [[b' '; 15].as_slice(), &[octet]].concat().try_into().expect("a block");
    vec![
        hostile("D3", "CBC that no signature protects", ORACLE, "saml.cbc-unsigned", |good| {
            good.encryptor.clone().with("aes256-cbc").response(&good.signed())
        }),
        hostile("D3", "CBC called GCM", "Jager, Paterson, Somorovsky 2013", "saml.decryption", |good| {
            let cbc = good.encryptor.clone().with("aes256-cbc").response(&good.signed());
            changed(&cbc, "2001/04/xmlenc#aes256-cbc", "2009/xmlenc11#aes256-gcm")
        }),
        hostile("D4", "RSA-1.5", "Marvin CVE-2022-4304", "saml.rsa-1_5", |good| {
            Encryptor { transport: RSA_1_5, ..good.encryptor.clone() }.response(&good.signed())
        }),
        damaged("D4", "a wrapped key that is damaged", "Manger 2001", "saml.decryption", |_, _, _, wrapped| {
            wrapped[9] ^= 1
        }),
        damaged("D4", "a wrapped key of zeros", "Manger 2001", "saml.decryption", |_, _, _, wrapped| wrapped.fill(0)),
        damaged("D4", "a key of another length", "Manger 2001", "saml.decryption", |by, key, _, wrapped| {
            *wrapped = by.wrap(&key[..16]);
        }),
        damaged("D4", "a key for somebody else", "wrong recipient", "saml.decryption", |_, key, _, wrapped| {
            *wrapped = Encryptor::to(&NOBODYS.certificate).wrap(key);
        }),
        damaged("D5", "the tag flipped", TAG, "saml.decryption", |_, _, octets, _| {
            *octets.last_mut().expect("one") ^= 1
        }),
        damaged("D5", "the tag cut by one", TAG, "saml.decryption", |_, _, octets, _| {
            octets.truncate(octets.len() - 1)
        }),
        damaged("D5", "the tag gone", TAG, "saml.decryption", |_, _, octets, _| octets.truncate(octets.len() - 16)),
        damaged("D5", "four octets of tag", TAG, "saml.decryption", |_, _, octets, _| {
            octets.truncate(octets.len() - 12)
        }),
        damaged("D5", "vector and tag alone", TAG, "saml.encryption-shape", |_, _, octets, _| octets.truncate(28)),
        damaged("D5", "nothing", TAG, "saml.encryption-shape", |_, _, octets, _| octets.clear()),
        oddly("one block, padding of 0", last(0)),
        oddly("one block, padding of 16", last(16)),
        oddly("one block, padding of 17", last(17)),
        oddly("one block, padding of 255", [255; 16]),
    ]
}

fn plaintexts() -> Vec<Row> {
    let is = |name: &'static str, plaintext: fn(&Good, String) -> Vec<u8>| {
        hostile("D7", name, "fragments, nesting", "saml.decryption", move |good| {
            let assertion = assertion_in(&good.signed());
            instead(good, &good.encryptor.seal("EncryptedAssertion", plaintext(good, assertion)))
        })
    };
    vec![
        is("text inside", |_, _| b"alice@example.com".to_vec()),
        is("a fragment inside", |_, it| it[..it.len() / 2].into()),
        is("two assertions inside", |_, it| it.repeat(2).into()),
        is("a Response inside", |good, _| good.signed().into()),
        is("a forged one around the genuine one inside", |good, it| {
            changed(&good.forged(), "</saml:Assertion>", &format!("{it}</saml:Assertion>")).into()
        }),
        is("a document type inside", |good, it| {
            format!("<!DOCTYPE a [<!ENTITY b SYSTEM \"{}\">]>{it}", good.canary).into()
        }),
        is("a namespace of 32 kB inside", |_, it| {
            let long = format!("<a xmlns='urn:{}'/><saml:Subject>", "x".repeat(32_000));
            changed(&it, "<saml:Subject>", &long).into()
        }),
        is("7,000 elements inside", |_, it| {
            changed(&it, "<saml:Subject>", &format!("{}<saml:Subject>", "<a/>".repeat(7_000))).into()
        }),
        is("encrypted inside", |good, it| good.encryptor.seal("EncryptedAssertion", it).into()),
        is("UTF-16 inside", |_, it| it.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        is("not UTF-8 inside", |_, it| [it.as_bytes(), &[0xff, 0xfe]].concat()),
    ]
}

fn requests() -> Vec<Row> {
    let asks = |name: &'static str, code: &'static str, xml: fn(&Good) -> String| {
        hostile("A18", name, "XML Encryption SSRF and file read", code, xml)
    };
    vec![
        asks("CipherReference by HTTP", "saml.encryption-shape", |good| referring(good, &good.canary)),
        asks("CipherReference from a file", "saml.encryption-shape", |good| referring(good, &good.trap)),
        asks("the wrapped key retrieved by HTTP", "saml.encryption-shape", |good| {
            let by = Encryptor { place: Place::Retrieved, ..good.encryptor.clone() };
            changed(&by.response(&good.signed()), "URI=\"#_key\"", &format!("URI=\"{}\"", good.canary))
        }),
        asks("a digest that is not known", "saml.key-transport", |good| {
            let by = Encryptor { digest: Some(SHA1), ..good.encryptor.clone() };
            changed(&by.response(&good.signed()), SHA1, &good.canary)
        }),
    ]
}

/// The good one with a CipherReference in place of its CipherValue.
fn referring(good: &Good, place: &str) -> String {
    let xml = good.encryptor.response(&good.signed());
    let after_key = &xml[xml.find("</xenc:EncryptedKey>").expect("a key")..];
    changed(&xml, element(after_key, "xenc:CipherValue"), &format!("<xenc:CipherReference URI=\"{place}\"/>"))
}
