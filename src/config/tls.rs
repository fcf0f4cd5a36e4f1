//! The files that TLS is served with, tried as the doors will try them: what would keep one of them shut is a mistake.
//!
//! They are of the machine that serves. Where a configuration is only reviewed, without its secrets, they need not be there.

use super::Section;
use super::settings::{MutualTls, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{Error, RootCertStore, ServerConfig};

/// `server.tls`.
pub(super) fn tls(section: Section<'_>) -> Option<TlsFiles> {
    let files = files(&section);
    section.finish();
    files
}

/// `server.forward_tls`: the same, and the authority of those who may come.
pub(super) fn mutual(section: Section<'_>) -> Option<MutualTls> {
    let files = files(&section);
    let client_ca = section.required_string("client_ca").map(|path| section.resolve(&path));
    if client_ca.is_some() && section.reading.with_secrets {
        try_authorities(&section);
    }
    section.finish();
    Some(MutualTls { files: files?, client_ca: client_ca? })
}

fn files(section: &Section<'_>) -> Option<TlsFiles> {
    let files = section.required_string("certificate").zip(section.required_string("key"));
    if files.is_some() && section.reading.with_secrets {
        try_files(section);
    }
    files.map(|(c, k)| TlsFiles { certificate: section.resolve(&c), key: section.resolve(&k) })
}

const LARGEST: u64 = 1024 * 1024;

fn try_files(section: &Section<'_>) {
    let key = section.file_text("key", LARGEST).and_then(|pem| {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
        key.map_err(|_| section.mistake("key", "holds no private key in PEM")).ok()
    });
    let Some((certificates, key)) = certificates(section, "certificate").zip(key) else { return };
    match ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key) {
        Ok(_) => {}
        Err(Error::InconsistentKeys(_)) => {
            section.mistake("", "the key is not that of the certificate; give the two that belong together")
        }
        Err(Error::InvalidCertificate(_)) => {
            section.mistake("certificate", "begins with what is PEM and no certificate; give the server's own first")
        }
        Err(_) => section.mistake("key", "cannot be used; give RSA of 2048 bits or more, ECDSA or Ed25519"),
    }
}

fn try_authorities(section: &Section<'_>) {
    let Some(certificates) = certificates(section, "client_ca") else { return };
    let mut authorities = RootCertStore::empty();
    let all = certificates.into_iter().all(|certificate| authorities.add(certificate).is_ok());
    if !all || WebPkiClientVerifier::builder(authorities.into()).build().is_err() {
        section.mistake("client_ca", "holds what is PEM and no certificate; give those of authorities alone");
    }
}

fn certificates(section: &Section<'_>, key: &'static str) -> Option<Vec<CertificateDer<'static>>> {
    let pem = section.file_text(key, LARGEST)?;
    let all = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().ok();
    let all = all.filter(|all| !all.is_empty());
    if all.is_none() {
        section.mistake(key, "holds no certificate in PEM, or one that is damaged");
    }
    all
}
