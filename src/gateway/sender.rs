//! Who sends a request, and whether it came over TLS: found out once, for conditions, records and counts alike.
//!
//! It is the peer of the connection, unless that is a proxy of ours (`server.trusted_proxies`). Each proxy writes the
//! address that it was spoken to from at the end of `X-Forwarded-For`. So the list is read from its right end, as long as
//! those who wrote it are ours: the first that is not is the client, and what stands before it is its own invention.
//! `Forwarded` (RFC 7239) and `X-Forwarded-Host` are not read.

use super::House;
use super::sts_error::THROTTLING;
use super::turned_away::turned_away;
use crate::trace::Code;
use crate::words::Network;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Copy)]
pub(super) struct Sender {
    /// IPv4 in no other clothes.
    pub(super) address: IpAddr,
    pub(super) over_tls: bool,
}

/// What lies between the gate and its clients.
pub struct Approach {
    pub proxies: Vec<Network>,
    /// Whether TLS ends here; else what comes has come in the open, at least the last of its way.
    pub over_tls: bool,
}

/// Proxies on the way of one request. The list may be as long as headers may be; nobody has so many.
const MOST_HOPS: usize = 32;

impl Approach {
    pub(super) fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> Sender {
        let (peer, is_proxy) = (peer.to_canonical(), self.is_proxy(peer));
        let address = if is_proxy { self.client(peer, headers) } else { peer };
        let told = is_proxy.then(|| is_https(headers)).flatten();
        Sender { address, over_tls: told.unwrap_or(self.over_tls) }
    }

    /// Without TLS everybody on the way reads along and may change what they like, so it is for this machine and for
    /// proxies that are named.
    pub(super) fn answers(&self, peer: IpAddr) -> bool {
        self.over_tls || peer.to_canonical().is_loopback() || self.is_proxy(peer)
    }

    /// The right-most hop that is no proxy of ours; if all are, the first of them. What cannot be read ends the search at
    /// whoever passed it on: that address at least is true. Each hop is read by itself, since a client writes into the
    /// same line that our proxies append to, and must not make what they wrote unreadable.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut known = peer;
        for hop in
            hops.map(|hop| std::str::from_utf8(hop).unwrap_or("?").trim()).filter(|hop| !hop.is_empty()).take(MOST_HOPS)
        {
            match address(hop) {
                Some(proxy) if self.is_proxy(proxy) => known = proxy,
                Some(client) => return client,
                None => break,
            }
        }
        known
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:4711`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::parse);
    let address = match bare {
        Some(v6) => IpAddr::V6(v6.ok()?),
        None => hop.parse().or_else(|_| hop.parse().map(|both: SocketAddr| both.ip())).ok()?,
    };
    Some(address.to_canonical())
}

/// What the proxy says the client spoke, if it says anything. One `http` among several is enough for a way in the open.
fn is_https(headers: &HeaderMap) -> Option<bool> {
    let mut said = headers.get_all("x-forwarded-proto").iter().peekable();
    said.peek()?;
    let all_https = |line: &str| line.split(',').all(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
    Some(said.all(|line| line.to_str().is_ok_and(all_https)))
}

/// Turns a source away that asks too often, before anything of its request is read. Nothing is kept of it but a count.
pub(super) fn pace(house: &House, sender: Sender, request: &Request, id: &str) -> Option<Response> {
    if house.sts.limits.source(sender.address.into(), house.sts.clock.steady()) {
        return None;
    }
    house.sts.metrics.refused(Code::LimitsSource);
    let (code, sentence) = THROTTLING;
    let said = match request.uri().path() {
        "/" | "/decide" => (StatusCode::BAD_REQUEST, code, sentence),
        _ => (
            StatusCode::TOO_MANY_REQUESTS,
            code,
            "Too many requests come from your address. Please try again in a moment.",
        ),
    };
    Some(turned_away(request.uri().path(), request.headers(), said, id))
}

/// What somebody hears whom the gate does not answer.
pub(super) fn in_the_open(peer: IpAddr, request: &Request, id: &str) -> Response {
    let peer = peer.to_canonical();
    let sentence = format!(
        "This gateway speaks plain HTTP, and over a network with its own proxies only; {peer} is not in server.trusted_proxies. Come through one of them, or list it there."
    );
    let said = (StatusCode::FORBIDDEN, "AccessDenied", sentence.as_str());
    let mut response = turned_away(request.uri().path(), request.headers(), said, id);
    response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}
