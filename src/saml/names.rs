//! The namespaces and algorithm identifiers that the service provider knows. What is not here is refused.

pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const SIGNATURE_11: &str = "http://www.w3.org/2009/xmldsig11#";
pub(super) const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
pub(super) const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

pub(super) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
pub(super) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
pub(super) const POST_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
pub(super) const REDIRECT_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
pub(super) const UNSPECIFIED_FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(super) const EXCLUSIVE_WITH_COMMENTS: &str = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const RSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384";
pub(super) const RSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
pub(super) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
pub(super) const ECDSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
pub(super) const ECDSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512";
pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
pub(super) const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

pub(super) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

pub(super) const AES_128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
pub(super) const AES_192_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes192-gcm";
pub(super) const AES_256_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
pub(super) const AES_128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
pub(super) const AES_192_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes192-cbc";
pub(super) const AES_256_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
pub(super) const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
pub(super) const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
pub(super) const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
pub(super) const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
pub(super) const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
pub(super) const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

/// Exclusive canonicalisation only (SAML core §5.4.3). The form with comments is the same here: a document with
/// comments is refused before.
pub(super) const CANONICALISATIONS: &[&str] = &[EXCLUSIVE, EXCLUSIVE_WITH_COMMENTS];
pub(super) const SHA1_METHODS: &[&str] = &[
    SHA1,
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
];
pub(super) const RSA_METHODS: &[&str] = &[RSA_SHA256, RSA_SHA384, RSA_SHA512];
pub(super) const ECDSA_METHODS: &[&str] = &[ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512];
