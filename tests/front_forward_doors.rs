//! The places where proxies ask: a socket of their group, and TLS for those who have a certificate.

use crate::forward_world::{Client, NO_BODY, exchange, exchange_on, open_at, service};
use crate::house::{Directory, House, free_port};
use crate::running::mode;
use crate::use_case_world::key;
use gatehouse::ambient::Random;
use gatehouse::app::App;
use gatehouse::config::{Peers, Secrets, load};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

fn request(house: &House) -> Vec<u8> {
    Client::signed(house, &key("reader"), "/own/a").by_nginx("files", NO_BODY)
}

#[tokio::test]
async fn a_socket_is_for_its_group() {
    let directory = Directory::new();
    let sockets = directory.path().join("sockets");
    std::fs::create_dir(&sockets).expect("a directory");
    std::fs::set_permissions(&sockets, PermissionsExt::from_mode(0o750)).expect("closed");
    let path = sockets.join("forward.sock");
    let listen = format!("forward_listen = \"unix:{}\"\n", path.display());
    // What a killed process has left.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let house = open_at(directory, &listen, &service("files", "nginx", "")).await;
    assert_eq!(mode(&path), 0o660);
    let stream = tokio::net::UnixStream::connect(&path).await.expect("open");
    assert_eq!(exchange_on(stream, &request(&house)).await.status, 200);
    // Where somebody answers, nobody else takes the place.
    assert!(second(&house).await.contains("proxies cannot be answered at unix:"));
    let stream = tokio::net::UnixStream::connect(&path).await.expect("still open");
    assert_eq!(exchange_on(stream, &request(&house)).await.status, 200);
    let (directory, clock, url) = house.close().await;
    assert!(!path.exists(), "it is taken away");
    // What is no socket stays.
    std::fs::write(&path, "a letter").expect("written");
    let house = House { ..second_house(directory, clock, url) };
    assert!(second(&house).await.contains("proxies cannot be answered at unix:"));
    assert!(!std::fs::metadata(&path).expect("there").file_type().is_socket());
}
