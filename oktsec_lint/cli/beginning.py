"""What `setup` does: find, ask, list, propose, write, lock, wrap. It starts nothing before somebody agreed, and no
credential goes from a client's file into a configuration."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from oktsec_lint import grammarbook, lockfile, rulebook
from oktsec_lint.core.access import ToolIndex
from oktsec_lint.core.config import Config, ServerSpec
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import NothingError, OktsecError, UsageError
from oktsec_lint.core.granting import grants
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.launch.credentials import of_entry
from oktsec_lint.core.model import Inventory, Server, Status
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.wording import plural
from oktsec_lint.sources.first_config import Choice, first_config

from . import guarding, locking
from .beside import shown_path
from .clients import ClientFile, Listed, client_files, shown
from .manifests import whole_line
from .progress import shown_progress
from .terminal import ask, complain, somebody_answers, tell

_FRESH = 0o644
_HARMLESS = re.compile(
    r"(?:~|\.{0,2}|[A-Za-z]:|\$\{[A-Za-z_]\w*\})(?:[/\\][\w .@+-]{0,24})*|[A-Za-z_-]{0,20}|[0-9.,:]{1,8}"
    r"|[a-z]+://[\w.-]+(?::[0-9]{1,5})?(?:/[a-z0-9._-]{0,24})*"
)
"""A value that can be told to be no credential: a path, a word, a number, an address, a reference."""
_TELLING = re.compile(
    r"token|secret|passw|passphrase|pwd|credential|apikey|auth|cookie|session|private|hook"
    r"|(?:^|[_.-])(?:key|pass|pin|pat|dsn|sig|otp)(?:[_.-]|$)",
    re.IGNORECASE,
)
"""The name of a variable that may hold one whatever its value looks like: a key may begin as a path does."""
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class Asked(NamedTuple):
    """The command line of `setup`."""

    clients: tuple[str, ...] = ()
    config: str = "oktsec.yaml"
    replace: bool = False
    enforce: bool = False
    yes: bool = False
    timeout: float = 30.0
    """Seconds."""
    jobs: int = 8
    no_progress: bool = False


class Planned(NamedTuple):
    """One server as it will be configured, whichever clients start it."""

    spec: ServerSpec
    """As it is started now, under the name it gets: its variables may be credentials."""
    written: ServerSpec
    """As it may be written down."""
    clients: tuple[str, ...]
    line: str
    """For a person."""


class Plan(NamedTuple):
    """What is to be configured, and what is not."""

    servers: tuple[Planned, ...]
    left: tuple[str, ...]


def run_setup(asked: Asked) -> Exit:
    """The command to its exit code. Tells the user's mistakes on stderr."""
    try:
        return _set_up(asked)
    except OktsecError as error:
        return complain(error)


def _set_up(asked: Asked) -> Exit:
    path = Path.cwd() / Path(asked.config).expanduser()
    _refuse_to_overwrite(path, asked)
    guarding.launcher()
    files = client_files(os.environ, Path.cwd(), asked.clients)
    for file in files:
        if file.problem is not None:
            raise file.problem
    plan = planned(files)
    if not plan.servers:
        for item in plan.left:
            tell(visible(item, 300))
        raise NothingError("no MCP client with a server to start was found", hint="`oktsec-lint discover` shows all")
    if not _agreed(plan, asked):
        tell("nothing was started or written")
        return Exit.ERROR
    servers = _listed(plan, asked)
    code = _written(plan, servers, path, asked)
    for line in _next_steps(plan, shown(path, os.environ), enforce=asked.enforce):
        tell(line)
    return code


def _refuse_to_overwrite(path: Path, asked: Asked) -> None:
    if os.path.lexists(path) and not asked.replace:
        hint = "`oktsec-lint wrap --all` guards servers by it; --replace writes a new one"
        raise UsageError("there is one already", path=asked.config, hint=hint)


def planned(files: Iterable[ClientFile]) -> Plan:
    """Every server that a client starts, once for each way in which it is started."""
    found: dict[tuple[object, ...], Planned] = {}
    left: list[str] = []
    for file in files:
        for item in file.listed():
            why = _objection(item)
            if why:
                left.append(f"{item.name} of {file.client.title}: {why}")
                continue
            spec = _located(item, file)
            key = (spec.command, spec.args, spec.working_dir)
            known = found.get(key)
            if known is not None:
                found[key] = known._replace(clients=tuple(dict.fromkeys((*known.clients, file.client.name))))
            else:
                taken = {other.spec.name for other in found.values()}
                spec = spec._replace(name=_name(item.name, file.client.name, taken))
                found[key] = Planned(spec, _writable(spec, item), (file.client.name,), whole_line(spec))
    return Plan(tuple(found.values()), tuple(left))


def _objection(item: Listed) -> str:
    """Why a server is not set up; empty when it is."""
    if not item.is_local:
        return "it is reached by its URL, past the gate"
    if not item.words[0]:
        return "it has no command"
    if item.entry.disabled is not None:
        return "it is disabled"
    if not _secrets(item).isdisjoint(word.at.pointer for word in item.entry.launch["args"]):
        return "its arguments hold a credential: put that into `env` first"
    return ""


def _secrets(item: Listed) -> set[str]:
    """Pointers of the values that are credentials."""
    return {hit.pointer for hit in of_entry(item.entry, "")}


def _located(item: Listed, file: ClientFile) -> ServerSpec:
    """Relative to the project, where the client starts it there."""
    spec = item.plain()
    folder = Path(item.entry.scope) if item.entry.scope else Path.cwd()
    if spec.working_dir or not (item.entry.scope or file.of_project):
        return spec
    return spec._replace(working_dir=str(folder)) if _names_a_file(spec, folder) else spec


def _names_a_file(spec: ServerSpec, folder: Path) -> bool:
    words = [word for word in (spec.command, *spec.args) if word and not word.startswith("-")]
    return any(not Path(word).is_absolute() and (folder / word).is_file() for word in words)


def _name(wanted: str, client: str, taken: set[str]) -> str:
    """A name that a configuration takes and no other server has."""
    name = _UNFIT.sub("-", wanted).strip("._-")[:100] or "server"
    candidates = (name, f"{name}-{client}", *(f"{name}-{client}-{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _writable(spec: ServerSpec, item: Listed) -> ServerSpec:
    """With a reference in place of everything that may be a credential."""
    secrets, variables = _secrets(item), item.entry.launch["env"]
    kept = {
        name
        for name, value in spec.env.items()
        if _is_harmless(name, value) and variables[name].at.pointer not in secrets
    }
    return spec._replace(env={name: spec.env[name] if name in kept else f"${{{name}}}" for name in spec.env})


def _is_harmless(name: str, value: str) -> bool:
    return _HARMLESS.fullmatch(value) is not None and _TELLING.search(name) is None


def _agreed(plan: Plan, asked: Asked) -> bool:
    """Whether somebody wants these servers to be started. Raises UsageError where nobody can be asked."""
    tell("these servers are started, once, to see what they offer:")
    for item in plan.servers:
        sys.stderr.write(f"  {visible(item.spec.name, 60)} ({', '.join(item.clients)}):  {visible(item.line, 2000)}\n")
    for reason in plan.left:
        sys.stderr.write(f"  not: {visible(reason, 300)}\n")
    if asked.yes:
        return True
    if not somebody_answers():
        raise UsageError("nobody can be asked whether to start these servers", hint="pass --yes to agree")
    return (ask("start them? [y]es, [n]o: ") or "").lower() in {"y", "yes"}


def _listed(plan: Plan, asked: Asked) -> tuple[Server, ...]:
    from oktsec_lint.collect import Options, collect

    options = Options(timeout=asked.timeout, jobs=asked.jobs, environ=os.environ)
    with shown_progress(wanted=not asked.no_progress) as progress:
        return collect([item.spec for item in plan.servers], options, progress)


def _written(plan: Plan, servers: Sequence[Server], path: Path, asked: Asked) -> Exit:
    """Writes what was listed, locks it, and wraps what was locked."""
    whole = {server.name: server for server in servers if server.status is Status.COMPLETE}
    if not whole:
        for server in servers:
            tell(f"{visible(server.name, 60)}: {visible(server.reason, 300)}")
        raise NothingError("none of these servers could be listed, so nothing was written")
    missed = [server for server in servers if server.name not in whole]
    left = (*plan.left, *(f"{server.name}: {server.reason}" for server in missed))
    kept = [item for item in plan.servers if item.spec.name in whole]
    agents = _agents(kept, Inventory(tuple(whole.values())))
    text = first_config([item.written for item in kept], agents, left)
    lockfile.put(path.resolve(), text.encode(), _FRESH, asked.config)
    tools = sum(len(choices) for choices in agents.values())
    allowed = sum(not choice.why for choices in agents.values() for choice in choices)
    sys.stdout.write(f"{asked.config}: {plural(len(kept), 'server')}, {plural(len(agents), 'agent')}; ")
    sys.stdout.write(f"{allowed} of {plural(tools, 'tool')} allowed, the rest is listed there as comments\n")
    for server in missed:
        tell(f"left out: {visible(server.name, 60)}: {visible(server.reason, 300)}")
    locked = _locked(path, whole, asked)
    if locked is not Exit.CLEAN:
        return locked
    wrapped = _wrapped(asked)
    return Exit.INCOMPLETE if missed and wrapped is Exit.CLEAN else wrapped


def _agents(kept: Sequence[Planned], inventory: Inventory) -> dict[str, list[Choice]]:
    judge = Judge(rulebook.builtin(), Config(), grammarbook.builtin())
    judgement = judge.judge(inventory, ())
    index = ToolIndex(inventory)
    proposed = list(grants(inventory, judgement.verdict))
    clients = sorted({client for item in kept for client in item.clients})
    names = {client: {item.spec.name for item in kept if client in item.clients} for client in clients}
    return {
        client: [Choice(index.entry_for(grant.tool), grant.why) for grant in proposed if grant.tool.server in servers]
        for client, servers in names.items()
    }


def _locked(path: Path, servers: dict[str, Server], asked: Asked) -> Exit:
    name = shown_path(path, Path.cwd())
    return locking.run_lock(locking.Asked(config=asked.config, yes=True, listed={name: servers}))


def _wrapped(asked: Asked) -> Exit:
    settings = guarding.settings_of(guarding.Asked(config=asked.config, enforce=asked.enforce))
    return guarding.wrap_files(client_files(os.environ, Path.cwd(), asked.clients), settings)


def _next_steps(plan: Plan, config: str, *, enforce: bool) -> Iterator[str]:
    yield f"next: read {config}, and restart the clients: servers that run keep running as they were started"
    if not enforce:
        yield "nothing is refused yet: `oktsec-lint audit query` shows what would be"
        yield "`oktsec-lint wrap --all --enforce` refuses it"
    unset = sorted({name for item in plan.servers for name in item.written.env if name not in os.environ})
    missing = [name for name in unset if any(item.written.env.get(name) == f"${{{name}}}" for item in plan.servers)]
    if missing:
        yield f"a scan needs what clients give their servers, in its environment: {visible(', '.join(missing), 300)}"
    yield "`oktsec-lint scan` shows what was found, `oktsec-lint unwrap --all` takes everything back"
