"""A lock as text, for people who read diffs.

One line a fact, in an order that follows from the content, so one lock has one text. A text of several lines or
sentences is a list of strings that are read as one. What nobody would see on a screen is written as an escape.
"""

from __future__ import annotations

import json
import re

from oktsec_lint.core.lock.canonical import digests, number
from oktsec_lint.core.lock.facts import Facts, facts_of, pieces
from oktsec_lint.core.lock.model import VERSION, Lock, LockedDefinition, LockedFinding, LockedServer
from oktsec_lint.core.model import JsonValue, LaunchIdentity

from .shape import LISTS

_HIDDEN = re.compile(
    "[\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U00013430-\U0001345f\U0001bca0-\U0001bcaf"
    "\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Controls, odd spaces, default-ignorable, private and half characters: fixed here, because tables of Unicode grow."""


def render(lock: Lock) -> str:
    """The lock's one text, in ASCII and what can be seen of the rest."""
    text = json.dumps(_document(lock), indent=2, ensure_ascii=False)
    return _HIDDEN.sub(_escape, text) + "\n"


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]


def _document(lock: Lock) -> dict[str, JsonValue]:
    return {
        "version": VERSION,
        "rulebook": lock.rulebook,
        "policy": lock.policy,
        "servers": {server.name: _server(server) for server in sorted(lock.servers)},
    }


def _server(server: LockedServer) -> dict[str, JsonValue]:
    view: dict[str, JsonValue] = {"launch": _launch(server.launch), "about": dict(about(server))}
    if server.varies:
        view["varies"] = list(server.varies)
    if server.prefixed:
        view["prefixed"] = [f"{kind} {name}" for kind, name in server.prefixed]
    for key, kind in LISTS.items():
        items: list[JsonValue] = [_definition(item) for item in server.definitions if item.kind is kind]
        if items:
            view[key] = items
    if server.findings:
        view["findings"] = [_finding(item) for item in server.findings]
    return view


def about(server: LockedServer) -> Facts:
    """What a server says of itself."""
    said: dict[str, JsonValue] = {"protocol": server.protocol}
    if server.info:
        said["info"] = dict(server.info)
    if server.instructions:
        said["instructions"] = server.instructions
    return {pointer: _leaf(leaf) for pointer, leaf in facts_of(said).items()}


def _launch(launch: LaunchIdentity) -> JsonValue:
    view: dict[str, JsonValue] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in launch._asdict().items() if value
    }
    if launch.files:
        view["files"] = dict(launch.files)
    return view


def _definition(item: LockedDefinition) -> JsonValue:
    view: dict[str, JsonValue] = {"name": item.name}
    if item.variant:
        view["variant"] = item.variant
    view["digest"] = item.digest
    view["fields"] = dict(sorted(digests(item.body)[1].items())) if isinstance(item.body, dict) else {}
    view["facts"] = {pointer: _leaf(leaf) for pointer, leaf in facts_of(item.body).items()}
    return view


def _leaf(leaf: JsonValue) -> JsonValue:
    """A long text as its lines; a leaf is never a filled list, so nobody can take one for the other. `1.0` is `1`."""
    if isinstance(leaf, str):
        lines = pieces(leaf)
        return list(lines) if len(lines) > 1 else leaf
    if isinstance(leaf, int | float) and not isinstance(leaf, bool):
        one_spelling: JsonValue = json.loads(number(leaf))
        return one_spelling
    return leaf


def _finding(item: LockedFinding) -> JsonValue:
    view: dict[str, JsonValue] = {"rule": item.rule, "severity": item.severity, "on": item.kind.value}
    view |= {"name": item.name} if item.name else {}
    view |= {"at": item.pointer} if item.pointer else {}
    if item.accepted is not None:
        view["accepted"] = {key: value for key, value in item.accepted._asdict().items() if value}
    return view
