"""`run --workers N`: the gateway in several processes on one port."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

from oktsec_lint.core.errors import UsageError
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.runtime.gateway.neighbours import Neighbours
from oktsec_lint.runtime.gateway.say import Say
from oktsec_lint.runtime.gateway.service import Place
from oktsec_lint.runtime.gateway.tallies import Board
from oktsec_lint.runtime.gateway.workers import Lines


class Worker(NamedTuple):
    """One of several processes that answer on the same port."""

    number: int
    size: int
    """How many there are."""
    key: bytes
    """Signs session ids; the same for all."""
    folder: Path
    """Private to them."""
    lines: Lines
    parent: int
    """Process id of the one that started it."""


def run_crew(size: int, work: Callable[[Worker], int], announced: str, say: Say, stack: ExitStack) -> int:
    """Runs `work` in so many processes until they are told to end; `announced` is said when all of them listen.

    Raises UsageError on a system that has no such processes.
    """
    if sys.platform != "win32":
        from oktsec_lint.runtime.gateway.workers import Crew

        key, parent = session_key(), os.getpid()
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="oktsec-")))
        crew = Crew(size, lambda number, lines: work(Worker(number, size, key, folder, lines, parent)), say)
        return crew.run(lambda: say(announced, news=True))
    raise UsageError("several workers need a system where processes can share a port", hint="leave out --workers")


def session_key() -> bytes:
    """By which session ids are signed: the configured one, as several machines need, else a random one."""
    return os.environ.get("OKTSEC_SESSION_KEY", "").encode() or secrets.token_bytes(32)


def joined(place: Place, worker: Worker | None) -> Place:
    """The place of a gateway that has this worker's neighbours."""
    if worker is None:
        return place
    return place._replace(
        neighbours=Neighbours(worker.folder, worker.number, worker.size),
        board=Board(worker.folder, worker.number),
        alive=worker.lines.alive,
    )


def leave(worker: Worker | None) -> None:
    """Removes the folder where the process that made it was killed: nobody else will."""
    if worker is not None and os.getppid() != worker.parent:
        shutil.rmtree(worker.folder, ignore_errors=True)


def listening(listens: socket, path: str, *, enforce: bool) -> str:
    """Where the gateway is reached, in a sentence."""
    address, port = listens.getsockname()[:2]
    host = f"[{address}]" if ":" in address else address
    return f"{'enforcing' if enforce else 'observing'} on http://{host}:{port}{path or '/mcp'}"
