"""The two kinds of clients: one that connects and stays, and one that says with every request who it is.

Both hear what servers say unasked, each in the way of its era.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate import Hold
from oktsec_lint.protocol.gateway.eras import SUBSCRIPTION, Client, JsonObject, to_server
from oktsec_lint.protocol.wire import id_text

from .exchange import Exchange
from .holding import Holding
from .party import Party
from .session import Session
from .stream import Stream

_KINDS = ("tools", "prompts", "resources")


class Guest:
    """A client of the older era: it has a session, may be asked, and may keep a stream open."""

    def __init__(self, name: str, agent: str, client: Client, holding: Holding | None) -> None:
        self.name = name
        """Its session id."""
        self.agent = agent
        self.client = client
        self.party: Party | None = None
        """None until it asks for something after a start or a reload."""
        self.standing: Stream | None = None
        self.running: dict[str, asyncio.Task[object]] = {}
        """Its requests that are being answered, by the JSON text of their ids."""
        self.used = time.monotonic()
        self._holding = holding
        self._following: dict[str, asyncio.Future[object]] = {}
        """By URI."""
        self._numbers = count(1)
        self._asked: dict[str, Callable[[JsonObject], None]] = {}

    def asked(self, session: Session, request: JsonObject, exchange: Exchange | None) -> bool:
        """Takes a server's question to where the client hears it."""
        if not self.client.can(str(request["method"])) and request["method"] != "ping":
            return False
        key = id_text(request["id"])
        return self.ask(request, exchange.stream if exchange else None, lambda said: session.reply(key, said))

    def ask(self, request: JsonObject, stream: Stream | None, answered: Callable[[JsonObject], None]) -> bool:
        """Asks the client; `answered` is told its `result` or `error`. False when it hears nothing now."""
        number = next(self._numbers)
        heard = stream or self.standing
        if heard is None or not heard.put({**request, "id": number}):
            return False
        self._asked[str(number)] = answered
        return True

    def told(self, notification: JsonObject, exchange: Exchange | None) -> None:
        """Passes on what a server says; what belongs to no request goes to the standing stream."""
        method = str(notification["method"])
        if method.endswith(("/list_changed", "/acknowledged")):
            return  # the party tells of lists, once its own are known to be old; the other word is of the newer era
        stream = exchange.stream if exchange is not None else None
        stream = stream or self.standing
        if stream is not None:
            stream.put(notification)

    def held(self, session: Session, hold: Hold) -> None:
        """Lets somebody decide about a call."""
        _hold(self._holding, session, hold)

    def replied(self, message: JsonObject) -> bool:
        """The client answers a question; False when nobody has asked it."""
        answered = self._asked.pop(id_text(message.get("id")), None)
        if answered is None:
            return False
        answered({key: message[key] for key in ("result", "error") if key in message})
        return True

    def follow(self, session: Session, uri: str, *, wanted: bool) -> None:
        """Hears of a resource of a server that tells of it on a stream for that, until it is not wanted any more."""
        known = self._following.pop(uri, None)
        if known is not None:
            known.cancel()
        if wanted:
            params: JsonObject = {"notifications": {"resourceSubscriptions": [uri]}}
            params = to_server(params, self.client, session.revision)
            asking = session.ask("subscriptions/listen", params, patience=None)
            self._following[uri] = asyncio.ensure_future(asking)

    def changed(self, kind: str) -> None:
        """A list is not what it was."""
        if self.standing is not None and kind in _KINDS:
            self.standing.put({"jsonrpc": "2.0", "method": f"notifications/{kind}/list_changed"})

    def end(self) -> None:
        """The client has left for good."""
        if self.standing is not None:
            self.standing.end()
        for task in (*self.running.values(), *self._following.values()):
            task.cancel()


class Listening(NamedTuple):
    """One `subscriptions/listen` of a client."""

    number: JsonValue
    """The id of that request, by which its notifications are marked."""
    stream: Stream
    wanted: JsonObject
    """What it wants to hear of, as `notifications` of the request."""


class Parked(NamedTuple):
    """A request that waits until its client has brought what the server needs."""

    session: Session
    exchange: Exchange
    keys: tuple[str, ...]
    """JSON texts of the ids of what the server has asked."""
    since: float


class Visitors:
    """All clients of the newer era that are the same agent with the same abilities."""

    def __init__(self, holding: Holding | None) -> None:
        self.party: Party | None = None
        self.listening: list[Listening] = []
        self.parked: dict[str, Parked] = {}
        self.worker = 0
        """Where they are parked, see `neighbours`."""
        self._holding = holding

    def asked(self, session: Session, request: JsonObject, exchange: Exchange | None) -> bool:  # noqa: ARG002 - an Audience
        """A server of the older era asks: the request is answered with what is needed, and asked again."""
        if exchange is None or self.party is None or not self.party.client.can(str(request["method"])):
            return False
        exchange.ask(id_text(request["id"]), request)
        return True

    def told(self, notification: JsonObject, exchange: Exchange | None) -> None:
        """Passes on what belongs to a request, and to who listens what he listens for."""
        method = str(notification["method"])
        if method == "notifications/resources/updated":
            params = notification.get("params")
            self.updated(params.get("uri") if isinstance(params, dict) else None, notification)
        elif exchange is not None and exchange.stream is not None and not method.endswith("/list_changed"):
            exchange.stream.put(notification)

    def held(self, session: Session, hold: Hold) -> None:
        """Lets somebody decide about a call."""
        _hold(self._holding, session, hold)

    def changed(self, kind: str) -> None:
        """A list is not what it was."""
        for item in self.listening:
            if item.wanted.get(f"{kind}ListChanged"):
                _mark(item, {"jsonrpc": "2.0", "method": f"notifications/{kind}/list_changed"})

    def updated(self, uri: JsonValue, notification: JsonObject) -> None:
        """A resource has changed."""
        for item in self.listening:
            uris = item.wanted.get("resourceSubscriptions")
            if isinstance(uris, list) and uri in uris:
                _mark(item, notification)


def _mark(item: Listening, notification: JsonObject) -> None:
    params = notification.get("params")
    params = params if isinstance(params, dict) else {}
    meta = params.get("_meta")
    marked: JsonObject = {**(meta if isinstance(meta, dict) else {}), SUBSCRIPTION: item.number}
    item.stream.put({**notification, "params": {**params, "_meta": marked}})


def _hold(holding: Holding | None, session: Session, hold: Hold) -> None:
    if holding is None:
        asyncio.get_running_loop().call_soon(
            lambda: session.release(hold.message_id, approved=False, by="nobody can be asked")
        )
    else:
        holding.hold(session, hold)
