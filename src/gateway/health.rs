//! Alive, and ready.

use super::House;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Ready when the store answers and it is known which sessions have been ended; the keys were loaded before anything was
/// served.
pub(super) async fn ready(State(house): State<Arc<House>>) -> (StatusCode, &'static str) {
    match house.sts.store.ping().await {
        Ok(()) => match house.sts.revocations.known() {
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
