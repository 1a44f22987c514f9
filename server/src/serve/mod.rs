//! Listens: accepts connections and serves them, with limits on how many there are and how long a peer may take.

mod body;
mod connection;
mod descriptors;
mod io;

pub use descriptors::raise_descriptors;

use crate::{AppState, Peer, Settings};
use axum::Router;
use domain::limit::Limit;
use ipnet::Ipv6Net;
use service::Service;
use service::limit::{self, Going};
use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// How long a peer may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// A connection without a request: from the start or the last answer until the next request's head is whole.
    pub idle: Duration,
    /// The same for a proxy of ours, which reads its clients' heads before it asks us and keeps connections for later.
    pub proxy_idle: Duration,
    /// Within each time as long as this, a request's body must come nearer its end by [`LEAST_BODY`] bytes.
    pub body: Duration,
    /// A peer that takes nothing of an answer for so long is let go.
    pub send: Duration,
    /// A WebSocket that is silent for so long is let go; the server pings it more often.
    pub silence: Duration,
    /// HTTP/2: how often to ask whether the peer is there, and how long to wait for its answer.
    pub ping: Duration,
    /// When the server stops: what still goes on may end within this time.
    pub stop: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let seconds = Duration::from_secs;
        Timeouts {
            idle: seconds(10),
            proxy_idle: seconds(120),
            body: seconds(10),
            send: seconds(30),
            silence: seconds(60),
            ping: seconds(20),
            stop: seconds(10),
        }
    }
}

/// Bytes of a body that come within [`Timeouts::body`] at least.
pub const LEAST_BODY: usize = 8 * 1024;
/// The longest path and query.
const LONGEST_URI: usize = 8 * 1024;
/// The longest head of a request, and what is kept of an answer until the peer takes it.
const BUFFER: usize = 32 * 1024;
/// Requests at once on an HTTP/2 connection.
const STREAMS: u32 = 128;
/// Told to whom a limit turns away: seconds until trying again makes sense.
const RETRY_AFTER: u32 = 10;
/// The wait after the system could not accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// What the accept loop goes by.
pub struct Config {
    pub timeouts: Timeouts,
    pub settings: Arc<Settings>,
    /// Counts connections, and puts on record that there were too many.
    pub service: Service,
    /// Connections in all.
    pub most: usize,
    /// Connections of one address.
    pub most_of_address: usize,
    /// Turns true when the server is about to end.
    pub stopping: watch::Receiver<bool>,
}

impl Config {
    /// The limits of the table, as far as the descriptors go that the system allows.
    pub fn of(state: &AppState) -> Config {
        let most = Limit::Connections.at_once().min(descriptors::room_for_connections());
        Config {
            timeouts: Timeouts::default(),
            settings: state.settings.clone(),
            service: state.service(),
            most,
            // However few there can be, one address has a part of them.
            most_of_address: Limit::ConnectionsOfAddress.at_once().min((most / 4).max(1)),
            stopping: state.stopping.clone(),
        }
    }

    /// A proxy of ours: many people come from its address.
    fn is_proxy(&self, address: IpAddr) -> bool {
        self.settings.proxies.iter().any(|net| net.contains(&address))
    }

    /// The place of a connection in the counts, or the limit that is met.
    fn admit(&self, address: IpAddr) -> Result<Place, Limit> {
        let place = self.service.counts.begin_at_most(Limit::Connections, "", self.most).ok_or(Limit::Connections)?;
        if self.is_proxy(address) {
            return Ok(Place { _in_all: place, _of_address: None });
        }
        let of_address = self.service.counts.begin_at_most(Limit::ConnectionsOfAddress, &subject(address), self.most_of_address);
        Ok(Place { _in_all: place, _of_address: Some(of_address.ok_or(Limit::ConnectionsOfAddress)?) })
    }
}

/// Held while a connection is open.
struct Place {
    _in_all: Going,
    _of_address: Option<Going>,
}

/// Who an address is counted as: everybody who has IPv6 has a whole network of 64 bits.
fn subject(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Net::new_assert(address, 64).trunc().to_string(),
    }
}

/// Serves the router's answers until the server stops: then no connection is accepted any more, and what goes on
/// ends, within [`Timeouts::stop`].
pub async fn serve(listener: TcpListener, router: Router, config: Config) {
    let config = Arc::new(config);
    // Each connection holds a sender: when none is left, the receiver hears of it.
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    let mut stopping = config.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stopping) => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, Peer(peer.ip().to_canonical())),
            Err(error) => {
                // The peer is gone already, or the system has no descriptor left: it may have one soon.
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        match config.admit(peer.0) {
            Ok(place) => {
                tokio::spawn(connection::attend(stream, peer, router.clone(), config.clone(), place, open.clone()));
            }
            Err(limit) => {
                turn_away(stream, limit);
                let cx = config.service.context(None).from(&peer.0.to_string());
                tokio::spawn(async move { limit::record_met(&cx, limit, &cx.network()).await });
            }
        }
    }
    drop((listener, open));
    if tokio::time::timeout(config.timeouts.stop, all_closed.recv()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// Completes when the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        // Nobody is left who could stop it.
        std::future::pending::<()>().await;
    }
}

/// Tells a peer that there is no room, without waiting for it, and closes.
fn turn_away(stream: TcpStream, limit: Limit) {
    tracing::debug!(limit = limit.code(), "a connection is turned away");
    let sentence = limit.row().sentence;
    let body = format!("{}\n{}\n", sentence.zh, sentence.en);
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\
         retry-after: {RETRY_AFTER}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // It does not block: what cannot be written at once is not.
    let Ok(mut stream) = stream.into_std() else { return };
    // Closing with something unread would take the answer back.
    let unread = stream.read(&mut [0; 4096]).unwrap_or_default();
    tracing::trace!(unread, "what it asked is not looked at");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    let _ = stream.shutdown(std::net::Shutdown::Write);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let of = |address: &str| subject(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
