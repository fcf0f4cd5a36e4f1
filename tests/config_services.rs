//! What can be wrong with a `[[service]]` and with the place where proxies ask, each told at its key.

use crate::config_world::{BASE, World};
use crate::saml_identity::EC384;
use gatehouse::config::{Peers, Secrets};
use std::os::unix::fs::PermissionsExt;

const LISTEN: &str = "[server]\nforward_listen = \"127.0.0.1:9444\"";
const MTLS: &str = "forward_tls = { certificate = \"server.pem\", key = \"server.key\", client_ca = \"server.pem\" }";
const SERVICE: &str = r#"
[[service]]
name = "files"
account = "111122223333"
host = "files.example.com"
proxy = "nginx"

[[service.map]]
method = "GET"
path = "/files/{bucket}/{key...}"
action = "s3:GetObject"
resource = "arn:aws:s3:::{bucket}/{key}"
"#;

fn whole(listen: &str, service: &str) -> String {
    BASE.replace("[server]", listen) + service
}

#[test]
fn every_slip_of_a_service_is_named() {
    let world = World::new();
    assert_eq!(world.mistakes(&whole(LISTEN, SERVICE)), Vec::<String>::new());
    let (files, map) = ("service \"files\"", "service \"files\".map \"/files/{bucket}/{key...}\"");
    let path = "path = \"/files/{bucket}/{key...}\"";
    let mapped = |path: &str| format!("service \"files\".map \"{path}\"");
    let resource = "resource = \"arn:aws:s3:::{bucket}/{key}\"";
    let rows: Vec<(&str, &str, String, &str)> = vec![
        ("name = \"files\"", "name = \"my files\"", "service \"my files\".name".into(), "has 1 to 64 letters"),
        ("account = \"111122223333\"\nhost", "host", format!("{files}.account"), "is missing"),
        (
            "111122223333\"\nhost",
            "999988887777\"\nhost",
            format!("{files}.account"),
            "there is no [[account]] 999988887777",
        ),
        ("files.example.com", "Files.example.com", format!("{files}.host"), "must be what clients sign"),
        ("files.example.com", "files.example.com:443", format!("{files}.host"), "must be what clients sign"),
        ("proxy = \"nginx\"", "", format!("{files}.proxy"), "is missing"),
        ("\"nginx\"", "\"apache\"", format!("{files}.proxy"), "must be one of \"nginx\", \"envoy\""),
        (
            "proxy =",
            "payload = \"unsigned\"\nproxy =",
            format!("{files}.payload"),
            "must be one of \"none\", \"hashed-by-proxy\"",
        ),
        ("proxy =", "prxy = 1\nproxy =", format!("{files}.prxy"), "did you mean \"proxy\"?"),
        ("action =", "scheme = 1\naction =", format!("{map}.scheme"), "is not a key of this table"),
        ("\"GET\"", "\"get\"", format!("{map}.method"), "is not a method in capitals"),
        ("\"s3:GetObject\"", "\"s3:Get*\"", format!("{map}.action"), "is not one action"),
        ("\"s3:GetObject\"", "\"GetObject\"", format!("{map}.action"), "is not one action"),
        (path, "path = \"files/{key...}\"", format!("{}.path", mapped("files/{key...}")), "must begin with a slash"),
        (path, "path = \"/files//{key...}\"", format!("{}.path", mapped("/files//{key...}")), "is in no plain path"),
        (path, "path = \"/../{key...}\"", format!("{}.path", mapped("/../{key...}")), "is in no plain path"),
        (path, "path = \"/a%20b/{key...}\"", format!("{}.path", mapped("/a%20b/{key...}")), "is in no plain path"),
        (
            path,
            "path = \"/x{bucket}/{key...}\"",
            format!("{}.path", mapped("/x{bucket}/{key...}")),
            "is in no plain path",
        ),
        (path, "path = \"/{Bucket}/{key...}\"", format!("{}.path", mapped("/{Bucket}/{key...}")), "in small letters"),
        (
            path,
            "path = \"/{bucket...}/{key}\"",
            format!("{}.path", mapped("/{bucket...}/{key}")),
            "has something after",
        ),
        (
            path,
            "path = \"/{bucket}/{key...}/\"",
            format!("{}.path", mapped("/{bucket}/{key...}/")),
            "ends with a slash",
        ),
        (path, "path = \"/{key}/{key}\"", format!("{}.path", mapped("/{key}/{key}")), "names {key} twice"),
        (resource, "resource = \"{bucket}/{key}\"", format!("{map}.resource"), "is not an ARN with variables after"),
        (
            resource,
            "resource = \"arn:aws:{bucket}:::{key}\"",
            format!("{map}.resource"),
            "is not an ARN with variables after",
        ),
        (
            resource,
            "resource = \"arn:aws:s3:::{bucket}/*\"",
            format!("{map}.resource"),
            "is not an ARN with variables after",
        ),
        (
            resource,
            "resource = \"arn:aws:s3:::{other}\"",
            format!("{map}.resource"),
            "names {other}, which is not in the path",
        ),
        (resource, "resource = \"arn:aws:s3:::{bucket\"", format!("{map}.resource"), "has a brace that is not closed"),
        (resource, "resource = \"arn:aws:s3:::bucket}\"", format!("{map}.resource"), "has a brace that was not opened"),
        (resource, "resource = \"arn:aws:s3:::{bucket}-{key}\"", format!("{map}.resource"), "could not be told apart"),
        (resource, "resource = \"arn:aws:s3:::{key}/{bucket}\"", format!("{map}.resource"), "could not be told apart"),
        (
            resource,
            "resource = \"arn:aws:sqs:eu-west-1:444455556666:{key}\"",
            format!("{map}.resource"),
            "is of the account 444455556666",
        ),
    ];
    for (from, to, place, piece) in rows {
        let told = world.mistakes(&whole(LISTEN, &SERVICE.replacen(from, to, 1)));
        let prefix = format!("gatehouse.toml: {place}: ");
        let named = told.iter().any(|sentence| sentence.starts_with(&prefix) && sentence.contains(piece));
        assert!(named, "{to}: {piece} at {place} in {told:#?}");
    }
    let (head, _) = SERVICE.split_once("\n[[service.map]]").expect("a map");
    for (service, place, piece) in [
        (head.to_owned(), "service \"files\".map", "is missing"),
        (format!("{head}map = []\n"), "service \"files\".map", "covers no request"),
        (SERVICE.repeat(2), "service \"files\".name", "files occurs twice"),
    ] {
        let told = world.mistakes(&whole(LISTEN, &service));
        let prefix = format!("gatehouse.toml: {place}: ");
        assert!(told.iter().any(|sentence| sentence.starts_with(&prefix) && sentence.contains(piece)), "{told:#?}");
    }
}

#[test]
fn no_two_routes_cover_one_request() {
    let world = World::new();
    let with = |method: &str, path: &str| {
        format!(
            "{SERVICE}\n[[service.map]]\nmethod = \"{method}\"\npath = \"{path}\"\naction = \"s3:ListBucket\"\nresource = \"*\"\n"
        )
    };
    for (method, path, meets) in [
        ("GET", "/files/{bucket}/{key...}", true),
        ("GET", "/files/a/b", true),
        ("GET", "/files/{other}/b/c", true),
        ("GET", "/{any...}", true),
        ("GET", "/{any}/{other}/{third}", true),
        ("GET", "/files/a", false),
        ("GET", "/files/{bucket}/", false),
        ("GET", "/files/a/b/", false),
        ("GET", "/{any}", false),
        ("GET", "/", false),
        ("GET", "/other/{bucket}/{key...}", false),
        ("PUT", "/files/{bucket}/{key...}", false),
    ] {
        let told = world.mistakes(&whole(LISTEN, &with(method, path)));
        let sentence = format!("a request may be both {method} {path} and GET /files/{{bucket}}/{{key...}}");
        assert_eq!(told.len(), usize::from(meets), "{method} {path}: {told:#?}");
        assert!(told.iter().all(|told| told.contains(&sentence)), "{told:#?}");
    }
}

#[test]
fn proxies_ask_where_nobody_else_reaches() {
    let world = World::new();
    let server = |keys: &str| format!("[server]\n{keys}");
    let told = |listen: &str, service: &str| world.mistakes(&whole(listen, service));
    let socket = world.0.path().join("sockets");
    std::fs::create_dir(&socket).expect("a directory");
    let at = format!("forward_listen = \"unix:{}/forward.sock\"", socket.display());
    let mode = |mode: u32| std::fs::set_permissions(&socket, PermissionsExt::from_mode(mode)).expect("changed");
    mode(0o750);
    let anywhere = "forward_listen = \"0.0.0.0:9444\"";
    for good in [
        at.clone(),
        "forward_listen = \"[::1]:9444\"".into(),
        format!("{anywhere}\n{MTLS}"),
        format!("forward_listen = \"127.0.0.1:9444\"\n{MTLS}"),
    ] {
        assert_eq!(told(&server(&good), SERVICE), Vec::<String>::new(), "{good}");
    }
    let absent = "forward_listen = \"unix:/dev/null/sockets/forward.sock\"";
    let rows = [
        (
            anywhere.to_owned(),
            "server.forward_listen",
            "0.0.0.0:9444 is reached from other machines, and who asks there is believed",
        ),
        (
            "forward_listen = \"10.0.0.7:9444\"".into(),
            "server.forward_listen",
            "give forward_tls = { certificate, key, client_ca }",
        ),
        ("forward_listen = \"files\"".into(), "server.forward_listen", "\"files\" is not an address and a port"),
        ("forward_listen = \"127.0.0.1:8443\"".into(), "server.forward_listen", "is where something else is answered"),
        ("forward_listen = \"unix:forward.sock\"".into(), "server.forward_listen", "a socket has an absolute path"),
        (absent.into(), "server.forward_listen", "/dev/null/sockets cannot be read"),
        (format!("{at}\n{MTLS}"), "server.forward_tls", "has no use on a unix socket"),
        (
            format!("{anywhere}\n{}", MTLS.replace(", client_ca = \"server.pem\"", "")),
            "server.forward_tls.client_ca",
            "is missing",
        ),
        (
            format!("{anywhere}\n{}", MTLS.replace("client_ca = \"server.pem\"", "client_ca = \"server.key\"")),
            "server.forward_tls.client_ca",
            "holds no certificate in PEM",
        ),
        (
            format!("{anywhere}\n{}", MTLS.replace("key = \"server.key\"", "key = \"server.pem\"")),
            "server.forward_tls.key",
            "holds no private key in PEM",
        ),
        (MTLS.to_owned(), "server.forward_tls", "is about server.forward_listen, which is missing"),
    ];
    for (keys, place, piece) in rows {
        let told = told(&server(&keys), SERVICE);
        let prefix = format!("gatehouse.toml: {place}: ");
        assert!(
            told.iter().any(|sentence| sentence.starts_with(&prefix) && sentence.contains(piece)),
            "{piece} in {told:#?}"
        );
    }
    for open in [0o751, 0o755, 0o770, 0o777] {
        mode(open);
        let told = told(&server(&at), SERVICE);
        assert!(told.len() == 1 && told[0].contains("must be closed to others"), "{open:o}: {told:#?}");
    }
    let reviewed = world.load(&whole(&server(absent), SERVICE), Secrets::LeaveShut, Peers::Real);
    assert!(reviewed.is_ok(), "the directory is of the machine that serves");
    let alone = told("[server]", SERVICE);
    assert!(
        alone.len() == 1 && alone[0].contains("service: is asked for nowhere: server.forward_listen is missing"),
        "{alone:#?}"
    );
    let idle = told(LISTEN, "");
    assert!(
        idle.len() == 1 && idle[0].contains("server.forward_listen: there is no [[service]] to ask for"),
        "{idle:#?}"
    );
}

/// What `serve` could not serve with, `check` does not call good. Each row is one file that is another.
#[test]
fn tls_that_would_keep_a_door_shut_is_named() {
    let world = World::new();
    let pem = |label: &str| format!("-----BEGIN {label}-----\nbm90IERFUg==\n-----END {label}-----\n");
    let small = openssl::rsa::Rsa::generate(1024).and_then(openssl::pkey::PKey::from_rsa).expect("generated");
    for (name, text) in [
        ("other.key", EC384.key_pem.expose_str().expect("PEM").to_owned()),
        ("small.key", String::from_utf8(small.private_key_to_pem_pkcs8().expect("PEM")).expect("UTF-8")),
        ("rubbish.key", pem("PRIVATE KEY")),
        ("rubbish.pem", pem("CERTIFICATE")),
        ("damaged.pem", format!("{}-----BEGIN CERTIFICATE-----\n", EC384.certificate_pem)),
    ] {
        world.0.write(name, text);
    }
    let (certificate, key, authority) =
        ("certificate = \"server.pem\"", "key = \"server.key\"", "client_ca = \"server.pem\"");
    let pair = format!("{certificate}, {key}");
    let tls = format!("[server]\ntls = {{ {pair} }}");
    let mutual = format!("[server]\nforward_listen = \"0.0.0.0:9444\"\nforward_tls = {{ {pair}, {authority} }}");
    let strength = "give RSA of 2048 bits or more";
    for (text, service, place) in [(tls, "", "server.tls"), (mutual, SERVICE, "server.forward_tls")] {
        assert_eq!(world.mistakes(&whole(&text, service)), Vec::<String>::new());
        for (from, to, at, piece) in [
            (key, "key = \"other.key\"", "", "the key is not that of the certificate"),
            (key, "key = \"small.key\"", ".key", strength),
            (key, "key = \"rubbish.key\"", ".key", strength),
            (certificate, "certificate = \"rubbish.pem\"", ".certificate", "PEM and no certificate"),
            (certificate, "certificate = \"damaged.pem\"", ".certificate", "one that is damaged"),
            (authority, "client_ca = \"rubbish.pem\"", ".client_ca", "PEM and no certificate"),
            (authority, "client_ca = \"damaged.pem\"", ".client_ca", "one that is damaged"),
        ] {
            if !text.contains(from) {
                continue;
            }
            let told = world.mistakes(&whole(&text.replacen(from, to, 1), service));
            let start = format!("gatehouse.toml: {place}{at}: ");
            assert!(matches!(&told[..], [only] if only.starts_with(&start) && only.contains(piece)), "{to}: {told:#?}");
        }
    }
}
