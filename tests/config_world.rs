//! A configuration with a little of everything, and the files that it names.

use crate::house::{Directory, idp_metadata};
use crate::{oidc_issuer, saml_identity};
use gatehouse::app::load;
use gatehouse::config::{Loaded, Mistake, Peers, Secrets};
use std::path::PathBuf;
use std::process::{Command, Output};

pub(crate) const BASE: &str = r#"
[server]
listen = "127.0.0.1:8443"
public_url = "https://gate.example"

[store]
url = "sqlite:gatehouse.db"

[keys]
directory = "keys"

[sts]

[saml]

[console]

[limits]

[audit]

[trace]

[outbound]

[[account]]
id = "111122223333"
alias = "production"

[[policy]]
arn = "arn:aws:iam::111122223333:policy/ReadOnly"
document = { file = "policies/read-only.json" }

[[provider]]
name = "corp"
account = "111122223333"
kind = "saml"
metadata = { file = "idp.xml" }

[[provider.rule]]
when = 'claims.department == "ops"'
roles = ["arn:aws:iam::111122223333:role/Admin"]

[[provider]]
name = "issuer"
account = "111122223333"
kind = "oidc"
issuer = "https://issuer.example"
client_ids = ["web"]
jwks = { file = "keys.json" }
login = { client_id = "web", client_secret = { file = "ops-secret" } }

[[role]]
arn = "arn:aws:iam::111122223333:role/Admin"
policies = [{ arn = "arn:aws:iam::111122223333:policy/ReadOnly" }]
trust = { json = '''
{"Version": "2012-10-17", "Statement": [
  {"Sid": "People", "Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
   "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}}]}
''' }

[[user]]
arn = "arn:aws:iam::111122223333:user/ops"
access_keys = [{ id = "AKIAEXAMPLE000000001", secret = { file = "ops-secret" } }]
"#;

pub(crate) struct World(pub(crate) Directory);

impl World {
    pub(crate) fn new() -> Self {
        let world = Self(Directory::new());
        let certificate = saml_identity::EC.certificate.as_slice();
        let metadata = |entity: &str, keys: &[&[u8]]| idp_metadata(entity, "https://idp.example/sso", keys);
        let mut secret = oidc_issuer::RSA.jwk.clone();
        secret["d"] = "c2VjcmV0".into();
        let read_only =
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}"#;
        for (name, text) in [
            ("idp.xml", metadata(saml_identity::IDP, &[certificate])),
            ("keyless.xml", metadata(saml_identity::IDP, &[])),
            ("demo-idp.xml", metadata("http://localhost:8444/gatehouse-demo/saml/metadata", &[certificate])),
            ("keys.json", serde_json::json!({ "keys": [oidc_issuer::EC.jwk] }).to_string()),
            ("twice.json", r#"{"groups": ["admins"], "groups": ["staff"]}"#.to_owned()),
            ("no-keys.json", r#"{"keys": []}"#.to_owned()),
            ("private.json", serde_json::json!({ "keys": [oidc_issuer::EC.jwk, secret] }).to_string()),
            ("policies/read-only.json", read_only.to_owned()),
            ("ops-secret", "0123456789abcdefghijklmnopqrstuvwxyz".to_owned()),
            ("short", "hush".to_owned()),
            ("empty", "\n".to_owned()),
            ("totp", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n".to_owned()),
            ("short-totp", "JBSWY3DP".to_owned()),
            ("spaced-totp", "JBSW Y3DP EHPK 3PXP".to_owned()),
            ("proxy", "http://proxy.example:3128".to_owned()),
            ("server.pem", saml_identity::EC.certificate_pem.clone()),
            ("server.key", saml_identity::EC.key_pem.expose_str().expect("PEM").to_owned()),
        ] {
            world.0.write(name, text);
        }
        world
    }

    pub(crate) fn load(&self, text: &str, secrets: Secrets, peers: Peers) -> Result<Loaded, Vec<Mistake>> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        load(&self.write(text), secrets, peers, saml_identity::NOW)
    }

    /// What is said, without the directory.
    pub(crate) fn mistakes(&self, text: &str) -> Vec<String> {
        self.told(self.load(text, Secrets::Read, Peers::Real))
    }

    pub(crate) fn told(&self, loaded: Result<Loaded, Vec<Mistake>>) -> Vec<String> {
        let here = format!("{}/", self.0.path().display());
        loaded.err().unwrap_or_default().iter().map(|mistake| mistake.to_string().replace(&here, "")).collect()
    }

    pub(crate) fn write(&self, text: &str) -> PathBuf {
        self.0.write("gatehouse.toml", text)
    }

    /// `gatehouse check` on this text.
    pub(crate) fn check(&self, text: &str, options: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        command.arg("check").arg("--config").arg(self.write(text)).args(options);
        command.output().expect("it runs")
    }
}

pub(crate) const ADMIN: &str = "role \"arn:aws:iam::111122223333:role/Admin\"";
pub(crate) const OPS: &str = "user \"arn:aws:iam::111122223333:user/ops\"";
pub(crate) const NOT_HERE: &str = "this build does not act on it; remove it, or use a build that does";
pub(crate) const GIVES_ADMIN: &str = "roles = [\"arn:aws:iam::111122223333:role/Admin\"]";
pub(crate) const WHEN: &str = "when = 'claims.department == \"ops\"'";
pub(crate) const METADATA: &str = "metadata = { file = \"idp.xml\" }";
pub(crate) const PUBLIC: &str = "public_url = \"https://gate.example\"";

/// What is replaced in [`BASE`] by what, the key that is named, and a piece of what is said about it.
pub(crate) type Slip<'a> = (&'a str, &'a str, &'a str, &'a str);

pub(crate) fn each_is_named(slips: &[Slip<'_>]) {
    let world = World::new();
    assert_eq!(world.mistakes(BASE), Vec::<String>::new());
    let mut wrong = Vec::new();
    for (from, to, key, piece) in slips {
        assert!(BASE.contains(from), "nothing to change: {from}");
        let mistakes = world.mistakes(&BASE.replacen(from, to, 1));
        let [only] = mistakes.as_slice() else {
            wrong.push(format!("{from} → {to}\n  one mistake was made, these are named: {mistakes:#?}"));
            continue;
        };
        let here = if key.is_empty() { "gatehouse.toml: ".to_owned() } else { format!("gatehouse.toml: {key}: ") };
        if !only.starts_with(&here) || !only.contains(piece) || only.contains('\n') {
            wrong.push(format!("{from} → {to}\n  wanted {key}: …{piece}…\n  got    {only}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Each slip adds a line after the piece of the base.
pub(crate) fn each_addition_is_named(slips: &[Slip<'_>]) {
    let changed: Vec<String> = slips.iter().map(|(after, line, ..)| format!("{after}\n{line}")).collect();
    let slips = slips.iter().zip(&changed);
    each_is_named(&slips.map(|((after, _, key, piece), to)| (*after, to.as_str(), *key, *piece)).collect::<Vec<_>>());
}
