"""Every example of every rule, through scan's door and through the gate's: there is only one place that decides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.config import Config
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Definition, Inventory, Kind, Server, Status, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.surfaces import Surface
from tests.protocol.gate.playing import Peers, call, request, result, text

HALF = re.compile("[\ud800-\udfff]")
JUDGE = Judge(rulebook.builtin(), Config(), grammarbook.builtin())
EXAMPLES = [(rule.id, example) for rule in rulebook.documented() for example in rule.examples]


def definitions() -> Iterator[Any]:
    for rule, example in EXAMPLES:
        if example.definition is not None:
            yield pytest.param(dict(example.definition), id=rule)
        elif example.text is not None and example.on == "tool.description":
            yield pytest.param({"name": "it", "description": example.text, "inputSchema": {"type": "object"}}, id=rule)


def scanned(body: Any) -> bool:
    """Whether scan says that the runtime would withhold a tool."""
    tool = Definition(Kind.TOOL, body["name"] if isinstance(body.get("name"), str) else "", body)
    server = Server("files", Status.PARTIAL, definitions=(tool,))
    return JUDGE.judge(Inventory((server,))).verdict(server.subject_of(tool)).level >= Level.QUARANTINE


@pytest.mark.parametrize("body", list(definitions()))
def test_a_definition_is_withheld_exactly_when_scan_says_so(body: Any) -> None:
    if HALF.search(json.dumps(body, ensure_ascii=False)):
        pytest.skip("no message may hold half a character")
    peers = Peers()
    peers.client(request(1, "tools/list"))
    (answer,) = peers.server(result(1, {"tools": [body]}))
    assert (answer["message"]["result"]["tools"] == []) == scanned(body)


def messages() -> Iterator[Any]:
    for rule, example in EXAMPLES:
        if example.text is not None and example.on in {"message.argument", "message.result", "tool.description"}:
            yield pytest.param(example.text, id=rule)


def weighed(kind: str, said: str) -> bool:
    surface = Surface(kind, said, Subject("files", Kind.SERVER, "files"), "")
    return JUDGE.weigh([surface], arguments=kind == "message.argument").verdict.level >= Level.QUARANTINE


@pytest.mark.parametrize("said", list(messages()))
def test_a_text_is_blocked_as_argument_and_as_result_exactly_when_the_judge_says_so(said: str) -> None:
    if HALF.search(said):
        pytest.skip("no message may hold half a character")
    peers = Peers().opened()
    (asked,) = peers.client(call(1, text=said))
    assert ("code" in asked) == weighed("message.argument", said)
    peers.client(call(2))
    (answer,) = peers.server(text(2, said))
    assert ("code" in answer) == weighed("message.result", said)
