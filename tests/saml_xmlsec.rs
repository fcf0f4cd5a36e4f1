//! Signatures made by xmlsec1, an implementation that shares nothing with ours.

use crate::house::Directory;
use crate::saml_identity::*;
use std::process::Command;

const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Signs the assertion by `method`; the program fills the template in.
fn signed_by_xmlsec(by: &Identity, method: &str) -> String {
    let directory = Directory::new();
    let template = format!(
        r##"</saml:Issuer><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><SignatureMethod Algorithm="{method}"/><Reference URI="#_assertion"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></Transforms><DigestMethod Algorithm="{DIGEST}"/><DigestValue/></Reference></SignedInfo><SignatureValue/></Signature><saml:Subject>"##
    );
    let key = directory.write("key.pem", by.key_pem.expose());
    let document = directory.write("in.xml", changed(&response(), "</saml:Issuer><saml:Subject>", &template));
    let out = directory.path().join("out.xml");
    let ids = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion";
    let mut xmlsec = Command::new("xmlsec1");
    xmlsec.args(["--sign", "--id-attr:ID", ids, "--privkey-pem"]).arg(key).arg("--output").arg(&out).arg(document);
    let done = xmlsec.output().expect("xmlsec1 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read_to_string(out).expect("signed")
}

#[test]
fn every_pair_of_key_and_digest_is_accepted() {
    for (key, family) in [(&*RSA, "rsa"), (&*EC, "ecdsa"), (&*EC384, "ecdsa")] {
        for digest in ["sha256", "sha384", "sha512"] {
            let method = format!("http://www.w3.org/2001/04/xmldsig-more#{family}-{digest}");
            let signed = signed_by_xmlsec(key, &method);
            authenticate(&signed, &[key.key()]).unwrap_or_else(|e| panic!("{:?} {digest}: {e}", key.key().family()));
            let forged = changed(&signed, ">ops<", ">admins<");
            assert!(authenticate(&forged, &[key.key()]).is_err(), "{:?} {digest}", key.key().family());
        }
    }
}
