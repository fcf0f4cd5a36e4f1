//! GetCallerIdentity; the floor does the five HMACs of Signature Version 4, the secret's own state made once.

use super::{ACCOUNT, serve};
use crate::served::signed::{Credentials, first_key, signature, signed};
use crate::served::{Server, free_port, head};
use std::path::Path;
use std::process::Command;

const ID: &str = "AKIAEXAMPLEBENCH0001";
const SECRET: &str = "an example of a secret key, forty letters";

/// The user's own.
pub(crate) fn own() -> Credentials {
    Credentials { id: ID.to_owned(), secret: SECRET.to_owned(), token: None }
}

/// Asks who it is.
pub(crate) fn ask(who: &Credentials, port: u16, action: &str) -> Vec<u8> {
    signed(who, port, &format!("Action={action}&Version=2011-06-15"))
}

pub(crate) fn gatehouse(directory: &Path) -> Server {
    let port = free_port();
    let config = directory.join("gatehouse.toml");
    let secret = directory.join("secret");
    std::fs::write(&secret, SECRET).expect("written");
    let head = head(port);
    let text = format!(
        r#"
{head}
{ACCOUNT}
[[user]]
arn = "arn:aws:iam::111122223333:user/bench"
access_keys = [{{ id = "{ID}", secret = {{ file = "secret" }} }}]
"#
    );
    std::fs::write(&config, text).expect("written");
    Server::gatehouse(&config, port)
}

pub(crate) fn bare_server(length: usize) -> Server {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    Server::start(command.args(["bare", "hmacs"]).args([port, length as u16].map(|n| n.to_string())), port)
}

/// The floor: `PORT LENGTH`.
pub(super) fn bare(arguments: &[String]) {
    let first = first_key(SECRET);
    // As long as one is.
    let text = format!("AWS4-HMAC-SHA256\n20261129T000000Z\n20261129/us-east-1/sts/aws4_request\n{}", "0".repeat(64));
    serve(&arguments[0], &arguments[1], move |_| _ = std::hint::black_box(signature(&first, "20261129", &text)));
}
