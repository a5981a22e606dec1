"""Hosts as a resolver reads them: `2130706433`, `0x7f.1`, `[::ffff:7f00:1]` and `127.0.0.1.nip.io` are all 127.0.0.1.

Nothing is resolved: a name is internal when it says so itself. The functions take a URL or the part of one that a
pattern matched and never raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

_METADATA_NAMES = frozenset(
    """metadata metadata.google.internal metadata.goog instance-data instance-data.ec2.internal metadata.azure.internal
    metadata.packet.net metadata.tencentyun.com""".split()
)
_METADATA = frozenset({"169.254.169.254", "169.254.170.2", "169.254.169.123", "100.100.100.200", "192.0.0.192"})
_METADATA_V6 = frozenset({"fd00:ec2::254", "fd20:ce::254"})
_INTERNAL_SUFFIXES = (".localhost", ".local", ".internal", ".localdomain", ".lan", ".intranet", ".corp", ".home.arpa")
_REBINDING = (
    ".nip.io",
    ".sslip.io",
    ".xip.io",
    ".localtest.me",
    ".lvh.me",
    ".vcap.me",
    ".lacolhost.com",
    ".1u.ms",
    ".rbndr.us",
    ".yoogle.com",
)
"""Public names that resolve to whatever address they spell, or to loopback."""
_REBINDING_ROOTS = frozenset({"localtest.me", "lvh.me", "vcap.me", "lacolhost.com"})
_ENCLOSED = str.maketrans("①②③④⑤⑥⑦⑧⑨⓪。．｡", "1234567890...")
_BYTES = 4
_BYTE = 0xFF
_LAST = 0xFFFFFFFF
_LONGEST = 16
"""Digits of one number that are still read."""
_UNIQUE_LOCAL, _LINK_LOCAL = 0xFC00 >> 9, 0xFE80 >> 6
"""The first seven and ten bits of RFC 4193 and RFC 4291 section 2.5.6."""
_SIX_TO_FOUR = 0x2002
"""The first group of RFC 3056."""
_LINK_LOCAL_V4 = 0xA9FE
"""The first sixteen bits of RFC 3927."""
_LOOPBACK_V4 = 0x7F
"""The first eight bits of RFC 1122 section 3.2.1.3."""
_MAPPED = 0xFFFF


class _Reach(Enum):
    """What an IPv4 address leads to."""

    PUBLIC = 0
    INTERNAL = 1
    METADATA = 2


def is_metadata(text: str) -> bool:
    """Whether a URL's host is a cloud's metadata service, in whatever spelling."""
    return _reach(host_of(text)) is _Reach.METADATA


def is_internal(text: str) -> bool:
    """Whether a URL's host is loopback, private, link-local or a name of an internal zone."""
    return _reach(host_of(text)) is _Reach.INTERNAL


def is_link_local(text: str) -> bool:
    """Whether a URL's host is an address that only a neighbour on the wire has (RFC 3927, RFC 4291)."""
    host = host_of(text)
    address = _ipv4(host) if ":" not in host else _mapped(host)
    if address is not None:
        return address >> 16 == _LINK_LOCAL_V4
    groups = _groups(host) if ":" in host else None
    return groups is not None and groups[0] >> 6 == _LINK_LOCAL


def is_loopback(address: str) -> bool:
    """Whether an address, as a socket or a Host header spells it (no brackets), is this machine itself.

    Only what a kernel takes for loopback: `127.0.0.0/8`, `::1`, and the former mapped into IPv6 (RFC 4291 section
    2.5.5.2). A number that stands for an address, or one that a translator would have to unpack, is none.
    """
    if ":" not in address:
        number = _ipv4(address) if _is_plain(address) else None
        return number is not None and number >> 24 == _LOOPBACK_V4
    groups = _groups(address.lower().partition("%")[0])
    if groups is None or any(groups[:5]):
        return False
    mapped = groups[5] == _MAPPED and groups[6] >> 8 == _LOOPBACK_V4
    return mapped or groups[5:] == [0, 0, 1]


def is_address(text: str) -> bool:
    """Whether a host (no brackets) is an IP address in its usual spelling, and no name that has to be resolved."""
    return _is_plain(text) if ":" not in text else _groups(text.lower().partition("%")[0]) is not None


def is_off_limits(text: str) -> bool:
    """Whether a URL's host is one that nothing is ever sent to: a cloud's metadata service, a link-local address."""
    return is_metadata(text) or is_link_local(text)


def is_off_limits_address(address: str) -> bool:
    """The same of an address as a resolver gives it, IPv6 without brackets."""
    return is_off_limits(f"[{address}]" if ":" in address else address)


def is_disguised(text: str) -> bool:
    """Whether a URL's host is internal and spelled so that a filter for the usual spellings misses it."""
    host = host_of(text)
    if _reach(host) is _Reach.PUBLIC or _is_metadata_name(host):
        return False
    if ":" in host:
        return _mapped(host) is not None
    return not (text.isascii() and (_is_plain(host) or _is_name(host)))


def host_of(text: str) -> str:
    """The host of a URL, lower case, without port, credentials and brackets; empty when there is none."""
    rest = text.strip().lower().translate(_ENCLOSED).partition("://")[2] or text.strip().lower()
    authority = rest.lstrip("/\\")
    for end in "/?#\\\"'<> \t\n":
        authority = authority.partition(end)[0]
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0].partition("%")[0]
    return host.partition(":")[0].rstrip(".")


def _reach(host: str) -> _Reach:
    if not host:
        return _Reach.PUBLIC
    if _is_metadata_name(host):
        return _Reach.METADATA
    address = _ipv4(host) if ":" not in host else _mapped(host)
    if address is not None:
        return _reach_of(address)
    if ":" in host:
        return _Reach.INTERNAL if _is_internal_v6(host) else _Reach.PUBLIC
    return _reach_of_name(host)


def _is_metadata_name(host: str) -> bool:
    return host in _METADATA_NAMES or host in _METADATA_V6


def _reach_of_name(host: str) -> _Reach:
    if host == "localhost" or host in _REBINDING_ROOTS or host.endswith(_INTERNAL_SUFFIXES):
        return _Reach.INTERNAL
    if not host.endswith(_REBINDING):
        return _Reach.PUBLIC
    address = _spelled(host)
    return _Reach.INTERNAL if address is None else _reach_of(address)


def _spelled(host: str) -> int | None:
    """The address in a name such as `app.10-0-0-1.nip.io` or `7f000001.nip.io`."""
    labels = host.replace("-", ".").split(".")
    for at in range(len(labels) - _BYTES + 1):
        address = _ipv4(".".join(labels[at : at + _BYTES]))
        if address is not None:
            return address
    return next((int(label, 16) for label in labels if len(label) == 2 * _BYTES and _is_hex(label)), None)


def _ipv4(host: str) -> int | None:
    """As `inet_aton` reads it: one to four numbers, decimal, octal or hex, the last filling what is left."""
    parts = [_number(part) for part in host.split(".")]
    numbers = [part for part in parts if part is not None]
    if not 1 <= len(parts) <= _BYTES or len(numbers) < len(parts):
        return None
    *first, last = numbers
    if max(first, default=0) > _BYTE or last > _LAST >> (8 * len(first)):
        return None
    return sum(number << (24 - 8 * at) for at, number in enumerate(first)) + last


def _number(part: str) -> int | None:
    if not part.isascii() or len(part) > _LONGEST:
        return None
    if part.startswith("0x"):
        return int(part[2:], 16) if _is_hex(part[2:]) else None
    if not part.isdigit():
        return None
    if part[0] == "0" and len(part) > 1:
        return int(part, 8) if not set(part) & {"8", "9"} else None
    return int(part)


def _is_hex(text: str) -> bool:
    return bool(text) and set(text) <= set("0123456789abcdef")


def _mapped(host: str) -> int | None:
    """The IPv4 address inside an IPv6 one: `::ffff:a.b.c.d`, `::a.b.c.d`, `64:ff9b::a.b.c.d`, `2002:` and it in hex."""
    groups = _groups(host)
    if groups is None:
        return None
    if groups[0] == _SIX_TO_FOUR:
        return (groups[1] << 16) + groups[2]
    mapped = not any(groups[:5]) and groups[5] in {0, 0xFFFF} and (groups[5] or groups[6])
    nat64 = groups[:6] == [0x64, 0xFF9B, 0, 0, 0, 0]
    return (groups[6] << 16) + groups[7] if mapped or nat64 else None


def _groups(host: str) -> list[int] | None:
    """The eight groups of an IPv6 address; None when it is none."""
    head, gap, tail = host.partition("::")
    before, after = _run(head), _run(tail)
    if before is None or after is None:
        return None
    missing = 8 - len(before) - len(after)
    if missing < 0 or (missing and not gap):
        return None
    return [*before, *[0] * missing, *after]


def _run(text: str) -> list[int] | None:
    groups: list[int] = []
    for part in text.split(":") if text else ():
        address = _ipv4(part) if "." in part else None
        if address is not None:
            groups += (address >> 16, address & 0xFFFF)
        elif _is_hex(part) and len(part) <= _BYTES:
            groups.append(int(part, 16))
        else:
            return None
    return groups


def _is_internal_v6(host: str) -> bool:
    groups = _groups(host)
    if groups is None:
        return False
    loopback = not any(groups[:7]) and groups[7] <= 1
    return loopback or groups[0] >> 9 == _UNIQUE_LOCAL or groups[0] >> 6 == _LINK_LOCAL


_RANGES: Sequence[tuple[int, int]] = (
    (0x00000000, 8),
    (0x0A000000, 8),
    (0x64400000, 10),
    (0x7F000000, 8),
    (0xA9FE0000, 16),
    (0xAC100000, 12),
    (0xC0A80000, 16),
)
"""IPv4 networks that are nobody's on the internet (RFC 6890): address and prefix length."""


def _reach_of(address: int) -> _Reach:
    if _dotted(address) in _METADATA:
        return _Reach.METADATA
    internal = any(address >> (32 - length) == network >> (32 - length) for network, length in _RANGES)
    return _Reach.INTERNAL if internal else _Reach.PUBLIC


def _dotted(address: int) -> str:
    return ".".join(str(address >> shift & 0xFF) for shift in (24, 16, 8, 0))


def _is_plain(host: str) -> bool:
    """Four decimal numbers, as everybody writes them."""
    address = _ipv4(host) if ":" not in host else None
    return address is not None and _dotted(address) == host


def _is_name(host: str) -> bool:
    """An internal name that makes no secret of it."""
    return host == "localhost" or host.endswith(_INTERNAL_SUFFIXES)
