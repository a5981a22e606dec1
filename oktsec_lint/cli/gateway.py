"""What `run` does with a configuration instead of a command: one endpoint in front of every configured server."""

from __future__ import annotations

import asyncio
import gc
import os
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
from oktsec_lint.runtime.gateway.service import Place, Service, bound, stamped
from oktsec_lint.runtime.gateway.session import Entry
from oktsec_lint.runtime.gateway.spans import Untraced
from oktsec_lint.runtime.gateway.tallies import Tallies
from oktsec_lint.runtime.shared import open_bell, open_books, open_journal, open_quarantine
from oktsec_lint.runtime.upstream import Limits, Pool
from oktsec_lint.sources import LoadedConfig

from .admission import entrance_for
from .audit import open_config, request_of
from .beside import custom_rules, day_for, lock_beside, lock_path
from .crew import Worker, joined, leave, listening, run_crew, session_key
from .log import Log, LogFormat
from .notifying import notifying
from .recording import Recorder
from .running import digests_of, refuse_what_fails_open
from .shared import shared
from .telemetry import tracing_for
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
    workers: int = 1
    """Processes that answer."""
    log: LogFormat = LogFormat.TEXT


def run_gateway(asked: Asked) -> int:
    """`Exit.CLEAN` after an orderly end; `Exit.REFUSED` when it was not started."""
    with ExitStack() as stack:
        if asked.workers > 1:
            return _guarded(lambda: _run_crew(asked, stack))
        return _guarded(lambda: _Gateway(asked, stack).run())


def _guarded(work: Callable[[], int]) -> int:
    try:
        return work()
    except OktsecError as error:
        complain(error)
    except OSError as error:
        tell(f"error: the gateway cannot listen: {error.strerror or error}")
    return Exit.REFUSED


class _Gateway:
    """Reads the files, and reads them again."""

    def __init__(self, asked: Asked, stack: ExitStack, worker: Worker | None = None) -> None:
        self._asked = asked
        self._worker = worker
        self._tallies = Tallies()
        self._stack = stack
        opened = self._opened()
        config = opened.config
        self._kept = shared(opened, Path(asked.journal) if asked.journal else None, os.environ)
        self._journal = stack.enter_context(closing(open_journal(self._kept.journal)))
        self._pool = Pool()
        port = config.gateway.port if asked.port is None else asked.port
        address = asked.bind or config.gateway.bind
        self._socket = stack.enter_context(bound(address, port, shared=worker is not None))
        self._address, self._port = self._socket.getsockname()[:2]
        self._terms = terms_of(config) if asked.enforce else Terms(enabled=False)
        self._tracing = tracing_for(config)
        if self._tracing is not None:
            stack.callback(self._tracing.close)
        self._say = Log(asked.log, config, self._tracing.log if self._tracing is not None else None)
        self._holding = self._hold()
        self._first = opened

    def run(self) -> int:
        """Serves until it is told to end."""
        config = self._first.config
        if not config.servers:
            raise UsageError("no server is configured", hint="name them under `mcp_servers`")
        watched = stamped((Path(config.path), lock_path(config, Path.cwd())))
        house = self._built(self._opened())  # read once more: what changes after the stamp will be seen
        place = joined(Place(self._socket, config.gateway.endpoint_path or "/mcp", watched), self._worker)
        gc.enable()
        gc.freeze()
        asyncio.run(self._serve(house, place))
        return Exit.CLEAN

    async def _serve(self, house: House, place: Place) -> None:
        key = self._worker.key if self._worker is not None else session_key()
        service = Service(house, lambda: self._built(self._opened()), place, key, self._holding, self._say)
        try:
            await service.run(lambda: self._ready(place.path))
        finally:
            await self._pool.close()
            leave(self._worker)

    def _ready(self, path: str) -> None:
        if self._worker is not None:
            os.write(self._worker.lines.ready, b".")
        else:
            self._say(listening(self._socket, path, enforce=self._asked.enforce), news=True)

    def _opened(self) -> LoadedConfig:
        opened = open_config(request_of((), self._asked.config, (), offline=True, timeout=1.0, jobs=1))
        if self._asked.enforce:
            refuse_what_fails_open(opened, gateway=True)
        return opened

    def _built(self, opened: LoadedConfig) -> House:
        with ExitStack() as own:
            house = self._house(opened, own)
            house.closing.push(own.pop_all())
            return house

    def _house(self, opened: LoadedConfig, own: ExitStack) -> House:
        config, enforce = opened.config, self._asked.enforce
        if enforce and not config.gateway.scan_responses:
            tell("results are judged and recorded, but not withheld: `gateway.scan_responses` is false")
        rules = rulebook.assemble(custom_rules(config, Path.cwd()))
        beside = lock_beside(opened, Path.cwd(), launches=False)
        judge = Judge(rules, config, grammarbook.builtin(), beside.standing, today=day_for(config))
        names = Names(self._address, self._port, hosts=self._asked.hosts, origins=self._asked.origins)
        offer = own.enter_context(notifying(opened, judge.rules))
        recorder = Recorder(self._journal, digests_of(judge), offer, enforce=enforce)
        record = _tallied(recorder.soon, judge, self._tallies)
        ground = Ground(
            config,
            judge,
            entrance_for(opened, names),
            record,
            self._say,
            _refusals(record),
            enforce,
            self._terms,
            self._tallies,
            self._tracing or Untraced(),
        )
        policy, server = CallPolicy(config), shared(opened, None, os.environ).redis
        books = own.enter_context(closing(open_books(policy, server, enforce=enforce, say=self._say)))
        limits = Limits()
        specs = _startable(opened, judge, self._say, enforce=enforce)
        backends = [Backend(spec, os.environ, self._pool, limits, self._say) for spec in specs]
        return House(ground, backends, policy, books)

    def _hold(self) -> Holding | None:
        if not self._terms.enabled:
            return None
        store = self._stack.enter_context(closing(open_quarantine(self._kept.journal)))
        bell = self._stack.enter_context(closing(open_bell(self._kept.redis)))
        return Holding(store, self._terms, self._say, bell.glance)


def _run_crew(asked: Asked, stack: ExitStack) -> int:
    """The same gateway in several processes."""
    config = open_config(request_of((), asked.config, (), offline=True, timeout=1.0, jobs=1)).config
    port = config.gateway.port if asked.port is None else asked.port
    held = stack.enter_context(bound(asked.bind or config.gateway.bind, port, shared=True))
    same_port = asked._replace(port=held.getsockname()[1])

    def work(worker: Worker) -> int:
        with ExitStack() as own:
            return _guarded(lambda: _Gateway(same_port, own, worker).run())

    announced = listening(held, config.gateway.endpoint_path, enforce=asked.enforce)
    say = Log(asked.log, config)
    return run_crew(asked.workers, work, f"{announced} with {asked.workers} workers", say, stack)


def _tallied(
    record: Callable[[Event, str, str], Entry], judge: Judge, tallies: Tallies
) -> Callable[[Event, str, str], Entry]:
    """The recorder, and a count of what it is told."""

    def remember(event: Event, agent: str, server: str) -> Entry:
        entry = record(event, agent, server)
        rule = judge.rules.get(event.rules[0]) if event.rules else None
        family = rule.category if rule is not None else "policy" if event.rules else "none"
        tallies.decided(event, family)
        if isinstance(entry, asyncio.Future):
            entry.add_done_callback(lambda done: tallies.recorded(None if done.cancelled() else done.result()))
        else:
            tallies.recorded(entry)
        return entry

    return remember


def _refusals(record: Callable[[Event, str, str], Entry]) -> Callable[[str], None]:
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


def _startable(opened: LoadedConfig, judge: Judge, say: Log, *, enforce: bool) -> list[ServerSpec]:
    """The configured servers; of those that are not started as they were locked, an enforcing gateway starts none."""
    config: Config = opened.config
    if judge.standing is None:
        return list(config.servers)
    found: list[ServerSpec] = []
    for spec in config.servers:
        problem = _unlike_locked(opened, judge, spec)
        if problem:
            say(f"{visible(spec.name, 80)} {'is not started' if enforce else 'is started all the same'}: {problem}")
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
