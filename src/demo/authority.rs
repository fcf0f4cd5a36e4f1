//! The development authority: a certificate that makes `https://localhost` real for as long as one tries things out.
//!
//! The authority may speak for localhost and loopback addresses alone (name constraints, RFC 5280 §4.2.1.10) and its
//! private key is dropped as soon as it has signed the one server certificate. So whoever comes to trust it and
//! forgets about it has trusted nothing that anybody could use elsewhere.

use crate::ambient::Random;
use crate::words::{iso, parse_xs_date_time};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
};
use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};

/// Where the three files are.
#[derive(Debug, Clone)]
pub struct DevelopmentCertificates {
    /// For `AWS_CA_BUNDLE` and browsers.
    pub ca_pem_path: PathBuf,
    pub cert_path: PathBuf,
    /// Readable by its owner alone.
    pub key_path: PathBuf,
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("cannot make development certificates: {0}")]
    Make(#[from] rcgen::Error),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

const LIFETIME: Duration = Duration::days(30);
const RENEWED_BEFORE: Duration = Duration::days(1);
/// Stands in front of the server certificate: text before the first boundary is a PEM file's to use (RFC 7468 §2).
const UNTIL: &str = "Gatehouse development certificate, valid until ";

/// Makes `demo-ca.pem`, `demo.pem` and `demo.key` in `dir`, or keeps those that are good for another day.
pub fn ensure(dir: &Path, now: OffsetDateTime, random: Random) -> Result<DevelopmentCertificates, AuthorityError> {
    let files = DevelopmentCertificates {
        ca_pem_path: dir.join("demo-ca.pem"),
        cert_path: dir.join("demo.pem"),
        key_path: dir.join("demo.key"),
    };
    if !still_good(&files, now) {
        make(&files, dir, now, random)?;
    }
    Ok(files)
}

/// The certificate is removed first and written last: where there is one, its key and its authority belong to it.
fn make(
    files: &DevelopmentCertificates,
    dir: &Path,
    now: OffsetDateTime,
    random: Random,
) -> Result<(), AuthorityError> {
    let authority = CertifiedIssuer::self_signed(authority_params(now), KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = server_params(now)?.signed_by(&key, &authority)?;
    fs::create_dir_all(dir).map_err(|source| AuthorityError::Write { path: dir.to_owned(), source })?;
    match fs::remove_file(&files.cert_path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(AuthorityError::Write { path: files.cert_path.clone(), source });
        }
        _ => {}
    }
    let until = iso(now + LIFETIME);
    write(&files.key_path, &key.serialize_pem(), 0o600, random)?;
    write(&files.ca_pem_path, &authority.pem(), 0o644, random)?;
    write(&files.cert_path, &format!("{UNTIL}{until}\n{}", certificate.pem()), 0o644, random)
}

fn still_good(files: &DevelopmentCertificates, now: OffsetDateTime) -> bool {
    let until = fs::read_to_string(&files.cert_path).ok().and_then(|pem| {
        let (first, _) = pem.split_once('\n')?;
        parse_xs_date_time(first.strip_prefix(UNTIL)?)
    });
    until.is_some_and(|until| now + RENEWED_BEFORE < until && now + LIFETIME >= until)
        && files.key_path.is_file()
        && files.ca_pem_path.is_file()
}

fn authority_params(now: OffsetDateTime) -> CertificateParams {
    let mut params = dated(now, "Gatehouse development CA (localhost only)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv4Addr::new(127, 0, 0, 0).into(), 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv6Addr::LOCALHOST.into(), 128)),
        ],
        excluded_subtrees: Vec::new(),
    });
    params
}

fn server_params(now: OffsetDateTime) -> Result<CertificateParams, rcgen::Error> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = dated(now, "Gatehouse development server");
    params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// An hour of grace at the beginning, for clocks that are slow.
fn dated(now: OffsetDateTime, name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - Duration::hours(1);
    params.not_after = now + LIFETIME;
    params
}

/// Appears whole under its name, with its mode from the first byte on.
fn write(path: &Path, text: &str, mode: u32, random: Random) -> Result<(), AuthorityError> {
    let unfinished = path.with_extension(format!("{}.new", random.token::<8>()));
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    })();
    written.map_err(|source| {
        let _ = fs::remove_file(&unfinished); // may not exist; the first error is the one to tell
        AuthorityError::Write { path: path.to_owned(), source }
    })
}
