"""What a configuration decides, one line each: so that a reviewer sees when a change decides otherwise.

A branch that poisons a text can also say, in the same commit, that nobody shall hear of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from .config import Config, Lint, RuleOverride, Suppression
from .model import EMPTY, tokens_of

_T = TypeVar("_T")
_ELSEWHERE = frozenset({"mcp_servers", "agents", "rules", "lint"})
"""Sections that are compared in a way of their own: servers by the lock, agents by what they may call."""
_CALLABLE = "allowed_tools"


def decided_otherwise(before: Config, after: Config) -> list[str]:
    """Lines that begin with `- ` or `+ ` as in a diff, or `~ ` for settings that are only named: they may hold a
    secret. Names and reasons are the branch's own words, to be shown as such."""
    old, new = (dict.fromkeys(_decisions(config)) for config in (before, after))
    return [
        *(f"- {line}" for line in old if line not in new),
        *(f"+ {line}" for line in new if line not in old),
        *(f"~ {name}" for name in _other_settings(before, after)),
    ]


def _decisions(config: Config) -> Iterator[str]:
    yield from _of_lint(config.lint)
    yield from map(_override, config.rules)
    yield from map(_suppression, config.lint.suppress)
    if config.custom_rules_dir:
        yield f"custom_rules_dir: {config.custom_rules_dir}"


def _of_lint(lint: Lint) -> Iterator[str]:
    chosen = {
        "select": ", ".join(lint.select),
        "ignore": ", ".join(lint.ignore),
        "min_confidence": lint.min_confidence.label if lint.min_confidence is not None else "",
        "persona": lint.persona or "",
    }
    return (f"lint.{key}: {value}" for key, value in chosen.items() if value)


def _override(item: RuleOverride) -> str:
    severity = f", severity {item.severity.label}" if item.severity is not None else ""
    only, but = (", ".join(tool.name for tool in tools) for tools in (item.apply_to_tools, item.exempt_tools))
    return f"rules: {item.id} {item.action}{severity}{only and f', only {only}'}{but and f', except {but}'}"


def _suppression(item: Suppression) -> str:
    where = ".".join(tokens_of(item.place.pointer)) if item.written else ""
    about = [item.server, item.tool, item.at, where, f"until {item.until}" if item.until else ""]
    what = "comment" if item.written else "lint.suppress"
    return f"{what}: {' '.join((item.rule, *filter(None, about)))}: {item.reason}"


def _other_settings(before: Config, after: Config) -> Iterator[str]:
    for key in _different(before.settings, after.settings):
        if key not in _ELSEWHERE:
            yield key
    yield from _values(before, after)
    for name in dict.fromkeys(agent.name for config in (before, after) for agent in config.agents):
        was, is_now = (agent.settings if (agent := config.agent(name)) else EMPTY for config in (before, after))
        yield from (f"agents.{name}.{key}" for key in _different(was, is_now) if key != _CALLABLE)


def _values(before: Config, after: Config) -> Iterator[str]:
    """Variables and headers that servers get. A lock holds their names, not what they are."""
    servers = {spec.name: spec for spec in before.servers}
    for spec in after.servers:
        old = servers.get(spec.name, spec)
        for part, was, value in (("env", old.env, spec.env), ("headers", old.headers, spec.headers)):
            yield from (f"mcp_servers.{spec.name}.{part}.{key}" for key in _different(was, value))


def _different(old: Mapping[str, _T], new: Mapping[str, _T]) -> Iterator[str]:
    return (key for key in dict.fromkeys((*old, *new)) if key not in old or key not in new or old[key] != new[key])
