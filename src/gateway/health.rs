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

/// Ready when the store answers, it is known which sessions have been ended, and every key in use was taken up.
pub(super) async fn ready(State(house): State<Arc<House>>) -> (StatusCode, &'static str) {
    match house.probe.store(&house).await {
        Ok(()) => match house.sts.revocations.known() {
            Ok(()) if house.sts.keys.unready.is_any() => {
                (StatusCode::SERVICE_UNAVAILABLE, "a key that is in use could not be taken up\n")
            }
            Ok(()) => (StatusCode::OK, "ready\n"),
            Err(error) => {
                tracing::warn!(%error, "not ready");
                (StatusCode::SERVICE_UNAVAILABLE, "it is not known which sessions have been ended\n")
            }
        },
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}
