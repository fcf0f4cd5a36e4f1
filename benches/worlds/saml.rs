//! AssumeRoleWithSAML with a response of 10 kB; the floor does one RSA-2048 verification and SHA-256 of the body.

use super::{ACCOUNT, serve};
use crate::saml_identity::{ACS, AUDIENCE, IDP, REQUEST, RSA, changed, response, sign};
use crate::served::{Server, free_port, head, request};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use gatehouse::words::iso;
use std::path::Path;
use std::process::Command;
use time::Duration;

const ROLE: &str = "arn:aws:iam::111122223333:role/Admin";
const KILOBYTES: usize = 10;

/// A gateway whose second engine is `"off"` or `"enforce"`.
pub(crate) fn gatehouse(directory: &Path, second_engine: &str) -> Server {
    let port = free_port();
    let directory = directory.join(second_engine);
    std::fs::create_dir_all(&directory).expect("a directory");
    let config = directory.join("gatehouse.toml");
    let engine = format!("[saml]\nsecond_engine = \"{second_engine}\"\n");
    std::fs::write(&config, [&head(port), &engine, ACCOUNT, &configured(&directory)].concat()).expect("written");
    Server::gatehouse(&config, port)
}

/// The provider and its role; its metadata lies in this directory then.
pub(crate) fn configured(directory: &Path) -> String {
    std::fs::write(directory.join("idp.xml"), metadata()).expect("written");
    format!(
        r#"
[[provider]]
name = "corp"
account = "111122223333"
kind = "saml"
metadata = {{ file = "idp.xml" }}
idp_initiated = true
[[role]]
arn = "{ROLE}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"}},"Action":"sts:AssumeRoleWithSAML","Condition":{{"StringEquals":{{"SAML:iss":"{IDP}"}}}}}}]}}' }}
"#
    )
}

fn metadata() -> String {
    let key = STANDARD.encode(&RSA.certificate);
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{IDP}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{key}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

/// So many requests, each with an assertion of its own, good for an hour: an assertion is good once for each role.
pub(crate) fn requests(port: u16, many: usize) -> Vec<Vec<u8>> {
    let template = template(port);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let make = |worker: usize| (worker..many).step_by(workers).map(|n| posted(port, &template, n)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let made: Vec<_> = (0..workers).map(|worker| scope.spawn(move || make(worker))).collect();
        made.into_iter().flat_map(|made| made.join().expect("signed")).collect()
    })
}

/// A request of now, with the assertion of this number.
pub(crate) fn fresh(port: u16, number: usize) -> Vec<u8> {
    posted(port, &template(port), number)
}

fn posted(port: u16, template: &str, number: usize) -> Vec<u8> {
    let id = format!("_assertion-{port}-{number}");
    let field = STANDARD.encode(sign(&changed(template, "_assertion", &id), &id, &RSA));
    let field = field.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let form = format!(
        "Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn={}&PrincipalArn={}&SAMLAssertion={field}",
        ROLE.replace(':', "%3A").replace('/', "%2F"),
        "arn%3Aaws%3Aiam%3A%3A111122223333%3Asaml-provider%2Fcorp",
    );
    request("POST", "/", port, &form)
}

/// Unsigned, of now, and as large as it is to be.
fn template(port: u16) -> String {
    let now = Clock::system().now();
    let mut xml = changed(&response(), ACS, &format!("http://127.0.0.1:{port}/saml/acs"));
    xml = changed(&xml, AUDIENCE, &format!("http://127.0.0.1:{port}/saml/metadata"));
    xml = changed(&xml, &format!(r#" InResponseTo="{REQUEST}""#), "");
    for (then, minutes) in
        [("11:58:00", -2), ("11:58:30", -2), ("11:59:00", -1), ("12:04:00", 60), ("12:05:00", 60), ("20:00:00", 480)]
    {
        xml = changed(&xml, &format!("2031-01-01T{then}Z"), &iso(now + Duration::minutes(minutes)));
    }
    let name = r#"<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue>alice@example.com</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups">"#;
    xml = changed(&xml, r#"<saml:Attribute Name="groups">"#, name);
    let missing = (KILOBYTES * 1_000).saturating_sub(sign(&xml, "_assertion", &RSA).len());
    let group = "<saml:AttributeValue>cn=department,ou=groups,dc=example,dc=com</saml:AttributeValue>";
    let groups = group.repeat(missing / group.len());
    changed(&xml, "<saml:AttributeValue>staff", &format!("{groups}<saml:AttributeValue>staff"))
}

pub(crate) fn bare_server(length: usize) -> Server {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    Server::start(command.args(["bare", "response"]).args([port, length as u16].map(|n| n.to_string())), port)
}

/// The floor: `PORT LENGTH`.
pub(super) fn bare(arguments: &[String]) {
    let message = b"as long as what is signed does not matter: it is hashed beside".to_vec();
    let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key");
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    pair.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, &message, &mut signature).expect("signed");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref().to_vec());
    let key = key.parse().expect("a key");
    serve(&arguments[0], &arguments[1], move |body| {
        std::hint::black_box(digest(&SHA256, body));
        assert!(key.verify_sig(&message, &signature).is_ok());
    });
}
