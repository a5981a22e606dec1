"""What `run` does: load what decides, refuse to start when that is not whole, then serve.

Without typer, without the SDK: an agent starts this for every server that it has.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from oktsec_lint import grammarbook, lockfile, rulebook
from oktsec_lint.core.calls import CallPolicy
from oktsec_lint.core.config import Config, ServerSpec, Transport
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import OktsecError, SourceError, UsageError
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.lock import Standing, policy_digest
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.core.model import Place
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.variables import Expansion
from oktsec_lint.protocol.gate import Gate, Setup
from oktsec_lint.runtime.shared import open_books, open_journal
from oktsec_lint.runtime.stdio import serve
from oktsec_lint.sources import LoadedConfig

from .audit import config_path, open_config, request_of
from .beside import custom_rules, day_for, lock_beside
from .notifying import notifying
from .recording import Digests, Recorder
from .shared import shared
from .terminal import complain, tell


class Asked(NamedTuple):
    """The command line of `run`."""

    command: tuple[str, ...] = ()
    enforce: bool = False
    agent: str = ""
    server: str = ""
    config: str | None = None
    journal: str = ""


_VALUES = {"--agent": "agent", "--server": "server", "--config": "config", "--journal": "journal"}


def plain_run(args: Sequence[str]) -> Asked | None:
    """The command line of `run`, when it is one that needs no parser; None leaves it to typer, which explains."""
    if "--" not in args:
        return None
    split = args.index("--")
    given: dict[str, Any] = {}
    words = iter(args[:split])
    for word in words:
        if word == "--enforce":
            given["enforce"] = True
        elif word in _VALUES and (value := next(words, "")) and not value.startswith("-"):
            given[_VALUES[word]] = value
        else:
            return None
    command = tuple(args[split + 1 :])
    return Asked()._replace(command=command, **given) if command else None


def run_gate(asked: Asked) -> int:
    """The server's exit code; `Exit.REFUSED` when nothing was started."""
    try:
        return _served(asked)
    except OktsecError as error:
        complain(error)
        return Exit.REFUSED


def _served(asked: Asked) -> int:
    opened = _configuration(asked)
    config = opened.config if opened is not None else Config()
    spec = _spec(asked, config)
    agent = asked.agent or spec.name
    _refuse_a_stranger(asked, config, configured=opened is not None)
    rules = rulebook.assemble(custom_rules(config, Path.cwd()))
    standing = _standing(opened, spec, enforce=asked.enforce) if opened is not None else None
    judge = Judge(rules, config, grammarbook.builtin(), standing, today=day_for(config))
    closed = config.default_policy == "deny"
    calls = CallPolicy(config)
    kept = shared(opened, Path(asked.journal) if asked.journal else None, os.environ)
    books = open_books(calls, kept.redis, enforce=asked.enforce, say=tell)
    setup = Setup(
        judge, calls, spec.name, agent, books.admit, books.end, config.agent(agent), asked.enforce, closed_world=closed
    )
    with notifying(opened, judge.rules) as offer, open_journal(kept.journal) as journal, closing(books):
        if setup.agent is None:
            tell(f"no agent named {visible(agent, 80)} is configured, so no allowlist or limit of its own applies")
        gc.freeze()
        record = Recorder(journal, digests_of(judge), offer, enforce=asked.enforce)
        return serve(Gate(setup), asked.command, os.environ, lambda event: record(event, agent, spec.name))


def digests_of(judge: Judge) -> Digests:
    """What a judge decides by, for the journal."""
    if judge.standing is not None:
        return Digests(judge.standing.policy, judge.standing.lock.digest, judge.standing.rulebook)
    return Digests(policy_digest(judge.config), "", rulebook.digest(tuple(judge.rules.values())))


def _refuse_a_stranger(asked: Asked, config: Config, *, configured: bool) -> None:
    """A misspelt name would be an agent without limits. Raises UsageError."""
    relied_on = config.agents or (configured and asked.enforce)
    if asked.agent and relied_on and config.agent(asked.agent) is None:
        names = ", ".join(agent.name for agent in config.agents) or "none"
        raise UsageError(f"no agent named {asked.agent}", hint=f"configured: {names}")


def _configuration(asked: Asked) -> LoadedConfig | None:
    """The configuration that is named or found; None when there is none to be found."""
    request = request_of((), asked.config, (), offline=True, timeout=1.0, jobs=1)
    if config_path(request) is None:
        if asked.enforce and Path(LOCK_NAME).exists():
            raise UsageError(f"no configuration found for the {LOCK_NAME} here", hint="name it with --config")
        return None
    opened = open_config(request)
    if asked.enforce:
        refuse_what_fails_open(opened)
    return opened


def refuse_what_fails_open(opened: LoadedConfig, *, gateway: bool = False) -> None:
    """A mistake that takes a protection away must not be found out by an attack. Raises SourceError."""
    relied_on = (*_RELIED_ON, *_RELIED_ON_BY_GATEWAY) if gateway else _RELIED_ON
    rules = {rule.id: rule for rule in rulebook.builtin()}
    for hit in opened.hits:
        severity = rules[hit.rule].severity if hit.severity is None else hit.severity
        opens = hit.rule in _NOT_UNDERSTOOD and (hit.pointer.startswith(relied_on) or _is_stray(hit))
        if (opens or (severity >= Severity.HIGH and hit.rule not in _HARMLESS)) and hit.place is not None:
            where = opened.document.locate(hit.place.pointer, at_key=hit.place.at_key)
            raise SourceError(
                hit.message, path=where.path, line=where.line, column=where.column, hint="correct it first"
            )


_NOT_UNDERSTOOD = frozenset({"CFG-001", "CFG-003", "CFG-004", "CFG-005", "CFG-006", "CFG-007"})
"""Keys and values that mean nothing."""
_RELIED_ON = ("/agents", "/rules", "/rate_limit")
_RELIED_ON_BY_GATEWAY = ("/identity", "/gateway", "/deployment", "/mcp_servers", "/quarantine")
"""Where somebody relies on them."""
_HARMLESS = frozenset({"CFG-017", "CFG-019", "LCH-002", "LCH-003", "LCH-004", "LCH-007"})
"""High for other reasons than that something is not enforced: a plaintext secret, a URL in the clear, a launch line."""


def _is_stray(hit: Hit) -> bool:
    """Whether it is an unknown key at the top level: it may have been meant for any section."""
    return hit.rule == "CFG-001" and hit.pointer.count("/") == 1


def _spec(asked: Asked, config: Config) -> ServerSpec:
    """The configured entry that this command line is, by its name or by being the same; else one made of the line."""
    command, *args = asked.command
    for spec in config.servers:
        named = spec.name == asked.server if asked.server else (spec.command, *spec.args) == asked.command
        if named:
            return spec if _is_expanded(spec, asked.command) else spec._replace(command=command, args=tuple(args))
    if asked.server and config.servers:
        names = ", ".join(spec.name for spec in config.servers)
        raise UsageError(f"no server named {asked.server}", hint=f"configured: {names}")
    name = asked.server or asked.agent or re.split(r"[/\\]", command)[-1]
    return ServerSpec(name, Transport.STDIO, Place(config.path, ""), command, tuple(args))


def _is_expanded(spec: ServerSpec, words: tuple[str, ...]) -> bool:
    """Whether a command line is what an entry says once its variables are put in, as a client has done."""
    expand = Expansion(os.environ)
    return tuple(map(expand, (spec.command, *spec.args))) == words and not expand.trouble


def _standing(opened: LoadedConfig, spec: ServerSpec, *, enforce: bool) -> Standing | None:
    """The lock, if there is one. Raises UsageError when this is not the server that was locked."""
    beside = lock_beside(opened, Path.cwd(), launches=False)
    if beside.standing is None:
        return None
    locked = beside.standing.lock.server(spec.name)
    problem = ""
    if locked is None:
        problem = f"{spec.name} is not in {beside.standing.lock.path}"
    else:
        here = spec._replace(working_dir="")  # where it is started, whatever the configuration says to other clients
        now = lockfile.identity(here, opened.document, Path.cwd())
        differing = [field for field in _LAUNCH if getattr(now, field) != getattr(locked.launch, field)]
        if differing:
            problem = f"{spec.name} is not started as it was locked: {', '.join(differing)}"
    if problem and enforce:
        raise UsageError(problem, hint="look at `oktsec-lint lock --check`")
    if problem:
        tell(visible(problem, 400))
    return beside.standing


_LAUNCH = ("command", "args", "package", "version", "files")
"""What the command line of `run` says of a launch; variables come from the client that starts it."""
