//! Another configuration comes into force while the gateway runs.
//!
//! When somebody asks for it (SIGHUP), or when the files have changed and are at rest, they are read and tested as at the
//! start. What holds takes the place of the former whole; what does not leaves the former in force. A request that is under
//! way is answered by the configuration that it began with.

use super::generation::Generation;
use super::ground::Ground;
use super::load::load_from;
use super::restart::Kept;
use crate::ambient::Stopwatch;
use crate::catalogue::Catalogue;
use crate::config::{Loaded, Mistake, Secrets, Sources};
use crate::gateway::{Gate, InForce};
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;

/// Asks a gateway to read its configuration again. Asked again before it has begun, it reads once.
#[derive(Clone, Default)]
pub struct Reload(Arc<Notify>);

impl Reload {
    pub fn ask(&self) {
        self.0.notify_one();
    }
}

pub(super) struct Reloader {
    ground: Arc<Ground>,
    pub(super) asked: Reload,
    sources: Arc<Sources>,
    gate: InForce<Gate>,
    forward: InForce<Router>,
    /// The one in force, for whoever follows it.
    catalogue: watch::Sender<Arc<Catalogue>>,
    /// Those that requests under way may still know.
    retired: Vec<Arc<Catalogue>>,
    generation: i64,
}

/// Files that are the same at two looks are at rest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looking takes no more than this part of the time, however many files there are.
const PART: u32 = 50;
/// Of a configuration of thousands of roles as many things may be wrong; `gatehouse check` tells them all.
const MOST_TOLD: usize = 100;

/// What a look found, and what it took.
type Look = (Option<u64>, Duration);

impl Reloader {
    pub(super) fn new(
        ground: Arc<Ground>,
        sources: Arc<Sources>,
        (gate, forward): (InForce<Gate>, InForce<Router>),
        catalogue: watch::Sender<Arc<Catalogue>>,
    ) -> Self {
        let (asked, retired, generation) = (Reload::default(), Vec::new(), 1);
        Self { ground, asked, sources, gate, forward, catalogue, retired, generation }
    }

    pub(super) async fn run(mut self) {
        self.tell();
        let (mut pause, mut seen) = (LOOK_EVERY, None);
        loop {
            let is_asked = tokio::select! {
                () = self.asked.0.notified() => true,
                () = tokio::time::sleep(pause) => false,
            };
            self.clear_away();
            if !is_asked {
                let (change, took) = self.look().await;
                pause = LOOK_EVERY.max(took * PART);
                let at_rest = change.is_some() && change == seen;
                seen = change;
                if !at_rest {
                    continue;
                }
            }
            tracing::info!(asked = is_asked, "reading the configuration again");
            self.reload().await;
            seen = None;
        }
    }

    async fn look(&self) -> Look {
        let sources = self.sources.clone();
        let look = move || {
            let watch = Stopwatch::start();
            (sources.change(), watch.elapsed())
        };
        spawn_blocking(look).await.unwrap_or((None, Duration::ZERO))
    }

    async fn reload(&mut self) {
        let sources = Arc::new(Sources::of_same_place(&self.sources));
        let (now, read) = (self.ground.clock.now(), sources.clone());
        let kept = self.ground.kept.clone();
        let outcome = spawn_blocking(move || {
            let loaded = load_from(&read, Secrets::Read, now);
            // Somebody is still writing: what was read may be a half of each.
            let at_rest = read.change().is_none();
            let loaded = loaded.and_then(|loaded| {
                let objections = kept.objections(&Kept::of(&loaded.settings), &read);
                if objections.is_empty() { Ok(loaded) } else { Err(objections) }
            });
            at_rest.then_some(loaded)
        });
        let outcome = outcome.await;
        self.sources = sources;
        match outcome {
            Ok(None) => {
                tracing::info!("the files were changed while they were read; they are read again when they rest")
            }
            Ok(Some(Ok(loaded))) => self.take_up(loaded).await,
            Ok(Some(Err(mistakes))) => self.refuse(&mistakes),
            Err(_) => self.refuse(&[self.mistake("cannot be read: the reader failed")]),
        }
    }

    async fn take_up(&mut self, loaded: Loaded) {
        let former = self.catalogue.borrow().clone();
        match Generation::raise(loaded, &self.ground, Some(&former)).await {
            Ok(Generation { catalogue, gate, forward }) => {
                let providers = catalogue.providers().map(|provider| provider.arn.to_string()).collect();
                self.ground.metrics.only_identity_providers(&providers);
                self.gate.replace(gate);
                self.forward.replace(forward);
                self.retired.push(self.catalogue.send_replace(catalogue));
                drop(former);
                self.generation += 1;
                self.ground.configuration.taken_up();
                self.tell();
            }
            Err(error) => self.refuse(&[self.mistake(error.to_string())]),
        }
    }

    fn mistake(&self, sentence: impl Into<String>) -> Mistake {
        Mistake::new(self.sources.main(), "", sentence)
    }

    fn refuse(&self, mistakes: &[Mistake]) {
        for mistake in mistakes.iter().take(MOST_TOLD) {
            tracing::error!("{mistake}");
        }
        let count = mistakes.len();
        tracing::error!(
            mistakes = count,
            generation = self.generation,
            "the configuration was not taken up; the former stays in force (`gatehouse check` tells all mistakes)"
        );
        self.ground.configuration.refused(self.ground.clock.now(), count);
        self.ground.metrics.configuration_refused();
    }

    fn tell(&self) {
        let catalogue = self.catalogue.borrow();
        let (roles, providers) = (catalogue.roles().count(), catalogue.providers().count());
        tracing::info!(generation = self.generation, roles, providers, "the configuration is in force");
        self.ground.metrics.configuration_in_force(self.generation, self.ground.clock.now());
    }

    /// A large catalogue takes its time to go, which no request is to wait for.
    fn clear_away(&mut self) {
        let (gone, kept) =
            self.retired.drain(..).partition(|catalogue: &Arc<Catalogue>| Arc::strong_count(catalogue) == 1);
        self.retired = kept;
        let gone: Vec<_> = gone;
        if !gone.is_empty() {
            spawn_blocking(move || drop(gone));
        }
    }
}
