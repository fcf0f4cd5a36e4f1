//! `gatehouse demo`: everything on one machine, for a first look.

use super::serve::{Hangup, serve};
use super::{fail, fail_with_mistakes, install_cryptography, log, say};
use crate::ambient::{Clock, Random};
use crate::app::{Claim, load};
use crate::config::{Peers, Secrets};
use crate::demo::authority::{self, DevelopmentCertificates};
use crate::demo::{DemoRelyingParty, DevelopmentIdp};
use crate::words::Secret;
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Gateway, embedded database, a development CA in certs/ and a development identity provider, all on loopback. The
/// identity provider's keys are new at each start; nothing but this command trusts it.
#[derive(Args)]
#[command(after_help = "Example:\n  gatehouse demo")]
pub(super) struct Demo {
    /// The gateway's port on loopback
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// The development identity provider's port on loopback
    #[arg(long, default_value_t = 8444)]
    idp_port: u16,
    /// Where certs/ and var/ are kept
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        log::to_stderr()?;
        let hangup = Hangup::await_from_now();
        install_cryptography();
        let (config, banner, clock) = self.prepare().await.map_err(fail)?;
        let loaded = load(&config, Secrets::Read, Peers::Demo, clock.now()).map_err(fail_with_mistakes)?;
        serve(loaded, clock, hangup, move || say(banner)).await
    }

    /// Starts the identity provider and writes the configuration that trusts it.
    async fn prepare(&self) -> Result<(PathBuf, String, Clock), String> {
        let (clock, random) = (Clock::system(), Random);
        let root = std::path::absolute(&self.directory).map_err(|e| e.to_string())?;
        let certificates = authority::ensure(&root.join("certs"), clock.now(), random).map_err(|e| e.to_string())?;
        let public_url = format!("https://localhost:{}", self.port);
        let idp_url = format!("http://localhost:{}", self.idp_port);
        let client_secret = random.token::<24>();
        let idp = DevelopmentIdp::new(
            &idp_url,
            DemoRelyingParty {
                sp_entity_id: format!("{public_url}/saml/metadata"),
                acs_url: format!("{public_url}/saml/acs"),
                oidc_client_id: "gatehouse".into(),
                oidc_client_secret: Secret::new(client_secret.as_bytes()),
                oidc_redirect_uri: format!("{public_url}/oidc/callback/demo-oidc"),
            },
            clock.clone(),
            random,
        );
        self.start(&idp).await?;
        let directory = root.join("var/demo");
        // What another demonstration lives on is left as it is.
        self.is_alone(&directory)?;
        let files = [
            ("gatehouse.toml", config(&public_url, self.port, &idp.issuer(), &certificates)),
            ("demo-idp.xml", idp.saml_metadata()),
            ("client-secret", client_secret),
            ("user-secret", random.token::<30>()),
        ];
        for (name, text) in &files {
            write_private(&directory, name, text).map_err(|e| format!("{}: {e}", directory.join(name).display()))?;
        }
        Ok((directory.join("gatehouse.toml"), banner(&public_url, &idp_url, &certificates, &directory), clock))
    }

    /// Whether the gateway's port and directory are nobody else's.
    fn is_alone(&self, directory: &Path) -> Result<(), String> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        std::net::TcpListener::bind(listen)
            .map_err(|e| format!("cannot listen on {listen}: {e}; give another --port"))?;
        Claim::on_file(&directory.join("gatehouse.db"))
            .map_err(|e| format!("{e}; or give another --directory"))
            .map(drop)
    }

    async fn start(&self, idp: &DevelopmentIdp) -> Result<(), String> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, self.idp_port));
        let listener = tokio::net::TcpListener::bind(listen).await;
        let listener = listener.map_err(|e| format!("cannot listen on {listen}: {e}; give another --idp-port"))?;
        let router = idp.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(())
    }
}

/// As a TOML string.
fn toml_text(path: &Path) -> String {
    toml::Value::from(path.display().to_string()).to_string()
}

/// As one word to a shell.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+,@".contains(&b));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn write_private(directory: &Path, name: &str, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::create_dir_all(directory)?;
    let path = directory.join(name);
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

fn config(public_url: &str, port: u16, issuer: &str, certificates: &DevelopmentCertificates) -> String {
    include_str!("demo.toml")
        .replace("@PUBLIC_URL@", public_url)
        .replace("@PORT@", &port.to_string())
        .replace("@ISSUER@", issuer)
        .replace("@ISSUER_NAME@", crate::oidc::issuer_without_scheme(issuer))
        .replace("@CERTIFICATE@", &toml_text(&certificates.cert_path))
        .replace("@KEY@", &toml_text(&certificates.key_path))
}

fn banner(public_url: &str, idp_url: &str, certificates: &DevelopmentCertificates, directory: &Path) -> String {
    include_str!("demo.txt")
        .replace("@PUBLIC_URL@", public_url)
        .replace("@IDP_URL@", idp_url)
        .replace("@CA@", &shell_word(&certificates.ca_pem_path))
        .replace("@DIRECTORY@", &directory.display().to_string())
}
