//! Our own metadata, for identity providers to import (SAML metadata §2.4.4).

use super::names::{
    AES_128_GCM, AES_192_GCM, AES_256_GCM, METADATA, POST_BINDING, PROTOCOL, REDIRECT_BINDING, RSA_OAEP,
    RSA_OAEP_MGF1P, SIGNATURE,
};
use super::service_provider::ServiceProvider;
use super::tree::escape;

/// What may come encrypted, best first: identity providers take the first that they know. CBC is not on the list,
/// though it is accepted within a signed response: nobody should be led to it.
const ENCRYPTION: [&str; 5] = [AES_256_GCM, AES_192_GCM, AES_128_GCM, RSA_OAEP_MGF1P, RSA_OAEP];

const NAME_ID_FORMATS: [&str; 4] = [
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
];

impl ServiceProvider {
    /// The elements stand in the order of the schema, and of keys for the same purpose the present one first: many take
    /// no other. There is no validUntil: a copy that somebody imported by hand should not end a sign-in years later.
    pub fn metadata(&self) -> String {
        let (signing, encryption) = (self.signing(), self.decryption.certificates());
        let signing = signing.certificates.iter().map(|it| key("signing", it, &[]));
        let keys = signing.chain(encryption.iter().map(|it| key("encryption", it, &ENCRYPTION)));
        let logout = [REDIRECT_BINDING, POST_BINDING]
            .map(|binding| format!("<md:SingleLogoutService{}/>", endpoint(binding, &self.slo_url)));
        let formats = NAME_ID_FORMATS.map(|format| format!("<md:NameIDFormat>{format}</md:NameIDFormat>"));
        let consumers = [(&self.acs_url, "index=\"0\" isDefault=\"true\""), (&self.acs_alias_url, "index=\"1\"")]
            .map(|(url, index)| format!("<md:AssertionConsumerService{} {index}/>", endpoint(POST_BINDING, url)));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor xmlns:md=\"{METADATA}\" \
             entityID=\"{}\"><md:SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" \
             protocolSupportEnumeration=\"{PROTOCOL}\">{}{}{}{}</md:SPSSODescriptor></md:EntityDescriptor>\n",
            escape(&self.entity_id),
            keys.collect::<String>(),
            logout.concat(),
            formats.concat(),
            consumers.concat(),
        )
    }
}

fn key(purpose: &str, certificate: &str, methods: &[&str]) -> String {
    let methods: String =
        methods.iter().map(|method| format!("<md:EncryptionMethod Algorithm=\"{method}\"/>")).collect();
    format!(
        "<md:KeyDescriptor use=\"{purpose}\"><ds:KeyInfo xmlns:ds=\"{SIGNATURE}\"><ds:X509Data><ds:X509Certificate>\
         {certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>"
    )
}

fn endpoint(binding: &str, url: &str) -> String {
    format!(" Binding=\"{binding}\" Location=\"{}\"", escape(url))
}
