"""Every range that must not be called, at its first and last address; and every spelling of an address."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.httpapi.addresses import literal, refused

RANGES = {
    "this network": "0.0.0.0/8",
    "private 10": "10.0.0.0/8",
    "carrier": "100.64.0.0/10",
    "this machine": "127.0.0.0/8",
    "a cloud's host": "168.63.129.16/32",
    "this link": "169.254.0.0/16",
    "private 172": "172.16.0.0/12",
    "protocol assignments": "192.0.0.0/24",
    "documentation 1": "192.0.2.0/24",
    "AS112 a": "192.31.196.0/24",
    "multicast tunnels": "192.52.193.0/24",
    "relays of 6to4": "192.88.99.0/24",
    "private 192": "192.168.0.0/16",
    "AS112 b": "192.175.48.0/24",
    "benchmarks": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "reserved": "240.0.0.0/4",
    "unspecified": "::/128",
    "loopback": "::1/128",
    "IPv4-compatible": "::/96",
    "IPv4-mapped": "::ffff:0:0/96",
    "IPv4-translated": "::ffff:0:0:0/96",
    "NAT64": "64:ff9b::/96",
    "local NAT64": "64:ff9b:1::/48",
    "discard": "100::/64",
    "dummy": "100:0:0:1::/64",
    "not given out": "4000::/3",
    "protocol assignments 6": "2001::/23",
    "Teredo": "2001::/32",
    "benchmarks 6": "2001:2::/48",
    "ORCHID": "2001:10::/28",
    "ORCHIDv2": "2001:20::/28",
    "documentation 6": "2001:db8::/32",
    "6to4": "2002::/16",
    "AS112 6": "2620:4f:8000::/48",
    "documentation 6 b": "3fff::/20",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "link-local": "fe80::/10",
    "site-local": "fec0::/10",
    "multicast 6": "ff00::/8",
}


@pytest.mark.parametrize("range_", RANGES.values(), ids=RANGES.keys())
def test_a_special_range_is_refused_from_end_to_end(range_):
    network = ipaddress.ip_network(range_)
    for offset in {0, 1, network.num_addresses // 2, network.num_addresses - 1} - {network.num_addresses}:
        assert refused(str(network[offset])), network[offset]


@given(st.ip_addresses(v=4))
def test_an_inner_address_is_refused_in_every_dress(inner):
    number = int(inner)
    dresses = (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80, 0x20010000 << 96)
    for dress in dresses:
        assert refused(str(ipaddress.IPv6Address(dress)))
    assert refused(str(ipaddress.IPv6Address(0x2606_4700 << 96 | 0x5EFE << 32 | number)))


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "114.114.114.114", "126.255.255.255",
        "128.0.0.0", "168.63.129.17", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.88.98.255",
        "192.88.100.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:db9::1", "2003::1",
        "2400:3200::1", "2606:4700:4700::1111", "3ffe::1",
    ],
)  # fmt: skip
def test_the_neighbours_of_special_ranges_may_be_called(address):
    assert not refused(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"), ("127.0.0.1.", "127.0.0.1"), ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"),
        ("0x7F000001", "127.0.0.1"), ("0177.0.0.01", "127.0.0.1"), ("::1", "::1"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("example.org", None), ("localhost", None), ("1.2.3.4.5", None), ("256.1.1.1", None), ("xn--1-0ga.org", None),
        ("", None), ("例子", None), ("deadbeef", None), ("0x.org", None),
    ],
)  # fmt: skip
def test_a_host_name_that_spells_an_address_is_known(host, address):
    assert literal(host) == address
