"""One session with one server on behalf of one agent, through a gate that judges every message of it.

The gate is the one that stands before a wrapped process. Here its client is the gateway: requests come from many HTTP
requests, get ids of ours, and what the gate lets pass is handed back to whoever asked.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from itertools import count
from typing import Protocol, TypeAlias

from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import EMPTY, JsonValue
from oktsec_lint.protocol.gate import Answer, Close, Command, Drop, Event, Forward, Gate, Hold, Side
from oktsec_lint.protocol.gateway.eras import SUBSCRIPTION, Client, JsonObject
from oktsec_lint.protocol.gateway.post import routing_headers
from oktsec_lint.protocol.wire import encode, id_text
from oktsec_lint.runtime.upstream import Link

from .exchange import Exchange, Needed
from .spans import Carried, Spans, Untraced
from .stream import Stream
from .tallies import Tallies

PATIENCE = 300.0
"""Seconds without a sign of life after which a request has no answer."""
LOST, BROKEN = -32603, -32603
_AGAIN = 1.0
"""Seconds until a server is listened to again that has ended the stream in order."""
_FIRST = 1000
"""The first id of ours."""


Entry: TypeAlias = "str | asyncio.Future[str | None] | None"
"""A record's id in the journal, now or soon. None where it could not be written, and nothing may pass without."""


class Audience(Protocol):
    """Who hears what a server says without being asked. Called in the loop's thread; must not raise."""

    def asked(self, session: Session, request: JsonObject, exchange: Exchange | None) -> bool:
        """A server asks its client; False when there is nobody to ask."""

    def told(self, notification: JsonObject, exchange: Exchange | None) -> None:
        """A server notifies its client, in `exchange` if that can be known."""

    def held(self, session: Session, hold: Hold) -> None:
        """The gate keeps a call until somebody has decided (`Session.release`)."""


class Session:
    """A gate between the gateway and a link. It is `Ears` of that link."""

    def __init__(
        self,
        server: str,
        gate: Gate,
        record: Callable[[Event], Entry],
        audience: Audience,
        client: Client,
    ) -> None:
        self.server = server
        self.client = client
        """Who the server takes us for."""
        self.revision = ""
        """The agreed revision; empty until the session is open."""
        self.capabilities: Mapping[str, JsonValue] = EMPTY
        self.instructions = ""
        self.gone = ""
        """Why nothing can be asked any more; empty while it can."""
        self.used = time.monotonic()
        """When something was last asked."""
        self.changed: Callable[[str], None] = lambda _kind: None
        """Told the kind (`tools`) of a list that has changed."""
        self.tallies = Tallies()
        self.spans: Spans = Untraced()
        self.lost: Callable[[str], None] = lambda _reason: None
        """Told why the link has ended by itself."""
        self._gate = gate
        self._record = record
        self._audience = audience
        self._link: Link | None = None
        self._numbers = count(_FIRST)
        self._open: dict[str, Exchange] = {}
        self._routing: dict[str, dict[str, str]] = {}
        """HTTP headers of requests that the gate has not let pass yet, by id."""
        self._outbox: list[tuple[bytes, str, dict[str, str]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._about = ""
        self._unwritten: deque[tuple[Command, Entry, str]] = deque()
        """What is obeyed once it is in the journal, with the request on whose stream it came."""

    @property
    def busy(self) -> int:
        """Requests that wait for their answers."""
        return len(self._open)

    def attach(self, link: Link) -> None:
        """The link to the server; before anything is asked."""
        self._link = link

    async def ask(
        self,
        method: str,
        params: JsonObject,
        *,
        stream: Stream | None = None,
        schema: JsonValue = None,
        patience: float | None = PATIENCE,
    ) -> JsonObject | tuple[Exchange, Needed]:
        """The answer, as a message without an id: a `result` or an `error`; or what the server needs before.

        `schema` is that of a tool whose arguments go into headers. Whoever is cancelled here cancels the request.
        """
        with self.spans.carried(self.server, method, params) as carried:
            return await self._asked(method, carried, stream, schema, patience)

    async def _asked(
        self, method: str, carried: Carried, stream: Stream | None, schema: JsonValue, patience: float | None
    ) -> JsonObject | tuple[Exchange, Needed]:
        number = next(self._numbers)
        exchange = Exchange(method, stream)
        self._open[str(number)] = exchange
        tagged = self._tagged(carried.params, number, exchange)
        message: JsonObject = {"jsonrpc": "2.0", "id": number, "method": method, "params": tagged}
        self._routing[str(number)] = {**routing_headers(message, self.revision, schema), **carried.headers}
        self.used = time.monotonic()
        self._obey(self._gate.say(message, self.used))
        await self._flush()
        return await self.wait(exchange, patience)

    async def wait(self, exchange: Exchange, patience: float | None = PATIENCE) -> JsonObject | tuple[Exchange, Needed]:
        """What comes of a request next."""
        try:
            async with asyncio.timeout(patience):
                outcome = await exchange.outcome()
        except TimeoutError:
            self.cancel(exchange, "timed out")
            return failure(LOST, f"{self.server} did not answer within {patience:.0f} seconds")
        except asyncio.CancelledError:
            self.cancel(exchange, "the client has left")
            raise
        return (exchange, outcome) if isinstance(outcome, Needed) else outcome

    def cancel(self, exchange: Exchange, reason: str) -> None:
        """Nobody waits for this request any more."""
        text = next((number for number, item in self._open.items() if item is exchange), "")
        if not text:
            return
        del self._open[text]
        self._routing.pop(text, None)
        params: JsonObject = {"requestId": int(text), "reason": reason}
        self.tell("notifications/cancelled", params)
        link = self._link
        if link is not None:
            self._later(link.cancel(text))

    def tell(self, method: str, params: JsonObject | None = None) -> None:
        """A notification for the server."""
        message: JsonObject = {"jsonrpc": "2.0", "method": method}
        self._say(message if params is None else {**message, "params": params})

    def reply(self, key: str, outcome: JsonObject) -> None:
        """The client's answer to what the server has asked: `result` or `error`."""
        self._say({"jsonrpc": "2.0", "id": json.loads(key), **outcome})

    def release(self, message_id: str, *, approved: bool, by: str) -> None:
        """Somebody has decided about a held call."""
        self._obey(self._gate.release(message_id, time.monotonic(), approved=approved, by=by))
        self._later(self._flush())

    def holds(self, message_id: str) -> bool:
        """Whether a held call still waits."""
        return self._gate.holds(message_id)

    async def listen(self) -> None:
        """Hears what the server says unasked, where that takes a stream of its own."""
        if self._link is not None:
            await self._link.listen()

    def follow(self, params: JsonObject) -> None:
        """Hears what the server tells only to who listens, until the session ends or the server will not have it."""
        self._later(self._following(params))

    async def close(self, reason: str = "closed") -> None:
        """Ends the session; who still waits is told."""
        self.lose(reason)
        for side in Side:  # its calls run no more
            self._obey(self._gate.ended(side, time.monotonic()))
        for task in list(self._tasks):
            task.cancel()
        if self._link is not None:
            await self._link.close()

    def heard(self, line: bytes | None, about: str) -> None:
        """A message of the server's, judged before anybody hears of it."""
        self._about = about
        now = time.monotonic()
        gate = self._gate
        commands = gate.overflowed(Side.SERVER, now) if line is None else gate.receive(Side.SERVER, _framed(line), now)
        self._obey(commands)
        self._about = ""
        if self._outbox:
            self._later(self._flush())

    def failed(self, about: str, reason: str, status: int) -> None:
        """The link will bring no answer to a request: the gate hears an error in its place."""
        if about:
            what: JsonObject = {"code": LOST, "message": reason, "data": {"status": status}}
            error: JsonObject = {"jsonrpc": "2.0", "id": json.loads(about), "error": what}
            self.heard(encode(error), about)

    def ended(self, reason: str) -> None:
        """The link is gone."""
        self._obey(self._gate.ended(Side.SERVER, time.monotonic()))
        self.lose(reason)
        self.lost(reason)

    def lose(self, reason: str) -> None:
        """Nothing can be asked any more."""
        self.gone = self.gone or reason
        waiting, self._open = self._open, {}
        for exchange in waiting.values():
            exchange.answer(failure(LOST, f"{self.server} has gone: {self.gone}"))

    async def _following(self, params: JsonObject) -> None:
        while not self.gone:
            outcome = await self.ask("subscriptions/listen", params, patience=None)
            if isinstance(outcome, tuple) or "error" in outcome:
                return
            await asyncio.sleep(_AGAIN)

    def _say(self, message: JsonObject) -> None:
        self._obey(self._gate.say(message, time.monotonic()))
        self._later(self._flush())

    def _tagged(self, params: JsonObject, number: int, exchange: Exchange) -> JsonObject:
        """The params with a progress token of ours: several clients may have chosen the same."""
        meta = params.get("_meta")
        if not isinstance(meta, dict) or "progressToken" not in meta:
            return params
        exchange.token = meta["progressToken"]
        return {**params, "_meta": {**meta, "progressToken": number}}

    def _obey(self, commands: Iterable[Command]) -> None:
        """Obeys in order. What is not in the journal yet waits, and what comes after it too."""
        for command in commands:
            if isinstance(command, Close):
                continue
            journal: Entry = self._record(command.event) if command.event is not None else ""
            if self._unwritten or isinstance(journal, asyncio.Future):
                self._unwritten.append((command, journal, self._about))
                if len(self._unwritten) == 1:
                    self._later(self._catch_up())
            else:
                self._act(command, journal)

    async def _catch_up(self) -> None:
        while self._unwritten:
            command, journal, about = self._unwritten[0]
            written = await journal if isinstance(journal, asyncio.Future) else journal
            self._about = about
            self._act(command, written)
            self._about = ""
            self._unwritten.popleft()
            await self._flush()

    def _act(self, command: Command, journal: str | None) -> None:
        if isinstance(command, Forward):
            self._forward(command, journal)
        elif isinstance(command, Answer):
            self._refuse(command, journal or "")
        elif isinstance(command, Hold):
            self._audience.held(self, command)
        elif isinstance(command, Drop):
            self._routing.pop(command.event.message_id, None)

    def _forward(self, command: Forward, journal: str | None) -> None:
        if journal is None and command.event is not None:
            self._unrecorded(command, command.event)
        elif command.to is Side.CLIENT:
            self._time(command.event)
            self._deliver(json.loads(command.line) if command.value is None else dict(command.value))
        else:
            about = command.event.message_id if command.event is not None and command.event.is_request else ""
            headers = self._routing.pop(about, None) if about else None
            if headers is None:
                message = json.loads(command.line)
                about = about or (id_text(message["id"]) if "method" in message and "id" in message else "")
                headers = routing_headers(message, self.revision)
            self._outbox.append((command.line, about, headers))
            if (exchange := self._open.get(about)) is not None:
                exchange.sent = time.monotonic()

    def _time(self, event: Event | None) -> None:
        """Counts how long the server took for an answer."""
        exchange = self._open.get(event.message_id) if event is not None and not event.is_request else None
        if event is not None and exchange is not None and exchange.sent:
            self.tallies.observe(("oktsec_server_seconds", self.server), event.started - exchange.sent)

    def _unrecorded(self, command: Forward, event: Event) -> None:
        """What cannot be written down does not pass."""
        self._gate.withdraw(event)
        error: JsonObject = {"code": BROKEN, "message": "blocked by oktsec: journal"}
        if not event.message_id:
            return
        if event.is_request == (command.to is Side.SERVER):
            self._deliver({"jsonrpc": "2.0", "id": json.loads(event.message_id), "error": error})
        else:
            said: JsonObject = {"jsonrpc": "2.0", "id": json.loads(event.message_id), "error": error}
            self._outbox.append((encode(said), "", routing_headers(said, self.revision)))

    def _refuse(self, command: Answer, journal: str) -> None:
        error: JsonValue = {
            "code": command.code,
            "message": command.message,
            "data": {**command.data, "journal": journal},
        }
        message: JsonObject = {"jsonrpc": "2.0", "id": command.message_id, "error": error}
        if command.to is Side.CLIENT:
            self._routing.pop(id_text(command.message_id), None)
            self._deliver(message)
        else:
            self._outbox.append((encode(message), "", routing_headers(message, self.revision)))

    def _deliver(self, message: JsonObject) -> None:
        """A message that has passed the gate, to whom it is for."""
        if "method" not in message:
            exchange = self._open.pop(id_text(message.get("id")), None)
            if exchange is not None:
                exchange.answer(message)
            return
        exchange = self._concerned(message)
        if "id" in message:
            if not self._audience.asked(self, message, exchange):
                nobody: JsonObject = {"error": {"code": -32601, "message": "nobody can be asked"}}
                asyncio.get_running_loop().call_soon(self.reply, id_text(message["id"]), nobody)
            return
        kind = str(message["method"]).removeprefix("notifications/").removesuffix("/list_changed")
        if str(message["method"]).endswith("/list_changed"):
            self.changed(kind)
        self._audience.told(self._untagged(message, exchange), exchange)

    def _concerned(self, message: JsonObject) -> Exchange | None:
        """The request that a message of the server's belongs to: by its token, by its stream, else the newest."""
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        meta = params.get("_meta")
        marks = (params.get("progressToken"), meta.get(SUBSCRIPTION) if isinstance(meta, dict) else None)
        for mark in marks:
            if mark is not None and (found := self._open.get(id_text(mark))) is not None:
                return found
        if self._about:
            return self._open.get(self._about)
        calls = [item for item in self._open.values() if item.method != "subscriptions/listen"]
        return calls[-1] if calls else None

    def _untagged(self, message: JsonObject, exchange: Exchange | None) -> JsonObject:
        params = message.get("params")
        if exchange is None or not isinstance(params, dict) or "progressToken" not in params:
            return message
        return {**message, "params": {**params, "progressToken": exchange.token}}

    async def _flush(self) -> None:
        link = self._link
        while self._outbox and link is not None:
            line, about, headers = self._outbox.pop(0)
            try:
                await link.send(line, about=about, headers=headers)
            except UpstreamError as error:
                self.failed(about, str(error), 0)

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _framed(line: bytes) -> bytes:
    """Over HTTP a message may have line ends between its values; inside of quotes they stay what none may have."""
    return line.replace(b"\n", b"\r") + b"\n"


def failure(code: int, message: str, data: JsonValue = None) -> JsonObject:
    """An answer that is an error."""
    error: JsonObject = {"code": code, "message": message}
    return {"error": error if data is None else {**error, "data": data}}
