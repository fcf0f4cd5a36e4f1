//! A gateway whose configuration is changed while it runs.

use crate::front::{WORLD, files};
use crate::front_signed::{assume, user};
use crate::house::{Address, Answer, Directory, House, free_port, store};
use crate::saml_identity::{NOW, changed};
use gatehouse::ambient::Clock;
use std::sync::Arc;
use std::time::Duration;

/// The clock stands still: what is counted by the second would never be worked off.
pub(crate) const UNLIMITED: &str =
    "\n[limits]\nrate_per_source = 1000000\nrate_per_principal = 1000000\nfailures_per_source = 1000000\n";

/// Another role that everybody of the account may assume who may assume anything.
pub(crate) const NEW: &str = "arn:aws:iam::111122223333:role/New";

pub(crate) fn new_role() -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole"}]}"#;
    format!("\n[[role]]\narn = \"{NEW}\"\ntrust = {{ json = '{trust}' }}\n")
}

const OPS_POLICY: &str = "\"Resource\":\"arn:aws:iam::111122223333:role/Admin\"";

/// `ops` may assume whatever trusts them.
pub(crate) fn world() -> String {
    changed(WORLD, OPS_POLICY, "\"Resource\":\"*\"") + UNLIMITED
}

pub(crate) async fn open() -> Reloading {
    Reloading::open_as(&files(), &world()).await
}

pub(crate) async fn may_be_new(it: &Reloading) -> bool {
    assume(&it.house, &user(), NEW, &[]).await.status == 200
}

pub(crate) struct Reloading {
    pub(crate) house: House,
    admin: String,
    /// `[server]` to `[keys]`.
    head: String,
}

impl Reloading {
    pub(crate) async fn open_as(files: &[(&str, String)], world: &str) -> Self {
        let (directory, admin) = (Arc::new(Directory::new()), format!("127.0.0.1:{}", free_port()));
        for (name, text) in files {
            directory.write(name, text);
        }
        let Address { port, public_url, .. } = Address::loopback();
        let store = store(&directory);
        let head = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\nadmin_listen = \"{admin}\"\n\n[store]\n{store}\n[keys]\ndirectory = \"keys\"\n"
        );
        directory.write("gatehouse.toml", format!("{head}{world}"));
        let house = House::serve(directory, Clock::held(NOW), public_url).await;
        let reloading = Self { house, admin, head };
        reloading.generation(1).await;
        reloading
    }

    /// The same files, as a gateway finds them that starts now.
    pub(crate) async fn restart(self) -> Self {
        let (directory, clock, public_url) = self.house.close().await;
        Self { house: House::serve(directory, clock, public_url).await, ..self }
    }

    /// Puts a file in the place of another, as a careful writer does.
    pub(crate) fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let written = self.house.directory.write(&format!("{name}.new"), text);
        std::fs::rename(written, self.house.directory.path().join(name)).expect("in its place");
    }

    /// Another configuration at the same address.
    pub(crate) fn configure(&self, world: &str) {
        self.configure_at(&self.head, world);
    }

    pub(crate) fn configure_at(&self, head: &str, world: &str) {
        self.put("gatehouse.toml", format!("{head}{world}"));
    }

    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    /// Asks for it, as SIGHUP does, and waits until it is in force.
    pub(crate) async fn take_up(&self, generation: u32) {
        self.house.reload.ask();
        self.generation(generation).await;
    }

    /// Waits until the configuration in force is this one since the start.
    pub(crate) async fn generation(&self, generation: u32) {
        self.shows(&format!("gatehouse_configuration_generation {generation}")).await;
    }

    /// Waits until so many have been refused.
    pub(crate) async fn refused(&self, times: u32) {
        self.shows(&format!("gatehouse_configuration_failures_total {times}")).await;
    }

    pub(crate) async fn metrics(&self) -> String {
        let request = self.house.client.get(format!("http://{}/metrics", self.admin));
        Answer::of(request.send().await.expect("an answer")).await.body
    }

    pub(crate) async fn has(&self, line: &str) -> bool {
        self.metrics().await.lines().any(|shown| shown == line)
    }

    pub(crate) async fn shows(&self, line: &str) {
        let shown = async {
            while !self.has(line).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(60), shown).await.is_err() {
            panic!("no {line} in\n{}", self.metrics().await);
        }
    }
}
