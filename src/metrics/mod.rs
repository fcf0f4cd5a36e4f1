//! What is counted for operators, in Prometheus' text format. One [`Metrics`] for the whole process, handed around.
//!
//! Labels are bounded: codes and outcomes are enums of ours, providers and their keys are those of the configuration.
//! Nothing that a sender chose becomes a label.

mod second_opinion;

pub use second_opinion::SecondOpinion;

use crate::trace::Code;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use time::OffsetDateTime;

/// The `Content-Type` of [`Metrics::text`].
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Counters and gauges.
pub struct Metrics {
    registry: Registry,
    refusals: Family<[(&'static str, &'static str); 1], Counter>,
    responses_verified: Counter,
    passwords_compared: Counter,
    rule_failures: Family<[(&'static str, String); 2], Counter>,
    second_opinions: Family<[(&'static str, &'static str); 1], Counter>,
    second_engine_restarts: Counter,
    certificates: Family<[(&'static str, String); 2], Gauge>,
    own_certificates: Family<[(&'static str, String); 2], Gauge>,
    metadata: Family<[(&'static str, String); 1], Gauge>,
    metadata_refusals: Family<[(&'static str, String); 2], Counter>,
    configuration_since: Gauge,
    configuration_generation: Gauge,
    configuration_is_refused: Gauge,
    configuration_refusals: Counter,
    anchored: Gauge,
    anchor_failures: Counter,
    shipment_failures: Family<[(&'static str, String); 1], Counter>,
    /// The fingerprints that stand in `certificates`, by provider: those of keys that are gone must go as well.
    shown: Mutex<HashMap<String, Vec<String>>>,
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("gatehouse");
        let it = &mut registry;
        let metrics = Self {
            // In this order they are told.
            refusals: told(it, "refusals", "Refused requests, by the code of the reason"),
            responses_verified: told(
                it,
                "saml_responses_verified",
                "SAML responses that were verified and meant for us",
            ),
            passwords_compared: told(
                it,
                "passwords_compared",
                "Passwords that were compared, or would have been if there were such a user",
            ),
            rule_failures: told(
                it,
                "rule_failures",
                "Rules that could not be evaluated for somebody's claims and gave nothing, by provider and rule",
            ),
            certificates: told(
                it,
                "saml_certificate_end_timestamp_seconds",
                "When the signing certificate of an identity provider ends, in seconds since 1970",
            ),
            own_certificates: told(
                it,
                "saml_own_certificate_end_timestamp_seconds",
                "When a certificate of our own ends, in seconds since 1970",
            ),
            metadata_refusals: told(
                it,
                "saml_metadata_refusals",
                "Attempts at renewing an identity provider's metadata that left the former in force, by code",
            ),
            metadata: told(
                it,
                "saml_metadata_timestamp_seconds",
                "When the metadata in force was read or fetched, in seconds since 1970",
            ),
            anchored: told(
                it,
                "audit_anchor_timestamp_seconds",
                "Until when it is laid down outside how far the book has come, in seconds since 1970",
            ),
            anchor_failures: told(
                it,
                "audit_anchor_failures",
                "Attempts at laying down outside how far the book has come that failed",
            ),
            shipment_failures: told(
                it,
                "audit_shipment_failures",
                "Deliveries of audit records that were not taken, by where they were to go",
            ),
            second_opinions: told(
                it,
                "second_engine_documents",
                "Authenticated documents that the second SAML engine was asked about, by what it said",
            ),
            second_engine_restarts: told(
                it,
                "second_engine_restarts",
                "Processes of the second SAML engine that ended or had to be ended",
            ),
            configuration_since: told(
                it,
                "configuration_last_success_timestamp_seconds",
                "When the configuration in force was taken up, in seconds since 1970",
            ),
            configuration_generation: told(
                it,
                "configuration_generation",
                "How many configurations have been in force since the start",
            ),
            configuration_is_refused: told(
                it,
                "configuration_refused",
                "1 while the files hold another configuration than the one in force, because it was refused",
            ),
            configuration_refusals: told(
                it,
                "configuration_failures",
                "Attempts at taking up another configuration that left the former in force",
            ),
            shown: Mutex::default(),
            registry,
        };
        for opinion in SecondOpinion::ALL {
            // An alarm on a rise needs the zero before it.
            drop(metrics.second_opinions.get_or_create(&opinion.labels()));
        }
        metrics
    }

    /// Counts a request that was refused.
    pub fn refused(&self, code: Code) {
        self.refusals.get_or_create(&[("code", code.name())]).inc();
    }

    /// Counts a SAML response that was believed.
    pub fn response_verified(&self) {
        self.responses_verified.inc();
    }

    /// Counts an attempt to sign in with a password, of whomever.
    pub fn password_compared(&self) {
        self.passwords_compared.inc();
    }

    /// Counts a rule that failed for somebody. `rule` is its place among the provider's, as in `rule[0]`.
    pub fn rule_failed(&self, provider: &str, rule: &str) {
        self.rule_failures.get_or_create(&[("provider", provider.to_owned()), ("rule", rule.to_owned())]).inc();
    }

    /// Counts what the second engine said.
    pub fn second_opinion(&self, opinion: SecondOpinion) {
        self.second_opinions.get_or_create(&opinion.labels()).inc();
    }

    /// Counts a process of the second engine that is gone.
    pub fn second_engine_restarted(&self) {
        self.second_engine_restarts.inc();
    }

    /// Counts an attempt at renewing a provider's metadata that brought nothing that can be used.
    pub fn metadata_refused(&self, provider: &str, code: Code) {
        self.metadata_refusals
            .get_or_create(&[("provider", provider.to_owned()), ("code", code.name().to_owned())])
            .inc();
    }

    /// Shows until when the book is laid down outside, in seconds since 1970.
    pub fn anchored(&self, at: i64) {
        self.anchored.set(at);
    }

    /// Counts an attempt at laying down outside how far the book has come.
    pub fn anchor_failed(&self) {
        self.anchor_failures.inc();
    }

    /// Counts a delivery of audit records that was not taken.
    pub fn shipment_failed(&self, target: &str) {
        self.shipment_failures.get_or_create(&[("target", target.to_owned())]).inc();
    }

    /// Shows when a certificate of our own ends.
    pub fn own_certificate(&self, purpose: &'static str, fingerprint: &str, end: OffsetDateTime) {
        let labels = [("purpose", purpose.to_owned()), ("fingerprint", fingerprint.to_owned())];
        self.own_certificates.get_or_create(&labels).set(end.unix_timestamp());
    }

    /// Shows an identity provider's metadata: since when it is in force, and its certificates by fingerprint with their
    /// ends. They take the place of those that were shown for `provider` before.
    pub fn identity_provider(&self, provider: &str, since: OffsetDateTime, certificates: &[(String, OffsetDateTime)]) {
        let labels = |fingerprint: &String| [("provider", provider.to_owned()), ("fingerprint", fingerprint.clone())];
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let fingerprints = certificates.iter().map(|(fingerprint, _)| fingerprint.clone()).collect();
        for former in shown.insert(provider.to_owned(), fingerprints).unwrap_or_default() {
            self.certificates.remove(&labels(&former));
        }
        for (fingerprint, end) in certificates {
            self.certificates.get_or_create(&labels(fingerprint)).set(end.unix_timestamp());
        }
        self.metadata.get_or_create(&[("provider", provider.to_owned())]).set(since.unix_timestamp());
    }

    /// Shows of these providers alone what is in force; the others are gone.
    pub fn only_identity_providers(&self, providers: &HashSet<String>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|provider, fingerprints| {
            let stays = providers.contains(provider);
            if !stays {
                self.metadata.remove(&[("provider", provider.clone())]);
                for fingerprint in fingerprints {
                    self.certificates.remove(&[("provider", provider.clone()), ("fingerprint", fingerprint.clone())]);
                }
            }
            stays
        });
    }

    /// Shows that a configuration has come into force.
    pub fn configuration_in_force(&self, generation: i64, since: OffsetDateTime) {
        self.configuration_generation.set(generation);
        self.configuration_since.set(since.unix_timestamp());
        self.configuration_is_refused.set(0);
    }

    /// Counts an attempt at taking up another configuration that came to nothing.
    pub fn configuration_refused(&self) {
        self.configuration_is_refused.set(1);
        self.configuration_refusals.inc();
    }

    /// Everything, as Prometheus reads it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

/// One that is told from now on.
fn told<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
