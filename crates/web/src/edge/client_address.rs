//! Whose address a request came from, seen through proxies that are trusted and through no others.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. Headers are believed only when the peer is a trusted proxy; then they are read from the right,
/// past every trusted address, up to the first that is not. `X-Forwarded-For` goes before `Forwarded` (RFC 7239).
pub(crate) fn client_address(peer: Option<SocketAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer?.ip().to_canonical();
    if !is_trusted(peer, trusted) {
        return Some(peer);
    }
    let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) =
        if headers.contains_key(X_FORWARDED_FOR) { (X_FORWARDED_FOR, plain) } else { (FORWARDED, forwarded) };
    let mut client = peer;
    let lines: Vec<&str> = headers.get_all(name).filter_map(|line| line.to_str().ok()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = read(hop.trim()) else { break };
        client = address;
        if !is_trusted(client, trusted) {
            break;
        }
    }
    Some(client)
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// An address, perhaps with a port, IPv6 perhaps in brackets.
fn plain(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    address.or_else(bracketed).map(|address| address.to_canonical())
}

/// The `for` parameter of one element of `Forwarded`.
fn forwarded(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1;
    plain(value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn ask(peer: &str, lines: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        client_address(Some(peer.parse().unwrap()), &headers, &trusted).unwrap().to_string()
    }

    #[test]
    fn a_stranger_cannot_claim_another_address() {
        assert_eq!(
            ask("203.0.113.9:1", &[("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=1.2.3.4")]),
            "203.0.113.9"
        );
    }

    #[test]
    fn behind_proxies_the_first_untrusted_hop_from_the_right_counts() {
        assert_eq!(ask("10.0.0.1:1", &[("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2")]), "203.0.113.9");
        assert_eq!(
            ask("10.0.0.1:1", &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9")]),
            "203.0.113.9"
        );
        assert_eq!(ask("10.0.0.1:1", &[("x-forwarded-for", "203.0.113.9:4711")]), "203.0.113.9");
        assert_eq!(ask("[::1]:1", &[("forwarded", "for=6.6.6.6, for=\"[2001:db8::7]:1\";proto=https")]), "2001:db8::7");
    }

    #[test]
    fn what_cannot_be_read_ends_the_search() {
        assert_eq!(ask("10.0.0.1:1", &[("x-forwarded-for", "1.2.3.4, unknown, 10.0.0.3")]), "10.0.0.3");
        assert_eq!(ask("10.0.0.1:1", &[]), "10.0.0.1");
        assert_eq!(ask("[::ffff:10.0.0.1]:1", &[("x-forwarded-for", "::ffff:203.0.113.9")]), "203.0.113.9");
    }
}
