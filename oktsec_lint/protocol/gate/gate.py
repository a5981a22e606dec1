"""Both directions of one connection: parse strictly, decide, and say what to do.

Nothing passes unread: a message that could be read in two ways is refused, an answer nobody asked for is dropped, and
every other one is judged whole. An observing gate comes to the same decisions and lets everything through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.framing import Lines
from oktsec_lint.protocol.revisions import BATCHING, METHOD_NOT_FOUND
from oktsec_lint.protocol.strictjson import MAX_VALUES, WireFault, crowded
from oktsec_lint.protocol.wire import MAX_BYTES, decode, encode

from .answers import Answers
from .asking import OWN, Asking
from .batches import joined
from .calls import Calls
from .commands import Close, Command, Event, Forward, Side, drop
from .judging import Judging
from .message import Message, members, taken, text_in
from .objection import code_of, objection_to
from .offer import Offer
from .quarantine import Quarantine
from .refusal import REFUSED, RESPONSE_REFUSED, refusal, unserved
from .ruling import PASSED, Ruling, denied, malformed
from .setup import Setup
from .texts import ASKED_BY, KNOWN, NOTIFICATIONS, of_notification, of_request
from .waiting import Waiting

_OBSERVED = 1 << 28
"""Bytes of a line that an observing gate lets through."""


class Gate:
    """One connection's state. No method raises on what a peer sent."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        limit = MAX_BYTES if setup.enforce else _OBSERVED
        self._lines = {side: Lines(limit) for side in Side}
        self._offer = Offer(setup.judge, setup.server, setup.agent, closed_world=setup.closed_world)
        self._judging = Judging(setup)
        self._calls = Calls(self._judging, self._offer)
        self._answers = Answers(self._judging, self._offer)
        self._quarantine = Quarantine(self._judging)
        self._waiting = Waiting(setup.ended)
        self._asking = Asking()
        self._unlisted: dict[str, Message] = {}
        """What waits until the tools are listed: calls by the JSON text of their id, batches by those of theirs."""
        self._ended: set[Side] = set()
        self._unread = False
        """Whether the server may have answered what still seems to wait, in a line that was let through unread."""

    def receive(self, side: Side, chunk: bytes, now: float) -> list[Command]:
        """What to do about bytes that one side sent; `now` is the driver's clock in seconds."""
        return [command for line in self._lines[side].feed(chunk) for command in self._line(side, line, now)]

    def say(self, message: dict[str, JsonValue], now: float) -> list[Command]:
        """What to do about a message for the server that the driver has made itself of what was read as strictly as
        the gate reads (`objection`)."""
        return [*self._message(taken(Side.CLIENT, message, encode(message), now))]

    def ended(self, side: Side, now: float) -> list[Command]:
        """What to do when one side will send no more: its last line may lack its end."""
        last = [command for line in self._lines[side].rest() for command in self._line(side, line, now)]
        self._ended.add(side)
        if side is Side.SERVER:
            return [*last, *self._unanswered(now)]
        self._quarantine.drain()
        return [*last, *(() if self._unlisted else self._resume(now))]

    def overflowed(self, side: Side, now: float) -> list[Command]:
        """What to do about a message of one side's that its reader threw away because of its length."""
        return [*self._too_much(side, None, now)]

    def release(self, message_id: str, now: float, *, approved: bool, by: str = "") -> list[Command]:
        """What to do with a held call (`Hold`) after somebody has decided; `by` is what the journal names for it.

        An approved call goes on if nothing else speaks against it now. Nothing is to do when it is not held any more:
        see `holds`.
        """
        if approved:
            message = self._quarantine.approve(message_id, now, by)
            return [] if message is None else [*self._message(message)]
        rejected = self._quarantine.reject(message_id, now, by)
        return [] if rejected is None else [self._refused(*rejected)]

    def holds(self, message_id: str) -> bool:
        """Whether a call still waits for `release`: its client may have cancelled it, or either side be gone."""
        return message_id in self._quarantine

    @property
    def busy(self) -> bool:
        """Whether the client waits for an answer."""
        return bool(self._unlisted or self._quarantine or self._waiting.of(Side.CLIENT))

    def withdraw(self, event: Event) -> None:
        """The driver could not pass on the request of this event, and has told who asked."""
        self._waiting.take(event.direction, event.message_id)

    def _line(self, side: Side, line: bytes | None, now: float) -> Iterator[Command]:
        if line is None or crowded(line):
            yield from self._too_much(side, line, now)
            return
        if not line.strip():
            return
        decoded = decode(line)
        objection = objection_to(decoded, batching=self._answers.revision == BATCHING)
        if objection is not None:
            yield from self._unreadable(taken(side, decoded.value, line, now), objection)
        elif isinstance(decoded.value, list):
            yield from self._batch(side, line, [taken(side, item, encode(item), now) for item in decoded.value])
        else:
            yield from self._message(taken(side, decoded.value, line, now))

    def _batch(self, side: Side, line: bytes, messages: list[Message]) -> Iterator[Command]:
        known = f"[{','.join(item.id_text for item in messages)}]"
        waits = any(self._must_be_listed_first(item, text_in(item.value.get("method"))) for item in messages)
        if waits and known not in self._unlisted:
            yield from self._list_first(Message(side, {}, line, messages[0].now, known))
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
            yield unserved(self._judging.event(message, PASSED, method), message.now)
            return
        waits = message.id_text not in self._unlisted and self._must_be_listed_first(message, method)
        meta = message.params.get("_meta")
        asking = of_notification({"_meta": meta}, self._judging.subject)
        ruling = self._judging.weighed(message, asking) if waits else self._rule_request(message, method)
        if waits and not self._judging.refuses(ruling):
            yield from self._list_first(message)
            return
        event = self._judging.event(message, ruling, method)
        if self._judging.refuses(ruling):
            hold = self._quarantine.hold(message, ruling, event)
            yield self._refused(message, ruling) if hold is None else hold
            return
        self._waiting.begin(event, first=message.params.get("cursor") is None)
        yield Forward(message.side.other, message.line, event)

    def _refused(self, message: Message, ruling: Ruling) -> Command:
        event = self._judging.event(message, ruling, str(message.value["method"]))
        return refusal(message.side, message.value["id"], REFUSED, ruling, event)

    def _list_first(self, message: Message) -> Iterator[Command]:
        self._unlisted[message.id_text] = message
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
            return self._calls.ruling(message, self._quarantine.grant(message.id_text))
        if self._setup.closed_world and method not in ASKED_BY[message.side]:
            return denied("unknown_method", "no revision of MCP has this method", "/method")
        params = message.value.get("params")
        surfaces = of_request(method, params, self._judging.subject, from_server=message.from_server)
        return self._judging.weighed(message, surfaces)

    def _is_taken(self, side: Side, id_text: str) -> bool:
        kept = side is Side.CLIENT and (id_text in self._unlisted or id_text in self._quarantine)
        return kept or (side, id_text) in self._waiting or id_text.startswith(f'"{OWN}')

    def _notification(self, message: Message) -> Iterator[Command]:
        method = str(message.value["method"])
        if message.side is Side.SERVER and method == "notifications/tools/list_changed":
            self._offer.forget()
        if method == "notifications/cancelled":
            self._cancel(message.side, encode(message.params.get("requestId")).decode())
        ruling = self._rule_notification(message, method)
        event = self._judging.event(message, ruling, method)
        if self._judging.refuses(ruling):
            yield drop(event)
        else:
            yield Forward(message.side.other, message.line, event)

    def _cancel(self, side: Side, id_text: str) -> None:
        self._waiting.take(side, id_text)
        if side is Side.CLIENT:
            self._unlisted.pop(id_text, None)
            self._quarantine.forget(id_text)

    def _rule_notification(self, message: Message, method: str) -> Ruling:
        """Nobody may have done without an id what he may not ask for with one: some servers do it all the same."""
        if message.side is Side.CLIENT and method in KNOWN:
            return denied("malformed", "a request has an id", "/method")
        if message.side is Side.CLIENT and self._setup.closed_world and method not in NOTIFICATIONS:
            return denied("unknown_method", "no revision of MCP has this method", "/method")
        params = message.value.get("params")
        spoken = of_notification(params, self._judging.subject, from_server=message.from_server)
        return self._judging.weighed(message, spoken)

    def _response(self, message: Message) -> Iterator[Command]:
        if self._asking.awaits(message):
            yield from self._listed(message)
            return
        asked = self._waiting.take(message.side.other, message.id_text)
        if asked is not None:
            yield from self._answers.commands(message, asked)
            return
        ruling = denied("unsolicited", "nobody waits for an answer of this id", "/id")
        event = self._judging.event(message, ruling)
        yield drop(event) if self._setup.enforce else Forward(message.side.other, message.line, event)

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
        waited, self._unlisted = self._unlisted, {}
        for item in waited.values():
            yield from self._line(item.side, item.line, now)
        if Side.CLIENT in self._ended and not self._unlisted:
            yield Close(Side.SERVER)

    def _unanswered(self, now: float) -> Iterator[Command]:
        """Whoever waits for a server that is gone is told so."""
        yield from self._resume(now)
        for message in self._quarantine.drain():
            yield from self._message(message._replace(now=now))
        for id_text in self._waiting.of(Side.CLIENT):
            asked = self._waiting.take(Side.CLIENT, id_text)
            if asked is not None and not self._unread:
                yield unserved(asked.event, now)

    def _unreadable(self, message: Message, fault: WireFault) -> Iterator[Command]:
        """A line that is no message, or more than one to different readers."""
        ruling = malformed(fault)
        event = self._judging.event(message, ruling, text_in(message.value.get("method")))
        asked = None if message.asks else self._waiting.take(message.side.other, message.id_text)
        own = message.usable_id
        if not message.asks and self._asking.awaits(message):
            yield drop(event)
            yield from self._listed(message._replace(value={}))
        elif not self._setup.enforce:
            self._unread = self._unread or message.side is Side.SERVER
            yield Forward(message.side.other, message.line, event)
        elif message.asks and (own is not None or message.side is Side.CLIENT):
            yield refusal(message.side, own, code_of(fault), ruling, event)
        elif asked is not None:
            yield refusal(message.side.other, own, RESPONSE_REFUSED, ruling._replace(reason=str(fault.kind)), event)
        else:
            yield drop(event)

    def _too_much(self, side: Side, line: bytes | None, now: float) -> Iterator[Command]:
        """Nobody knows whose answer it was, so whoever waits is told; an answer that comes later finds nobody."""
        ruling = denied(
            "too_long", f"a message is longer than {MAX_BYTES:,} bytes, or of more than {MAX_VALUES:,} values"
        )
        event = self._judging.event(taken(side, {}, b"", now), ruling)
        if line is not None and not self._setup.enforce:
            self._unread = self._unread or side is Side.SERVER
            yield Forward(side.other, line, event)
            return
        if side is Side.CLIENT:
            yield refusal(side, None, REFUSED, ruling, event)
            return
        waiting = self._waiting.of(side.other)
        for id_text in waiting:
            self._waiting.take(side.other, id_text)
            yield refusal(side.other, json.loads(id_text), RESPONSE_REFUSED, ruling, event._replace(message_id=id_text))
        if not waiting:
            yield drop(event)
        if self._asking.waiting:
            yield from self._listed(taken(side, {}, b"", now))
