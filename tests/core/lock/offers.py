"""Servers and locks for tests, the short way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oktsec_lint import lockfile
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.lock import Lock, drift, taken
from oktsec_lint.core.model import Definition, Inventory, Kind, LaunchIdentity, Server, Status

LAUNCH = LaunchIdentity("stdio", "files-server", ("--root", "/data"))
PATH = "oktsec.lock"
RULEBOOK, POLICY, NEWER = (f"sha256:{digit * 64}" for digit in "abc")


def tool(name: str = "read", description: str = "Reads one file.", **more: Any) -> Definition:
    return Definition(Kind.TOOL, name, {"name": name, "description": description, **more})


def server(*definitions: Definition, **more: Any) -> Server:
    fields: dict[str, Any] = {"protocol": "2025-11-25", "launch": LAUNCH, "definitions": definitions, **more}
    return Server("files", fields.pop("status", Status.COMPLETE), **fields)


def lock_of(*servers: Server) -> Lock:
    """A lock as a run meets it: written, and read again."""
    text = lockfile.render(Lock(RULEBOOK, POLICY, tuple(map(taken, servers))))
    return lockfile.read(PATH, text.encode())[0]


def drifted(before: Server, after: Server | None) -> list[Hit]:
    return list(drift(lock_of(before), Inventory((after,) if after is not None else ())))


def rules(hits: Iterable[Hit]) -> list[str]:
    return [hit.rule for hit in hits]
