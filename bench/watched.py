"""A gate that is watched: whoever plays its peers learns at once when it breaks a promise.

The watcher reads nothing of the gate's own state. It knows which bytes went in, which texts the judge was shown, and
keeps its own account of who waits for what.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from oktsec_lint.core.calls import Books, CallPolicy
from oktsec_lint.core.config import Agent, Config
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.judge import Judge, Judgement, Opinion
from oktsec_lint.core.model import Inventory
from oktsec_lint.core.record import Decision
from oktsec_lint.core.rules import Pattern, PatternType, Rule
from oktsec_lint.core.surfaces import MESSAGE_WORDS, Surface
from oktsec_lint.protocol.gate import Answer, Command, Drop, Forward, Gate, Setup, Side
from oktsec_lint.sources import load_config

FORBIDDEN = "forbidden"
"""The word that no message may carry past a gate that obeys `RULES`."""
RULES = (
    Rule(
        "X-1",
        "Forbidden word",
        Severity.CRITICAL,
        "x",
        applies_to=("message", "definition"),
        patterns=(Pattern(PatternType.CONTAINS, FORBIDDEN),),
    ),
)
CONFIGS = ("", "agents:\n  coder:\n    allowed_tools: [read, list]\n", "default_policy: deny\nagents:\n  coder: {}\n")
OWN = '"oktsec-list-'
METHODS = frozenset(
    """initialize ping tools/list tools/call prompts/list prompts/get resources/list resources/templates/list
    resources/read completion/complete logging/setLevel tasks/get tasks/result tasks/cancel server/discover
    sampling/createMessage elicitation/create roots/list notifications/initialized notifications/cancelled
    notifications/progress notifications/message notifications/roots/list_changed
    notifications/tools/list_changed""".split()
)
"""What the specification calls something; any other method is a text like any other."""
_FIXED = MESSAGE_WORDS | {
    "tools",
    "prompts",
    "resources",
    "resourceTemplates",
    "instructions",
    "serverInfo",
    "files",
    "version",
}
_RESPONSE_REFUSED, _INTERNAL = -32001, -32603
_SLOW = 10.0
"""Seconds that one step may take on a busy machine."""


class BrokenPromiseError(AssertionError):
    """What the gate did that it must not do."""


class WatchedJudge(Judge):
    """A judge that remembers which texts it was shown."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.shown: set[str] = set()

    def judge(self, inventory: Inventory, *more: Any) -> Judgement:
        for server in inventory.servers:
            self.shown.update(texts([dict(server.info), server.instructions]))
            self.shown.update(text for item in server.definitions for text in texts(item.body))
        return super().judge(inventory, *more)

    def weigh(self, surfaces: Iterable[Surface], agent: Agent | None = None, *, arguments: bool = False) -> Opinion:
        every = tuple(surfaces)
        self.shown.update(item.text for item in every)
        return super().weigh(every, agent, arguments=arguments)


def texts(value: Any) -> Iterator[str]:
    """Every string of a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from texts(item)


def setup(config: str, rules: Iterable[Rule] = RULES, book: Any = None, *, enforce: bool = True) -> Setup:
    loaded = load_config("oktsec.yaml", config).config if config else Config()
    judge = WatchedJudge(rules, loaded, book)
    closed = loaded.default_policy == "deny"
    calls = CallPolicy(loaded)
    books = Books(calls)
    return Setup(judge, calls, "files", "coder", books.admit, books.end, loaded.agent("coder"), enforce, closed)


class Watched:
    """One connection through one gate. `feed` raises BrokenPromiseError."""

    def __init__(self, setup: Setup, gate: type[Gate] = Gate) -> None:
        books = Books(setup.calls)
        self.gate = gate(setup._replace(admission=books.admit, ended=books.end))
        self.commands: list[Command] = []
        self.asked: dict[tuple[Side, str], str] = {}
        """Who waits for the answer to which id, and the method."""
        self.own: list[str] = []
        """JSON texts of the ids of the gate's own requests."""
        self.blocked = 0
        self._setup = setup
        self._allowed = {item.name for item in setup.agent.allowed_tools} if setup.agent is not None else set()
        self._lines: dict[Side, list[bytes]] = {side: [] for side in Side}
        self._open = dict.fromkeys(Side, b"")
        self._ever: set[str] = set()
        self._loose: set[tuple[Side, str]] = set()
        """Of those who wait, whose request may have been cancelled by a message that was dropped."""

    def feed(self, side: Side, chunk: bytes, now: float = 0.0) -> list[Command]:
        """What the gate wants done about some bytes, once it is known to be right."""
        *lines, self._open[side] = (self._open[side] + chunk).split(b"\n")
        self._lines[side] = lines
        return self._checked(side, lambda: self.gate.receive(side, chunk, now))

    def end(self, side: Side) -> list[Command]:
        self._lines[side], self._open[side] = [self._open[side]], b""
        return self._checked(side, lambda: self.gate.ended(side, 0.0))

    def _checked(self, side: Side, act: Any) -> list[Command]:
        judge = self._setup.judge
        assert isinstance(judge, WatchedJudge)
        judge.shown.clear()
        due = [key for line in self._lines[side] for key in self._due(side, line)] if self._setup.enforce else []
        begun = time.perf_counter()
        commands: list[Command] = act()
        if time.perf_counter() - begun > _SLOW:
            raise BrokenPromiseError(f"a step took {time.perf_counter() - begun:.0f} s")
        self._ever |= judge.shown
        for command in commands:
            if self._setup.enforce:
                self._check(side, command, judge.shown)
        if any(key in self.asked for key in due):
            raise BrokenPromiseError(f"who waits for {due} has not been told anything")
        self.commands += commands
        return commands

    def _due(self, side: Side, line: bytes) -> Iterator[tuple[Side, str]]:
        """Who waits for this line, where any reader can tell."""
        try:
            message = json.loads(line.decode())
        except ValueError:
            return
        if isinstance(message, dict) and "method" not in message and not message.keys().isdisjoint({"result", "error"}):
            key = (side.other, json.dumps(message.get("id")))
            if key in self.asked and key not in self._loose:
                yield key

    def _check(self, side: Side, command: Command, judged: set[str]) -> None:
        if isinstance(command, Drop):
            if command.event.method == "notifications/cancelled":
                self._loose.update(key for key in self.asked if key[0] is side)
        elif isinstance(command, Answer):
            self.blocked += 1
            if command.code == _RESPONSE_REFUSED:
                self._answered(command.to, json.dumps(command.message_id))
            elif command.code == _INTERNAL:
                self.asked.pop((command.to, json.dumps(command.message_id)), None)
            if FORBIDDEN in json.dumps(command.data).lower() and command.to is not command.event.direction:
                raise BrokenPromiseError(f"a refusal repeats what it refuses: {command}")
        elif isinstance(command, Forward) and command.event is None:
            self._check_own(command)
        elif isinstance(command, Forward):
            self._check_forward(command, judged, side)

    def _check_own(self, command: Forward) -> None:
        message = json.loads(command.line)
        self.own.append(json.dumps(message["id"]))
        if command.to is not Side.SERVER or message["method"] != "tools/list" or not self.own[-1].startswith(OWN):
            raise BrokenPromiseError(f"this is no listing of the gate's own: {command.line!r}")
        self._covered(message["params"].get("_meta"), self._ever, command.line)

    def _check_forward(self, command: Forward, judged: set[str], side: Side) -> None:
        said = strictly(command.line)
        event = command.event
        assert event is not None
        if event.decision not in {Decision.FORWARDED, Decision.WITHHELD}:
            raise BrokenPromiseError(f"an enforcing gate forwards what it decided as {event.decision}")
        self._check_bytes(command, side)
        for message in said if isinstance(said, list) else [said]:
            if not isinstance(message, dict):
                raise BrokenPromiseError(f"this is no message: {command.line!r}")
            self._covered(judgeable(message), judged, command.line)
            if any(FORBIDDEN in text for text in in_a_row(message.get("result"))):
                raise BrokenPromiseError(f"the forbidden word passed in pieces in {command.line!r}")
            self._account(command.to, message)

    def _check_bytes(self, command: Forward, side: Side) -> None:
        """What goes on is what came; a batch is cut into its messages, a call may have waited."""
        batch = any(line.lstrip()[:1] == b"[" for line in self._lines[side])
        held = command.to is Side.SERVER and side is Side.SERVER
        withheld = command.event is not None and command.event.decision is Decision.WITHHELD
        if command.line not in self._lines[side] and not (batch or held or withheld):
            raise BrokenPromiseError(f"this is not what came: {command.line!r}")

    def _covered(self, value: Any, judged: set[str], line: bytes) -> None:
        for text in texts(value):
            if text and text not in judged and text not in _FIXED:
                raise BrokenPromiseError(f"nobody judged {text!r} of {line!r}")
            if FORBIDDEN in text.lower():
                raise BrokenPromiseError(f"the forbidden word passed in {line!r}")

    def _account(self, to: Side, message: dict[str, Any]) -> None:
        key = (to.other, json.dumps(message.get("id")))
        method = message.get("method")
        if method is None:
            self._answered(to, key[1])
        elif "id" in message:
            if (key in self.asked and key not in self._loose) or key[1].startswith(OWN):
                raise BrokenPromiseError(f"the id {key[1]} is taken")
            self.asked[key] = method
        elif method == "notifications/cancelled":
            cancelled = message.get("params", {}).get("requestId")
            self.asked.pop((to.other, json.dumps(cancelled)), None)
        if method == "tools/call" and to is Side.SERVER:
            self._check_call(message)

    def _check_call(self, message: dict[str, Any]) -> None:
        name = message.get("params", {}).get("name")
        if "id" not in message or not isinstance(name, str):
            raise BrokenPromiseError(f"this is no call: {message}")
        if self._allowed and name not in self._allowed:
            raise BrokenPromiseError(f"{name!r} is not allowed")

    def _answered(self, to: Side, number: str) -> None:
        if self.asked.pop((to, number), None) is None:
            raise BrokenPromiseError(f"nobody at the {to} waits for {number}")


def in_a_row(result: Any) -> Iterator[str]:
    """What a model reads of each list of blocks."""
    for member in ("content", "contents", "messages"):
        blocks = result.get(member) if isinstance(result, dict) else None
        texts = ((block, block.get("resource"), block.get("content")) for block in listed(blocks))
        every = (item for parts in texts for item in parts if isinstance(item, dict))
        yield "".join(text for item in every if isinstance(text := item.get("text"), str))


def listed(blocks: Any) -> list[dict[str, Any]]:
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []


def judgeable(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what is no text for a model: version, id, specified method, name of the called tool."""
    rest = {key: value for key, value in message.items() if key not in {"jsonrpc", "id"}}
    if rest.get("method") in METHODS:
        method = rest.pop("method")
        if method == "tools/call" and isinstance(rest.get("params"), dict):
            rest["params"] = {key: value for key, value in rest["params"].items() if key != "name"}
    shown = {key: value for key, value in rest.items() if key not in {"method", "params", "result", "error"}}
    return {"": [*shown, *rest.values()]} if rest else {}


def strictly(line: bytes) -> Any:
    """The one value of a line. Another parser's opinion of what is ambiguous; raises BrokenPromiseError."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise BrokenPromiseError(f"a key is there twice in {line!r}")
        return dict(pairs)

    def constant(name: str) -> Any:
        raise BrokenPromiseError(f"{name} in {line!r}")

    try:
        return json.loads(line.decode(), object_pairs_hook=once, parse_constant=constant)
    except ValueError as error:
        raise BrokenPromiseError(f"{error} in {line!r}") from None
