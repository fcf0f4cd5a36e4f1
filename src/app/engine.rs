//! The second SAML engine, in processes of its own.

use crate::jail::{Jail, JailError};
use crate::metrics::Metrics;
use crate::saml::{SecondEngine, Witness};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Its processes stay while the configuration wants any.
pub(super) struct Engine {
    program: PathBuf,
    turns: usize,
    jail: Mutex<Option<Arc<Jail>>>,
}

impl Engine {
    pub(super) fn new(program: PathBuf, turns: usize) -> Self {
        Self { program, turns, jail: Mutex::default() }
    }

    /// Starts the processes if they are wanted and do not run yet, and waits for the first.
    pub(super) fn witness(&self, mode: SecondEngine, metrics: &Arc<Metrics>) -> Result<Option<Witness>, JailError> {
        let mut jail = self.jail.lock().unwrap_or_else(PoisonError::into_inner);
        if mode == SecondEngine::Off {
            // They end with the last request that may still ask them.
            *jail = None;
            return Ok(None);
        }
        let open = match jail.take() {
            Some(open) => open,
            None => Arc::new(Jail::open(self.program.clone(), self.turns, metrics.clone())?),
        };
        Ok(Some(asking(mode, jail.insert(open).clone(), metrics.clone())))
    }
}

/// The second engine in processes of its own, as many as there are `turns`; none if it is off.
pub fn witness(
    mode: SecondEngine,
    program: PathBuf,
    turns: usize,
    metrics: Arc<Metrics>,
) -> Result<Option<Witness>, JailError> {
    Engine::new(program, turns).witness(mode, &metrics)
}

/// This very program, even if its file has been replaced since.
pub fn this_program() -> PathBuf {
    "/proc/self/exe".into()
}

fn asking(mode: SecondEngine, jail: Arc<Jail>, metrics: Arc<Metrics>) -> Witness {
    let ask = Arc::new(move |certificate: &[u8], xml: &str| jail.ask(certificate, xml));
    Witness { ask, enforced: mode == SecondEngine::Enforce, metrics }
}
