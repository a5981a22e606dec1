"""One side of an MCP connection as a generator: what to send, what to wait for, which answer belongs to which question.

The driver (`collect/`) owns bytes and clock. It obeys each command and, for `Wait`, sends back the next event; once a
connection is closed it answers every further `Wait` with `Closed` again. All times are seconds on the driver's own
monotonic clock. Commands and events are named tuples: there are many kinds, and a dataclass costs every start-up ten
times as much.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from itertools import count
from typing import TypeAlias, TypeVar

from oktsec_lint.core.model import Fault, JsonValue
from oktsec_lint.core.values import NamedTuple

from .complaints import Complaints
from .revisions import BATCHING, METHOD_NOT_FOUND
from .strictjson import Ambiguity, WireFault
from .wire import Decoded, decode

JsonObject: TypeAlias = dict[str, JsonValue]


class Send(NamedTuple):
    """Put this message on the wire."""

    message: JsonObject
    revision: str
    """What an HTTP transport has to put into `MCP-Protocol-Version`; empty before a revision is agreed."""


class Wait(NamedTuple):
    """Tell me what happens next, but no later than `until`; None is: until the connection's own deadline."""

    until: float | None = None


class Opened(NamedTuple):
    """The server speaks MCP: an announcement, answered with anything at all."""

    revision: str
    modern: bool


Command: TypeAlias = Send | Wait | Opened


class Heard(NamedTuple):
    """The peer sent a message."""

    line: bytes
    at: float


class Dropped(NamedTuple):
    """The peer sent a message too long to be kept."""

    at: float


class Refused(NamedTuple):
    """The transport will not bring an answer to one question (an HTTP status instead of a message)."""

    question: int
    status: int
    reason: str
    at: float


class Silence(NamedTuple):
    """Nothing happened until the time given in `Wait`."""

    at: float


class Closed(NamedTuple):
    """Nothing will come any more."""

    reason: str
    at: float


Event: TypeAlias = Heard | Dropped | Refused | Silence | Closed

T = TypeVar("T")
Steps: TypeAlias = Generator[Command, Event, T]
"""A part of a conversation; T is what it finds out."""


class Result(NamedTuple):
    """A question's answer in every reading of it, the main one first."""

    readings: tuple[JsonObject, ...]
    faults: tuple[WireFault, ...]
    """Objections to the whole message, pointers from its root; the asker files them, because it knows what they hit."""

    @property
    def value(self) -> JsonObject:
        return self.readings[0]


class Failure(NamedTuple):
    """A question's answer was an error, or none came."""

    reason: str
    code: int = 0
    """The JSON-RPC error code; 0 when the peer sent none."""
    data: JsonValue = None
    status: int = 0
    """The HTTP status that came instead of an answer; 0 elsewhere."""
    silent: bool = False
    """True when the time for it ran out and the connection still stands."""
    closed: bool = False


Answer: TypeAlias = Result | Failure

_KEPT = 1 << 16
"""Characters of an error's text. Much more than is shown: whoever shows it masks it first, and cuts it then."""
_ASKING = frozenset({"sampling/createMessage", "elicitation/create"})


class Conversation:
    """The state of one connection: open questions, objections, and what the server asked of us."""

    def __init__(self, complaints: Complaints, now: float) -> None:
        self.now = now
        """The driver's clock at the last event."""
        self.heard = False
        """Whether the peer has sent any message at all."""
        self.revision = ""
        self.complaints = complaints
        self.list_changes = 0
        """How many `list_changed` notifications have come."""
        self._numbers = count(1)

    def ask(self, method: str, params: JsonObject, until: float | None = None) -> Steps[Answer]:
        """Asks and waits for the answer to exactly this question."""
        question = yield from self.post(method, params)
        _, answer = yield from self.hear((question,), until)
        return answer

    def post(self, method: str, params: JsonObject) -> Steps[int]:
        """Asks without waiting; the question's id."""
        question = next(self._numbers)
        yield self._send({"jsonrpc": "2.0", "id": question, "method": method, "params": params})
        return question

    def notify(self, method: str) -> Steps[None]:
        yield self._send({"jsonrpc": "2.0", "method": method})

    def hear(self, questions: Collection[int], until: float | None = None) -> Steps[tuple[int, Answer]]:
        """The first answer to any of the questions; 0 stands for all of them when none can come or time is up."""
        while True:
            event = yield Wait(until)
            self.now = event.at
            match event:
                case Silence():
                    return 0, Failure("no answer", silent=True)
                case Closed(reason):
                    return 0, Failure(reason, closed=True)
                case Refused(question, status, reason):
                    if question in questions:
                        return question, Failure(reason, status=status)
                case Dropped():
                    return max(questions), Failure("the answer is longer than this tool reads")
                case Heard(line):
                    found = yield from self._read(line, questions)
                    if found is not None:
                        return found

    def _send(self, message: JsonObject) -> Send:
        return Send(message, self.revision)

    def _read(self, line: bytes, questions: Collection[int]) -> Steps[tuple[int, Answer] | None]:
        decoded = decode(line)
        messages = _messages(decoded.value)
        if not any(_is_ours(message) for message in messages):
            self.complaints.noise(line, decoded)
            return (max(questions), _unreadable(decoded)) if _was_meant_as_answer(line, decoded) else None
        self.heard = True
        if self.revision == BATCHING:
            allowed = tuple(fault for fault in decoded.faults if fault.kind is not Ambiguity.BATCH)
            decoded = decoded._replace(faults=allowed)
        found = None
        for message in messages:
            answer = yield from self._take(message, decoded, questions)
            found = found or answer
        return found

    def _take(
        self, message: JsonObject, decoded: Decoded, questions: Collection[int]
    ) -> Steps[tuple[int, Answer] | None]:
        method = message.get("method")
        if not isinstance(method, str):
            question = _question(message.get("id"), questions)
            if question:
                return question, self._answer(message, decoded, question)
        self.complaints.wire(*decoded.faults)
        if isinstance(method, str):
            yield from self._serve(method, message)
        return None

    def _answer(self, message: JsonObject, decoded: Decoded, question: int) -> Answer:
        if not isinstance(message["id"], int):
            self.complaints.add(Fault("LST-013", "an answer carries the id of its question in another type"))
        if "error" in message and "result" not in message:
            self.complaints.wire(*decoded.faults)
            return _error(message["error"])
        return Result(tuple(_results(message, decoded, question)), decoded.faults)

    def _serve(self, method: str, message: JsonObject) -> Steps[None]:
        """Answers what a server asks of its client, so that it does not wait for us while we wait for it."""
        if "id" not in message:
            self.list_changes += method.endswith("/list_changed")
            return
        if method in _ASKING:
            asked = f"the server asked for {method} while it was only asked what it offers"
            self.complaints.add(Fault("LST-010", asked))
        yield self._send({"jsonrpc": "2.0", "id": message["id"], **_reply_to(method)})


def _reply_to(method: str) -> JsonObject:
    if method == "ping":
        return {"result": {}}
    if method == "roots/list":
        return {"result": {"roots": []}}
    return {"error": {"code": METHOD_NOT_FOUND, "message": "not available while listing"}}


def _question(answered: JsonValue, questions: Collection[int]) -> int:
    """The question meant by an answer's id: clients in the field take `"7"` and 7.0 for 7, so their users see it."""
    if isinstance(answered, bool) or not isinstance(answered, int | float | str):
        return 0
    return next((question for question in questions if answered == question or answered == str(question)), 0)


def _results(message: JsonObject, decoded: Decoded, question: int) -> Iterator[JsonObject]:
    main = message.get("result")
    yield main if isinstance(main, dict) else {}
    for reading in decoded.shadowed:
        for other in _messages(reading):
            found = other.get("result")
            if isinstance(found, dict) and _question(other.get("id"), (question,)):
                yield found


def _messages(value: JsonValue) -> list[JsonObject]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _is_ours(message: JsonObject) -> bool:
    """Whether an object is meant as JSON-RPC; servers also log JSON objects to their standard output."""
    return any(key.casefold() == "jsonrpc" for key in message) or message.keys() >= {"id", "result"}


def _was_meant_as_answer(line: bytes, decoded: Decoded) -> bool:
    return decoded.has(Ambiguity.TOO_DEEP) or (decoded.value is None and b'"jsonrpc"' in line and b'"result"' in line)


def _unreadable(decoded: Decoded) -> Failure:
    worst = decoded.faults[-1]
    return Failure(f"the answer cannot be read: {worst.kind}{worst.detail and ', '}{worst.detail}")


def _error(error: JsonValue) -> Failure:
    if not isinstance(error, dict):
        return Failure("an error without a code")
    code, text = error.get("code"), error.get("message")
    known = code if isinstance(code, int) and not isinstance(code, bool) else 0
    said = text[:_KEPT] if isinstance(text, str) else "no message"
    return Failure(f"error {known}: {said}", known, error.get("data"))
