//! `[store]`: where the records are kept.

use super::Section;
use super::settings::StoreSettings;
use crate::store::{Address, Server};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;

pub(super) fn settings(root: &Section<'_>) -> Option<StoreSettings> {
    root.required("store");
    let section = root.section("store")?;
    let url = section.required_string("url");
    let address = url.and_then(|url| match url.strip_prefix("sqlite:") {
        Some(path) => {
            for key in ["password", "ca"] {
                if section.has(key) {
                    section.mistake(key, "is for a database server, and this is a file; remove it");
                }
            }
            Some(Address::File(section.resolve(path)))
        }
        None => server(&section, &url).map(|server| Address::Server(Arc::new(server))),
    });
    section.finish();
    Some(StoreSettings { address: address? })
}

fn server(section: &Section<'_>, url: &str) -> Option<Server> {
    let (password, authorities) = (section.secret("password"), authorities(section));
    let server = Server::parse(url).map_err(|error| section.mistake("url", error.to_string())).ok()?;
    if section.has("ca") && !server.is_over_tls() {
        section.mistake(
            "ca",
            "is for TLS, and this server is spoken to in plain text; say sslmode=verify-full in the url",
        );
    }
    let server = match password {
        Some(password) => server.with_password(password),
        None => server,
    };
    Some(match authorities {
        Some(authorities) => server.with_authorities(authorities),
        None => server,
    })
}

/// Whom the server's certificate is held against, if not the system's.
fn authorities(section: &Section<'_>) -> Option<RootCertStore> {
    let source = section.section("ca")?;
    source.required("file");
    let pem = source.file_text("file", 1024 * 1024);
    source.finish();
    let mut roots = RootCertStore::empty();
    let all = CertificateDer::pem_slice_iter(pem?.as_bytes()).all(|der| der.is_ok_and(|der| roots.add(der).is_ok()));
    if !all || roots.is_empty() {
        section.mistake("ca", "must hold the certificates of authorities in PEM, and nothing else");
        return None;
    }
    Some(roots)
}
