"""Both directions of one connection: parse strictly, decide, and say what to do.

Nothing passes unread: a message that could be read in two ways is refused, an answer nobody asked for is dropped, and
every other one is judged whole. An observing gate comes to the same decisions and lets everything through.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from oktsec_lint.core.calls import Call, CallState, LockedSchemas
from oktsec_lint.core.model import JsonValue, Kind, Subject
from oktsec_lint.core.record import Decision
from oktsec_lint.core.surfaces import Surface
from oktsec_lint.protocol.framing import Lines
from oktsec_lint.protocol.revisions import BATCHING, METHOD_NOT_FOUND, SERVER_INFO
from oktsec_lint.protocol.strictjson import MAX_VALUES, Ambiguity, WireFault, crowded
from oktsec_lint.protocol.wire import MAX_BYTES, Decoded, decode, encode

from .asking import OWN, Asking
from .batches import joined
from .commands import Close, Command, Event, Forward, Side, drop
from .message import Message, Pending, event_of, members, taken, text_in
from .names import misspelt
from .offer import LISTS, Offer, unsaid
from .refusal import REFUSED, RESPONSE_REFUSED, UNREADABLE, refusal, unserved
from .ruling import PASSED, Ruling, denied, malformed, of_denial, weighed
from .setup import Setup
from .tasks import Tasks
from .texts import (
    ASKED_BY,
    KNOWN,
    NOTIFICATIONS,
    of_error,
    of_notification,
    of_reply,
    of_request,
    of_result,
    unspecified,
)

_OPENINGS = frozenset({"initialize", "server/discover"})
_TOLERATED = frozenset({Ambiguity.LOSSY_NUMBER})
"""An integer beyond a double keeps its digits here and on the wire; identifiers and schema bounds are such."""
_OWN_WORDS: Mapping[str, type] = {"instructions": str, "serverInfo": dict}
"""What a server says of itself, and the type by which it is judged as that."""
_NO_JSON = frozenset({Ambiguity.NOT_JSON, Ambiguity.NOT_UTF8})
_OBSERVED = 1 << 28
"""Bytes of a line that an observing gate lets through."""


class Gate:
    """One connection's state. `receive` is all there is to call; it never raises on what a peer sent."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        limit = MAX_BYTES if setup.enforce else _OBSERVED
        self._lines = {side: Lines(limit) for side in Side}
        self._pending: dict[tuple[Side, str], Pending] = {}
        self._offer = Offer(setup.judge, setup.server, setup.agent)
        self._asking = Asking()
        self._tasks = Tasks()
        self._held: dict[str, Message] = {}
        """What waits until the tools are listed: calls by the JSON text of their id, batches by those of theirs."""
        self._ended: set[Side] = set()
        self._unread = False
        """Whether the server may have answered what still seems to wait, in a line that was let through unread."""
        self._state = CallState()
        standing = setup.judge.standing
        self._schemas = LockedSchemas(standing.lock.server(setup.server) if standing is not None else None)
        self._revision = ""
        self._subject = Subject(setup.server, Kind.SERVER, setup.server)

    def receive(self, side: Side, chunk: bytes, now: float) -> list[Command]:
        """What to do about bytes that one side sent; `now` is the driver's clock in seconds."""
        return [command for line in self._lines[side].feed(chunk) for command in self._line(side, line, now)]

    def ended(self, side: Side, now: float) -> list[Command]:
        """What to do when one side will send no more: its last line may lack its end."""
        last = [command for line in self._lines[side].rest() for command in self._line(side, line, now)]
        self._ended.add(side)
        return [*last, *(self._unanswered(now) if side is Side.SERVER else () if self._held else self._resume(now))]

    @property
    def busy(self) -> bool:
        """Whether the client waits for an answer."""
        return bool(self._held) or any(side is Side.CLIENT for side, _ in self._pending)

    def withdraw(self, event: Event) -> None:
        """The driver could not pass on the request of this event, and has told who asked."""
        self._pending.pop((event.direction, event.message_id), None)

    def _line(self, side: Side, line: bytes | None, now: float) -> Iterator[Command]:
        if line is None or crowded(line):
            yield from self._too_much(side, line, now)
            return
        if not line.strip():
            return
        decoded = decode(line)
        objection = self._objection(decoded)
        if objection is not None:
            yield from self._unreadable(taken(side, decoded.value, line, now), objection)
        elif isinstance(decoded.value, list):
            yield from self._batch(side, line, [taken(side, item, encode(item), now) for item in decoded.value])
        else:
            yield from self._message(taken(side, decoded.value, line, now))

    def _objection(self, decoded: Decoded) -> WireFault | None:
        """The first reason why a line is not one message, read by everybody in the same way."""
        for fault in decoded.faults:
            batch = fault.kind is Ambiguity.BATCH and self._revision == BATCHING
            if fault.kind not in _TOLERATED and not batch:
                return fault
        items = decoded.value if isinstance(decoded.value, list) else [decoded.value]
        return next(filter(None, (misspelt(item) for item in items if isinstance(item, dict))), None)

    def _batch(self, side: Side, line: bytes, messages: list[Message]) -> Iterator[Command]:
        known = f"[{','.join(item.id_text for item in messages)}]"
        waits = any(self._must_be_listed_first(item, text_in(item.value.get("method"))) for item in messages)
        if waits and known not in self._held:
            yield from self._hold(Message(side, {}, line, messages[0].now, known))
        else:
            commands = [command for item in messages for command in self._message(item)]
            yield from joined(side.other, line, [item.line for item in messages], commands)

    def _message(self, message: Message) -> Iterator[Command]:
        if "method" not in message.value:
            yield from self._response(message)
        elif "id" in message.value:
            yield from self._request(message)
        else:
            yield from self._notification(message)

    def _request(self, message: Message) -> Iterator[Command]:
        method = str(message.value["method"])
        if Side.SERVER in self._ended:
            yield unserved(self._event(message, PASSED, method), message.now)
            return
        waits = message.id_text not in self._held and self._must_be_listed_first(message, method)
        meta = message.params.get("_meta")
        asking = of_notification({"_meta": meta}, self._subject)
        ruling = self._weighed(message, asking) if waits else self._rule_request(message, method)
        if waits and not (ruling.blocked and self._setup.enforce):
            yield from self._hold(message)
            return
        event = self._event(message, ruling, method)
        if ruling.blocked and self._setup.enforce:
            yield refusal(message.side, message.value["id"], REFUSED, ruling, event)
            return
        first = message.params.get("cursor") is None
        self._pending[message.side, message.id_text] = Pending(method, event, first)
        yield Forward(message.side.other, message.line, event)

    def _hold(self, message: Message) -> Iterator[Command]:
        self._held[message.id_text] = message
        if not self._asking.waiting:
            yield Forward(Side.SERVER, self._asking.begin(message.params.get("_meta")))

    def _must_be_listed_first(self, message: Message, method: str) -> bool:
        """Whether a call has to wait until the gate knows what its tool is."""
        asks = message.side is Side.CLIENT and method == "tools/call" and Side.SERVER not in self._ended
        name = message.params.get("name")
        return asks and isinstance(name, str) and not self._offer.complete and self._offer.ruling(name) is None

    def _rule_request(self, message: Message, method: str) -> Ruling:
        if self._is_taken(message.side, message.id_text):
            return denied("duplicate_id", "another request of this id waits for its answer", "/id")
        if message.side is Side.CLIENT and method == "tools/call":
            ruling = self._rule_call(message)
            if ruling.blocked:
                return ruling
        elif self._setup.closed_world and method not in ASKED_BY[message.side]:
            return denied("unknown_method", "no revision of MCP has this method", "/method")
        params = message.value.get("params")
        surfaces = of_request(method, params, self._subject, from_server=message.from_server)
        return self._weighed(message, surfaces)

    def _is_taken(self, side: Side, id_text: str) -> bool:
        held = side is Side.CLIENT and id_text in self._held
        return held or (side, id_text) in self._pending or id_text.startswith(f'"{OWN}')

    def _weighed(self, message: Message, surfaces: Iterable[Surface]) -> Ruling:
        """The ruling on a message's texts, and on what it carries beside everything the specification knows."""
        every = (*surfaces, *unspecified(message.value, self._subject, from_server=message.from_server))
        return weighed(self._setup.judge, every, self._setup.agent, arguments=not message.from_server)

    def _rule_call(self, message: Message) -> Ruling:
        """The policy on calls first: it costs least, and nothing else needs to be asked of what it denies."""
        setup, tool = self._setup, message.params.get("name")
        if not isinstance(tool, str) or not tool:
            return denied("malformed", "a call names its tool with a text", "/params/name")
        arguments = message.params.get("arguments")
        running = sum(side is Side.CLIENT and item.method == "tools/call" for (side, _), item in self._pending.items())
        call = Call(setup.agent, setup.agent_name, setup.server, tool, arguments, running)
        denial, self._state = setup.calls.admit(call, self._state, message.now)
        if denial is not None:
            return of_denial(denial)
        known = self._offer.ruling(tool)
        if known is None and (self._offer.closed or setup.judge.standing is not None):
            return denied("unlisted", "the server does not list this tool, so nobody knows what it is", "/params/name")
        if known is not None and known.blocked:
            return known
        denial = self._schemas.objection(tool, arguments)
        return PASSED if denial is None else of_denial(denial)

    def _notification(self, message: Message) -> Iterator[Command]:
        method = str(message.value["method"])
        if message.side is Side.SERVER and method == "notifications/tools/list_changed":
            self._offer.forget()
        if method == "notifications/cancelled":
            cancelled = encode(message.params.get("requestId")).decode()
            self._pending.pop((message.side, cancelled), None)
            if message.side is Side.CLIENT:
                self._held.pop(cancelled, None)
        ruling = self._rule_notification(message, method)
        event = self._event(message, ruling, method)
        if ruling.blocked and self._setup.enforce:
            yield drop(event)
        else:
            yield Forward(message.side.other, message.line, event)

    def _rule_notification(self, message: Message, method: str) -> Ruling:
        """Nobody may have done without an id what he may not ask for with one: some servers do it all the same."""
        if message.side is Side.CLIENT and method in KNOWN:
            return denied("malformed", "a request has an id", "/method")
        if message.side is Side.CLIENT and self._setup.closed_world and method not in NOTIFICATIONS:
            return denied("unknown_method", "no revision of MCP has this method", "/method")
        params = message.value.get("params")
        return self._weighed(message, of_notification(params, self._subject, from_server=message.from_server))

    def _response(self, message: Message) -> Iterator[Command]:
        if self._asking.awaits(message):
            yield from self._listed(message)
            return
        asked = self._pending.pop((message.side.other, message.id_text), None)
        if asked is None:
            ruling = denied("unsolicited", "nobody waits for an answer of this id", "/id")
            yield from self._dropped(message, ruling)
        elif message.side is Side.SERVER and asked.method in LISTS and "result" in message.value:
            yield from self._list(message, asked)
        elif message.side is Side.SERVER and asked.method in _OPENINGS and "result" in message.value:
            yield from self._opening(message, asked)
        else:
            yield from self._answer(message, asked)

    def _answer(self, message: Message, asked: Pending) -> Iterator[Command]:
        if "error" in message.value:
            surfaces = of_error(message.value["error"], self._subject)
        elif message.side is Side.SERVER:
            surfaces = of_result(asked.method, message.value["result"], self._subject)
        else:
            surfaces = of_reply(message.value["result"], self._subject)
        ruling = self._beyond_limit(message, asked) or self._weighed(message, surfaces)
        event = self._event(message, ruling, asked.method, asked.event)
        if ruling.blocked and self._setup.enforce:
            yield refusal(message.side.other, message.value["id"], RESPONSE_REFUSED, ruling, event)
        else:
            self._tasks.begun(asked.event.tool, members(message.value.get("result")))
            yield Forward(message.side.other, message.line, event)

    def _beyond_limit(self, message: Message, asked: Pending) -> Ruling | None:
        """The ruling on a result beyond the agent's `max_response_bytes`, whether it comes now or from a task."""
        if message.side is Side.CLIENT or not asked.event.tool:
            return None
        setup = self._setup
        call = Call(setup.agent, setup.agent_name, setup.server, asked.event.tool)
        limit = setup.calls.response_limit(call)
        if limit is None or len(message.line) <= limit:
            return None
        return denied("tool_constraint:max_response_bytes", f"the answer is longer than {limit:,} bytes", "/result")

    def _list(self, message: Message, asked: Pending) -> Iterator[Command]:
        """One page of a list, without what may not be shown."""
        result, member = members(message.value["result"]), LISTS[asked.method][1]
        beside = {key: value for key, value in result.items() if key != member or not isinstance(value, list)}
        ruling = self._weighed(message, of_result("", beside, self._subject))
        if ruling.blocked and self._setup.enforce:
            event = self._event(message, ruling, asked.method, asked.event)
            yield refusal(Side.CLIENT, message.value["id"], RESPONSE_REFUSED, ruling, event)
            return
        page = self._offer.page(asked.method, result, first=asked.first)
        worst = max(page.withheld.values(), key=lambda ruling: ruling.level, default=PASSED)
        ruling = worst._replace(
            blocked=page.hidden > 0,
            rules=tuple(dict.fromkeys(rule for item in page.withheld.values() for rule in item.rules)),
            reason=f"not shown: {page.hidden}" if page.hidden else "",
        )
        event = self._event(message, ruling, asked.method, asked.event)
        if not page.hidden or not self._setup.enforce:
            yield Forward(Side.CLIENT, message.line, event)
            return
        kept: JsonValue = {**result, member: list(page.kept)}
        line = encode({**message.value, "result": kept})
        yield Forward(Side.CLIENT, line, event._replace(decision=Decision.WITHHELD))

    def _opening(self, message: Message, asked: Pending) -> Iterator[Command]:
        """What a server says of itself; its instructions are withheld when they are not to be read."""
        result = members(message.value["result"])
        said = result.get("instructions")
        agreed = result.get("protocolVersion")
        self._revision = agreed if isinstance(agreed, str) else self._revision
        info = members(result.get("serverInfo") or members(result.get("_meta")).get(SERVER_INFO))
        judged = {key for key, kind in _OWN_WORDS.items() if isinstance(result.get(key), kind)}
        rest = {key: value for key, value in result.items() if key not in judged}
        beside = self._weighed(message, of_result("", rest, self._subject))
        ruling = beside if beside.blocked else self._offer.opening(info, text_in(said), self._revision)
        event = self._event(message, ruling, asked.method, asked.event)
        if not ruling.blocked or not self._setup.enforce:
            yield Forward(Side.CLIENT, message.line, event)
        elif not beside.blocked and "instructions" in judged and self._offer.opening({}, "", "") == PASSED:
            line = encode({**message.value, "result": unsaid(result, self._setup.server)})
            yield Forward(Side.CLIENT, line, event._replace(decision=Decision.WITHHELD))
        else:
            yield refusal(Side.CLIENT, message.value["id"], RESPONSE_REFUSED, ruling, event)

    def _listed(self, message: Message) -> Iterator[Command]:
        """An answer to the gate itself: another page is asked for, or the calls that waited go on."""
        result = message.value.get("result")
        if isinstance(result, dict):
            self._offer.page("tools/list", result, first=self._asking.is_first)
        following = self._asking.following(result)
        if following is not None:
            yield Forward(Side.SERVER, following)
            return
        error = members(message.value.get("error"))
        self._offer.settle(failed=result is None and error.get("code") != METHOD_NOT_FOUND)
        yield from self._resume(message.now)

    def _resume(self, now: float) -> Iterator[Command]:
        """The calls that waited go on; a client that has left in the meantime has nothing to add to them."""
        held, self._held = self._held, {}
        for item in held.values():
            yield from self._line(item.side, item.line, now)
        if Side.CLIENT in self._ended and not self._held:
            yield Close(Side.SERVER)

    def _unanswered(self, now: float) -> Iterator[Command]:
        """Whoever waits for a server that is gone is told so."""
        yield from self._resume(now)
        for key in [key for key in self._pending if key[0] is Side.CLIENT and not self._unread]:
            yield unserved(self._pending.pop(key).event, now)

    def _dropped(self, message: Message, ruling: Ruling) -> Iterator[Command]:
        event = self._event(message, ruling)
        yield drop(event) if self._setup.enforce else Forward(message.side.other, message.line, event)

    def _unreadable(self, message: Message, fault: WireFault) -> Iterator[Command]:
        """A line that is no message, or more than one to different readers."""
        ruling = malformed(fault)
        event = self._event(message, ruling, text_in(message.value.get("method")))
        asked = None if message.asks else self._pending.pop((message.side.other, message.id_text), None)
        own = message.usable_id
        if not message.asks and self._asking.awaits(message):
            yield drop(event)
            yield from self._listed(message._replace(value={}))
        elif not self._setup.enforce:
            self._unread = self._unread or message.side is Side.SERVER
            yield Forward(message.side.other, message.line, event)
        elif message.asks and (own is not None or message.side is Side.CLIENT):
            code = UNREADABLE if fault.kind in _NO_JSON else REFUSED
            yield refusal(message.side, own, code, ruling, event)
        elif asked is not None:
            yield refusal(message.side.other, own, RESPONSE_REFUSED, ruling._replace(reason=str(fault.kind)), event)
        else:
            yield drop(event)

    def _too_much(self, side: Side, line: bytes | None, now: float) -> Iterator[Command]:
        """Nobody knows whose answer it was, so whoever waits is told; an answer that comes later finds nobody."""
        ruling = denied(
            "too_long", f"a message is longer than {MAX_BYTES:,} bytes, or of more than {MAX_VALUES:,} values"
        )
        event = self._event(taken(side, {}, b"", now), ruling)
        if line is not None and not self._setup.enforce:
            self._unread = self._unread or side is Side.SERVER
            yield Forward(side.other, line, event)
            return
        if side is Side.CLIENT:
            yield refusal(side, None, REFUSED, ruling, event)
            return
        waiting = [key for key in self._pending if key[0] is side.other]
        for key in waiting:
            del self._pending[key]
            yield refusal(key[0], json.loads(key[1]), RESPONSE_REFUSED, ruling, event._replace(message_id=key[1]))
        if not waiting:
            yield drop(event)
        if self._asking.waiting:
            yield from self._listed(taken(side, {}, b"", now))

    def _event(self, message: Message, ruling: Ruling, method: str = "", asked: Event | None = None) -> Event:
        decision = Decision.FORWARDED
        if ruling.blocked:
            decision = Decision.BLOCKED if self._setup.enforce else Decision.WOULD_BLOCK
        tool = asked.tool if asked is not None else self._tasks.tool(method, message.params)
        return event_of(message, ruling, decision, method, tool, is_answer=asked is not None)
