//! Scenes for the real browser: what somebody does, and what is seen on the way. tests/browser/drive.mjs plays them.

use crate::peers_start::here;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Steps in their order. A step that waits for nothing but itself is followed by one that does.
#[derive(Default)]
pub(crate) struct Scene {
    steps: Vec<Value>,
    views: BTreeMap<String, usize>,
}

/// The page after a step that was given a name.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) text: String,
    /// Of each cookie: its name and its flags, as the browser keeps them.
    pub(crate) cookies: Vec<Value>,
    /// What the page's content security policy forbade.
    pub(crate) violations: Vec<Value>,
}

impl View {
    /// The JSON that the page shows.
    pub(crate) fn json(&self) -> Value {
        let (from, to) = self.text.find('{').zip(self.text.rfind('}')).unwrap_or_else(|| panic!("no JSON in {self:?}"));
        serde_json::from_str(&self.text[from..=to]).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The flags of the one cookie whose name begins so: (secure, httpOnly, sameSite, path).
    pub(crate) fn cookie(&self, begins: &str) -> (bool, bool, &str, &str) {
        let found: Vec<&Value> = self
            .cookies
            .iter()
            .filter(|cookie| cookie["name"].as_str().is_some_and(|name| name.starts_with(begins)))
            .collect();
        let [cookie] = found.as_slice() else { panic!("one cookie {begins}… in {:?}", self.cookies) };
        let text = |name: &str| cookie[name].as_str().unwrap_or_default();
        (cookie["secure"] == true, cookie["httpOnly"] == true, text("sameSite"), text("path"))
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn step(mut self, step: Value) -> Self {
        self.steps.push(step);
        self
    }

    pub(crate) fn goto(self, url: &str) -> Self {
        self.step(json!({ "do": "goto", "url": url }))
    }

    /// The field that a screen reader calls so.
    pub(crate) fn fill(self, label: &str, value: &str) -> Self {
        self.step(json!({ "do": "fill", "label": label, "value": value }))
    }

    /// Fills in SimpleSAMLphp's login and sends it.
    pub(crate) fn saml_login(self, person: &str) -> Self {
        self.saml_form(person).click("#submit_button")
    }

    /// The same, not sent yet.
    pub(crate) fn saml_form(self, person: &str) -> Self {
        self.step(json!({ "do": "fill", "name": "username", "value": person }))
            .step(json!({ "do": "fill", "name": "password", "value": format!("{person}pass") }))
    }

    /// LemonLDAP::NG's login.
    pub(crate) fn lemon_login(self, person: &str) -> Self {
        self.step(json!({ "do": "fill", "name": "user", "value": person }))
            .step(json!({ "do": "fill", "name": "password", "value": person }))
            .submit()
    }

    /// oidc-provider's login, then its consent.
    pub(crate) fn oidc_login(self, person: &str) -> Self {
        self.step(json!({ "do": "fill", "name": "login", "value": person }))
            .step(json!({ "do": "fill", "name": "password", "value": "any" }))
            .submit()
            .expect("Authorize")
            .submit()
    }

    pub(crate) fn click(self, selector: &str) -> Self {
        self.step(json!({ "do": "click", "selector": selector }))
    }

    /// By what a screen reader calls it.
    pub(crate) fn press(self, role: &str, name: &str) -> Self {
        self.step(json!({ "do": "click", "role": role, "text": name }))
    }

    pub(crate) fn submit(self) -> Self {
        self.step(json!({ "do": "submit" }))
    }

    /// Presses the button of the form that is sent there.
    pub(crate) fn submit_to(self, path: &str) -> Self {
        self.step(json!({ "do": "submit", "selector": format!("form[action$='{path}']") }))
    }

    pub(crate) fn wait_for(self, prefix: &str) -> Self {
        self.step(json!({ "do": "waitForURL", "prefix": prefix }))
    }

    pub(crate) fn wait_for_frame(self, prefix: &str) -> Self {
        self.step(json!({ "do": "waitForFrame", "prefix": prefix }))
    }

    pub(crate) fn expect(self, text: &str) -> Self {
        self.step(json!({ "do": "expectText", "text": text }))
    }

    pub(crate) fn heading(self, text: &str) -> Self {
        self.step(json!({ "do": "expectText", "text": text, "selector": "h1" }))
    }

    pub(crate) fn cookies(self, url: &str) -> Self {
        self.step(json!({ "do": "readCookies", "url": url }))
    }

    pub(crate) fn forget(self, host: &str) -> Self {
        self.step(json!({ "do": "clearCookies", "host": host }))
    }

    pub(crate) fn forget_all(self) -> Self {
        self.step(json!({ "do": "clearCookies" }))
    }

    pub(crate) fn without_scripts(self) -> Self {
        self.step(json!({ "do": "setJavaScriptEnabled", "enabled": false }))
    }

    pub(crate) fn violations(self) -> Self {
        self.step(json!({ "do": "violations" }))
    }

    /// By Tab alone, to what a screen reader calls so.
    pub(crate) fn tab_to(self, name: &str) -> Self {
        self.step(json!({ "do": "tabTo", "text": name }))
    }

    pub(crate) fn key(self, keys: &str) -> Self {
        self.step(json!({ "do": "key", "keys": keys }))
    }

    /// Where the focus is.
    pub(crate) fn type_in(self, text: &str) -> Self {
        self.step(json!({ "do": "type", "text": text }))
    }

    /// axe-core finds nothing: light and dark, in a window and on a phone, where nothing is wider than the screen.
    pub(crate) fn judge(self) -> Self {
        let judged = |scene: Self, colors: &str| {
            scene.step(json!({ "do": "scheme", "colors": colors })).step(json!({ "do": "judge" }))
        };
        let scene =
            judged(judged(self, "dark"), "light").step(json!({ "do": "viewport", "width": 360, "height": 740 }));
        judged(scene, "light").step(json!({ "do": "viewport", "width": 1000, "height": 700 }))
    }

    pub(crate) fn screenshot(self, path: &Path) -> Self {
        self.step(json!({ "do": "screenshot", "path": path }))
    }

    /// Keeps what is seen after the last step under a name.
    pub(crate) fn view(mut self, name: &str) -> Self {
        let former = self.views.insert(name.to_owned(), self.steps.len() - 1);
        assert_eq!(former, None, "two views are called {name}");
        self
    }

    /// Plays all steps in a new Chromium; panics at the first that does not hold.
    pub(crate) async fn play(self) -> BTreeMap<String, View> {
        here("node_modules/playwright-core");
        let hosts = json!({ "gate.test": "127.0.0.1", "localhost": "127.0.0.1" });
        let scenario = json!({ "hosts": hosts, "steps": self.steps }).to_string();
        let mut command = tokio::process::Command::new("node");
        command.arg(here("browser/drive.mjs")).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("node starts");
        let mut stdin = child.stdin.take().expect("its input");
        stdin.write_all(scenario.as_bytes()).await.expect("it reads");
        drop(stdin);
        let ended = tokio::time::timeout(Duration::from_secs(120), child.wait_with_output()).await;
        let output = ended.expect("the scene ends within two minutes").expect("an end");
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let last = lines.last().cloned().unwrap_or_default();
        let intended = self.steps.get(lines.len().saturating_sub(1)).cloned().unwrap_or_default();
        assert!(output.status.success(), "the browser could not {intended}:\n{last:#}\n{errors}");
        self.views.into_iter().map(|(name, step)| (name, view(&lines[step]))).collect()
    }
}

fn view(line: &Value) -> View {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| line[name].as_array().cloned().unwrap_or_default();
    let status = line["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    View { url: text("url"), status, text: text("text"), cookies: list("cookies"), violations: list("violations") }
}
