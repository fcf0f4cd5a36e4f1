//! Where the records are kept.

use crate::words::Secret;
use percent_encoding::percent_decode_str;
use rustls::RootCertStore;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

#[derive(Clone)]
pub enum Address {
    /// SQLite's, for one node.
    File(PathBuf),
    /// PostgreSQL, for several.
    Server(Arc<Server>),
}

/// A database on a PostgreSQL server.
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) password: Option<Secret>,
    pub(super) line: Line,
}

/// What lies between here and the server.
pub(super) enum Line {
    /// This machine's loopback.
    Plain,
    /// Whoever answers is held against these authorities, those of the system if there are none, and its certificate must
    /// be for the host.
    Tls(Option<RootCertStore>),
}

/// Why it is no address. Nothing of what was written is repeated: there may be a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error(
        "must be \"sqlite:FILE\", or \"postgres://USER@HOST/DATABASE\" for several nodes, with \":PORT\" behind the host if it is not 5432"
    )]
    Form,
    #[error(
        "holds a password, and a secret is never written in the file; take it out and say store.password = {{ env = \"NAME\" }} or {{ file = \"path\" }}"
    )]
    Password,
    #[error("has a parameter that is not known; the only one is sslmode, as in \"…?sslmode=verify-full\"")]
    Parameter,
    #[error(
        "sslmode must be \"verify-full\", or on loopback \"disable\"; without it, beyond loopback it is \"verify-full\""
    )]
    Mode,
    #[error(
        "sslmode=disable would send every record, and the password, in plain text beyond loopback; leave sslmode out and TLS is used"
    )]
    Plain,
}

impl Server {
    /// `postgres://user@host:port/database?sslmode=…`. Everything beyond loopback goes over TLS.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::Form)?;
        let is_ours = ["postgres", "postgresql"].contains(&url.scheme()) && url.fragment().is_none();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let named = |text: &str| decoded(text).filter(|name| !name.is_empty() && !name.contains('\0'));
        let host = url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']')).and_then(named);
        let database = url.path().strip_prefix('/').filter(|path| !path.contains('/')).and_then(named);
        let (true, Some(host), Some(user), Some(database)) = (is_ours, host, named(url.username()), database) else {
            return Err(AddressError::Form);
        };
        if url.password().is_some() {
            return Err(AddressError::Password);
        }
        let mut mode = None;
        for (name, value) in url.query_pairs() {
            if name != "sslmode" || mode.is_some() {
                return Err(AddressError::Parameter);
            }
            mode = Some(value.into_owned());
        }
        let on_loopback = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let line = match (mode.as_deref(), on_loopback) {
            (None | Some("disable"), true) => Line::Plain,
            (Some("disable"), false) => return Err(AddressError::Plain),
            (None, false) | (Some("verify-full"), _) => Line::Tls(None),
            (Some(_), _) => return Err(AddressError::Mode),
        };
        Ok(Self { host, port: url.port().unwrap_or(5432), user, database, password: None, line })
    }

    pub fn with_password(self, password: Secret) -> Self {
        Self { password: Some(password), ..self }
    }

    /// Whether the server proves who it is.
    pub fn is_over_tls(&self) -> bool {
        matches!(self.line, Line::Tls(_))
    }

    /// Whoever answers is held against these authorities instead of the system's.
    pub fn with_authorities(self, authorities: RootCertStore) -> Self {
        Self { line: Line::Tls(Some(authorities)), ..self }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(server) => {
                let Server { host, port, database, .. } = &**server;
                write!(f, "{database} on {host}:{port}")
            }
        }
    }
}
