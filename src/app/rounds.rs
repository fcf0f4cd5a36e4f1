//! What the house does by itself while it is open: sweeping, hearing of revocations and of new keys, renewing metadata, looking at
//! certificates, reading the configuration again.

use super::courier;
use super::keys::{InUse, KeyRoom};
use super::reload::Reloader;
use crate::ambient::{Clock, Random};
use crate::audit::Shipment;
use crate::catalogue::Catalogue;
use crate::metadata::{Alarms, Books, Certificate, LiveMetadata};
use crate::saml::{ServiceProvider, SigningKey};
use crate::store::{Keep, Store};
use crate::sts::Revocations;
use std::sync::Arc;
use time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(600);
const ASK_FOR_REVOCATIONS_EVERY: std::time::Duration = std::time::Duration::from_secs(1);
const LOOK_AT_CERTIFICATES_EVERY: Duration = Duration::hours(1);

/// The tasks; they end with [`Rounds::end`].
pub(super) struct Rounds(JoinSet<()>);

/// Whatever has to be looked at.
pub(super) struct Premises {
    /// The one in force.
    pub(super) catalogue: watch::Receiver<Arc<Catalogue>>,
    pub(super) room: KeyRoom,
    pub(super) in_use: InUse,
    pub(super) revocations: Arc<Revocations>,
    pub(super) books: Books,
    pub(super) keep: Keep,
    pub(super) shipments: Vec<Shipment>,
    pub(super) clock: Clock,
    pub(super) random: Random,
}

impl Rounds {
    pub(super) fn begin(premises: Premises, reloader: Reloader) -> Self {
        let Premises { catalogue, room, in_use, revocations, books, keep, shipments, clock, random } = premises;
        let mut tasks = JoinSet::new();
        tasks.spawn(sweep(books.store.clone(), keep, clock.clone()));
        for shipment in shipments {
            tasks.spawn(courier::carry(shipment, books.store.clone(), books.metrics.clone()));
        }
        tasks.spawn(hear_of_revocations(revocations, books.store.clone()));
        let service_provider = in_use.service_provider.clone();
        tasks.spawn(room.follow(in_use));
        tasks.spawn(follow_all(catalogue.clone(), books.clone(), clock.clone(), random));
        tasks.spawn(reloader.run());
        tasks.spawn(watch_certificates(catalogue, service_provider, books, clock));
        Self(tasks)
    }

    pub(super) async fn end(mut self) {
        self.0.shutdown().await;
    }
}

async fn sweep(store: Store, keep: Keep, clock: Clock) {
    loop {
        match store.sweep(clock.now().unix_timestamp(), keep).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) | Err(_) => tokio::time::sleep(SWEEP_EVERY).await,
        }
    }
}

/// Whoever revokes tells this node at once; what another process wrote, or what was written just before the telling
/// failed, is found here.
async fn hear_of_revocations(revocations: Arc<Revocations>, store: Store) {
    let mut known = true;
    loop {
        tokio::time::sleep(ASK_FOR_REVOCATIONS_EVERY).await;
        let learnt = revocations.learn(&store).await;
        if let (Err(error), true) = (&learnt, known) {
            tracing::error!(%error, "it cannot be read which sessions have been revoked");
        }
        known = learnt.is_ok();
    }
}

/// Each identity provider's metadata has a task of its own: a slow server keeps nobody else waiting.
async fn follow_all(mut catalogue: watch::Receiver<Arc<Catalogue>>, books: Books, clock: Clock, random: Random) {
    loop {
        let followed = catalogue.borrow_and_update().metadata().into_iter().filter(|live| live.is_followed());
        let follow = |live| follow(live, books.clone(), clock.clone(), random);
        let tasks: JoinSet<()> = followed.map(follow).collect();
        if catalogue.changed().await.is_err() {
            break;
        }
        // What is fetched at this moment is fetched anew: nobody has noted that it was tried.
        drop(tasks);
    }
}

async fn follow(live: Arc<LiveMetadata>, books: Books, clock: Clock, random: Random) {
    loop {
        let chance = random.bytes();
        clock.sleep_until(live.due(chance)).await;
        // Meanwhile a response may have caused a fetch.
        if live.due(chance) <= clock.now() {
            let _ = live.refresh(&books, clock.now()).await;
        }
    }
}

async fn watch_certificates(
    mut catalogue: watch::Receiver<Arc<Catalogue>>,
    service_provider: Arc<ServiceProvider>,
    books: Books,
    clock: Clock,
) {
    let certificate = |(purpose, key): (&'static str, SigningKey)| {
        books.metrics.own_certificate(purpose, key.fingerprint(), key.ends());
        Certificate { holder: format!("our own, {purpose}"), fingerprint: key.fingerprint().into(), ends: key.ends() }
    };
    let mut alarms = Alarms::default();
    loop {
        let own: Vec<Certificate> = service_provider.certificates().into_iter().map(certificate).collect();
        let metadata = catalogue.borrow_and_update().metadata();
        let theirs: Vec<Certificate> = metadata.iter().flat_map(|live| live.certificates()).collect();
        metadata.iter().for_each(|live| live.show(&books.metrics));
        // By the next look they may have gone with their catalogue.
        drop(metadata);
        alarms.look(own.iter().chain(&theirs), clock.now());
        tokio::select! {
            () = clock.sleep_until(clock.now() + LOOK_AT_CERTIFICATES_EVERY) => {}
            changed = catalogue.changed() => if changed.is_err() { break },
        }
    }
}
