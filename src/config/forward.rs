//! `server.forward_listen` and `server.forward_tls`: where proxies ask.
//!
//! Whoever asks there says which request a client sent, and is believed. So it is a place that only the machine's own
//! programs reach, or only those of one group, or only who has a certificate of an authority that signs for proxies.

use super::settings::ForwardListen;
use super::{Section, tls};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub(super) fn read(server: &Section<'_>, others: [Option<SocketAddr>; 2]) -> Option<ForwardListen> {
    let tls = server.section("forward_tls").and_then(tls::mutual);
    if server.has("forward_tls") && !server.has("forward_listen") {
        server.mistake("forward_tls", "is about server.forward_listen, which is missing");
    }
    let listen = server.string("forward_listen")?;
    if let Some(path) = listen.strip_prefix("unix:") {
        if server.has("forward_tls") {
            server.mistake("forward_tls", "has no use on a unix socket: whoever may open that is let in; remove it");
        }
        let path = PathBuf::from(path);
        return fits(server, &path).then_some(ForwardListen::Unix(path));
    }
    let Ok(address) = listen.parse::<SocketAddr>() else {
        let wanted =
            "an address and a port, as in \"127.0.0.1:9444\", or a socket, as in \"unix:/run/gatehouse/forward.sock\"";
        server.mistake("forward_listen", format!("\"{}\" is not {wanted}", crate::trace::clip(&listen)));
        return None;
    };
    if others.contains(&Some(address)) {
        server.mistake("forward_listen", format!("{address} is where something else is answered; give another port"));
    }
    match tls {
        Some(tls) => Some(ForwardListen::Tls(address, tls)),
        None if address.ip().is_loopback() => Some(ForwardListen::Loopback(address)),
        None if server.has("forward_tls") => None,
        None => {
            server.mistake("forward_listen", format!("{address} is reached from other machines, and who asks there is believed: give forward_tls = {{ certificate, key, client_ca }}, an address of loopback, or unix:/path"));
            None
        }
    }
}

/// A place to ask at is of no use without services to ask for, and the other way round.
pub(super) fn is_alone(forward: bool, services: bool) -> Option<(&'static str, &'static str)> {
    match (forward, services) {
        (false, true) => Some(("service", "is asked for nowhere: server.forward_listen is missing")),
        (true, false) => Some(("server.forward_listen", "there is no [[service]] to ask for; remove it")),
        (true, true) | (false, false) => None,
    }
}

/// Whoever may write to the directory could put another socket there, and answer proxies in our place. Where a
/// configuration is only reviewed, without its secrets, the directory need not be.
fn fits(server: &Section<'_>, path: &Path) -> bool {
    let (Some(directory), true) = (path.parent(), path.is_absolute()) else {
        server.mistake("forward_listen", "a socket has an absolute path, as in \"unix:/run/gatehouse/forward.sock\"");
        return false;
    };
    // What a socket's address has room for.
    if path.as_os_str().len() > 107 {
        server.mistake("forward_listen", "the path of a socket has at most 107 bytes");
        return false;
    }
    if !server.reading.with_secrets {
        return true;
    }
    let sentence = match (std::fs::metadata(directory), std::fs::metadata("/proc/self")) {
        (Err(error), _) => format!("{} cannot be read: {error}", directory.display()),
        (Ok(found), _) if !found.is_dir() => format!("{} is no directory", directory.display()),
        (Ok(found), _) if found.mode() & 0o027 != 0 => format!(
            "{} must be closed to others, and its group must not write there (mode 2750, with the proxy's group)",
            directory.display()
        ),
        (Ok(found), Ok(own)) if found.uid() != own.uid() && found.uid() != 0 => {
            format!("{} must belong to the user that serves, or to root", directory.display())
        }
        _ => return true,
    };
    server.mistake("forward_listen", sentence);
    false
}
