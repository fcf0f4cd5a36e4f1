//! An identity provider that encrypts: every algorithm, every place for the key, and the pieces to build what must not
//! open.

use crate::saml_identity::{NOW, accept, element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::saml::{DecryptionKeys, OwnKey};
use gatehouse::trace::Refusal;
use openssl::md::Md;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, Crypter, Mode, encrypt_aead};
use openssl::x509::X509;
use std::path::Path;
use std::sync::LazyLock;

pub(crate) const MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
pub(crate) const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
pub(crate) const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
pub(crate) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(crate) const MASK_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
pub(crate) const MASK_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

/// A key and its certificate as we keep them.
pub(crate) struct Ours {
    pub(crate) pem: String,
    pub(crate) key: OwnKey,
    pub(crate) certificate: X509,
}

impl Ours {
    pub(crate) fn new() -> Self {
        let pem = OwnKey::generate("https://gate.example/", NOW).expect("generated");
        let text = pem.expose_str().expect("text");
        let certificate = &text[text.find("-----BEGIN CERTIFICATE").expect("a certificate")..];
        let certificate = X509::from_pem(certificate.as_bytes()).expect("a certificate");
        Self { pem: text.to_owned(), key: OwnKey::from_pem(&pem).expect("usable"), certificate }
    }
}

/// The present key, the one before it, and one that nobody has.
pub(crate) static PRESENT: LazyLock<Ours> = LazyLock::new(Ours::new);
pub(crate) static FORMER: LazyLock<Ours> = LazyLock::new(Ours::new);
pub(crate) static NOBODYS: LazyLock<Ours> = LazyLock::new(Ours::new);
pub(crate) static KEYS: LazyLock<DecryptionKeys> =
    LazyLock::new(|| DecryptionKeys::new(&[("present", &PRESENT.key)], Some(&FORMER.key)).expect("usable"));

/// Where the EncryptedKey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Inside,
    Beside,
    /// Beside, with a RetrievalMethod that names it.
    Retrieved,
}

/// How something is encrypted, and to whom.
#[derive(Clone)]
pub(crate) struct Encryptor {
    pub(crate) to: PKey<Public>,
    /// `aes128-gcm`, …, `aes256-cbc`.
    pub(crate) data: &'static str,
    pub(crate) transport: &'static str,
    pub(crate) digest: Option<&'static str>,
    pub(crate) mask: Option<&'static str>,
    pub(crate) place: Place,
}

impl Encryptor {
    /// AES-256-GCM and RSA-OAEP as most products do it.
    pub(crate) fn to(certificate: &X509) -> Self {
        let to = certificate.public_key().expect("a key");
        Self { to, data: "aes256-gcm", transport: MGF1P, digest: None, mask: None, place: Place::Inside }
    }

    pub(crate) fn ours() -> Self {
        Self::to(&PRESENT.certificate)
    }

    /// To the encryption key of a gateway that keeps its keys in this directory.
    pub(crate) fn by_directory(keys: &Path) -> Self {
        let pem = std::fs::read_to_string(keys.join("saml-encryption.pem")).expect("a key");
        Self::to(&X509::from_pem(&pem.as_bytes()[pem.find("-----BEGIN CERT").expect("one")..]).expect("a certificate"))
    }

    /// To the encryption key that metadata publishes.
    pub(crate) fn by_metadata(xml: &str) -> Self {
        let key = &xml[xml.find("use=\"encryption\"").expect("an encryption key")..];
        let text = key.split("<ds:X509Certificate>").nth(1).and_then(|rest| rest.split('<').next()).expect("one");
        Self::to(&X509::from_der(&STANDARD.decode(text).expect("base64")).expect("a certificate"))
    }

    pub(crate) fn with(self, data: &'static str) -> Self {
        Self { data, ..self }
    }

    pub(crate) fn content_key(&self) -> Vec<u8> {
        let length = self.data[3..6].parse::<usize>().expect("a length") / 8;
        let mut key = vec![0; length];
        openssl::rand::rand_bytes(&mut key).expect("random");
        key
    }

    /// The content key, wrapped.
    pub(crate) fn wrap(&self, content_key: &[u8]) -> Vec<u8> {
        let sha256 = |name: Option<&str>| name.is_some_and(|name| name.ends_with("sha256"));
        let md = |name| if sha256(name) { Md::sha256() } else { Md::sha1() };
        let mut context = PkeyCtx::new(&self.to).expect("a context");
        context.encrypt_init().expect("ready");
        if self.transport == RSA_1_5 {
            context.set_rsa_padding(Padding::PKCS1).expect("set");
        } else {
            context.set_rsa_padding(Padding::PKCS1_OAEP).expect("set");
            context.set_rsa_oaep_md(md(self.digest)).expect("set");
            context.set_rsa_mgf1_md(md(self.mask)).expect("set");
        }
        let mut wrapped = Vec::new();
        context.encrypt_to_vec(content_key, &mut wrapped).expect("wrapped");
        wrapped
    }

    /// Vector, ciphertext and tag; or vector and blocks.
    pub(crate) fn encrypt(&self, content_key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        if self.data.ends_with("gcm") {
            let cipher = match content_key.len() {
                16 => Cipher::aes_128_gcm(),
                24 => Cipher::aes_192_gcm(),
                _ => Cipher::aes_256_gcm(),
            };
            let (vector, mut tag) = ([7; 12], [0; 16]);
            let octets = encrypt_aead(cipher, content_key, Some(&vector), &[], plaintext, &mut tag).expect("sealed");
            return [&vector[..], &octets, &tag].concat();
        }
        let padding = 16 - plaintext.len() % 16;
        // All but the last octet may be anything; that they say nothing is part of the test.
        let padded = [plaintext, &vec![0xa5; padding - 1], &[padding as u8]].concat();
        self.encrypt_blocks(content_key, &padded)
    }

    /// CBC over whole blocks, whatever they end in.
    pub(crate) fn encrypt_blocks(&self, content_key: &[u8], blocks: &[u8]) -> Vec<u8> {
        let cipher = match content_key.len() {
            16 => Cipher::aes_128_cbc(),
            24 => Cipher::aes_192_cbc(),
            _ => Cipher::aes_256_cbc(),
        };
        let vector = [7; 16];
        let mut crypter = Crypter::new(cipher, Mode::Encrypt, content_key, Some(&vector)).expect("ready");
        crypter.pad(false);
        let mut octets = vec![0; blocks.len() + 16];
        let length = crypter.update(blocks, &mut octets).expect("encrypted");
        octets.truncate(length);
        [&vector[..], &octets].concat()
    }

    /// `EncryptedAssertion` or `EncryptedID` over what is encrypted already.
    pub(crate) fn element(&self, holder: &str, octets: &[u8], wrapped: &[u8]) -> String {
        let child = |name: &str, value: Option<&str>| match value {
            Some(value) => format!("<{name} Algorithm=\"{value}\"/>"),
            None => String::new(),
        };
        let digest = child("ds:DigestMethod", self.digest);
        let mask = child("xenc11:MGF", self.mask);
        let key = format!(
            "<xenc:EncryptedKey Id=\"_key\"><xenc:EncryptionMethod Algorithm=\"{}\">{digest}{mask}</xenc:EncryptionMethod>\
             <ds:KeyInfo><ds:KeyName>ours</ds:KeyName></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{}\
             </xenc:CipherValue></xenc:CipherData><xenc:ReferenceList><xenc:DataReference URI=\"#_data\"/>\
             </xenc:ReferenceList></xenc:EncryptedKey>",
            self.transport,
            STANDARD.encode(wrapped)
        );
        let (inside, beside) = match self.place {
            Place::Inside => (format!("<ds:KeyInfo>{key}</ds:KeyInfo>"), String::new()),
            Place::Beside => (String::new(), key),
            Place::Retrieved => ("<ds:KeyInfo><ds:RetrievalMethod Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\" URI=\"#_key\"/></ds:KeyInfo>".to_owned(), key),
        };
        let version = if self.data.ends_with("gcm") { "2009/xmlenc11" } else { "2001/04/xmlenc" };
        format!(
            "<saml:{holder} xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
             xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedData Id=\"_data\" \
             Type=\"http://www.w3.org/2001/04/xmlenc#Element\"><xenc:EncryptionMethod \
             Algorithm=\"http://www.w3.org/{version}#{}\"/>{inside}<xenc:CipherData><xenc:CipherValue>{}\
             </xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{beside}</saml:{holder}>",
            self.data,
            STANDARD.encode(octets)
        )
    }

    pub(crate) fn seal(&self, holder: &str, plaintext: impl AsRef<[u8]>) -> String {
        let key = self.content_key();
        self.element(holder, &self.encrypt(&key, plaintext.as_ref()), &self.wrap(&key))
    }

    /// The response with its assertion encrypted.
    pub(crate) fn response(&self, xml: &str) -> String {
        let assertion = element(xml, "saml:Assertion");
        xml.replace(assertion, &self.seal("EncryptedAssertion", assertion))
    }

    /// A response with anything in place of the assertion.
    pub(crate) fn response_of(&self, xml: &str, plaintext: impl AsRef<[u8]>) -> String {
        xml.replace(element(xml, "saml:Assertion"), &self.seal("EncryptedAssertion", plaintext))
    }

    /// The response with the NameID of its assertion encrypted.
    pub(crate) fn name(&self, xml: &str) -> String {
        let name = element(xml, "saml:NameID");
        let own = name.replace("<saml:NameID", "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"");
        xml.replace(name, &self.seal("EncryptedID", own))
    }
}

/// The code with which the whole way ends.
#[track_caller]
pub(crate) fn refused(what: &str, xml: &str, code: &str) {
    let outcome = accept(xml).map_or_else(|error| error.code().name(), |_| "accepted");
    assert_eq!(outcome, code, "{what}");
}
