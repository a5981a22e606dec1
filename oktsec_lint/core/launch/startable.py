"""CFG-009: an entry with nothing to start. CFG-021: one with two things. CFG-022: one whose command is a whole line."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.config import Transport
from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.manifest import Entry, Manifest


def undecided(manifest: Manifest) -> Iterator[Hit]:
    """For formats that do not say over what a server is reached: there the key that is there says it."""
    for entry in manifest.entries:
        url = entry.launch["url"]
        if entry.spec.command and url.text().strip():
            yield _beside(url, "a command")
        for other in entry.other_urls:
            yield _beside(other, "another URL")
        if not (entry.spec.command or entry.spec.url):
            message = f"{quoted(entry.at.dotted)} has neither a command to start nor a URL to reach"
            yield entry.at.hit(
                "CFG-009", message, "Add either, or remove the entry.", at_key=True, severity=Severity.LOW
            )


def _beside(url: Field, what: str) -> Hit:
    message = f"{quoted(url.at.dotted)} stands beside {what}: which of the two counts depends on the client"
    return url.at.hit("CFG-021", message, "Delete the one that is not meant.", at_key=True)


def command_line(entry: Entry) -> Iterator[Hit]:
    """A command with blanks whose first word is no path is a command line: no program is called `npx -y x`."""
    command = entry.launch["command"]
    program, *rest = command.text().split(maxsplit=1) or [""]
    if rest and not set(program) & set("/\\$") and entry.spec.transport is Transport.STDIO:
        message = f"{quoted(command.at.dotted)} is started as one program name, blanks included"
        fix = f"Write `command: {visible(program, 60)}` and the rest under `args:`."
        if "=" in program:
            fix = "Write the program under `command:`, variables under `env:` and the rest under `args:`."
        yield command.at.hit("CFG-022", message, fix)
