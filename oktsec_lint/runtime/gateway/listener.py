"""HTTP towards clients: one endpoint for MCP, and what an operator asks a gateway."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeAlias, TypeVar

from aiohttp import web

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gateway import Arrival, Caller, Refusal, admit
from oktsec_lint.protocol.gateway.eras import JsonObject
from oktsec_lint.protocol.gateway.post import Posted, Rejected, http_status, read_post
from oktsec_lint.protocol.wire import MAX_BYTES, encode

from .clients import Guest
from .neighbours import PEER, Neighbours
from .reception import Reception
from .stream import Stream
from .tallies import outcome_of

_BODY = 30.0
"""Seconds for a whole body to come."""
_QUIET = 15.0
"""Seconds after which a silent stream says that it is still there: less than a proxy's usual minute."""
_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_EVENTS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_SESSION = "Mcp-Session-Id"
_Outcome = TypeVar("_Outcome", JsonObject, JsonObject | Rejected)


class _Came(NamedTuple):
    """One request whose sender was let in."""

    request: web.BaseRequest
    headers: list[tuple[str, str]]
    caller: Caller
    neighbours: Neighbours | None
    """None for one that another worker has sent on."""


Work: TypeAlias = Coroutine[object, object, JsonObject | Rejected]


class Listener:
    """Answers HTTP requests. Nothing of one is read before its sender may come in."""

    def __init__(
        self,
        reception: Reception,
        path: str,
        pages: Callable[[str], Awaitable[web.Response | None]],
        neighbours: Neighbours | None = None,
    ) -> None:
        """`pages` answers what is asked of the gateway itself, by path; None for what there is not. `neighbours` are
        the other workers, where there are some."""
        self._reception = reception
        self._path = path
        self._pages = pages
        self._neighbours = neighbours

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The response to one request of a client."""
        return await self._handle(request, _headers_of(request), request.remote or "", self._neighbours)

    async def handle_relayed(self, request: web.BaseRequest) -> web.StreamResponse:
        """The response to one that another worker got. It goes no further, and is let in like any other."""
        headers = [item for item in _headers_of(request) if item[0].lower() != PEER]
        return await self._handle(request, headers, request.headers.get(PEER, ""), None)

    async def _handle(
        self, request: web.BaseRequest, headers: list[tuple[str, str]], peer: str, neighbours: Neighbours | None
    ) -> web.StreamResponse:
        house = self._reception.house
        arrival = Arrival(request.method, request.raw_path, headers, peer)
        caller = admit(arrival, house.ground.entrance, time.time())
        if isinstance(caller, Refusal):
            house.tallies.counts["oktsec_entrance_refusals", str(caller.status)] += 1
            house.ground.refused(caller.reason)
            return web.Response(status=caller.status, headers=dict(caller.headers), text=caller.body)
        if request.version.major == 1 and request.version.minor == 0:
            return _plain(400, "HTTP/1.1 is needed here")
        if request.path != self._path:
            page = await self._pages(request.path) if request.method == "GET" else None
            return page or _plain(404, "there is nothing here")
        house.answering += 1
        try:
            return await self._endpoint(_Came(request, headers, caller, neighbours))
        finally:
            house.answering -= 1

    async def _endpoint(self, came: _Came) -> web.StreamResponse:
        request, caller = came.request, came.caller
        if request.method == "POST":
            return await self._post(came)
        if request.method not in {"GET", "DELETE"}:
            return _plain(405, "POST is what is taken here", {"Allow": "POST, GET, DELETE"})
        elsewhere = await self._elsewhere(came, request.headers.get(_SESSION, ""))
        if elsewhere is not None:
            return elsewhere
        guest = self._reception.guest(request.headers.get(_SESSION, ""), caller.agent)
        if guest is None:
            known = _SESSION in request.headers
            return _plain(404 if known else 405, "there is no such session", {"Allow": "POST"})
        if request.method == "DELETE":
            await self._reception.end(guest)
            return web.Response(status=200)
        return await _standing(request, guest, self._sent)

    async def _post(self, came: _Came) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_BODY):
                body = await _body(came.request)
        except TimeoutError:
            return _hung_up(_plain(408, f"the body did not come within {_BODY:g} seconds"))
        if body is None:
            return _rejected(Rejected(413, -32600, f"a message is longer than {MAX_BYTES:,} bytes", None, None))
        posted = read_post(came.headers, body)
        if isinstance(posted, Rejected):
            self._reception.house.ground.refused(posted.message)
            self._reception.house.tallies.answered("none", "other", "rejected", 0.0)
            return _rejected(posted)
        elsewhere = await self._elsewhere(came, posted.session, _state_in(posted), body)
        if elsewhere is not None:
            return elsewhere
        self._reception.house.tallies.moved("in", len(body))
        opens = posted.message.get("method") == "initialize" and "id" in posted.message
        answer = self._modern if posted.modern else self._initialize if opens else self._legacy
        return await answer(came, posted)

    async def _initialize(self, came: _Came, posted: Posted) -> web.StreamResponse:
        name = ""

        async def begin() -> JsonObject:
            nonlocal name
            answer, name = await self._reception.initialize(posted, came.caller.agent)
            return answer

        answer = await self._watched(came, posted.message, "legacy", begin())
        return self._told(_json(200, _message(posted.message, answer), {_SESSION: name}))

    async def _elsewhere(
        self, came: _Came, session: str, state: JsonValue = None, body: bytes = b""
    ) -> web.StreamResponse | None:
        """The response of the worker to which the request belongs, if that is another one and is there."""
        neighbours = came.neighbours
        home = self._reception.home(session, state) if neighbours is not None and (session or state) else None
        if neighbours is None or home is None or not neighbours.is_other(home):
            return None
        self._reception.house.tallies.counts["oktsec_relayed",] += 1
        return await neighbours.relay(home, came.request, came.headers, body)

    async def _watched(
        self, came: _Came, message: JsonObject, era: str, work: Coroutine[object, object, _Outcome]
    ) -> _Outcome:
        """The work on one request, counted and traced."""
        house = self._reception.house
        method, params = str(message.get("method")), message.get("params")
        params = params if isinstance(params, dict) else {}
        began, outcome = time.monotonic(), "cancelled"
        with house.ground.spans.asked(method, era, came.request.headers, params) as ended:
            try:
                answer = await work
                outcome = "rejected" if isinstance(answer, Rejected) else outcome_of(answer)
                return answer
            finally:
                ended(outcome)
                house.tallies.answered(era, method, outcome, time.monotonic() - began)

    def _told(self, response: web.StreamResponse) -> web.StreamResponse:
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            self._sent(len(response.body))
        return response

    def _sent(self, size: int) -> None:
        self._reception.house.tallies.moved("out", size)

    async def _modern(self, came: _Came, posted: Posted) -> web.StreamResponse:
        if "id" not in posted.message:
            return web.Response(status=202)
        stream = Stream()
        work = self._watched(
            came, posted.message, "modern", self._reception.of_visitor(posted, came.caller.agent, stream)
        )
        return self._told(await _answered(came.request, posted.message, stream, work, self._sent, modern=True))

    async def _legacy(self, came: _Came, posted: Posted) -> web.StreamResponse:
        caller = came.caller
        if not posted.session:
            return _rejected(Rejected(400, -32600, "no Mcp-Session-Id: initialize first", None, None))
        guest = self._reception.guest(posted.session, caller.agent)
        if guest is None:
            return _rejected(Rejected(404, -32001, "there is no such session; initialize anew", None, None))
        messages = posted.batch or (posted.message,)
        requests = [item for item in messages if "method" in item and "id" in item]
        for item in messages:
            if "method" not in item:
                guest.replied(item)
            elif "id" not in item:
                self._reception.notified(item, guest)
        if not requests:
            return web.Response(status=202)
        stream = Stream()
        if posted.batch:
            every = await asyncio.gather(
                *(
                    self._watched(came, item, "legacy", self._reception.of_guest(posted, item, guest, stream))
                    for item in requests
                )
            )
            answers: list[JsonValue] = [_message(item, found) for item, found in zip(requests, every, strict=True)]
            return self._told(web.Response(body=encode(answers), headers=_JSON))
        work = self._watched(
            came, posted.message, "legacy", self._reception.of_guest(posted, posted.message, guest, stream)
        )
        return self._told(await _answered(came.request, posted.message, stream, work, self._sent, modern=False))


def _headers_of(request: web.BaseRequest) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]


def _state_in(posted: Posted) -> JsonValue:
    params = posted.message.get("params")
    return params.get("requestState") if posted.modern and isinstance(params, dict) else None


async def _standing(request: web.BaseRequest, guest: Guest, sent: Callable[[int], None]) -> web.StreamResponse:
    """The stream on which a client of the older era hears what belongs to no request."""
    if "text/event-stream" not in request.headers.get("Accept", ""):
        return _plain(406, "this is a stream of events")
    if guest.standing is not None and not guest.standing.ended:
        return _plain(409, "the session has its stream already")
    guest.standing = stream = Stream()
    try:
        return await _events(request, stream, sent)
    finally:
        stream.end()
        if guest.standing is stream:
            guest.standing = None


async def _answered(
    request: web.BaseRequest,
    message: JsonObject,
    stream: Stream,
    work: Work,
    sent: Callable[[int], None],
    *,
    modern: bool,
) -> web.StreamResponse:
    """The answer as JSON if it comes alone, else at the end of a stream of events.

    A client of the newer era that hangs up has cancelled its request; one of the older era has not.
    """
    task = None if modern else asyncio.get_running_loop().create_task(work)
    writing: list[asyncio.Task[web.StreamResponse]] = []
    stream.begin = lambda: writing.append(asyncio.get_running_loop().create_task(_events(request, stream, sent)))
    try:
        answer = await (work if task is None else asyncio.shield(task))
        stream.begin = _nothing
        if not writing:
            return _final(message, answer, modern=modern)
        stream.put(_message(message, answer))
        stream.end()
        return await writing[0]
    except asyncio.CancelledError:
        if task is None or not task.cancelled():
            raise
        stream.end()  # cancelled by its client, who waits for no answer
        return await writing[0] if writing else web.Response(status=202)
    finally:
        for response in writing:
            response.cancel()


def _nothing() -> None:
    """A stream that is over begins no more."""


def _final(message: JsonObject, answer: JsonObject | Rejected, *, modern: bool) -> web.Response:
    if isinstance(answer, Rejected):
        return _rejected(answer._replace(message_id=message.get("id")))
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    status = http_status(code) if modern and isinstance(code, int) else 200
    return _json(status, _message(message, answer))


def _message(request: JsonObject, answer: JsonObject | Rejected) -> JsonObject:
    if isinstance(answer, Rejected):
        return _error(answer._replace(message_id=request.get("id")))
    return {"jsonrpc": "2.0", "id": request.get("id"), **answer}


def _error(rejected: Rejected) -> JsonObject:
    error: JsonObject = {"code": rejected.code, "message": rejected.message}
    if rejected.data is not None:
        error["data"] = rejected.data
    return {"jsonrpc": "2.0", "id": rejected.message_id, "error": error}


def _rejected(rejected: Rejected) -> web.Response:
    return _json(rejected.status, _error(rejected))


def _json(status: int, message: JsonObject, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=encode(message), headers={**_JSON, **(headers or {})})


def _plain(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{sentence}\n", headers=headers)


def _hung_up(response: web.Response) -> web.Response:
    """A response after which nothing more is read."""
    response.force_close()
    return response


async def _body(request: web.BaseRequest) -> bytes | None:
    """The body; None for one beyond the limit."""
    if (request.content_length or 0) > MAX_BYTES:
        return None
    parts: list[bytes] = []
    size = 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


async def _events(request: web.BaseRequest, stream: Stream, sent: Callable[[int], None]) -> web.StreamResponse:
    """Everything that a stream brings, each message an event."""
    response = web.StreamResponse(headers=_EVENTS)
    await response.prepare(request)
    while True:
        try:
            async with asyncio.timeout(_QUIET):
                message = await stream.next()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if message is None:
            break
        event = b"event: message\ndata: " + json.dumps(message).encode() + b"\n\n"
        sent(len(event))
        await response.write(event)
    await response.write_eof()
    return response
