//! What a gateway is started with and keeps to its end, whatever its configuration says later.

use crate::audit::Anchor;
use crate::config::{ForwardListen, Mistake, ServerSettings, Settings, Sources};
use crate::words::sha256;

/// Each of these settings with a text that is another one when the setting is.
pub(super) struct Kept(Vec<(&'static str, String)>);

impl Kept {
    /// A setting that is not named here is taken up by whoever builds a generation.
    pub(super) fn of(settings: &Settings) -> Self {
        let Settings {
            server,
            store,
            keys_directory,
            wrapping_key,
            saml,
            console: _,
            max_body: _,
            rates: _,
            region: _,
            audit,
            trace,
        } = settings;
        let ServerSettings {
            listen,
            public_url,
            tls,
            hosts: _,
            cors_origins: _,
            trusted_proxies,
            admin_listen,
            forward,
        } = server;
        let tls = tls.as_ref().map(|files| (&files.certificate, &files.key));
        let (forward, forward_tls) = forward.as_ref().map(place).unzip();
        let wrapping_key = wrapping_key.as_ref().map(|key| sha256(key.expose()));
        Self(vec![
            ("server.listen", listen.to_string()),
            ("server.public_url", public_url.to_string()),
            ("server.tls", format!("{tls:?}")),
            ("server.trusted_proxies", format!("{trusted_proxies:?}")),
            ("server.admin_listen", format!("{admin_listen:?}")),
            ("server.forward_listen", format!("{forward:?}")),
            ("server.forward_tls", format!("{forward_tls:?}")),
            ("store.url", store.address.to_string()),
            ("keys.directory", keys_directory.display().to_string()),
            ("keys.wrapping_key", format!("{wrapping_key:?}")),
            ("saml.entity_id", saml.entity_id.clone()),
            ("audit.retention", audit.retention.to_string()),
            ("audit.anchor", audit.anchor.as_ref().map(Anchor::identity).unwrap_or_default()),
            ("audit.ship", audit.shipments.iter().map(|shipment| shipment.identity() + "\n").collect()),
            ("trace.retention", trace.retention.to_string()),
            ("trace.max_size", trace.max_size.to_string()),
        ])
    }

    /// What cannot be taken up of the settings that `new` keeps.
    pub(super) fn objections(&self, new: &Self, sources: &Sources) -> Vec<Mistake> {
        let changed = self.0.iter().zip(&new.0).filter(|(kept, new)| kept != new);
        const SENTENCE: &str = "is another than the gateway was started with, and cannot change while it runs; put it back, or restart the gateway";
        changed.map(|((key, _), _)| Mistake::new(sources.main(), *key, SENTENCE)).collect()
    }
}

/// Where proxies ask, and the files that they and we show certificates by.
fn place(listen: &ForwardListen) -> (String, String) {
    match listen {
        ForwardListen::Loopback(address) => (address.to_string(), String::new()),
        ForwardListen::Unix(path) => (format!("unix:{}", path.display()), String::new()),
        ForwardListen::Tls(address, tls) => {
            let files = [&tls.files.certificate, &tls.files.key, &tls.client_ca];
            (address.to_string(), format!("{files:?}"))
        }
    }
}
