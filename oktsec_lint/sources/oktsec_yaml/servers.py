"""Entries of `mcp_servers`: can they be started or reached, and over what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.config import Transport, is_address
from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.launch.urls import insecure

_OTHER_NAMES: Mapping[str, Transport] = {
    **dict.fromkeys(("sse", "streamable-http", "streamable_http", "streamablehttp", "https"), Transport.HTTP),
    **dict.fromkeys(("local", "command"), Transport.STDIO),
}
"""What other tools call the two transports, in lower case."""
_USELESS: Mapping[Transport, tuple[str, ...]] = {
    Transport.STDIO: ("url", "headers"),
    Transport.HTTP: ("command", "args", "env", "working_dir"),
}


def transport_of(server: Field) -> Transport:
    """How the server is meant to be reached: as written, by another tool's name for it, or by what is there."""
    written = server["transport"].text().lower()
    if written in set(Transport):
        return Transport(written)
    fallback = Transport.HTTP if server["url"].text() and not server["command"].text() else Transport.STDIO
    return _OTHER_NAMES.get(written, fallback)


def entry_problems(root: Field) -> Iterator[Hit]:
    """CFG-008, 009 and 021: transports that do not exist, and entries that cannot be started as written."""
    for server in root["mcp_servers"]:
        if not server.broken:
            yield from _transport(server)
            yield from _missing_launch(server)
            yield from _useless_keys(server)


def insecure_urls(root: Field) -> Iterator[Hit]:
    """CFG-019 for notifications in clear text to another machine; CFG-004: a URL that is none."""
    for address in webhook_urls(root):
        yield from insecure(address, address.text(), "notifications")


def webhook_urls(root: Field) -> Iterator[Field]:
    """Every URL that notifications are sent to: those of `webhooks`, and those that a `notify` spells out."""
    for hook in root["webhooks"].items:
        yield hook["url"]
    for entry in (*root["rules"].items, *root["category_webhooks"].items):
        yield from (item for item in entry["notify"].items if is_address(item.text()))


def _transport(server: Field) -> Iterator[Hit]:
    field = server["transport"]
    written = field.text()
    if written in set(Transport) or field.broken:
        return
    name, meant = visible(server.name, 60), transport_of(server)
    message = f'mcp_server "{name}": invalid transport "{visible(written, 60)}" (must be stdio or http)'
    if not written:
        yield server.at.hit("CFG-008", message, f"Add `transport: {meant}`; it is read as that here.", at_key=True)
    elif written.lower() == "sse":
        fix = "Write `transport: http`: servers of the older SSE transport are tried automatically with it."
        yield field.at.hit("CFG-008", message, fix, severity=Severity.LOW)
    else:
        known = written.lower() in _OTHER_NAMES or written.lower() in set(Transport)
        fix = f"Write `transport: {meant}`; it is read as that here."
        yield field.at.hit("CFG-008", message, fix, severity=Severity.LOW if known else None)


def _missing_launch(server: Field) -> Iterator[Hit]:
    transport = transport_of(server)
    key, other = ("command", "url") if transport is Transport.STDIO else ("url", "command")
    if server[key].text().strip() or server[key].broken:
        return
    message = f'mcp_server "{visible(server.name, 60)}": {transport} transport requires {key}'
    if server[other].text():
        wanted = Transport.HTTP if transport is Transport.STDIO else Transport.STDIO
        fix = f"Write `transport: {wanted}` if {quoted(other)} is how it is reached, or add `{key}:`."
    else:
        fix = f"Add `{key}:`."
    yield server.at.hit("CFG-009", message, fix, at_key=True)


def _useless_keys(server: Field) -> Iterator[Hit]:
    transport = transport_of(server)
    if not server["command" if transport is Transport.STDIO else "url"].text():
        return
    for key in _USELESS[transport]:
        if server[key].value:
            message = f"{quoted(server[key].at.dotted)} means nothing to a server of transport `{transport}`"
            yield server[key].at.hit("CFG-021", message, at_key=True)
