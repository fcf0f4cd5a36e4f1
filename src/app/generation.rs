//! A configuration at work: everything that is another when the configuration is.

use super::AppError;
use super::ground::Ground;
use crate::catalogue::Catalogue;
use crate::config::{Loaded, Settings};
use crate::console::{BreakGlass, Console, Destinations};
use crate::gateway::{Approach, Gate, House, forward_router, gate};
use crate::signin::SignIn;
use crate::sts::{SealedLately, Sts};
use axum::Router;
use std::sync::Arc;

pub(super) struct Generation {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) gate: Gate,
    /// For proxies; nobody asks it where they have no door.
    pub(super) forward: Router,
}

impl Generation {
    /// Puts the services together. What was learnt of others (keys, metadata) is known to the next generation as well, as
    /// far as it is to come from the same place.
    pub(super) async fn raise(
        loaded: Loaded,
        ground: &Arc<Ground>,
        former: Option<&Catalogue>,
    ) -> Result<Self, AppError> {
        let Loaded { settings, catalogue, .. } = loaded;
        let Settings { server, saml, console, max_body, rates, region, .. } = settings;
        let catalogue = Arc::new(catalogue);
        recall(&catalogue, former, ground).await?;
        let (engine, public_url) = (ground.clone(), server.public_url.clone());
        let redeem_once = saml.redeem_once;
        // It may have to wait for a process to start.
        let addressee = tokio::task::spawn_blocking(move || engine.addressee(&public_url, &saml)).await;
        let addressee = addressee.map_err(|_| AppError::BrokenOff)??;
        for (provider, expression) in catalogue.read_whole() {
            tracing::info!(provider = %provider.arn, expression, "reads claims without naming them: all of them are kept for `gatehouse plan`");
        }
        let sts = Arc::new(Sts {
            limits: Arc::new(ground.limits.at(rates)),
            revocations: ground.revocations.clone(),
            catalogue: catalogue.clone(),
            store: ground.store.clone(),
            keys: ground.keys.clone(),
            issuer: ground.issuer.clone(),
            clock: ground.clock.clone(),
            random: ground.random,
            redeem_once,
            region,
            metrics: ground.metrics.clone(),
            addressee: Arc::new(addressee),
            verifiers: ground.verifiers.clone(),
            sealed_lately: SealedLately::default(),
        });
        let destinations = Destinations::new(server.public_url.clone(), console.destinations.clone());
        let session_duration = console.session_duration;
        let glass = || BreakGlass::new(&catalogue, ground.passwords.clone());
        let break_glass = console.break_glass.then(glass).flatten();
        let simulator = ground.simulator.clone();
        let console_service = Console { sts: sts.clone(), destinations, session_duration, break_glass, simulator };
        let console_service = Arc::new(console_service);
        let forward = forward_router(sts.clone());
        let (service_provider, public_url) = (ground.service_provider.clone(), server.public_url);
        let sign_in = SignIn { sts, console: console_service, service_provider, public_url };
        let approach = Approach { proxies: server.trusted_proxies, over_tls: server.tls.is_some() };
        let house = House::new(sign_in, &server.hosts, &console.destinations, max_body, approach);
        let house = house.shared_with(&server.cors_origins).telling(ground.configuration.clone());
        Ok(Self { catalogue, gate: gate(house), forward })
    }
}

/// What the former generation knows of others, and of whom it knows nothing, what the store has kept.
async fn recall(catalogue: &Catalogue, former: Option<&Catalogue>, ground: &Ground) -> Result<(), AppError> {
    let known = former.map(Catalogue::metadata).unwrap_or_default();
    for live in catalogue.metadata() {
        match known.iter().find(|known| live.follows_as(known)) {
            Some(known) => live.succeed(known),
            None => live.restore(&ground.store).await?,
        }
    }
    for oidc in catalogue.providers().filter_map(|provider| provider.oidc()) {
        let known = former.into_iter().flat_map(Catalogue::providers).filter_map(|provider| provider.oidc());
        if !known.into_iter().any(|known| oidc.relying_party.succeed(&known.relying_party)) {
            oidc.relying_party.restore(&ground.store, ground.clock.now()).await?;
        }
    }
    Ok(())
}
