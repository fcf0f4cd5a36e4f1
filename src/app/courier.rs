//! Carries the records of all chains to where they are to be sent: of several nodes one at a time, which leaves it to another
//! when its delivery fails or it ends.

use crate::audit::Shipment;
use crate::metrics::Metrics;
use crate::store::Store;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Records in one delivery.
const MOST: i64 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between attempts at somebody who does not take them, at first and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

pub(super) async fn carry(mut shipment: Shipment, store: Store, metrics: Arc<Metrics>) {
    let (target, mut wait) = (shipment.name(), PATIENCE.0);
    loop {
        match round(&mut shipment, &target, &store).await {
            Ok(true) => wait = PATIENCE.0,
            Ok(false) => {
                wait = PATIENCE.0;
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Err(error) => {
                metrics.shipment_failed(&target);
                if wait == PATIENCE.0 {
                    tracing::error!(target, %error, "audit records cannot be sent on; they wait in the store");
                }
                // Another node may get there. Without its database this one holds nothing.
                let _ = store.leaves(&target).await;
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(PATIENCE.1);
            }
        }
    }
}

/// One delivery of each chain; whether there was any.
async fn round(shipment: &mut Shipment, target: &str, store: &Store) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let mut book = store.book();
    if book.unshipped(target).await?.is_empty() || !store.carries_to(target).await? {
        return Ok(false);
    }
    // Once more: whoever carried until now may have sent it meanwhile.
    let unshipped = book.unshipped(target).await?;
    for (chain, after) in &unshipped {
        let page = book.page(chain, *after, MOST).await?;
        if let Some(last) = page.last() {
            shipment.send(&page).await?;
            store.shipped(target, chain.clone(), last.number).await?;
        }
    }
    Ok(!unshipped.is_empty())
}
