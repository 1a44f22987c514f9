//! What the operator says of how the portal stands in the network.

use ipnet::IpNet;
use std::net::IpAddr;
use url::Url;

/// The operator's settings; the default is a portal for this machine alone.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The address people use. Requests for another host are refused; none: whatever the request says, for tests.
    pub public: Option<Url>,
    /// Proxies before the portal, whose word on where a request comes from is believed.
    pub proxies: Vec<IpNet>,
    /// Networks that people of government may come from; none: all.
    pub staff: Vec<IpNet>,
}

impl Settings {
    /// Whether people reach the portal by HTTPS.
    pub fn is_https(&self) -> bool {
        self.public.as_ref().is_some_and(|url| url.scheme() == "https")
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
}
