//! The example service, which asks by `POST /decide`, and what botocore signs for it.

use crate::decide_world::{config, wear};
use crate::house::{Address, Credentials, House, free_port};
use crate::peers_start::python;
use crate::running::Running;
use crate::use_case_world::{environment, files, key};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// The built example, beside the program.
fn example() -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_gatehouse"));
    Command::new(program.parent().expect("a directory").join("examples/files"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_leaves_it_to_gatehouse_who_may() {
    let house = House::open_at(Address::loopback(), &files(), config()).await;
    let (listen, service) = (format!("127.0.0.1:{}", free_port()), key("files"));
    let mut program = example();
    program.env("LISTEN", &listen).env("GATEHOUSE", &house.public_url);
    program.env("AWS_ACCESS_KEY_ID", &service.id).env("AWS_SECRET_ACCESS_KEY", &service.secret);
    let running = Running::start(&mut program, "files are at");
    let asked = async |by: &Credentials, arguments: &[&str]| {
        let arguments = [&[listen.as_str()], arguments].concat();
        let said = python("clients/signed_for.py", &arguments, &environment(&house, by)).await;
        (said["status"].clone(), said["body"].as_str().expect("a body").to_owned())
    };
    let (owner, reader, worn) = (key("nobody"), key("reader"), wear(&house, "reader", "Reader", &[]).await);
    assert_eq!(asked(&owner, &["PUT", "/own/a", "a letter"]).await, (json!(204), String::new()));
    assert_eq!(asked(&owner, &["PUT", "/role/b", "a song"]).await.0, 204);
    assert_eq!(asked(&reader, &["GET", "/own/a"]).await, (json!(200), "a letter".into()));
    assert_eq!(asked(&reader, &["GET", "/own/a", "--presigned"]).await.0, 200);
    assert_eq!(asked(&worn, &["GET", "/role/b"]).await, (json!(200), "a song".into()));
    for (by, arguments) in
        [(&reader, &["PUT", "/own/a", "another"][..]), (&reader, &["GET", "/role/b"]), (&worn, &["GET", "/own/a"])]
    {
        let (status, message) = asked(by, arguments).await;
        assert_eq!(status, 403, "{arguments:?}: {message}");
        assert!(message.len() > 100, "with a message for whoever may have it decoded");
    }
    let stolen = Credentials { secret: "another".into(), ..reader.clone() };
    assert_eq!(asked(&stolen, &["GET", "/own/a"]).await, (json!(401), "SignatureDoesNotMatch\n".into()));
    for path in ["/own/%2e%2e/role/b", "/own//a", "/own/a%2Fb"] {
        assert_eq!(asked(&reader, &["GET", path]).await.0, 400, "{path}");
    }
    assert_eq!(asked(&reader, &["GET", "/own/a"]).await.1, "a letter", "nobody has changed it");
    house.close().await;
    assert_eq!(asked_closed(&listen, &reader).await["status"], 503, "without Gatehouse nothing is served");
    drop(running);
}

async fn asked_closed(listen: &str, by: &Credentials) -> Value {
    let environment = [("AWS_ACCESS_KEY_ID", by.id.as_str()), ("AWS_SECRET_ACCESS_KEY", by.secret.as_str())];
    python("clients/signed_for.py", &[listen, "GET", "/own/a"], &environment).await
}
