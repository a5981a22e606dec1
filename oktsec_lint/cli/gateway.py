"""What `run` does with a configuration instead of a command: one endpoint in front of every configured server."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from oktsec_lint import grammarbook, lockfile, rulebook
from oktsec_lint.core.calls import CallPolicy
from oktsec_lint.core.config import Config, ServerSpec
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.held import Terms, terms_of
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.policy import Level
from oktsec_lint.core.record import Decision
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate import Event, Side
from oktsec_lint.protocol.gateway import Names
from oktsec_lint.runtime.gateway.backend import Backend
from oktsec_lint.runtime.gateway.holding import Holding
from oktsec_lint.runtime.gateway.house import Ground, House
from oktsec_lint.runtime.gateway.service import Place, Service, bound
from oktsec_lint.runtime.shared import open_bell, open_books, open_journal, open_quarantine
from oktsec_lint.runtime.upstream import Limits, Pool
from oktsec_lint.sources import LoadedConfig

from .admission import entrance_for
from .audit import open_config, request_of
from .beside import custom_rules, day_for, lock_beside, lock_path
from .notifying import notifying
from .recording import Recorder
from .running import digests_of, refuse_what_fails_open
from .shared import shared
from .terminal import complain, tell


class Asked(NamedTuple):
    """The command line of `run` for a gateway."""

    config: str | None = None
    enforce: bool = False
    journal: str = ""
    port: int | None = None
    """0 for any that is free; None for the configured one."""
    bind: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


def run_gateway(asked: Asked) -> int:
    """`Exit.CLEAN` after an orderly end; `Exit.REFUSED` when it was not started."""
    try:
        with ExitStack() as stack:
            return _Gateway(asked, stack).run()
    except OktsecError as error:
        complain(error)
    except OSError as error:
        tell(f"error: the gateway cannot listen: {error.strerror or error}")
    return Exit.REFUSED


class _Gateway:
    """Reads the files, and reads them again."""

    def __init__(self, asked: Asked, stack: ExitStack) -> None:
        self._asked = asked
        self._stack = stack
        opened = self._opened()
        config = opened.config
        self._kept = shared(opened, Path(asked.journal) if asked.journal else None, os.environ)
        self._journal = stack.enter_context(closing(open_journal(self._kept.journal)))
        self._pool = Pool()
        port = config.gateway.port if asked.port is None else asked.port
        self._socket = stack.enter_context(bound(asked.bind or config.gateway.bind, port))
        self._address, self._port = self._socket.getsockname()[:2]
        self._terms = terms_of(config) if asked.enforce else Terms(enabled=False)
        self._holding = self._hold()
        self._first = opened

    def run(self) -> int:
        """Serves until it is told to end."""
        config = self._first.config
        if not config.servers:
            raise UsageError("no server is configured", hint="name them under `mcp_servers`")
        house = self._built(self._first)
        watched = (Path(config.path), lock_path(config, Path.cwd()))
        place = Place(self._socket, config.gateway.endpoint_path or "/mcp", watched)
        gc.enable()
        gc.freeze()
        asyncio.run(self._serve(house, place))
        return Exit.CLEAN

    async def _serve(self, house: House, place: Place) -> None:
        key = os.environ.get("OKTSEC_SESSION_KEY", "").encode() or secrets.token_bytes(32)
        service = Service(house, lambda: self._built(self._opened()), place, key, self._holding, tell)
        try:
            await service.run(lambda: self._ready(place.path))
        finally:
            await self._pool.close()

    def _ready(self, path: str) -> None:
        mode = "enforcing" if self._asked.enforce else "observing"
        host = f"[{self._address}]" if ":" in self._address else self._address
        tell(f"{mode} on http://{host}:{self._port}{path}")

    def _opened(self) -> LoadedConfig:
        opened = open_config(request_of((), self._asked.config, (), offline=True, timeout=1.0, jobs=1))
        if self._asked.enforce:
            refuse_what_fails_open(opened, gateway=True)
        return opened

    def _built(self, opened: LoadedConfig) -> House:
        config, enforce = opened.config, self._asked.enforce
        rules = rulebook.assemble(custom_rules(config, Path.cwd()))
        beside = lock_beside(opened, Path.cwd(), launches=False)
        judge = Judge(rules, config, grammarbook.builtin(), beside.standing, today=day_for(config))
        names = Names(self._address, self._port, hosts=self._asked.hosts, origins=self._asked.origins)
        offer = self._stack.enter_context(notifying(opened, judge.rules))
        record = Recorder(self._journal, digests_of(judge), offer, enforce=enforce)
        ground = Ground(
            config, judge, entrance_for(opened, names), record.soon, tell, _refusals(record), enforce, self._terms
        )
        specs = _startable(opened, judge, enforce=enforce)
        limits = Limits()
        policy = CallPolicy(config)
        kept = shared(opened, None, os.environ)
        books = self._stack.enter_context(closing(open_books(policy, kept.redis, enforce=enforce, say=tell)))
        return House(ground, [Backend(spec, os.environ, self._pool, limits, tell) for spec in specs], policy, books)

    def _hold(self) -> Holding | None:
        if not self._terms.enabled:
            return None
        store = self._stack.enter_context(closing(open_quarantine(self._kept.journal)))
        bell = self._stack.enter_context(closing(open_bell(self._kept.redis)))
        return Holding(store, self._terms, tell, bell.glance)


def _refusals(record: Recorder) -> Callable[[str], None]:
    def remember(reason: str) -> None:
        event = Event(
            Side.CLIENT,
            Decision.BLOCKED,
            level=Level.BLOCK,
            rules=("entrance",),
            reason=visible(reason, 200),
            started=time.monotonic(),
        )
        record(event, "", "")

    return remember


def _startable(opened: LoadedConfig, judge: Judge, *, enforce: bool) -> list[ServerSpec]:
    """The configured servers; of those that are not started as they were locked, an enforcing gateway starts none."""
    config: Config = opened.config
    if judge.standing is None:
        return list(config.servers)
    found: list[ServerSpec] = []
    for spec in config.servers:
        problem = _unlike_locked(opened, judge, spec)
        if problem:
            tell(f"{visible(spec.name, 80)} {'is not started' if enforce else 'is started all the same'}: {problem}")
        if not (problem and enforce):
            found.append(spec)
    return found


def _unlike_locked(opened: LoadedConfig, judge: Judge, spec: ServerSpec) -> str:
    standing = judge.standing
    locked = standing.lock.server(spec.name) if standing is not None else None
    if locked is None:
        return "it is not in the lock"
    now = lockfile.identity(spec, opened.document, Path.cwd())
    differing = [field for field in now._fields if getattr(now, field) != getattr(locked.launch, field)]
    return f"not as it was locked: {', '.join(differing)}" if differing else ""
