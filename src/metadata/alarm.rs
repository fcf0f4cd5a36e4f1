//! Telling people in good time that a certificate ends.

use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

/// A certificate that somebody has to renew.
pub struct Certificate {
    /// Whose it is, and for what.
    pub holder: String,
    pub fingerprint: String,
    pub ends: OffsetDateTime,
}

/// What has been told already. Each threshold of each certificate is told once.
#[derive(Default)]
pub struct Alarms {
    told: HashMap<(String, String), i64>,
}

/// Days before the end; the last two thresholds are errors. At zero it has ended.
const THRESHOLDS: [i64; 5] = [0, 1, 7, 30, 60];
const URGENT: i64 = 7;

impl Alarms {
    /// Looks at all certificates there are, and forgets those that are gone.
    pub fn look<'a>(&mut self, certificates: impl Iterator<Item = &'a Certificate>, now: OffsetDateTime) {
        let mut told = HashMap::new();
        for certificate in certificates {
            let Some(threshold) = THRESHOLDS.into_iter().find(|days| certificate.ends - now <= Duration::days(*days))
            else {
                continue;
            };
            let key = (certificate.holder.clone(), certificate.fingerprint.clone());
            if self.told.get(&key) != Some(&threshold) {
                tell(certificate, threshold);
            }
            told.insert(key, threshold);
        }
        self.told = told;
    }
}

fn tell(certificate: &Certificate, threshold: i64) {
    let Certificate { holder, fingerprint, ends } = certificate;
    let ends = crate::words::iso(*ends);
    match threshold {
        0 => {
            tracing::error!(%holder, %fingerprint, %ends, "a certificate has ended; its key still counts until the metadata drops it")
        }
        days if days <= URGENT => {
            tracing::error!(%holder, %fingerprint, %ends, "a certificate ends within {days} days; renew it")
        }
        days => tracing::warn!(%holder, %fingerprint, %ends, "a certificate ends within {days} days; renew it"),
    }
}
