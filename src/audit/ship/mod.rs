//! Records are sent on in their order, each at least once: how far they have come is remembered after they were taken, and
//! the book itself is the queue, so that whoever takes them slowly holds up nobody's grant and fills no memory.

mod file;
mod otlp;
mod syslog;

pub use syslog::Syslog;

use super::anchor::door;
use crate::outbound::{Fetcher, OutboundError};
use crate::store::Entry;
use crate::words::{Secret, hex};
use std::path::PathBuf;

/// Where records are sent.
pub enum Destination {
    /// JSON lines, appended; the file is made anew when somebody has moved it away.
    File(PathBuf),
    Syslog(Syslog),
    /// OTLP/HTTP with JSON.
    Otlp {
        url: String,
        fetcher: Fetcher,
        token: Option<Secret>,
    },
}

/// A destination and what is known of it meanwhile.
pub struct Shipment {
    destination: Destination,
    file: file::Writer,
    socket: Option<syslog::Socket>,
}

#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it does not take what is sent to it")]
    Late,
    #[error("{0}")]
    Outbound(#[from] OutboundError),
    #[error("it answered with {0}")]
    Refused(u16),
}

impl Shipment {
    pub fn to(destination: Destination) -> Self {
        Self { destination, file: file::Writer::default(), socket: None }
    }

    /// Under which it is remembered how far the records have come.
    pub fn name(&self) -> String {
        match &self.destination {
            // Wherever the gateway is started from, it is the same file.
            Destination::File(path) => {
                format!("file:{}", std::path::absolute(path).unwrap_or_else(|_| path.clone()).display())
            }
            Destination::Syslog(syslog) => syslog.name(),
            Destination::Otlp { url, .. } => url.clone(),
        }
    }

    /// [`Shipment::name`] and how it is reached: another text if anything of it is another. No secret is in it.
    pub fn identity(&self) -> String {
        match &self.destination {
            Destination::File(_) | Destination::Syslog(_) => self.name(),
            Destination::Otlp { url, fetcher, token } => door(url, fetcher, token.as_ref()),
        }
    }

    /// Sends these, all of one chain. Where it fails some of them may have been taken; they are sent again.
    pub async fn send(&mut self, entries: &[Entry]) -> Result<(), ShipError> {
        match &self.destination {
            Destination::File(path) => {
                let lines: String = entries.iter().map(|entry| line(entry) + "\n").collect();
                self.file.write(path, lines).await
            }
            Destination::Syslog(syslog) => {
                let sent = syslog.send(&mut self.socket, entries).await;
                if sent.is_err() {
                    // The next attempt is on a connection of its own.
                    self.socket = None;
                }
                sent
            }
            Destination::Otlp { url, fetcher, token } => {
                let answer = fetcher.post_json(url, otlp::body(entries), token.as_ref()).await?;
                if (200..300).contains(&answer.status) { Ok(()) } else { Err(ShipError::Refused(answer.status)) }
            }
        }
    }
}

/// A record with its place in the chain as its last member; without that it is the text that the hash is over.
pub fn line(entry: &Entry) -> String {
    let Entry { node, number, hash, record, .. } = entry;
    let open = record.strip_suffix('}').unwrap_or(record);
    format!("{open},\"chain\":{{\"node\":\"{node}\",\"number\":{number},\"hash\":\"{}\"}}}}", hex(hash))
}
