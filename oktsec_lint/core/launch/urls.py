"""CFG-019: what goes to another machine in clear text; CFG-004: a URL that is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.manifest import Entry
from oktsec_lint.core.packages import package_of

_URL = re.compile(r"(?i:(https?))://(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:]*)(?:[:/?#].*)?", re.DOTALL)
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]", re.IGNORECASE | re.DOTALL)
_OTHERS = re.compile(r"(?:unix|pipe|wss)://", re.IGNORECASE)
"""URLs of some clients that never leave the machine, or only in cipher."""
_PLACEHOLDER = re.compile(r".*<[^>]{0,60}>.*|your[-_].*", re.IGNORECASE | re.DOTALL)
_BRIDGES = frozenset({"npm:mcp-remote", "npm:supergateway", "npm:mcp-proxy", "pypi:mcp-proxy"})
"""Packages whose argument is the URL of the server that is really reached."""
_WHAT = "tools, arguments and headers"


def of_entry(entry: Entry, *, own: bool) -> Iterator[Hit]:
    """Of the server's own URL, or of the one a bridge to it is given. `own` says that this tool has to reach it."""
    written = entry.launch["url"]
    if own:
        yield from insecure(written, entry.spec.url, _WHAT)
    else:
        yield from _of_client(written, entry.spec.url or written.text())
        for other in entry.other_urls:
            yield from _of_client(other, other.text())
    package = package_of(entry.spec.command, entry.spec.args)
    if package is not None and package.name in _BRIDGES:
        for field, text in zip(entry.launch["args"].items, entry.spec.args, strict=True):
            if text.lower().startswith("http://"):
                yield from insecure(field, text, _WHAT)


def _of_client(holder: Field, url: str) -> Iterator[Hit]:
    """Of a URL that counts for the client, even where this tool would start the command beside it."""
    yield from insecure(holder, "" if _OTHERS.match(url) else re.sub(r"^ws(?=://)", "http", url), _WHAT)


def insecure(holder: Field, url: str, what: str) -> Iterator[Hit]:
    """A hit for a URL that sends `what` in clear text; `url` is the field's text with its references as `${VAR}`."""
    url = url.strip()
    if not url or url.startswith("$"):
        return
    match = _URL.fullmatch(url)
    if match is None:
        fix, severity = "Write `https://host/path`.", Severity.LOW if _PLACEHOLDER.fullmatch(url) else None
        message = f"{quoted(holder.at.dotted)} is not an http or https URL"
        yield holder.at.hit("CFG-004", message, fix, severity=severity)
    elif match[1].lower() == "http" and "$" not in match[2] and not _LOOPBACK.fullmatch(match[2]):
        severity = None if "." in match[2] or ":" in match[2] else Severity.LOW
        message = f"{quoted(holder.at.dotted)} sends {what} in clear text to another machine"
        yield holder.at.hit("CFG-019", message, severity=severity)
