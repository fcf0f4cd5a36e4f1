//! The development certificates: what they are good for, and when they are made anew.

use gatehouse::ambient::Random;
use gatehouse::demo::authority::{DevelopmentCertificates, ensure};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2031-01-01 00:00 UTC);

/// A directory of this test's own, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("gatehouse-authority-{}", Random.uuid()));
        std::fs::create_dir(&path).expect("the temporary directory is writable");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).output().expect("openssl runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Whether openssl, an engine that is not ours, accepts the chain for `name` (or address) at `at`.
fn accepted(files: &DevelopmentCertificates, check: &str, name: &str, at: OffsetDateTime) -> (bool, String) {
    let at = at.unix_timestamp().to_string();
    let (ca, cert) = (text(&files.ca_pem_path), text(&files.cert_path));
    openssl(&["verify", "-x509_strict", "-purpose", "sslserver", "-attime", &at, check, name, "-CAfile", ca, cert])
}

#[test]
fn the_chain_holds_for_localhost_and_loopback_for_thirty_days() {
    let directory = Directory::new();
    let files = ensure(&directory.0, NOW, Random).expect("certificates");
    for (check, name) in [("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1"), ("-verify_ip", "::1")] {
        let (ok, said) = accepted(&files, check, name, NOW);
        assert!(ok, "{name}: {said}");
    }
    let late = NOW + Duration::days(30) + Duration::minutes(1);
    let (ok, said) = accepted(&files, "-verify_hostname", "localhost", late);
    assert!(!ok && said.contains("expired"), "{said}");
}

#[test]
fn the_authority_is_bound_to_localhost() {
    let directory = Directory::new();
    let files = ensure(&directory.0, NOW, Random).expect("certificates");
    let (_, said) = openssl(&["x509", "-in", text(&files.ca_pem_path), "-noout", "-text"]);
    for wanted in ["DNS:localhost", "IP:127.0.0.0/255.0.0.0", "CA:TRUE, pathlen:0", "X509v3 Name Constraints: critical"]
    {
        assert!(said.contains(wanted), "no {wanted} in {said}");
    }
}

#[test]
fn the_key_is_its_owners_and_the_authoritys_key_is_nowhere() {
    let directory = Directory::new();
    let files = ensure(&directory.0, NOW, Random).expect("certificates");
    let mode = std::fs::metadata(&files.key_path).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let private: Vec<PathBuf> = std::fs::read_dir(&directory.0)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| std::fs::read_to_string(path).expect("text").contains("PRIVATE KEY"))
        .collect();
    assert_eq!(private, [files.key_path]);
}

#[test]
fn good_certificates_are_kept_and_old_or_incomplete_ones_renewed() {
    let directory = Directory::new();
    let read = |files: &DevelopmentCertificates| std::fs::read_to_string(&files.cert_path).expect("the certificate");
    let files = ensure(&directory.0, NOW, Random).expect("certificates");
    let first = read(&files);

    ensure(&directory.0, NOW + Duration::days(28), Random).expect("certificates");
    assert_eq!(read(&files), first, "good for two more days");

    ensure(&directory.0, NOW + Duration::days(29), Random).expect("certificates");
    let second = read(&files);
    assert_ne!(second, first, "good for one day only");

    std::fs::remove_file(&files.key_path).expect("the key is removed");
    ensure(&directory.0, NOW + Duration::days(29), Random).expect("certificates");
    assert_ne!(read(&files), second, "its key was gone");
    let (ok, said) = accepted(&files, "-verify_hostname", "localhost", NOW + Duration::days(29));
    assert!(ok, "{said}");
}
