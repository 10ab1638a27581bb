//! The client's address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of an address is kept (the setting `tracardi.client_ip`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Whole,
    /// The network: 24 bits of IPv4, 48 bits of IPv6.
    Network,
    Nothing,
}

/// What is kept of the address in a header. Of several, the last one: that is what our own proxy saw; anybody can send the
/// ones before it.
pub fn kept(header: &str, keep: Keep) -> Option<String> {
    let address = read(header.rsplit(',').next()?.trim())?;
    match (keep, address) {
        (Keep::Nothing, _) => None,
        (Keep::Whole, address) => Some(address.to_string()),
        (Keep::Network, IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            Some(Ipv4Addr::new(a, b, c, 0).to_string())
        }
        (Keep::Network, IpAddr::V6(v6)) => {
            let [a, b, c, ..] = v6.segments();
            Some(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string())
        }
    }
}

/// An address, perhaps with a port or in brackets.
fn read(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if text.matches(':').count() == 1 => text.split(':').next()?,
        None => text,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses() {
        for (header, whole, network) in [
            ("203.0.113.77", "203.0.113.77", "203.0.113.0"),
            ("203.0.113.77:4711", "203.0.113.77", "203.0.113.0"),
            ("10.0.0.1, 203.0.113.77", "203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("[2001:db8:1:2::5]:443", "2001:db8:1:2::5", "2001:db8:1::"),
            ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0"),
        ] {
            assert_eq!(kept(header, Keep::Whole).as_deref(), Some(whole));
            assert_eq!(kept(header, Keep::Network).as_deref(), Some(network));
            assert_eq!(kept(header, Keep::Nothing), None);
        }
        for header in ["", "unknown", "203.0.113.77,", "203.0.113", "a:b:c", "[", "1.2.3.4 or so"] {
            assert_eq!(kept(header, Keep::Whole), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn the_host_is_never_kept(a: u32, b: u128) {
            let whole = Ipv4Addr::from(a);
            let network: Ipv4Addr = kept(&whole.to_string(), Keep::Network).unwrap().parse().unwrap();
            prop_assert_eq!(u32::from(network), a & 0xFFFF_FF00);
            let whole = Ipv6Addr::from(b);
            prop_assume!(whole.to_ipv4_mapped().is_none());
            let network: Ipv6Addr = kept(&whole.to_string(), Keep::Network).unwrap().parse().unwrap();
            prop_assert_eq!(u128::from(network), b >> 80 << 80);
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}") {
            let _ = kept(&text, Keep::Network);
        }
    }
}
