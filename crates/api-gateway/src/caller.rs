//! Which address does a request come from, as far as it can be trusted?
//!
//! `x-forwarded-for` is a list to which each proxy appends the address it saw. Whatever stands left of the entries
//! of our own proxies was written by the caller, so the list is counted from the right.
//!
//! In a mesh the other end of every connection is the pod's own sidecar. There the setting must count the ingress,
//! or all callers without a token are one.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;

/// The address of the client behind `trusted_proxies` proxies.
///
/// With 0 this is `peer`, the other end of the connection, and the header is not read. With `n` it is the `n`-th
/// entry from the right of `x-forwarded-for`, all its lines taken together. When that entry is missing or no
/// address, the request did not come through the proxies it should have come through, and `peer` is all that is
/// known.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: usize) -> IpAddr {
    let seen = match trusted_proxies {
        0 => None,
        n => forwarded_from_the_right(headers).nth(n - 1).and_then(parse_address),
    };
    seen.unwrap_or(peer).to_canonical()
}

/// The part of an address that one caller cannot change at will: an IPv4 address as it is, an IPv6 address without
/// its lower 64 bits, because a single host is given a whole /64 to choose from.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
    }
}

fn forwarded_from_the_right(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    lines
        .into_iter()
        .rev()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|entry| !entry.is_empty())
}

/// Reads `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]` and `[::1]:5`: load balancers write all of them.
fn parse_address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PEER: &str = "10.0.0.9";

    fn address(lines: &[&[u8]], trusted_proxies: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).expect("legal header bytes"));
        }
        client_address(PEER.parse().expect("an address"), &headers, trusted_proxies).to_string()
    }

    #[test]
    fn the_entry_of_the_outermost_trusted_proxy_is_the_client() {
        let cases: &[(&[&[u8]], usize, &str)] = &[
            (&[], 0, PEER),
            (&[], 1, PEER),
            (&[b"1.1.1.1"], 0, PEER),
            (&[b"1.1.1.1"], 1, "1.1.1.1"),
            (&[b"6.6.6.6, 1.1.1.1"], 1, "1.1.1.1"),
            (&[b"6.6.6.6,1.1.1.1,10.0.0.1"], 2, "1.1.1.1"),
            (&[b"6.6.6.6", b"1.1.1.1"], 1, "1.1.1.1"),
            (&[b"6.6.6.6, 1.1.1.1", b"10.0.0.1"], 2, "1.1.1.1"),
            (&[b"1.1.1.1"], 2, PEER),
            (&[b"6.6.6.6, nonsense"], 1, PEER),
            (&[b"\xff\xfe, 1.1.1.1"], 1, "1.1.1.1"),
            (&[b"1.1.1.1, \xff"], 1, PEER),
            (&[b"1.1.1.1, ,"], 1, "1.1.1.1"),
            (&[b"1.1.1.1:5555"], 1, "1.1.1.1"),
            (&[b"2001:db8::7"], 1, "2001:db8::7"),
            (&[b"[2001:db8::7]"], 1, "2001:db8::7"),
            (&[b"[2001:db8::7]:443"], 1, "2001:db8::7"),
            (&[b"::ffff:1.1.1.1"], 1, "1.1.1.1"),
        ];
        for (lines, trusted_proxies, expected) in cases {
            assert_eq!(&address(lines, *trusted_proxies), expected, "{lines:?} behind {trusted_proxies}");
        }
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_are_one_caller() {
        let network_of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(network_of("2001:db8::1"), network_of("2001:db8::ffff:1"));
        assert_ne!(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
        assert_ne!(network_of("1.1.1.1"), network_of("1.1.1.2"));
    }
}
