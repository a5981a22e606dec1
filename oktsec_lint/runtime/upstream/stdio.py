"""One server over a pipe: a process of its own group, and its certain end.

POSIX only so far: an event loop on Windows cannot wait for the pipes of a process that it has not started itself.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from typing import TypeVar

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import EMPTY
from oktsec_lint.launch.adoption import adopting
from oktsec_lint.launch.entry import UnusableError, launch_of
from oktsec_lint.launch.guard import guarded
from oktsec_lint.launch.last_words import LastWords, ending
from oktsec_lint.launch.process import NotStartedError, Process, start

from .hearing import Hearing
from .link import Ears, Limits
from .pipes import Inlet, Messages, Words

_Made = TypeVar("_Made", bound=asyncio.BaseProtocol)

_OUTPUT, _ERRORS, _PROCESS = "output", "errors", "process"
_SETTLE = 0.2
"""Seconds between the end of a process and that of its output, either way round."""


class StdioLink:
    """A `Link` over the pipes of a process."""

    def __init__(self, spec: ServerSpec, environ: Mapping[str, str], ears: Ears, limits: Limits) -> None:
        self._spec, self._environ = spec, environ
        self._hearing = Hearing(ears)
        self._limits = limits
        self._kept = ExitStack()
        self._process: Process | None = None
        self._words: LastWords | None = None
        self._inlet = Inlet(limits.idle)
        self._transports: list[asyncio.BaseTransport] = []
        self._going = {_OUTPUT, _ERRORS, _PROCESS}

    @property
    def stderr(self) -> list[str]:
        """The last lines that it wrote to standard error, without secrets."""
        return self._words.lines if self._words else []

    async def open(self) -> None:
        """Starts the process. Raises UpstreamError."""
        if sys.platform == "win32":
            raise UpstreamError("a gateway cannot start servers on Windows yet; configure it by its `url`")
        try:
            launch = launch_of(self._spec, self._environ)
            self._kept.enter_context(adopting())
            self._process = start(launch)
        except (UnusableError, NotStartedError) as error:
            raise UpstreamError(str(error)) from None
        self._kept.enter_context(guarded(self._process.popen))
        self._words = LastWords(launch.mask)
        await self._connect(self._words, self._process)

    async def send(self, line: bytes, *, about: str = "", headers: Mapping[str, str] = EMPTY) -> None:  # noqa: ARG002
        """Returns when the pipe has room for it. A line end in the message can only be white space between two tokens;
        here it would begin another message."""
        if self._hearing.over:
            self._hearing.refuse(about)
        elif not await self._inlet.put(line.replace(b"\n", b" ") + b"\n"):
            self._hearing.failed(about, f"it has read nothing for {self._limits.idle:g} seconds")

    async def cancel(self, about: str) -> None:
        """A pipe has no stream to close: a notification says it."""

    async def listen(self) -> None:
        """A pipe is always listened to."""

    async def close(self) -> None:
        """Closes its input, then asks its group to end, then insists, each after half a second."""
        self._hearing.close()
        self._inlet.close()
        ended = asyncio.get_running_loop().run_in_executor(None, self._end)  # no task: a loop that ends cancels those
        try:
            await asyncio.shield(ended)
        finally:
            self._inlet.abort()
            for transport in self._transports:
                transport.close()

    def _end(self) -> None:
        """In a thread of its own, and to its end once it has begun: nobody else would end the guard."""
        try:
            if self._process is not None:
                self._process.end()
        finally:
            self._kept.close()

    async def _connect(self, words: LastWords, process: Process) -> None:
        loop, popen = asyncio.get_running_loop(), process.popen
        output = Messages(self._hearing, self._limits.message, partial(self._ended, _OUTPUT))
        errors = Words(words, partial(self._ended, _ERRORS))
        for made, stream in ((output, popen.stdout), (errors, popen.stderr)):
            self._transports.append((await loop.connect_read_pipe(_giving(made), stream))[0])
        await loop.connect_write_pipe(_giving(self._inlet), popen.stdin)
        threading.Thread(target=self._wait, args=(process, loop), daemon=True).start()

    def _wait(self, process: Process, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: no system tells an event loop of a process that it has not started."""
        process.popen.wait()
        with suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(self._ended, _PROCESS)

    def _ended(self, what: str) -> None:
        """One of the things that end together, each a little earlier or later than the others."""
        self._going.discard(what)
        if not self._going:
            self._conclude()
        elif what != _ERRORS:
            asyncio.get_running_loop().call_later(_SETTLE, self._conclude)

    def _conclude(self) -> None:
        code = self._process.popen.poll() if self._process else None
        reason = "it closed its output" if code is None else ending(code)
        self._hearing.ended(self._words.after(reason) if self._words else reason)


def _giving(protocol: _Made) -> Callable[[], _Made]:
    return lambda: protocol
