//! SIGHUP, and what an operator hears of it.

use crate::house::{Directory, free_port, store};
use crate::reload_world::{NEW, new_role};
use crate::running::{Running, element, gatehouse, shell};
use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

const USER: (&str, &str) = crate::front::USER;

struct Place {
    directory: Directory,
    port: u16,
    /// The lines of `[store]`.
    store: String,
}

impl Place {
    fn new() -> Self {
        let directory = Directory::new();
        let store = store(&directory);
        let place = Self { directory, port: free_port(), store };
        place.directory.write("secret", USER.1);
        place.configure("");
        place
    }

    fn configure(&self, more: &str) {
        self.configure_at(self.port, more);
    }

    fn configure_at(&self, port: u16, more: &str) {
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{}"
[store]
{}
[keys]
directory = "keys"
[[account]]
id = "111122223333"
[[user]]
arn = "arn:aws:iam::111122223333:user/ops"
access_keys = [{{ id = "{}", secret = {{ file = "secret" }} }}]
policies = [{{ name = "any", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}]}}' }}]
{more}"#,
            self.port, self.store, USER.0
        );
        let written = self.directory.write("gatehouse.toml.new", text);
        std::fs::rename(written, self.directory.path().join("gatehouse.toml")).expect("in its place");
    }

    fn command(&self) -> Command {
        let mut command = gatehouse();
        command.arg("serve").arg("--config").arg(self.directory.path().join("gatehouse.toml"));
        command
    }

    fn serve(&self) -> Running {
        Running::start(&mut self.command(), "serving address=")
    }

    fn assume(&self) -> String {
        shell(&format!(
            "curl -sS --aws-sigv4 aws:amz:us-east-1:sts --user '{}:{}' -d 'Action=AssumeRole&Version=2011-06-15&RoleArn={NEW}&RoleSessionName=worker' http://127.0.0.1:{}/",
            USER.0, USER.1, self.port
        ))
    }
}

#[test]
fn a_signal_takes_up_what_is_right_and_tells_what_is_wrong() {
    let place = Place::new();
    let running = place.serve();
    assert_eq!(element(&place.assume(), "Code"), "AccessDenied");
    place.configure(&new_role());
    running.hang_up();
    running.hang_up();
    running.wait_for("the configuration is in force generation=2");
    assert_eq!(element(&place.assume(), "Arn"), "arn:aws:sts::111122223333:assumed-role/New/worker");

    // Each mistake with its file and key.
    let wrong = new_role().replace("trust", "trusts") + "\n[console]\nbreak_glas = true\n";
    place.configure(&wrong);
    running.hang_up();
    running.wait_for("the configuration was not taken up; the former stays in force");
    let said = running.said();
    let file = place.directory.path().join("gatehouse.toml");
    for piece in [
        format!("{}: console.break_glas: is not a key of this table; did you mean \"break_glass\"?", file.display()),
        format!("{}: role \"{NEW}\".trusts: is not a key of this table", file.display()),
    ] {
        assert!(said.contains(&piece), "{piece} was not said in\n{said}");
    }
    assert_eq!(element(&place.assume(), "Arn"), "arn:aws:sts::111122223333:assumed-role/New/worker");

    place.configure_at(free_port(), "");
    running.hang_up();
    running.wait_for("server.listen: is another than the gateway was started with, and cannot change while it runs");
    running.wait_for("the configuration was not taken up; the former stays in force");
    assert_eq!(element(&place.assume(), "Arn"), "arn:aws:sts::111122223333:assumed-role/New/worker");

    // Nobody need say that it has been mended.
    place.configure("");
    running.wait_for("the configuration is in force generation=");
    assert_eq!(element(&place.assume(), "Code"), "AccessDenied");
    running.stop();
}

#[test]
fn what_was_never_known_does_not_stay_in_force() {
    let place = Place::new();
    let running = place.serve();
    let nobody = format!("http://127.0.0.1:{}/", free_port());
    place.configure(&format!(
        "[[provider]]\nname = \"corp\"\naccount = \"111122223333\"\nkind = \"saml\"\nmetadata = {{ url = \"{nobody}\" }}\nallowed_networks = [\"127.0.0.1\"]\n"
    ));
    running.hang_up();
    running.wait_for("the identity provider's metadata could not be fetched; until it is, nobody comes in by it");
}

/// Whoever has changed a file does not know how far the gateway has come.
#[test]
fn a_signal_before_the_gateway_serves_is_heard_when_it_does() {
    let place = Place::new();
    let secret = place.directory.path().join("secret");
    std::fs::remove_file(&secret).expect("removed");
    shell(&format!("mkfifo {}", secret.display()));
    let running = Running::begin(&mut place.command());
    // It is opened once somebody reads it: the gateway waits here for its secret.
    let mut pipe = OpenOptions::new().write(true).open(&secret).expect("a pipe");
    running.hang_up();
    std::fs::rename(place.directory.write("secret.new", USER.1), &secret).expect("in its place");
    pipe.write_all(USER.1.as_bytes()).expect("written");
    drop(pipe);
    running.wait_for("the configuration is in force generation=2");
    running.stop();
}
