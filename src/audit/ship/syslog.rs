//! Syslog (RFC 5424): over the machine's own socket, by UDP (RFC 5426) or by TCP with counted octets (RFC 6587 §3.4.1). Nobody
//! there confirms anything (RFC 6587 §3.4): what the system has taken counts as sent.

use super::{ShipError, line};
use crate::store::Entry;
use crate::words::iso;
use serde::Deserialize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket, UnixDatagram};

/// Where a syslog server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syslog {
    Unix(PathBuf),
    Udp(String),
    Tcp(String),
}

pub(super) enum Socket {
    Unix(UnixDatagram),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

#[derive(Debug, thiserror::Error)]
#[error("must be \"unix:/dev/log\", \"udp://host:514\" or \"tcp://host:601\"")]
pub struct NotSyslog;

/// Facility 13, log audit; severity 6, informational.
const PRIORITY: u8 = 13 * 8 + 6;
const PATIENCE: Duration = Duration::from_secs(10);

impl FromStr for Syslog {
    type Err = NotSyslog;

    fn from_str(text: &str) -> Result<Self, NotSyslog> {
        let host = |rest: &str| {
            let (host, port) = rest.rsplit_once(':').ok_or(NotSyslog)?;
            let fits = !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok_and(|port| port > 0);
            fits.then(|| rest.to_owned()).ok_or(NotSyslog)
        };
        match (text.strip_prefix("unix:"), text.strip_prefix("udp://"), text.strip_prefix("tcp://")) {
            (Some(path), ..) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            (_, Some(rest), _) => host(rest).map(Self::Udp),
            (_, _, Some(rest)) => host(rest).map(Self::Tcp),
            _ => Err(NotSyslog),
        }
    }
}

impl Syslog {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Unix(path) => format!("unix:{}", path.display()),
            Self::Udp(host) => format!("udp://{host}"),
            Self::Tcp(host) => format!("tcp://{host}"),
        }
    }

    pub(super) async fn send(&self, socket: &mut Option<Socket>, entries: &[Entry]) -> Result<(), ShipError> {
        let sending = async {
            if socket.as_ref().is_none_or(Socket::is_closed) {
                *socket = Some(self.connect().await?);
            }
            match socket.as_mut().expect("it was just connected") {
                Socket::Unix(socket) => {
                    for entry in entries {
                        fits(socket.send(message(entry).as_bytes()).await, entry)?;
                    }
                }
                Socket::Udp(socket) => {
                    for entry in entries {
                        fits(socket.send(message(entry).as_bytes()).await, entry)?;
                    }
                }
                Socket::Tcp(stream) => {
                    let framed = |message: String| format!("{} {message}", message.len());
                    let all: String = entries.iter().map(|entry| framed(message(entry))).collect();
                    stream.write_all(all.as_bytes()).await?;
                    stream.flush().await?;
                }
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, sending).await.map_err(|_| ShipError::Late)?
    }

    async fn connect(&self) -> Result<Socket, std::io::Error> {
        Ok(match self {
            Self::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                Socket::Unix(socket)
            }
            Self::Udp(host) => {
                let to = tokio::net::lookup_host(host).await?.next().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
                let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(from).await?;
                socket.connect(to).await?;
                Socket::Udp(socket)
            }
            Self::Tcp(host) => Socket::Tcp(TcpStream::connect(host).await?),
        })
    }
}

impl Socket {
    /// What is written when the other side has gone is taken by nobody, and the first time no error says so.
    fn is_closed(&self) -> bool {
        match self {
            Self::Tcp(stream) => match stream.try_read(&mut [0; 64]) {
                Ok(read) => read == 0,
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            },
            Self::Unix(_) | Self::Udp(_) => false,
        }
    }
}

/// What is too long for a datagram would be so the next time as well: it stays in the book alone, and the log says so.
fn fits(sent: std::io::Result<usize>, entry: &Entry) -> std::io::Result<()> {
    match sent {
        Err(error) if error.raw_os_error() == Some(EMSGSIZE) => {
            tracing::warn!(
                node = entry.node,
                number = entry.number,
                "an audit record is too long for a datagram of syslog"
            );
            Ok(())
        }
        sent => sent.map(drop),
    }
}

const EMSGSIZE: i32 = 90;

#[derive(Deserialize, Default)]
struct Named<'a> {
    #[serde(rename = "eventName", borrow, default)]
    event: &'a str,
}

/// The host is the node, the message's kind the event; what follows is the line of JSON.
fn message(entry: &Entry) -> String {
    let at = OffsetDateTime::from_unix_timestamp(entry.at).map_or_else(|_| "-".to_owned(), iso);
    let event = serde_json::from_str::<Named<'_>>(&entry.record).unwrap_or_default().event;
    let event: String = event.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let event = if event.is_empty() { "-" } else { &event };
    format!("<{PRIORITY}>1 {at} {} gatehouse - {event} - {}", entry.node, line(entry))
}
