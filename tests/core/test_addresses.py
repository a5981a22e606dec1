"""Hosts in every spelling that a resolver accepts."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.addresses import (
    host_of,
    is_address,
    is_disguised,
    is_internal,
    is_link_local,
    is_loopback,
    is_metadata,
)

METADATA = """http://169.254.169.254/latest http://0xa9fea9fe/ http://2852039166/ http://0251.0376.0251.0376/
http://[::ffff:169.254.169.254]/ http://[::ffff:a9fe:a9fe]/ http://[fd00:ec2::254]/ http://169.254.169.254.nip.io/
http://a9fea9fe.nip.io/ http://metadata.google.internal/ http://100.100.100.200/ http://user@169.254.169.254:80/
http://169.254.43518/ http://METADATA.google.internal./""".split()
DISGUISED = """http://2130706433/ http://0x7f000001/ http://017700000001/ http://127.1/ http://0x7f.1:8080/x
http://[::ffff:127.0.0.1]/ http://[::7f00:1]/ http://[64:ff9b::10.0.0.1]/ http://10-0-0-1.sslip.io/
http://app.10.0.0.1.nip.io/ http://localtest.me/ http://①②⑦.0.0.1/ http://0300.0250.1.1/""".split()
PLAIN = """http://127.0.0.1/ http://localhost:3000/ http://10.1.2.3/ http://192.168.1.1/ http://172.31.0.1/ http://[::1]/
http://[fd12::1]/ http://[fe80::1]/ http://vault.corp.internal/ http://printer.local/ http://0.0.0.0:80/
http://a@b@127.0.0.1/""".split()
PUBLIC = """https://example.com/ http://8.8.8.8/ http://172.32.0.1/ http://[2001:db8::1]/ http://1.1.1.1.nip.io/
http://127.0.0.1@example.com/ http://3com.example/ http://256.1.1.1/ http://1.2.3.4.5/ http://0x/ http://
http://localhost.example.com/ nothing""".split()


LINK_LOCAL = """http://169.254.1.1/ http://0xa9fe0101/ http://[::ffff:169.254.9.9]/ http://[fe80::1]/ [fe80::1%eth0]
169.254.169.254 http://[febf::1]:80/""".split()


@pytest.mark.parametrize("url", LINK_LOCAL)
def test_addresses_of_neighbours(url: str) -> None:
    assert is_link_local(url)


@pytest.mark.parametrize("url", [*PUBLIC, "http://[fec0::1]/", "http://169.255.0.1/", "http://10.0.0.1/", "[::1]", ""])
def test_what_is_no_neighbour(url: str) -> None:
    assert not is_link_local(url)


@pytest.mark.parametrize("url", METADATA)
def test_metadata_services(url: str) -> None:
    assert is_metadata(url)
    assert not is_internal(url)


@pytest.mark.parametrize("url", DISGUISED)
def test_disguised_internal_hosts(url: str) -> None:
    assert is_internal(url)
    assert is_disguised(url)


@pytest.mark.parametrize("url", PLAIN)
def test_plain_internal_hosts(url: str) -> None:
    assert is_internal(url)
    assert not is_disguised(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_public_hosts(url: str) -> None:
    assert not any(asks(url) for asks in (is_internal, is_metadata, is_disguised))


@given(st.integers(0, 0xFFFFFFFF), st.sampled_from(["{0}", "{0:#x}", "0{0:o}", "[::ffff:{1:x}:{2:x}]"]))
def test_every_spelling_of_an_address_leads_to_the_same_place(number: int, spelling: str) -> None:
    dotted = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    odd = spelling.format(number, number >> 16, number & 0xFFFF)
    if number > 0xFFFF:
        assert is_internal(f"http://{odd}/") == is_internal(f"http://{dotted}/")
        assert is_metadata(f"http://{odd}/") == is_metadata(f"http://{dotted}/")


@given(st.text(max_size=60))
def test_nothing_raises(text: str) -> None:
    for url in (text, f"http://{text}/", f"http://[{text}]:80"):
        assert isinstance(host_of(url), str)
        assert {is_internal(url), is_metadata(url), is_disguised(url)} <= {True, False}


LOOPBACK = """127.0.0.1 127.1.2.3 127.255.255.255 ::1 0:0:0:0:0:0:0:1 0000:0000::0001 ::ffff:127.0.0.1 ::FFFF:127.1.2.3
::ffff:7f00:1 ::1%lo""".split()
ELSEWHERE = """128.0.0.1 126.255.255.255 0.0.0.0 :: ::2 1::1 ::127.0.0.1 ::7f00:1 64:ff9b::127.0.0.1 ::ffff:10.0.0.1
::ffff:8.8.8.8 ::fffe:7f00:1 fe80::1 fe80::1%127.0.0.1 localhost 127.0.0.1:80 [::1] 127.1 2130706433 0x7f.0.0.1
0177.0.0.1 127.0.0.1.nip.io 127.0.0.1%lo ::1:1 ::1::1 : ::: 1:2:3:4:5:6:7:8:9 ::ffff:127.0.0.1.1""".split()


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback(address: str) -> None:
    assert is_loopback(address)
    assert is_address(address)


@pytest.mark.parametrize("address", ["", " ", " 127.0.0.1", *ELSEWHERE])
def test_everything_else_is_not_this_machine(address: str) -> None:
    assert not is_loopback(address)


@given(st.ip_addresses())
def test_loopback_is_what_the_standard_library_says(address: IPv4Address | IPv6Address) -> None:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert is_loopback(str(address)) == (mapped or address).is_loopback
    assert is_address(str(address))


@given(st.ip_addresses(v=4, network="127.0.0.0/8"))
def test_every_address_of_the_network(address: IPv4Address) -> None:
    assert is_loopback(str(address))
    assert is_loopback(f"::ffff:{address}")
    assert is_loopback(str(IPv6Address(f"::ffff:{address}")))


@given(st.text(alphabet="0123456789abcdefx:.%[]g ", max_size=24))
def test_no_text_is_too_odd(text: str) -> None:
    if is_loopback(text):
        assert is_address(text)
        assert is_internal(f"http://[{text}]/" if ":" in text else text)
