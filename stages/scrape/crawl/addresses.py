"""Which addresses a crawl may connect to: those of the public internet, no others."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Outside this block lie loopback, link-local, unique local and multicast addresses, and those that
# wrap an IPv4 address: mapped (::ffff:0:0/96), compatible (::/96) and NAT64 (64:ff9b::/96).
_UNICAST6 = ipaddress.IPv6Network("2000::/3")
# What Python 3.11's `is_global` lets through, some of it reaching a private IPv4 address inside.
_DENIED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved
        "2001::/23",  # Teredo (2001::/32) and other protocol assignments
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet and hides no other address inside."""
    if address.version == 6 and address not in _UNICAST6:
        return False
    return address.is_global and not any(address in block for block in _DENIED)
