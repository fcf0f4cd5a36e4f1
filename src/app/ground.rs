//! What stands as long as the process does, whichever configuration is in force.

use super::engine::Engine;
use super::keys::{InUse, KeyRoom, unusable};
use super::restart::Kept;
use super::{AppError, addressee};
use crate::ambient::{Clock, Random};
use crate::config::{SamlSettings, Settings};
use crate::console::{Queue, Simulator};
use crate::gateway::ConfigurationState;
use crate::issuer::Issuer;
use crate::jail::JailError;
use crate::limits::{Limits, Source};
use crate::metadata::Books;
use crate::metrics::Metrics;
use crate::saml::{DecryptionKeys, ServiceProvider};
use crate::store::Store;
use crate::sts::{Addressee, KeyStore, Keys, Revocations, SAML_SIGNING_KEY, Verifiers};
use crate::words::Secret;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::oneshot;
use url::Url;

pub(super) struct Ground {
    pub(super) kept: Arc<Kept>,
    pub(super) store: Store,
    pub(super) keys: Arc<Keys>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) service_provider: Arc<ServiceProvider>,
    decryption: DecryptionKeys,
    pub(super) revocations: Arc<Revocations>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// The counts; each generation has rates of its own.
    pub(super) limits: Limits,
    pub(super) verifiers: Arc<Verifiers>,
    pub(super) passwords: Queue<Source>,
    pub(super) simulator: Simulator,
    pub(super) configuration: ConfigurationState,
    engine: Engine,
}

impl Ground {
    /// Opens the store and loads (or makes) the keys. The room is where the keys are found again when they have changed.
    pub(super) async fn lay(
        settings: &Settings,
        clock: Clock,
        random: Random,
        program: PathBuf,
    ) -> Result<(Self, KeyRoom, oneshot::Receiver<()>), AppError> {
        let Settings { server, saml, .. } = settings;
        let (store, committer) = Store::open(&settings.store.address).await?;
        let key_store = match &settings.wrapping_key {
            Some(key) => KeyStore::Wrapped(store.clone(), Secret::new(key.expose())),
            None => KeyStore::Directory(settings.keys_directory.clone()),
        };
        let room = KeyRoom::open(store.clone(), key_store, &saml.entity_id, clock.clone(), random).await?;
        let keys = Arc::new(room.keys().await?);
        let (signing, decryption) = room.saml().await?;
        let service_provider =
            ServiceProvider::new(&saml.entity_id, server.public_url.as_str(), &signing, decryption.clone())
                .map_err(unusable(SAML_SIGNING_KEY))?;
        let issuer = Arc::new(Issuer::new(&server.public_url, room.issuer().await?));
        let revocations = Arc::new(Revocations::load(&store, clock.clone()).await?);
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        let ground = Self {
            kept: Arc::new(Kept::of(settings)),
            store,
            keys,
            issuer,
            service_provider: Arc::new(service_provider),
            decryption,
            revocations,
            metrics: Arc::new(Metrics::new()),
            limits: Limits::new(settings.rates, clock.steady()),
            clock,
            random,
            verifiers: Arc::new(Verifiers::new(turns)),
            passwords: Queue::default(),
            simulator: Simulator::new(),
            configuration: ConfigurationState::default(),
            engine: Engine::new(program, turns),
        };
        Ok((ground, room, committer))
    }

    pub(super) fn in_use(&self) -> InUse {
        let (keys, issuer) = (self.keys.clone(), self.issuer.clone());
        InUse { keys, issuer, service_provider: self.service_provider.clone() }
    }

    pub(super) fn books(&self) -> Books {
        Books { store: self.store.clone(), metrics: self.metrics.clone() }
    }

    /// What responses must be made out to, and what verifies them besides. Starts the second engine if it does not run yet,
    /// so it waits.
    pub(super) fn addressee(&self, public_url: &Url, saml: &SamlSettings) -> Result<Addressee, JailError> {
        let witness = self.engine.witness(saml.second_engine, &self.metrics)?;
        Ok(addressee(public_url, saml, self.decryption.clone(), witness))
    }
}
