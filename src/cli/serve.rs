//! `gatehouse serve`.

use super::config_file::ConfigFile;
use super::{fail, fail_with_mistakes, install_cryptography, log};
use crate::ambient::{Clock, Random};
use crate::app::{App, Claim, Reload, load, this_program};
use crate::config::{Loaded, Peers, Secrets};
use axum_server::Handle;
use clap::Args;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and Ctrl-C stop it: requests under way are finished first. SIGHUP has it read its configuration again, which it
/// also does by itself when the files have changed.
#[derive(Args)]
#[command(after_help = "Example:\n  gatehouse serve --config config/gatehouse.toml")]
pub(super) struct Serve {
    #[command(flatten)]
    config: ConfigFile,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), ExitCode> {
        log::to_stderr()?;
        let hangup = Hangup::await_from_now();
        install_cryptography();
        let clock = Clock::system();
        let loaded = load(self.config.path(), Secrets::Read, Peers::Real, clock.now()).map_err(fail_with_mistakes)?;
        serve(loaded, clock, hangup, || {}).await
    }
}

/// Serves until a signal says stop. `ready` is called when the door is open.
pub(super) async fn serve(
    loaded: Loaded,
    clock: Clock,
    hangup: Hangup,
    ready: impl FnOnce() + Send + 'static,
) -> Result<(), ExitCode> {
    let public_url = loaded.settings.server.public_url.clone();
    let _claim = Claim::on(&loaded.settings.store.address).map_err(fail)?;
    let app = App::build(loaded, clock, Random, this_program()).await.map_err(fail)?;
    // Before anybody hears that it serves: whoever stops it at once must not find the signal's default action.
    let terminate = signal(SignalKind::terminate());
    hangup.reload(app.reload());
    let handle: Handle<SocketAddr> = Handle::new();
    let listening = handle.clone();
    tokio::spawn(async move {
        if let Some(address) = listening.listening().await {
            tracing::info!(%address, sts = %public_url, console = %format!("{public_url}console"), metadata = %format!("{public_url}saml/metadata"), "serving");
            ready();
        }
    });
    let stopping = handle.clone();
    tokio::spawn(async move {
        wait_for_stop(terminate).await;
        tracing::info!("stopping; requests under way are finished first");
        App::stop(&stopping);
    });
    app.serve(handle).await.map_err(fail)
}

/// SIGHUP. Its default action would end the process, also one that is only about to serve.
pub(super) struct Hangup(std::io::Result<Signal>);

impl Hangup {
    /// What comes from now on is kept until somebody hears it.
    pub(super) fn await_from_now() -> Self {
        Self(signal(SignalKind::hangup()))
    }

    fn reload(self, reload: Reload) {
        let Ok(mut hangup) = self.0 else { return };
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                reload.ask();
            }
        });
    }
}

async fn wait_for_stop(terminate: std::io::Result<Signal>) {
    let Ok(mut terminate) = terminate else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
