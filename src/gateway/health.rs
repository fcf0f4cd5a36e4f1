//! Alive, and ready.

use super::House;
use crate::store::StoreError;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// The store is asked for one probe at a time: no limit holds for probes, since a noisy neighbour behind the same address
/// must not make us look ill, so however many come must cost no more than one. Those who come meanwhile share the answer.
#[derive(Default)]
pub(super) struct Probe(Mutex<Arc<OnceCell<Answer>>>);

type Answer = Result<(), Arc<StoreError>>;

impl Probe {
    async fn store(&self, house: &House) -> Answer {
        let asked = self.running().clone();
        let answer = asked.get_or_init(|| async {
            let answer = house.sts.store.ping().await.map_err(Arc::new);
            // Who comes from now on has not been answered by this.
            *self.running() = Arc::default();
            answer
        });
        answer.await.clone()
    }

    fn running(&self) -> MutexGuard<'_, Arc<OnceCell<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// While nothing is given, what was given is still checked, and users' own keys are good: whoever asks is to come here as before.
pub(super) async fn ready(State(house): State<Arc<House>>) -> (StatusCode, String) {
    if let Err(lack) = is_ready(&house).await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{lack}\n"));
    }
    let said = house.sts.gives(house.sts.clock.now()).map_or_else(
        |error| {
            tracing::warn!(%error, "ready, but not to give anything");
            format!("ready, but {error}\n")
        },
        |()| "ready\n".to_owned(),
    );
    (StatusCode::OK, said)
}

/// When the store answers, it is known which sessions have been ended, and every key in use was taken up.
async fn is_ready(house: &House) -> Result<(), &'static str> {
    let unready = |error: &dyn std::fmt::Display| tracing::warn!(%error, "not ready");
    if let Err(error) = house.probe.store(house).await {
        unready(&error);
        return Err("the store does not answer");
    }
    if let Err(error) = house.sts.revocations.known() {
        unready(&error);
        return Err("it is not known which sessions have been ended");
    }
    if house.sts.keys.unready.is_any() { Err("a key that is in use could not be taken up") } else { Ok(()) }
}
