"""Where a link goes, and where it never goes."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import aiohttp.connector
import pytest

from oktsec_lint.core.errors import UpstreamError
from tests.certificate import certify
from tests.live import http
from tests.runtime.upstream.listener import run, talking
from tests.runtime.upstream.raw import Peer, Request, answering, serving

OFF_LIMITS = "its `url` leads to a link-local address or a cloud's metadata service"
NO_URL = "its `url` is not of the form `https://host/path`"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://169.254.169.254/mcp", OFF_LIMITS),
        ("http://2852039166/mcp", OFF_LIMITS),
        ("http://[fe80::1]/mcp", OFF_LIMITS),
        ("http://[::ffff:a9fe:a9fe]/mcp", OFF_LIMITS),
        ("http://[2002:a9fe:a9fe::1]/mcp", OFF_LIMITS),
        ("https://metadata.google.internal/mcp", OFF_LIMITS),
        ("ftp://host.example/mcp", NO_URL),
        ("host.example/mcp", NO_URL),
        ("https:///mcp", NO_URL),
        ("https://[::1/mcp", "its `url` has no usable host and port (a port is a number up to 65535)"),
        ("https://${NOT_SET}/mcp", "environment variable `NOT_SET` not set"),
    ],
)
def test_an_entry_that_cannot_be_used_says_why(url: str, reason: str) -> None:
    async def test() -> None:
        async with talking(http(url)):
            pass

    with pytest.raises(UpstreamError) as caught:
        run(test)
    assert caught.value.message == reason


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fe80::1", "::ffff:169.254.1.1"])
def test_a_name_that_leads_to_metadata_is_not_followed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is looked at where it is used: no name can mean something else a moment later."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    place = (address, 9, 0, 0) if ":" in address else (address, 9)
    made: list[object] = []

    def resolved(*_: object, **__: object) -> list[object]:
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)]

    async def test() -> tuple[str, str, int]:
        async with talking(http("http://harmless.example:9/mcp")) as talk:
            monkeypatch.setattr(socket, "getaddrinfo", resolved)
            monkeypatch.setattr("oktsec_lint.runtime.upstream.pool.socket.socket", made.append)
            await talk.send("tools/list", 1)
            failure = await talk.ear.failure()
            monkeypatch.undo()
            return failure

    reason = "no connection: it leads to a link-local address or a cloud's metadata service"
    assert (run(test), made) == (("1", reason, 0), [])


@pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", True), ("127.0.0.1", False), ("127.0.0.2", True)])
def test_a_certificate_is_wanted_and_it_has_to_be_the_hosts(
    name: str, *, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    certify(key, certificate, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if trusted:  # aiohttp makes its context when it is imported
        monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=certificate))

    async def script(request: Request, peer: Peer) -> None:
        await peer.reply(200, answering(request))

    async def test() -> None:
        async with serving(script, context) as server, talking(http(server.url)) as talk:
            await talk.ask_modern("tools/list", 1)
            if trusted and name == "127.0.0.1":
                assert talk.ear.failures == []
            else:
                ((_, reason, _),) = talk.ear.failures
                assert reason.startswith("no connection: its certificate is not trusted, ")
                assert server.requests == []

    run(test)
