"""One audit: inputs in, a `Report` out. The only place where sources, collectors, rulebook and judge meet.

Every input is judged with its own configuration; a snapshot with the one `--config` names, or with none. What was not
looked at stays in the report as such.
"""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.config import Config, ServerSpec
from oktsec_lint.core.errors import NothingError, RuleError, SourceError, UsageError
from oktsec_lint.core.findings import Finding, Hit
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.core.model import EMPTY, Inventory, Server, Status
from oktsec_lint.core.report import Report
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.suppressions import UNUSED
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources import LoadedConfig, Snapshot, open_source
from oktsec_lint.sources.discovery import LOCAL_NAMES, find_config

from .beside import Beside, custom_rules, day_for, lock_beside, no_lock, shown_path
from .choices import STDIN
from .clean_cache import CleanCache
from .files import Disk, Files
from .reporting import Locator, Part, build_report

_Opened: TypeAlias = LoadedConfig | tuple[Snapshot, Config, tuple[Hit, ...]]

Progress: TypeAlias = Callable[[str, str], None]
"""Called with a server's name and what is happening to it."""


class Request(NamedTuple):
    """What the command line asked for."""

    environ: Mapping[str, str]
    cwd: Path
    inputs: tuple[str, ...] = ()
    config: str | None = None
    offline: bool = False
    timeout: float = 30.0
    """Seconds each server may take, from start to the last page."""
    jobs: int = 8
    """How many servers are started or reached at once."""
    servers: tuple[str, ...] = ()
    """Only these; empty means all."""
    stdin: Callable[[], bytes] = bytes
    locked: bool = False
    """Whether a missing lock is a finding."""
    cached: bool = True
    """Whether a run that judges a lock may remember which definitions were clean."""
    taking: bool = False
    """Whether a lock is to be taken: without one, everything is compared with an empty one."""
    starting: bool = False
    """Whether the servers of packages are started too, where their manifest lists nothing."""
    kind: str = ""
    """The format that the inputs are read as (`sources.registry`); empty tells it by each file."""
    files: Files = Disk()
    listed: Mapping[str, Mapping[str, Server]] = EMPTY
    """Servers that were listed just now, by configuration and name: they are not asked again."""


def request_of(
    inputs: Sequence[str] | None,
    config: str | None,
    servers: Sequence[str] | None,
    *,
    offline: bool,
    timeout: float,
    jobs: int,
    locked: bool = False,
    cached: bool = True,
    kind: str = "",
) -> Request:
    """What was asked for, in this process's environment. A lock stands for the configuration beside it. Raises
    UsageError for a timeout that is no number, SourceError for a lock that has no configuration beside it."""
    if math.isnan(timeout):
        raise UsageError("--timeout takes a number of seconds")
    return Request(
        environ=dict(os.environ),
        cwd=Path.cwd(),
        inputs=tuple(map(_configuration, inputs or ())),
        config=config,
        servers=tuple(servers or ()),
        offline=offline,
        timeout=timeout,
        jobs=jobs,
        stdin=sys.stdin.buffer.read,
        locked=locked,
        cached=cached,
        kind=kind,
    )


def _configuration(name: str) -> str:
    """An input, or the configuration whose lock it is: that is the file that changed, for who names what changed."""
    if Path(name).name != LOCK_NAME:
        return name.removesuffix(f".{LOCK_NAME}")
    beside = [Path(name).with_name(item) for item in LOCAL_NAMES]
    found = next((path for path in beside if os.path.lexists(path)), None)
    if found is None:
        hint = "name the configuration, and --offline to judge what is locked"
        raise SourceError(f"there is no {LOCAL_NAMES[0]} beside this lock", path=name, hint=hint)
    return found.as_posix()


class _Input(NamedTuple):
    """One thing to judge: a configuration with what its servers will offer, or a snapshot."""

    config: Config
    hits: tuple[Hit, ...] = ()
    specs: tuple[ServerSpec, ...] = ()
    offered: tuple[Server, ...] = ()
    beside: Beside = Beside()
    is_config: bool = False


class Examined(NamedTuple):
    """What an audit saw: everything that was judged, and where it stands."""

    parts: tuple[Part, ...]
    locator: Locator
    rules: Sequence[Rule]


def audit(request: Request, progress: Progress | None = None) -> Report:
    """Load, collect, judge and report everything the request names.

    Raises OktsecError for mistakes of the caller: a file that is not there, a broken rule, an unknown server.
    """
    return build_report(*examine(request, progress))


def examine(request: Request, progress: Progress | None = None) -> Examined:
    """Load, collect and judge everything the request names. Raises as `audit` does."""
    base = rulebook.builtin()
    locator = Locator()
    request, opened = _opened(request, base, locator)
    inputs = [_prepare(item, request, locator) for item in opened]
    if request.locked and not any(item.is_config for item in inputs):
        raise UsageError("--locked is about a configuration and its lock, and none was given")
    _refuse_unknown_servers(request.servers, inputs)
    return Examined(tuple(_judge(item, request, progress) for item in inputs), locator, base)


def stream_basis(request: Request) -> tuple[Sequence[Rule], Config, tuple[Finding, ...]]:
    """What a stream of manifests is judged by, and the mistakes in it: the configuration of `--config`, or none."""
    base = rulebook.builtin()
    if not request.config:
        return base, Config(), ()
    opened = _open_config(request, base, Locator())
    rules = rulebook.assemble(custom_rules(opened.config, request.cwd))
    found = (
        Judge(
            rules,
            Config(rules=opened.config.rules, lint=opened.config.lint),
            grammarbook.builtin(),
            today=day_for(opened.config),
        )
        .judge(Inventory(), opened.hits)
        .inspection.findings
    )
    return rules, opened.config, tuple(item for item in found if not item.ignored_by and item.rule != UNUSED)


def _opened(request: Request, base: Sequence[Rule], locator: Locator) -> tuple[Request, list[_Opened]]:
    """Everything that the request is about, and the request as it is then: offline where only files were found whose
    servers nobody wants to be started."""
    if not request.inputs and config_path(request) is None and not request.taking:
        from .manifests import agreed_to_start, found_in

        files = found_in(request.cwd)
        found = tuple(name for name in files if _says_something(_open(name, request, base, Locator())))
        if found:
            request = request._replace(inputs=found)
            opened = list(_open_all(request, base, locator))
            specs = [spec for item in opened if isinstance(item, LoadedConfig) for spec in item.config.servers]
            return request._replace(offline=request.offline or not agreed_to_start(specs)), opened
    return request, list(_open_all(request, base, locator))


def _says_something(opened: LoadedConfig | Snapshot) -> bool:
    """Whether a client keeps servers in this file, or anything that is worth a word: most settings have none."""
    return not isinstance(opened, LoadedConfig) or bool(opened.config.servers or opened.hits)


def _open_all(request: Request, base: Sequence[Rule], locator: Locator) -> Iterator[_Opened]:
    named = list(dict.fromkeys(request.inputs))
    explicit = _open_config(request, base, locator) if request.config or not named else None
    if explicit is not None and not named:
        yield explicit
    config, hits = (explicit.config, explicit.hits) if explicit else (Config(), ())
    for opened in _compared([_open(path, request, base, locator, request.kind) for path in named]):
        if isinstance(opened, LoadedConfig) and not (explicit and opened.config.format):
            yield opened
            continue
        if isinstance(opened, LoadedConfig):
            from .manifests import judged_by

            yield judged_by(opened._replace(hits=(*opened.hits, *hits)), config, request.cwd)
        else:
            yield opened, config, (*hits, *opened.hits)
        hits = ()


def _compared(opened: list[LoadedConfig | Snapshot]) -> Iterable[LoadedConfig | Snapshot]:
    configs = [item for item in opened if isinstance(item, LoadedConfig)]
    if not configs[1:]:
        return opened
    from .manifests import compared

    others = iter(compared(configs))
    return [next(others) if isinstance(item, LoadedConfig) else item for item in opened]


def config_path(request: Request) -> Path | None:
    """The configuration that the request names, or the one that is found where it names none."""
    home = Path(request.environ.get("HOME", "~")).expanduser()
    return find_config(request.config, request.environ, request.cwd, home)


def found_config(request: Request) -> Path:
    """The same. Raises NothingError where there is none to be found."""
    path = config_path(request)
    if path is None:
        hint = "name one, or write ./oktsec.yaml; $OKTSEC_CONFIG and ~/.oktsec/config.yaml are looked at too"
        raise NothingError("no configuration found", hint=hint)
    return path


def open_config(request: Request) -> LoadedConfig:
    """The configuration that the request names or that is found. Raises OktsecError as `audit` does."""
    return _open_config(request, rulebook.builtin(), Locator())


def _open_config(request: Request, base: Sequence[Rule], locator: Locator) -> LoadedConfig:
    path = found_config(request)
    opened = _open(shown_path(path, request.cwd), request, base, locator)
    if isinstance(opened, LoadedConfig):
        return opened
    raise SourceError("this is a snapshot, not a configuration", path=str(path), hint="give it as an argument instead")


def _open(
    path: str, request: Request, base: Sequence[Rule], locator: Locator, kind: str = ""
) -> LoadedConfig | Snapshot:
    data = request.stdin() if path == STDIN else request.files.read(request.cwd / path, shown=path)
    opened = _read(path, data, base, kind)
    if isinstance(opened, LoadedConfig) and opened.config.custom_rules_dir:
        _refuse_missing_rules(opened, request.cwd)
        opened = _read(path, data, rulebook.assemble(custom_rules(opened.config, request.cwd)), kind)
    locator.add(opened.document)
    return opened


def _refuse_missing_rules(opened: LoadedConfig, cwd: Path) -> None:
    config, folder = opened.config, custom_rules(opened.config, cwd)
    if folder is None or folder.is_dir() or config.custom_rules_place is None:
        return
    where = opened.document.locate(config.custom_rules_place.pointer)
    raise RuleError(
        f"custom_rules_dir {config.custom_rules_dir} is no directory",
        path=config.path,
        line=where.line,
        column=where.column,
        hint="it is looked for beside the configuration; without its rules nothing is judged",
    )


def _read(path: str, data: bytes, rules: Sequence[Rule], kind: str) -> LoadedConfig | Snapshot:
    return open_source(
        path,
        data,
        kind=kind,
        known_rules=frozenset(rule.id for rule in rules),
        known_categories=frozenset(name for rule in rules for name in (rule.category, *rule.tags)),
    )


def _prepare(opened: _Opened, request: Request, locator: Locator) -> _Input:
    if not isinstance(opened, LoadedConfig):
        snapshot, config, hits = opened
        specs = _packaged(snapshot, request.servers) if request.starting else ()
        started = {spec.name for spec in specs}
        return _Input(config, hits, specs, tuple(item for item in snapshot.servers if item.name not in started))
    config = opened.config
    beside = lock_beside(opened, request.cwd, wanted=request.taking, files=request.files)
    if beside.document is not None:
        locator.add(beside.document)
    hits = (*opened.hits, no_lock(config)) if request.locked and beside.standing is None else opened.hits
    specs = tuple(spec for spec in config.servers if not request.servers or spec.name in request.servers)
    chosen = {spec.name for spec in specs}
    left_out = tuple(
        Server(
            spec.name,
            Status.NOT_SCANNED,
            "not chosen by --server",
            place=spec.place,
            launch=beside.launches.get(spec.name),
        )
        for spec in config.servers
        if spec.name not in chosen
    )
    return _Input(config, hits, specs, left_out, beside, is_config=True)


def _packaged(snapshot: Snapshot, chosen: Sequence[str]) -> tuple[ServerSpec, ...]:
    """How the servers are started of which a package's manifest lists nothing: by the first way that it names."""
    known = {entry.name: entry.spec for entry in snapshot.manifest.entries} if snapshot.manifest is not None else {}
    unlisted = (item.name for item in snapshot.servers if item.status is Status.NOT_SCANNED)
    return tuple(known[name] for name in unlisted if name in known and (not chosen or name in chosen))


def _refuse_unknown_servers(chosen: Collection[str], inputs: Iterable[_Input]) -> None:
    if not chosen:
        return
    known = [spec.name for item in inputs for spec in item.config.servers]
    known += [spec.name for item in inputs for spec in item.specs if spec.name not in known]
    known += [server.name for item in inputs for server in item.offered if server.name not in known]
    for name in chosen:
        if name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"configured: {', '.join(known) or 'none'}"
            raise UsageError(f"no server named {name}", hint=hint)


def _judge(item: _Input, request: Request, progress: Progress | None) -> Part:
    rules = rulebook.assemble(custom_rules(item.config, request.cwd))
    cache = _clean_cache(item, request)
    standing = item.beside.standing
    judge = Judge(
        rules,
        item.config,
        grammarbook.builtin(),
        standing,
        cache.known if cache is not None else (),
        day_for(item.config),
    )
    inventory = Inventory((*_collect(item, request, progress), *item.offered))
    judgement = judge.judge(inventory, item.hits)
    if cache is not None:
        cache.add(judgement.clean)
    chosen = tuple(server for server in inventory.servers if not request.servers or server.name in request.servers)
    return Part(judge, judgement, chosen)


def _clean_cache(item: _Input, request: Request) -> CleanCache | None:
    """For runs that judge a lock and nothing else: what a server says now is always judged in full."""
    if not (request.offline and request.cached) or item.beside.standing is None:
        return None
    return CleanCache(item.beside.standing.rulebook, request.environ)


def _collect(item: _Input, request: Request, progress: Progress | None) -> tuple[Server, ...]:
    """What the servers offer: all of them live, or all of them as they were locked."""
    if not item.specs:
        return ()
    if request.offline:
        return tuple(item.beside.offer(spec) for spec in item.specs)
    if request.listed:
        found = tuple(_heard(spec, request.listed.get(item.config.path, EMPTY)) for spec in item.specs)
        return tuple(server._replace(launch=item.beside.launches.get(server.name)) for server in found)
    from oktsec_lint.collect import Options, collect

    gc.enable()

    options = Options(timeout=request.timeout, jobs=request.jobs, environ=request.environ)
    found = collect(item.specs, options, progress)
    return tuple(server._replace(launch=item.beside.launches.get(server.name)) for server in found)


def _heard(spec: ServerSpec, listed: Mapping[str, Server]) -> Server:
    """What a server was heard to offer. One that a correction has only just configured was not asked."""
    known = listed.get(spec.name) or Server(spec.name, Status.NOT_SCANNED, "configured by a correction: scan again")
    return known._replace(place=spec.place)
