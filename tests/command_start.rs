//! `gatehouse serve` that does not begin, and says why.

use crate::command_serve::Place;
use crate::house::free_port;
use crate::running::{Running, ended, gatehouse};
use crate::saml_identity::{EC, RSA};

/// Each would write its chain as if nobody else did.
#[test]
fn a_file_is_one_gateways() {
    let place = Place::new();
    let running = place.serve();
    let other = free_port();
    let text = std::fs::read_to_string(place.directory.path().join("gatehouse.toml")).expect("the file");
    let text = text.replace(&place.port.to_string(), &other.to_string());
    let file = place.directory.write("other.toml", &text);
    let second = || ended(gatehouse().arg("serve").arg("--config").arg(&file).env("GATEHOUSE_LOG", "error"));
    let (code, out, err) = second();
    let path = place.directory.path().join("gatehouse.db");
    let said = format!(
        "gatehouse: another gateway has {} open; stop it first, or let several share a database on PostgreSQL (store.url)\n",
        path.display()
    );
    assert_eq!((code, out.as_str(), err), (Some(1), "", said.clone()));
    // Under another name it is the same file.
    let link = place.directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    place.directory.write("other.toml", text.replace("gatehouse.db", "link.db"));
    let (code, out, err) = second();
    let of_link = said.replace(&path.display().to_string(), &link.display().to_string());
    assert_eq!((code, out.as_str(), err), (Some(1), "", of_link));
    place.directory.write("other.toml", text);
    running.kill();
    let running = Running::start(gatehouse().arg("serve").arg("--config").arg(&file), "serving address=");
    running.stop();
}

#[test]
fn what_prevents_a_start_is_one_sentence() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", place.port)).expect("the port is free");
    let refused = || {
        let (code, out, err) = ended(place.command().env("GATEHOUSE_LOG", "error"));
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        err
    };
    assert_eq!(
        refused(),
        format!("gatehouse: cannot listen on 127.0.0.1:{}: Address already in use (os error 98)\n", place.port)
    );
    drop(taken);

    let key = place.directory.path().join("keys/session.key");
    let whole = std::fs::read(&key).expect("a key");
    std::fs::write(&key, "").expect("written");
    let damaged = format!(
        "gatehouse: the key \"{}\" does not have the form it should have; restore it from a backup\n",
        key.display()
    );
    assert_eq!(refused(), damaged);
    std::fs::remove_file(&key).expect("removed");
    let missing = "gatehouse: the key \"session.key\" is on the ring, but not here; give the keys directory that all nodes \
                   have, or restore it from a backup\n";
    assert_eq!(refused(), missing);
    std::fs::write(&key, whole).expect("written");

    let lock = place.directory.path().join("gatehouse.db.lock");
    std::fs::remove_file(&lock).expect("it was taken before");
    std::fs::create_dir(&lock).expect("in its place");
    let barred = format!(
        "gatehouse: the lock file {} cannot be taken: Is a directory (os error 21); let the gateway's user write there, on a \
         disk that knows file locks\n",
        lock.display()
    );
    assert_eq!(refused(), barred);
    std::fs::remove_dir(&lock).expect("removed");

    let text = std::fs::read_to_string(place.directory.path().join("gatehouse.toml")).expect("the file");
    let tls = text.replace("[store]", "tls = { certificate = \"other.pem\", key = \"server.key\" }\n[store]");
    place.directory.write("gatehouse.toml", tls);
    // Each is right in itself, but they are not of one another.
    place.directory.write("other.pem", &RSA.certificate_pem);
    place.directory.write("server.key", EC.key_pem.expose());
    let err = refused();
    assert!(err.contains("server.tls: the key is not that of the certificate; ") && err.lines().count() == 2, "{err}");

    place.directory.write("gatehouse.toml", text.replace("sqlite:gatehouse.db", "sqlite:idp.xml"));
    let err = refused();
    assert!(err.starts_with("gatehouse: the database ") && err.lines().count() == 1, "{err}");
}
