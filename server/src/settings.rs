//! What the operator says of how the portal stands in the network.

use axum::http::uri::Authority;
use ipnet::IpNet;
use std::net::IpAddr;
use url::{Host, Url};

/// The operator's settings; the default is a portal for this machine alone.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The address people use. Requests for another host are refused; none: whatever the request says, for tests.
    pub public: Option<Url>,
    /// Proxies before the portal, whose word on where a request comes from is believed.
    pub proxies: Vec<IpNet>,
    /// Networks that people of government may come from; none: all.
    pub staff: Vec<IpNet>,
    /// Where to write about a weakness of the portal; none: it is not said.
    pub contact: Option<Url>,
}

/// What this machine calls itself.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Settings {
    /// Whether people reach the portal by HTTPS.
    pub fn is_https(&self) -> bool {
        self.public.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether the public address is a name of this machine for itself.
    pub fn is_local(&self) -> bool {
        match self.public.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// `https://portal.example`: what addresses that leave the portal begin with.
    pub fn origin(&self) -> Option<String> {
        self.public.as_ref().map(|url| url.origin().ascii_serialization())
    }

    /// Whether people of government may come from an address. One that cannot be read is nowhere.
    pub fn is_staff_address(&self, address: &str) -> bool {
        let address = address.parse::<IpAddr>();
        self.staff.is_empty() || address.is_ok_and(|address| self.staff.iter().any(|net| net.contains(&address)))
    }

    /// The origin of a request for this host; `None`: the portal is not there. A portal of this machine alone answers
    /// to each of the machine's names.
    pub fn origin_at(&self, host: &Authority) -> Option<String> {
        let Some(public) = &self.public else { return Some(format!("http://{host}")) };
        if host.as_str().contains('@') || host.port_u16().or(default_port(public)) != public.port_or_known_default() {
            return None;
        }
        if public.host_str()?.eq_ignore_ascii_case(host.host()) {
            return self.origin();
        }
        (self.is_local() && LOCAL.contains(&host.host())).then(|| format!("{}://{host}", public.scheme()))
    }

    /// Where a request comes from: the peer, or what a proxy of ours says stood before it. Read from the right, so
    /// that what a client writes itself counts for nothing.
    pub fn address(&self, peer: Option<IpAddr>, forwarded: Option<&str>) -> Option<IpAddr> {
        let ours = |address: &IpAddr| self.proxies.iter().any(|net| net.contains(address));
        let peer = peer.map(|p| p.to_canonical())?;
        if !ours(&peer) {
            return Some(peer);
        }
        let hops = forwarded.unwrap_or_default().split(',').rev().map(|hop| hop.trim().parse::<IpAddr>().map(|a| a.to_canonical()));
        let mut last = peer;
        for hop in hops {
            let Ok(hop) = hop else { break };
            last = hop;
            if !ours(&hop) {
                break;
            }
        }
        Some(last)
    }
}

fn default_port(url: &Url) -> Option<u16> {
    if url.scheme() == "https" { Some(443) } else { Some(80) }
}

/// The peer of a connection, as the listener knows it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn only_our_proxies_are_believed() {
        let settings = Settings { proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Settings::default() };
        let of = |peer: &str, forwarded: Option<&str>| settings.address(Some(peer.parse().unwrap()), forwarded).unwrap().to_string();
        assert_eq!(of("203.0.113.9", Some("1.1.1.1")), "203.0.113.9", "a stranger's word counts for nothing");
        assert_eq!(of("10.0.0.2", Some("1.1.1.1, 203.0.113.9")), "203.0.113.9");
        assert_eq!(of("10.0.0.2", Some("203.0.113.9, 10.0.0.3")), "203.0.113.9");
        assert_eq!(of("10.0.0.2", Some("203.0.113.9, rubbish")), "10.0.0.2");
        assert_eq!(of("::ffff:10.0.0.2", Some("203.0.113.9")), "203.0.113.9");
        assert_eq!(of("10.0.0.2", None), "10.0.0.2");
        assert_eq!(settings.address(None, Some("1.1.1.1")), None);
    }

    #[test]
    fn the_portal_is_at_its_public_address_alone() {
        let at = |public: &str, host: &str| {
            let settings = Settings { public: Some(public.parse().unwrap()), ..Settings::default() };
            settings.origin_at(&host.parse().unwrap())
        };
        for host in ["portal.example", "portal.example:443", "Portal.Example"] {
            assert_eq!(at("https://portal.example", host).as_deref(), Some("https://portal.example"), "{host}");
        }
        for host in
            ["evil.example", "portal.example:80", "portal.example.evil.example", "a@portal.example", "localhost:443", "127.0.0.1:443"]
        {
            assert_eq!(at("https://portal.example", host), None, "{host}");
        }
        for host in ["127.0.0.1:3000", "localhost:3000", "[::1]:3000"] {
            assert_eq!(at("http://127.0.0.1:3000", host), Some(format!("http://{host}")));
        }
        assert_eq!(at("http://127.0.0.1:3000", "localhost:3001"), None);
        assert_eq!(at("http://127.0.0.1:3000", "localhost"), None);
        assert_eq!(at("http://127.0.0.1:3000", "rebound.example:3000"), None);
    }
}
