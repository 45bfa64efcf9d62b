import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.scrape.crawl.addresses import is_public

# fmt: off
PRIVATE4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
]
PRIVATE6 = [
    "::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
    "2002::/16", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]
# Those of which Python 3.11 says that they are global, and the usual targets.
INSIDE = [
    "64:ff9b::7f00:1", "2002:7f00:1::", "192.0.0.8", "224.0.0.1", "127.0.0.1", "169.254.169.254",
    "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "2001:0:7f00:1::", "fe80::1%1",
    "255.255.255.255",
]
# fmt: on


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_denied(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def hosts(blocks: list[str]) -> st.SearchStrategy[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    return st.sampled_from(blocks).flatmap(lambda block: st.ip_addresses(network=block))


@given(hosts(PRIVATE4 + PRIVATE6))
def test_no_address_of_a_private_block_is_public(address) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_another_is_denied_whatever_it_is(address) -> None:
    number = int(address)
    for prefix, shift in (("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80), ("2001::", 0)):
        wrapped = int(ipaddress.IPv6Address(prefix)) | number << shift
        assert not is_public(ipaddress.IPv6Address(wrapped))


@given(st.ip_addresses())
def test_no_address_is_public_that_python_knows_as_private(address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved
