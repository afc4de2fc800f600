"""Which addresses of the internet may be called, and which host names are addresses in disguise.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries, IPv6 Address Space (RFC 4291), and the RFC beside each
range. The list stands here in full, so that it is the same under every release of Python; what Python calls not global
is refused besides.
"""

import ipaddress
import socket
from typing import Final

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

REFUSED: Final = tuple(
    ipaddress.ip_network(range_)
    for range_ in (
        "0.0.0.0/8",  # this network: RFC 791
        "10.0.0.0/8",  # private: RFC 1918
        "100.64.0.0/10",  # shared behind a carrier's translator: RFC 6598
        "127.0.0.0/8",  # this machine: RFC 1122
        "168.63.129.16/32",  # a cloud's own host, seen only from its guests
        "169.254.0.0/16",  # this link, where clouds keep their guests' secrets: RFC 3927
        "172.16.0.0/12",  # private: RFC 1918
        "192.0.0.0/24",  # protocol assignments: RFC 6890
        "192.0.2.0/24",  # documentation: RFC 5737
        "192.31.196.0/24",  # AS112: RFC 7535
        "192.52.193.0/24",  # multicast tunnels: RFC 7450
        "192.88.99.0/24",  # relays of 6to4, deprecated: RFC 7526
        "192.168.0.0/16",  # private: RFC 1918
        "192.175.48.0/24",  # AS112: RFC 7534
        "198.18.0.0/15",  # benchmarks: RFC 2544
        "198.51.100.0/24",  # documentation: RFC 5737
        "203.0.113.0/24",  # documentation: RFC 5737
        "224.0.0.0/4",  # multicast: RFC 5771
        "240.0.0.0/4",  # reserved, and broadcast: RFC 1112, RFC 919
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them: RFC 2928, RFC 4380, RFC 7343
        "2001:db8::/32",  # documentation: RFC 3849
        "2002::/16",  # 6to4, holds an IPv4 address: RFC 3056
        "2620:4f:8000::/48",  # AS112: RFC 7534
        "3fff::/20",  # documentation: RFC 9637
    )
)
# Everything else of IPv6 is this machine, a link, a site (fc00::/7, fec0::/10), multicast, or an IPv4 address in
# another dress: ::/96, ::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48.
UNICAST: Final = ipaddress.ip_network("2000::/3")
# The third quarter of an address through an ISATAP tunnel; the last is an IPv4 address. RFC 5214.
ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})


def refused(address: str) -> bool:
    """Whether an address must not be called from here: this machine, a private network, or no single machine."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and _strange(found):
        return True
    return not found.is_global or found.is_multicast or any(found in range_ for range_ in REFUSED)


def _strange(found: ipaddress.IPv6Address) -> bool:
    return found not in UNICAST or (int(found) >> 32) & 0xFFFF_FFFF in ISATAP


def literal(host: str) -> str | None:
    """Return the address that a host name spells, also in octal, hexadecimal, as one number or with a full stop behind.

    None for a name that has to be looked up.
    """
    host = host.removesuffix(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
