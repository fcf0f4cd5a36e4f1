//! What every handler may use.

use super::configuration::ConfigurationState;
use super::cookies::Cookies;
use super::cors::Cors;
use super::guard::Guard;
use super::health::Probe;
use super::sender::Approach;
use crate::console::Console;
use crate::signin::SignIn;
use crate::sts::Sts;
use std::sync::Arc;
use url::Url;

/// The services behind the gate, and the few facts about the gate itself.
pub struct House {
    pub sts: Arc<Sts>,
    pub console: Arc<Console>,
    pub sign_in: SignIn,
    pub public_url: Url,
    pub max_body: usize,
    pub approach: Approach,
    pub(super) cookies: Cookies,
    pub(super) guard: Guard,
    pub(super) cors: Cors,
    pub(super) probe: Probe,
    pub(super) configuration: ConfigurationState,
}

impl House {
    pub fn new(sign_in: SignIn, hosts: &[String], destinations: &[Url], max_body: usize, approach: Approach) -> Self {
        let public_url = sign_in.public_url.clone();
        Self {
            sts: sign_in.sts.clone(),
            console: sign_in.console.clone(),
            cookies: Cookies::new(public_url.scheme() == "https"),
            guard: Guard::new(&public_url, hosts, destinations),
            cors: Cors::default(),
            probe: Probe::default(),
            configuration: ConfigurationState::default(),
            sign_in,
            public_url,
            max_body,
            approach,
        }
    }

    /// The same for pages of these origins as well, which may call the API by script.
    pub fn shared_with(self, origins: &[String]) -> Self {
        Self { cors: Cors::new(origins), ..self }
    }

    /// The same, where those who look after the configuration are told of one that did not hold.
    pub fn telling(self, configuration: ConfigurationState) -> Self {
        Self { configuration, ..self }
    }
}
