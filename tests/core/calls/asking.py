"""Calls and configurations, written short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oktsec_lint.core.calls import Call, CallPolicy, CallState, Denial, settle
from oktsec_lint.core.config import Agent, AllowEntry, Config
from oktsec_lint.core.model import Place

PLACE = Place("oktsec.yaml", "")


def clerk(*allowed: str, suspended: bool = False, unread: Iterable[str] = (), **settings: Any) -> Agent:
    """An agent with an allowlist (none is every tool) and further settings."""
    entries = tuple(AllowEntry(name, PLACE) for name in allowed)
    return Agent("clerk", PLACE, entries, suspended=suspended, settings=settings, unread=tuple(unread))


def policy(*agents: Agent, default_policy: str = "allow", unread: Iterable[str] = (), **settings: Any) -> CallPolicy:
    return CallPolicy(Config(agents=agents, default_policy=default_policy, settings=settings, unread=tuple(unread)))


def constrained(**parameters: Mapping[str, Any]) -> Agent:
    """An agent whose `read` has constrained parameters."""
    return clerk(tool_constraints=[{"tool": "read", "parameters": parameters}])


def call(tool: str = "read", arguments: Any = None, *, of: Agent | str | None = None, server: str = "files") -> Call:
    """A call of the clerk's, or of somebody else's: of an agent, or of a name nobody declared."""
    who = clerk() if of is None else of
    if isinstance(who, str):
        return Call(None, who, server, tool, arguments)
    return Call(who, who.name, server, tool, arguments)


def admit(limits: CallPolicy, asked: Call, state: CallState, now: float) -> tuple[Denial | None, CallState]:
    """Why a call is denied, or None, and the state after it."""
    demand = limits.demand(asked)
    return (demand, state) if isinstance(demand, Denial) else settle(demand, state, now)


def denied(
    limits: CallPolicy | Agent, tool: str = "read", arguments: Any = None, *, server: str = "files"
) -> Denial | None:
    """What the first call of a day is answered."""
    asked = limits if isinstance(limits, CallPolicy) else policy(limits)
    return admit(asked, call(tool, arguments, server=server), CallState(), 0.0)[0]


def rule(limits: CallPolicy | Agent, tool: str = "read", arguments: Any = None, *, server: str = "files") -> str:
    """Why it is denied; empty when it is admitted."""
    denial = denied(limits, tool, arguments, server=server)
    return denial.rule if denial else ""


def story(limits: CallPolicy, *steps: tuple[float, str] | tuple[float, str, Any]) -> list[str]:
    """Calls one after the other: the rule that denied each, empty where none did."""
    state, rules = CallState(), []
    for now, tool, *arguments in steps:
        denial, state = admit(limits, call(tool, *arguments), state, now)
        rules.append(denial.rule if denial else "")
    return rules
