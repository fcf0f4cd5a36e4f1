//! What is counted for operators, in Prometheus' text format. One [`Metrics`] for the whole process, handed around.
//!
//! Labels are bounded: codes and outcomes are enums of ours, providers and their keys are those of the configuration.
//! Nothing that a sender chose becomes a label.

use crate::trace::Code;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use time::OffsetDateTime;

/// The `Content-Type` of [`Metrics::text`].
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// What the second SAML engine said of a document that the first had verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondOpinion {
    Agreed,
    Disagreed,
    Refused,
    TooLate,
    Failed,
}

impl SecondOpinion {
    const ALL: [Self; 5] = [Self::Agreed, Self::Disagreed, Self::Refused, Self::TooLate, Self::Failed];

    fn labels(self) -> [(&'static str, &'static str); 1] {
        let name = match self {
            Self::Agreed => "agreed",
            Self::Disagreed => "disagreed",
            Self::Refused => "refused",
            Self::TooLate => "too-late",
            Self::Failed => "failed",
        };
        [("opinion", name)]
    }
}

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
        let (refusals, responses_verified) = (Family::default(), Counter::default());
        let (passwords_compared, rule_failures) = (Counter::default(), Family::default());
        let (certificates, own_certificates) = (Family::default(), Family::default());
        let (metadata, metadata_refusals) = (Family::default(), Family::default());
        registry.register("refusals", "Refused requests, by the code of the reason", refusals.clone());
        let help = "SAML responses that were verified and meant for us";
        registry.register("saml_responses_verified", help, responses_verified.clone());
        let help = "Passwords that were compared, or would have been if there were such a user";
        registry.register("passwords_compared", help, passwords_compared.clone());
        let help = "Rules that could not be evaluated for somebody's claims and gave nothing, by provider and rule";
        registry.register("rule_failures", help, rule_failures.clone());
        let help = "When the signing certificate of an identity provider ends, in seconds since 1970";
        registry.register("saml_certificate_end_timestamp_seconds", help, certificates.clone());
        let help = "When a certificate of our own ends, in seconds since 1970";
        registry.register("saml_own_certificate_end_timestamp_seconds", help, own_certificates.clone());
        let help = "Attempts at renewing an identity provider's metadata that left the former in force, by code";
        registry.register("saml_metadata_refusals", help, metadata_refusals.clone());
        let help = "When the metadata in force was read or fetched, in seconds since 1970";
        registry.register("saml_metadata_timestamp_seconds", help, metadata.clone());
        let (anchored, anchor_failures, shipment_failures) = (Gauge::default(), Counter::default(), Family::default());
        let help = "Until when it is laid down outside how far the book has come, in seconds since 1970";
        registry.register("audit_anchor_timestamp_seconds", help, anchored.clone());
        let help = "Attempts at laying down outside how far the book has come that failed";
        registry.register("audit_anchor_failures", help, anchor_failures.clone());
        let help = "Deliveries of audit records that were not taken, by where they were to go";
        registry.register("audit_shipment_failures", help, shipment_failures.clone());
        let (second_opinions, second_engine_restarts) = (Family::default(), Counter::default());
        let help = "Authenticated documents that the second SAML engine was asked about, by what it said";
        registry.register("second_engine_documents", help, second_opinions.clone());
        let help = "Processes of the second SAML engine that ended or had to be ended";
        registry.register("second_engine_restarts", help, second_engine_restarts.clone());
        let configuration_since: Gauge = Gauge::default();
        let help = "When the configuration in force was taken up, in seconds since 1970";
        registry.register("configuration_last_success_timestamp_seconds", help, configuration_since.clone());
        let configuration_generation: Gauge = Gauge::default();
        let help = "How many configurations have been in force since the start";
        registry.register("configuration_generation", help, configuration_generation.clone());
        let configuration_is_refused: Gauge = Gauge::default();
        let help = "1 while the files hold another configuration than the one in force, because it was refused";
        registry.register("configuration_refused", help, configuration_is_refused.clone());
        let configuration_refusals = Counter::default();
        let help = "Attempts at taking up another configuration that left the former in force";
        registry.register("configuration_failures", help, configuration_refusals.clone());
        for opinion in SecondOpinion::ALL {
            // An alarm on a rise needs the zero before it.
            drop(second_opinions.get_or_create(&opinion.labels()));
        }
        Self {
            registry,
            refusals,
            responses_verified,
            passwords_compared,
            rule_failures,
            second_opinions,
            second_engine_restarts,
            certificates,
            own_certificates,
            metadata,
            metadata_refusals,
            configuration_since,
            configuration_generation,
            configuration_is_refused,
            configuration_refusals,
            anchored,
            anchor_failures,
            shipment_failures,
            shown: Mutex::default(),
        }
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

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
