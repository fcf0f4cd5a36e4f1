//! Carries the records of this node, and of the orders given beside it, to where they are to be sent.

use crate::audit::Shipment;
use crate::metrics::Metrics;
use crate::store::Store;
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
                    tracing::error!(target, error, "audit records cannot be sent on; they wait in the store");
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(PATIENCE.1);
            }
        }
    }
}

/// One delivery of each chain; whether there was any.
async fn round(shipment: &mut Shipment, target: &str, store: &Store) -> Result<bool, String> {
    let mut book = store.book();
    let (node, mut sent) = (store.chain_end().node, false);
    for chain in [format!("{node}-operator"), node] {
        let after = book.shipped(target, &chain).await.map_err(|error| error.to_string())?;
        let page = book.page(&chain, after, MOST).await.map_err(|error| error.to_string())?;
        if let Some(last) = page.last() {
            shipment.send(&page).await.map_err(|error| error.to_string())?;
            store.shipped(target.to_owned(), chain, last.number).await.map_err(|error| error.to_string())?;
            sent = true;
        }
    }
    Ok(sent)
}
