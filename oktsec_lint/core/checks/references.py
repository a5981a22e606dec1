"""Policies, constraints, chain rules and rule scopes that name a tool nobody offers, or one their agent may not call.

Such a setting protects nothing and nobody notices. As with allowlists, a name is not called wrong while the server that
may own it was not listed completely.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.access import may_call
from oktsec_lint.core.config import Action, Agent, Config, RuleOverride, ToolReference
from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.findings import Confidence, Edit, Hit, Severity
from oktsec_lint.core.model import Inventory, Kind, Subject
from oktsec_lint.core.naming import Mistake, Names, Unmatched

DEAD_REFERENCE = "COV-007"


def check(inventory: Inventory, config: Config) -> Iterator[Hit]:
    """COV-007."""
    if not (config.agents or config.rules):
        return
    names = Names(inventory, config)
    for agent in config.agents:
        for reference in agent.tool_references:
            yield from _of_agent(agent, reference, names)
    for override in config.rules:
        yield from _of_override(override, names)


def _of_agent(agent: Agent, reference: ToolReference, names: Names) -> Iterator[Hit]:
    subject = Subject("", Kind.CONFIG, f"agents.{agent.name}.{reference.where}")
    unmatched = names.unmatched(reference.name)
    if unmatched is not None:
        yield _dead(subject, reference, unmatched, f"this part of `{reference.where}` protects nothing")
    elif _is_denied(agent, reference, names):
        yield _denied(subject, agent, reference)


def _of_override(override: RuleOverride, names: Names) -> Iterator[Hit]:
    """An exemption that matches nothing leaves the rule in force, so it is the lesser mistake."""
    subject = Subject("", Kind.CONFIG, f"rules.{override.id}")
    for reference in override.apply_to_tools:
        unmatched = names.unmatched(reference.name)
        if unmatched is not None:
            yield _dead(subject, reference, unmatched, _scope_effect(override, names))
    for reference in override.exempt_tools:
        unmatched = names.unmatched(reference.name)
        if unmatched is not None:
            hit = _dead(subject, reference, unmatched, f"it exempts nothing from {quoted(override.id)}")
            yield hit._replace(severity=Severity.LOW)


def _scope_effect(override: RuleOverride, names: Names) -> str:
    """Outside the scope of anything but `ignore` the rule is off; a scope without a single tool is off everywhere."""
    rule = quoted(override.id)
    if override.action is Action.IGNORE:
        return f"{rule} is not ignored for it"
    if any(names.index.meant_by(reference.name) for reference in override.apply_to_tools):
        return f"{rule} is not applied to it"
    return f"{rule} is applied to no tool at all"


def _is_denied(agent: Agent, reference: ToolReference, names: Names) -> bool:
    """An agent that is switched off altogether keeps its policies for later."""
    if agent.suspended or agent.denies_all:
        return False
    meant = names.index.meant_by(reference.name)
    return bool(meant) and not any(may_call(agent, *item) for item in meant)


def _denied(subject: Subject, agent: Agent, reference: ToolReference) -> Hit:
    entry, key = quoted(reference.name), f"`agents.{agent.name}.allowed_tools`"
    return Hit(
        DEAD_REFERENCE,
        f"`{reference.where}` names {entry}, which agent {quoted(agent.name)} is not allowed to call",
        subject,
        reference.place.pointer,
        reference.place,
        severity=Severity.LOW,
        help=f"Add {entry} to {key} if the agent needs it; otherwise delete it from `{reference.where}`.",
    )


def _dead(subject: Subject, reference: ToolReference, unmatched: Unmatched, effect: str) -> Hit:
    hit = Hit(
        DEAD_REFERENCE,
        f"{quoted(reference.name)} {unmatched.why}" + (f", so {effect}" if unmatched.sure else ""),
        subject,
        reference.place.pointer,
        reference.place,
        help=_replacement(reference, unmatched),
    )
    if unmatched.sure and len(unmatched.instead) == 1 and unmatched.mistake is Mistake.UNKNOWN:
        return hit._replace(edit=Edit(reference.place, reference.name, unmatched.instead[0]))
    return hit if unmatched.sure else hit._replace(severity=Severity.LOW, confidence=Confidence.LOW)


def _replacement(reference: ToolReference, unmatched: Unmatched) -> str:
    if unmatched.mistake is Mistake.WILDCARD:
        tools = f": {listed(unmatched.instead, 20)}" if unmatched.instead else ""
        return f"Write one entry a tool under `{reference.where}`{tools}."
    if unmatched.instead:
        return f"{unmatched.question} Otherwise delete it from `{reference.where}`."
    return f"Delete it from `{reference.where}`, or add the server that offers the tool to `mcp_servers`."
