"""Agents and their names: what the grammar alone cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.config import DENY_ALL
from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Edit, Hit

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DEVICES = frozenset("con prn aux nul".split()) | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}


def invalid_names(root: Field) -> Iterator[Hit]:
    """CFG-011: names that upstream refuses, because they become file names and audit rows."""
    for section in ("agents", "mcp_servers"):
        for entry in root[section]:
            problem = problem_of_name(entry.name)
            if problem:
                message = f"{quoted(entry.name)} is not a name for an entry of {quoted(section)}: {problem}"
                yield entry.at.hit("CFG-011", message, at_key=True)


def problem_of_name(name: str) -> str:
    """Why a text cannot name an agent or a server, as part of a sentence; empty when it can."""
    if not _NAME.fullmatch(name):
        return "it must be 1 to 128 letters, digits, dots, underscores or dashes, and start with none of `.` and `-`"
    if name.startswith("_"):
        return "a leading underscore is reserved"
    if name.partition(".")[0].lower() in _DEVICES:
        return "it is a device name on Windows"
    return ""


def self_messages(root: Field) -> Iterator[Hit]:
    """CFG-012: an agent that may write to itself."""
    for agent in root["agents"]:
        for target in agent["can_message"].items:
            if target.text() == agent.name:
                message = f'agent "{visible(agent.name, 60)}" lists itself in can_message'
                yield target.at.hit("CFG-012", message)


def allowlists(root: Field) -> Iterator[Hit]:
    """CFG-015 and CFG-016: repeated entries, and a deny-all sentinel that denies nothing."""
    for agent in root["agents"]:
        entries = agent["allowed_tools"].items
        yield from _repeated(entries)
        if len(entries) > 1:
            yield from (_lost_sentinel(entry, agent.name) for entry in entries if entry.text() == DENY_ALL)


def _repeated(entries: tuple[Field, ...]) -> Iterator[Hit]:
    seen: set[str] = set()
    for entry in entries:
        if entry.text() in seen:
            hit = entry.at.hit("CFG-015", f"{quoted(entry.text())} is listed twice")
            yield hit._replace(edit=Edit(entry.at.place(), entry.text(), None))
        seen.add(entry.text())


def _lost_sentinel(entry: Field, agent: str) -> Hit:
    message = f"`{DENY_ALL}` denies everything only as the sole entry; {quoted(agent)} may call the tools beside it"
    return entry.at.hit("CFG-016", message)
