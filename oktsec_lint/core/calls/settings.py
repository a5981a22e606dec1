"""An agent's entry in the configuration as limits, with nothing left out in silence.

A limit that cannot be read is not the absence of a limit: it stands here as `invalid`, for the tools that it is about
or, when that cannot be said, for every tool of the agent. 0 is no limit, as upstream has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import TypeVar

from oktsec_lint.core.config import Agent
from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import EMPTY, JsonValue, tokens_of
from oktsec_lint.core.values import NamedTuple

from .amounts import limit_units
from .globs import AllowedGlobs, BlockedGlobs, GlobError
from .parameters import Parameter, Parameters

T = TypeVar("T")

_ENTRY = 2
"""Tokens of a pointer to a whole entry of a section."""
_CONCURRENT = 5
"""What upstream takes a `max_concurrent_calls` of 0 for."""


class LimitError(ValueError):
    """A setting that is no limit; the text says which, and what it should be."""


class ToolPolicy(NamedTuple):
    """One entry of `tool_policies`; amounts in units, 0 is no limit."""

    name: str
    max_amount: int = 0
    daily_limit: int = 0
    approval_above: int = 0
    calls_per_hour: int = 0

    @property
    def limits_amounts(self) -> bool:
        return bool(self.max_amount or self.daily_limit or self.approval_above)

    @property
    def first_amount(self) -> str:
        """The limit that a call breaks whose amount cannot be told."""
        if self.max_amount:
            return "max_amount"
        return "daily_limit" if self.daily_limit else "approval_required"


class ToolConstraint(NamedTuple):
    """One entry of `tool_constraints`; 0 is no limit."""

    name: str
    parameters: Parameters
    max_response_bytes: int = 0
    cooldown: int = 0
    """Seconds."""


class ChainRule(NamedTuple):
    """One entry of `tool_chain_rules`."""

    start: str
    then: tuple[str, ...]
    cooldown: int
    """Seconds."""


class Limits(NamedTuple):
    """Everything that limits one agent beside its allowlist."""

    policies: tuple[ToolPolicy, ...] = ()
    constraints: tuple[ToolConstraint, ...] = ()
    chains: tuple[ChainRule, ...] = ()
    invalid: tuple[tuple[str, str], ...] = ()
    """Tool name and what about its limits cannot be read."""
    concurrent: int = 0
    """Calls at once; 0 is no limit."""
    broken: str = ""
    """What cannot be read about limits that may be any tool's; empty when nothing."""


def limits_of(agent: Agent) -> Limits:
    """The limits in an agent's settings, and those that could not be read there."""
    reader = _Reader(agent)
    policies = tuple(reader.policies())
    constraints = tuple(reader.constraints())
    chains = tuple(reader.chains())
    concurrent = reader.concurrent()
    return Limits(policies, constraints, chains, tuple(reader.invalid), concurrent, reader.broken)


class _Reader:
    """Reads one agent's entry. What cannot be read is noted and left out of what is returned."""

    def __init__(self, agent: Agent) -> None:
        self._settings = agent.settings
        self._unread = [tuple(tokens_of(pointer)) for pointer in agent.unread]
        self.invalid: list[tuple[str, str]] = []
        self.broken = ""

    def policies(self) -> Iterator[ToolPolicy]:
        key = "tool_policies"
        entries = self._entries(key, mapping)
        missing = [item[1] for item in self._unread if item[:1] == (key,) and len(item) == _ENTRY]
        self.invalid += [(name, f"{quoted(f'{key}.{name}')} cannot be read") for name in missing]
        for name, value in entries.items():
            yield from self._read((name,), f"{key}.{name}", (key, name), _policy, name, value)

    def constraints(self) -> Iterator[ToolConstraint]:
        key = "tool_constraints"
        for number, value in enumerate(self._entries(key, _list)):
            named = _names(value, "tool")
            yield from self._read(named, f"{key}[{number}]", (key, str(number)), _constraint, value)

    def chains(self) -> Iterator[ChainRule]:
        key = "tool_chain_rules"
        for number, value in enumerate(self._entries(key, _list)):
            named = _names(value, "then")
            yield from self._read(named, f"{key}[{number}]", (key, str(number)), _chain, value)

    def concurrent(self) -> int:
        """Upstream's reading of a written value; a missing one limits nothing, as its default is its gateway's."""
        written = self._entries("max_concurrent_calls", _integer)
        return 0 if written is None or written < 0 else written or _CONCURRENT

    def _entries(self, key: str, read: Callable[[str, JsonValue], T]) -> T:
        if (key,) in self._unread:
            self.broken = self.broken or f"{quoted(key)} cannot be read"
        try:
            return read(key, self._settings.get(key))
        except LimitError as error:
            self.broken = self.broken or str(error)
            return read(key, None)

    def _read(
        self, tools: tuple[str, ...], where: str, at: tuple[str, ...], read: Callable[..., T], *entry: JsonValue
    ) -> Iterator[T]:
        why = "holds a value that cannot be read" if any(item[: len(at)] == at for item in self._unread) else ""
        try:
            found = read(*entry)
        except (LimitError, GlobError) as error:
            why = str(error)
        if not why:
            yield found
            return
        why = f"{quoted(where)}: {why}"
        self.invalid += [(tool, why) for tool in tools]
        if not tools:
            self.broken = self.broken or why


def _policy(name: str, value: JsonValue) -> ToolPolicy:
    entry = mapping("it", value)
    return ToolPolicy(
        name,
        _amount(entry, "max_amount"),
        _amount(entry, "daily_limit"),
        _amount(entry, "require_approval_above"),
        whole(entry, "rate_limit"),
    )


def _constraint(value: JsonValue) -> ToolConstraint:
    entry = mapping("it", value)
    parameters = mapping("parameters", entry.get("parameters"))
    return ToolConstraint(
        _text(entry, "tool"),
        Parameters({name: _parameter(name, value) for name, value in parameters.items()}),
        whole(entry, "max_response_bytes"),
        whole(entry, "cooldown_secs"),
    )


def _parameter(name: str, value: JsonValue) -> Parameter:
    entry = mapping(name, value)
    allowed, blocked = _texts(entry, "allowed_patterns"), _texts(entry, "blocked_patterns")
    return Parameter(
        name,
        AllowedGlobs(allowed) if allowed else None,
        BlockedGlobs(blocked) if blocked else None,
        whole(entry, "max_length"),
    )


def _chain(value: JsonValue) -> ChainRule:
    entry = mapping("it", value)
    return ChainRule(_text(entry, "if"), _texts(entry, "then"), whole(entry, "cooldown_secs"))


def _names(value: JsonValue, key: str) -> tuple[str, ...]:
    """The tools that an entry is about, as far as they can be read; none when that is not certain."""
    named = value.get(key) if isinstance(value, dict) else None
    names = named if isinstance(named, list) else [named]
    texts = tuple(name for name in names if isinstance(name, str) and name)
    return texts if len(texts) == len(names) else ()


def mapping(key: str, value: JsonValue) -> Mapping[str, JsonValue]:
    """A mapping; an empty one when there is none. Raises LimitError."""
    if value is None:
        return EMPTY
    if not isinstance(value, dict):
        raise LimitError(f"{quoted(key)} is no mapping")
    return value


def _list(key: str, value: JsonValue) -> Sequence[JsonValue]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise LimitError(f"{quoted(key)} is no list")
    return value


def _integer(key: str, value: JsonValue) -> int | None:
    if value is not None and type(value) is not int:
        raise LimitError(f"{quoted(key)} is no whole number")
    return value


def _text(entry: Mapping[str, JsonValue], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise LimitError(f"{quoted(key)} names no tool")
    return value


def _texts(entry: Mapping[str, JsonValue], key: str) -> tuple[str, ...]:
    values = _list(key, entry.get(key))
    texts = tuple(value for value in values if isinstance(value, str) and value)
    if len(texts) < len(values):
        raise LimitError(f"{quoted(key)} is no list of texts")
    return texts


def whole(entry: Mapping[str, JsonValue], key: str, default: int = 0) -> int:
    """A whole number of zero or more; `default` when the key is missing. Raises LimitError."""
    value = entry.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise LimitError(f"{quoted(key)} is no whole number of zero or more")
    return value


def _amount(entry: Mapping[str, JsonValue], key: str) -> int:
    value = entry.get(key)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise LimitError(f"{quoted(key)} is no number of zero or more")
    return limit_units(value) or bool(value)
