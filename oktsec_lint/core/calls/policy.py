"""May this call be made: the limits of the configuration, in one order.

Who calls, then what, then how often, then with what. The allowlist comes before anything that looks at an argument; it
compares names exactly and nothing here ever makes two names equal to allow one. Limits are the other way round: they
hold for every spelling of a tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from oktsec_lint.core.access import Access
from oktsec_lint.core.config import DENY_ALL, Agent, Config
from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .amounts import Amounts, amounts_in
from .demand import Demand, Pause, Reservation, Slot
from .model import Call, Denial, Key
from .named import ByTool
from .settings import ChainRule, LimitError, Limits, ToolConstraint, ToolPolicy, limits_of, mapping, whole

HOUR = 3600.0
DAY = 86400.0
_RATE, _RATE_WINDOW = 100, 60
"""Upstream's `rate_limit.per_agent` and `rate_limit.window`, for a `rate_limit` that does not say."""
_NAME = 200
"""Characters of a tool's name that a denial repeats."""
_REMEMBERED = 512
"""Tools whose limits are kept ready, and characters of their names up to which they are."""

_Asked: TypeAlias = tuple[bool, str, str, str]
"""Whether the call comes with a declared agent, then agent, server and tool."""


class _Rules(NamedTuple):
    """What the configuration says about one tool of one agent."""

    denial: Denial | None = None
    """Why it may never be called; the rest is empty then."""
    rate: Reservation | None = None
    policies: tuple[ToolPolicy, ...] = ()
    constraints: tuple[ToolConstraint, ...] = ()
    pauses: tuple[Pause, ...] = ()
    starts: tuple[Key, ...] = ()
    """What is remembered when it is called."""
    slot: Slot | None = None
    """Of the agent, not of the tool."""
    agent: str = ""


class _Entry:
    """One declared agent, ready to be asked about any tool."""

    def __init__(self, agent: Agent) -> None:
        limits: Limits = limits_of(agent)
        self.name, self.suspended, self.broken = agent.name, agent.suspended, limits.broken
        self.access, self.concurrent = Access((agent,)), limits.concurrent
        self.policies = ByTool((item.name, item) for item in limits.policies)
        self.constraints = ByTool((item.name, item) for item in limits.constraints)
        self.chains = ByTool((name, item) for item in limits.chains for name in item.then if item.cooldown)
        self.starts = ByTool((item.start, item) for item in limits.chains if item.cooldown)
        self.invalid = ByTool(limits.invalid)
        pauses = [*(item.cooldown for item in limits.constraints), *(item.cooldown for item in limits.chains)]
        self.longest_pause = max(pauses, default=0)

    def rules(self, server: str, tool: str) -> _Rules:
        if self.suspended:
            return _Rules(Denial("agent_suspended", f"the agent {quoted(self.name)} is suspended"))
        if not self.access.callers(server, tool):
            return _Rules(_not_allowed(self.name, tool))
        invalid = [*self.invalid.of(server, tool), self.broken]
        if any(invalid):
            return _Rules(_unreadable(next(filter(None, invalid))))
        constraints = self.constraints.of(server, tool)
        cooling = [("cooldown", item.name) for item in constraints if item.cooldown]
        chained = [("chain", item.start) for item in self.starts.of(server, tool)]
        return _Rules(
            policies=self.policies.of(server, tool),
            constraints=constraints,
            pauses=(*_chained(self.name, self.chains.of(server, tool)), *_cooling(self.name, constraints)),
            starts=tuple((self.name, *key) for key in dict.fromkeys((*cooling, *chained))),
            slot=_slot(self.name, self.concurrent),
            agent=self.name,
        )


class CallPolicy:
    """The limits of one configuration. Immutable; the same for every gate that obeys it."""

    def __init__(self, config: Config) -> None:
        self._entries = {agent.name: _Entry(agent) for agent in config.agents}
        self._open = config.default_policy == "allow"
        self._unreadable = f"{quoted(config.unread[0])} cannot be read" if config.unread else ""
        self._rate, self._rate_window = self._rate_limit(config)
        self._kept = lru_cache(maxsize=_REMEMBERED)(self._rules)
        self.longest_pause = max((entry.longest_pause for entry in self._entries.values()), default=0)
        """Seconds for which a mark has to be remembered."""

    def demand(self, call: Call) -> Denial | Demand:
        """Why the call may never be made as it is, or what it uses up if it is made; `settle` says whether that is
        there. The same call always gets the same answer."""
        rules = self._rules_for(call)
        if rules.denial is not None:
            return rules.denial
        amounts = _amounts(rules, call.arguments)
        denial = next(filter(None, (_against(policy, amounts) for policy in rules.policies)), None)
        denial = denial or _against_constraints(rules, call.arguments)
        if denial is not None:
            return denial
        return Demand(
            rules.rate,
            rules.slot,
            tuple(item for policy in rules.policies for item in _reserved(policy, rules.agent, amounts)),
            rules.pauses,
            rules.starts,
            None if call.approved else next(filter(None, (_approval(item, amounts) for item in rules.policies)), None),
        )

    def response_limit(self, call: Call) -> int | None:
        """Most bytes of a call's result; None when nothing limits it, 0 when the call may not be made at all."""
        rules = self._rules_for(call)
        if rules.denial is not None:
            return 0
        return min((item.max_response_bytes for item in rules.constraints if item.max_response_bytes), default=None)

    def _rate_limit(self, config: Config) -> tuple[int, int]:
        """Calls per agent and window, and the window in seconds; no limit without a `rate_limit` section."""
        written = config.settings.get("rate_limit")
        if written is None:
            return 0, _RATE_WINDOW
        try:
            section = mapping("rate_limit", written)
            return whole(section, "per_agent", _RATE), whole(section, "window") or _RATE_WINDOW
        except LimitError as error:
            self._unreadable = self._unreadable or str(error)
            return 0, _RATE_WINDOW

    def _rules_for(self, call: Call) -> _Rules:
        name = call.agent_name if call.agent is None else call.agent.name
        asked = (call.agent is not None, name, call.server, call.tool)
        if len(name) + len(call.server) + len(call.tool) > _REMEMBERED:
            return self._rules(asked)
        return self._kept(asked)

    def _rules(self, asked: _Asked) -> _Rules:
        declared, name, server, tool = asked
        entry = self._entries.get(name)
        if entry is None and (declared or not self._open):
            return _Rules(Denial("agent_unknown", f"the agent {quoted(name)} is not declared under `agents`"))
        if entry is None:
            found = _Rules(_not_allowed(name, tool) if tool == DENY_ALL else None)
        else:
            found = entry.rules(server, tool)
        if self._unreadable and found.denial is None:
            return _Rules(_unreadable(self._unreadable))
        return found._replace(rate=self._rate_of(("",) if entry is None else (entry.name, "calls")))

    def _rate_of(self, key: Key) -> Reservation | None:
        if not self._rate:
            return None
        denial = Denial("rate_limited", f"more than {self._rate:,} calls in {self._rate_window:,} seconds")
        return Reservation(key, 1, self._rate, self._rate_window, denial)


def _not_allowed(agent: str, tool: str) -> Denial:
    shown = visible(tool, _NAME)
    reason = f"the tool {quoted(tool)} is not in the `allowed_tools` of {quoted(agent)}"
    return Denial(f"tool_allowlist:{shown}", reason, "/name")


def _unreadable(why: str) -> Denial:
    return Denial("tool_policy:invalid", f"a limit in the configuration cannot be read: {why}")


def _slot(agent: str, most: int) -> Slot | None:
    if not most:
        return None
    calls = "call that is" if most == 1 else "calls that are"
    reason = f"{most:,} {calls} not answered yet, the most by `max_concurrent_calls`"
    return Slot((agent, "running"), most, Denial("concurrency_limited", reason))


def _amounts(rules: _Rules, arguments: JsonValue) -> Amounts:
    return amounts_in(arguments) if any(policy.limits_amounts for policy in rules.policies) else Amounts()


def _against(policy: ToolPolicy, amounts: Amounts) -> Denial | None:
    if policy.limits_amounts and amounts.unclear:
        return _denied(policy, policy.first_amount, "an amount is not written as a plain number", amounts.unclear)
    if policy.max_amount and amounts.carried > policy.max_amount:
        return _denied(policy, "max_amount", "the amount of this call is too high", amounts.pointer)
    return None


def _reserved(policy: ToolPolicy, agent: str, amounts: Amounts) -> Iterator[Reservation]:
    most = policy.calls_per_hour
    if most:
        denial = _denied(policy, "rate_limit", f"it was called {most:,} times within an hour")
        yield Reservation((agent, "calls", policy.name), 1, most, HOUR, denial)
    if policy.daily_limit:
        denial = _denied(policy, "daily_limit", "the amounts of 24 hours would be too high", amounts.pointer)
        yield Reservation((agent, "amounts", policy.name), amounts.carried, policy.daily_limit, DAY, denial)


def _approval(policy: ToolPolicy, amounts: Amounts) -> Denial | None:
    """Comes last, as upstream has it: who waits for it is within every other limit."""
    if not policy.approval_above or amounts.carried <= policy.approval_above:
        return None
    denial = _denied(policy, "approval_required", "an amount this high needs somebody's approval", amounts.pointer)
    return denial._replace(approvable=True)


@lru_cache(maxsize=_REMEMBERED)
def _denied(policy: ToolPolicy, limit: str, why: str, pointer: str = "") -> Denial:
    return Denial(f"tool_policy:{limit}", f"{why}, by {quoted(f'tool_policies.{policy.name}')}", pointer)


def _against_constraints(rules: _Rules, arguments: JsonValue) -> Denial | None:
    found = (constraint.parameters.objection(arguments) for constraint in rules.constraints)
    return next(filter(None, found), None)


def _chained(agent: str, chains: Iterable[ChainRule]) -> Iterator[Pause]:
    for chain in chains:
        reason = f"it may not be called within {chain.cooldown:,} seconds of {quoted(chain.start)}"
        denial = Denial(f"tool_chain:{visible(chain.start, _NAME)}", reason)
        yield Pause((agent, "chain", chain.start), chain.cooldown, denial)


def _cooling(agent: str, constraints: Iterable[ToolConstraint]) -> Iterator[Pause]:
    for item in constraints:
        if item.cooldown:
            denial = Denial("tool_constraint:cooldown", f"it may be called once in {item.cooldown:,} seconds")
            yield Pause((agent, "cooldown", item.name), item.cooldown, denial)
