"""Which server a request is for, and its answer in the client's era and under public names."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping

from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import JsonValue, Kind
from oktsec_lint.core.policy import Level
from oktsec_lint.core.record import Decision
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate import Event, Side
from oktsec_lint.protocol.gateway.directory import Directory, Target
from oktsec_lint.protocol.gateway.eras import Client, JsonObject, named, needs, to_client, to_server
from oktsec_lint.protocol.gateway.openings import INFO, discovered
from oktsec_lint.protocol.gateway.post import Posted, Rejected, param_mismatch
from oktsec_lint.protocol.gateway.seals import Seal
from oktsec_lint.protocol.revisions import LIST_METHODS, METHOD_NOT_FOUND

from .clients import Guest, Parked, Visitors
from .exchange import Exchange, Needed
from .party import Party
from .session import LOST, Session, failure
from .stream import Stream

_INVALID = -32602
STATE = "state"
"""What the seal of an unfinished request is for."""
_STATE_LIFE = 600.0
"""Seconds for which a client may bring a `requestState` back."""
_ROUNDS = 20
"""How often a server may ask for more before it answers."""
_LISTS: Mapping[str, tuple[Kind, str]] = {item.method: (item.kind, item.member) for item in LIST_METHODS}
_NAMED: Mapping[str, Kind] = {"tools/call": Kind.TOOL, "prompts/get": Kind.PROMPT}
_OLDER = frozenset("ping logging/setLevel resources/subscribe resources/unsubscribe tasks/list tasks/result".split())
_NEWER = frozenset({"server/discover", "tasks/update"})
"""Methods that one era has alone."""
_BY_URI = frozenset({"resources/read", "resources/subscribe", "resources/unsubscribe"})


class Asked(NamedTuple):
    """One request of a client, and everything that its answer needs."""

    posted: Posted
    message: JsonObject
    """The request; one of several where a batch was posted."""
    party: Party
    client: Client
    stream: Stream
    guest: Guest | None
    """The client of the older era; None for one of the newer."""
    visitors: Visitors | None
    seal: Seal

    @property
    def method(self) -> str:
        return str(self.message["method"])

    @property
    def params(self) -> JsonObject:
        params = self.message.get("params")
        return params if isinstance(params, dict) else {}


async def answer(asked: Asked) -> JsonObject | Rejected:
    """The answer to a request as a message without an id, or a refusal that HTTP has a status for."""
    handler = _ANSWERS.get(asked.method)
    if handler is None or asked.method in (_OLDER if asked.client.modern else _NEWER):
        return failure(METHOD_NOT_FOUND, f"Method not found: {asked.method}")
    try:
        outcome = await handler(asked)
    except UpstreamError as error:
        return failure(LOST, str(error))
    if isinstance(outcome, Rejected) or "result" not in outcome:
        return outcome
    result = outcome["result"]
    return {"result": _finished(asked, result if isinstance(result, dict) else {})}


def _finished(asked: Asked, result: JsonObject) -> JsonObject:
    found = to_client(asked.method, result, modern=asked.client.modern)
    return named(found, INFO) if asked.client.modern else found


async def _ping(_: Asked) -> JsonObject:
    return {"result": {}}


async def _discover(asked: Asked) -> JsonObject:
    return {"result": discovered(await asked.party.said())}


async def _list(asked: Asked) -> JsonObject:
    """A list of all servers, in one page."""
    if asked.params.get("cursor") is not None:
        return failure(_INVALID, "there is no such page: a list comes in one")
    kind, member = _LISTS[asked.method]
    directory = await asked.party.directory()
    return {"result": {member: directory.listed(kind)}}


async def _call(asked: Asked) -> JsonObject | Rejected:
    """Whatever names a tool or a prompt."""
    kind, name = _NAMED[asked.method], asked.params.get("name")
    target = await asked.party.target(kind, name) if isinstance(name, str) else None
    if target is None:
        await _note_unknown(asked, "tool_allowlist" if kind is Kind.TOOL else "unlisted", "/params/name", name)
        return failure(_INVALID, f"Unknown {kind}: {name}" if isinstance(name, str) else f"which {kind}?")
    schema = asked.party.mirrored(target.server, target.name) if kind is Kind.TOOL else None
    mismatch = param_mismatch(asked.posted, schema) if asked.client.modern and schema is not None else None
    if mismatch is not None:
        return mismatch
    return await _carry(asked, target.server, {**asked.params, "name": target.name}, schema)


async def _note_unknown(asked: Asked, rule: str, field: str, name: JsonValue) -> None:
    """What an agent may not use looks to it like what does not exist; the journal says what it wanted."""
    tool = name if isinstance(name, str) and asked.method == "tools/call" else ""
    event = Event(
        Side.CLIENT,
        Decision.BLOCKED,
        asked.method,
        tool[:256],
        "",
        Level.BLOCK,
        (rule,),
        field,
        "nothing of this name is offered to this agent",
        started=time.monotonic(),
        is_request=True,
    )
    journal = asked.party.house.ground.record(event, asked.party.agent, "")
    if isinstance(journal, asyncio.Future):
        await journal


async def _by_uri(asked: Asked) -> JsonObject | Rejected:
    """Whatever names a resource."""
    uri = asked.params.get("uri")
    server = await _server_of(asked, uri)
    if not server:
        await _note_unknown(asked, "unlisted", "/params/uri", uri)
        return failure(_INVALID, "Resource not found", {"uri": uri})
    session = await asked.party.session(server)
    if asked.guest is not None and asked.method != "resources/read" and _is_modern(session):
        asked.guest.follow(session, str(uri), wanted=asked.method == "resources/subscribe")
        return {"result": {}}
    return await _carry(asked, server, asked.params)


async def _server_of(asked: Asked, uri: JsonValue) -> str:
    directory = await asked.party.directory()
    return directory.server_of_uri(uri) if isinstance(uri, str) else ""


async def _complete(asked: Asked) -> JsonObject | Rejected:
    ref = asked.params.get("ref")
    ref = ref if isinstance(ref, dict) else {}
    directory = await asked.party.directory()
    if ref.get("type") == "ref/prompt":
        target = _prompt(directory, ref.get("name"))
        if target is None:
            await _note_unknown(asked, "unlisted", "/params/ref/name", ref.get("name"))
            return failure(_INVALID, "Unknown prompt")
        return await _carry(asked, target.server, {**asked.params, "ref": {**ref, "name": target.name}})
    server = await _server_of(asked, ref.get("uri"))
    if not server:
        await _note_unknown(asked, "unlisted", "/params/ref/uri", ref.get("uri"))
        return failure(_INVALID, "Resource not found")
    return await _carry(asked, server, asked.params)


def _prompt(directory: Directory, name: JsonValue) -> Target | None:
    return directory.target(Kind.PROMPT, name) if isinstance(name, str) else None


async def _set_level(asked: Asked) -> JsonObject:
    level = asked.params.get("level")
    if not isinstance(level, str) or asked.guest is None:
        return failure(_INVALID, "which level?")
    asked.guest.client = asked.guest.client._replace(level=level)
    asked.party.client = asked.party.client._replace(level=level)
    await asked.party.directory()
    able = [item for item in asked.party.open_sessions if "logging" in item.capabilities and not _is_modern(item)]
    for session in able:
        outcome = await session.ask("logging/setLevel", {"level": level})
        if isinstance(outcome, dict) and "error" in outcome:
            return {"error": outcome["error"]}
    return {"result": {}}


async def _task(asked: Asked) -> JsonObject | Rejected:
    """A task is with the server that has begun it."""
    name = asked.params.get("taskId")
    server = asked.party.tasks.get(name, "") if isinstance(name, str) else ""
    if not server:
        await _note_unknown(asked, "unlisted", "/params/taskId", name)
        return failure(_INVALID, "Unknown task")
    return await _carry(asked, server, asked.params)


async def _tasks(asked: Asked) -> JsonObject:
    found: list[JsonValue] = []
    await asked.party.directory()
    for session in asked.party.open_sessions:
        if "tasks" in session.capabilities and not _is_modern(session):
            outcome = await session.ask("tasks/list", {})
            result = outcome.get("result") if isinstance(outcome, dict) else None
            listed = result.get("tasks") if isinstance(result, dict) else None
            found += listed if isinstance(listed, list) else []
    return {"result": {"tasks": found}}


def _is_modern(session: Session) -> bool:
    return session.client._replace(revision=session.revision).modern


async def _carry(asked: Asked, server: str, params: JsonObject, schema: JsonValue = None) -> JsonObject | Rejected:
    """The answer of one server, over as many rounds as it takes."""
    session = await asked.party.session(server)
    if asked.client.modern and "requestState" in params:
        return await _resumed(asked, session, params, schema)
    outcome = await session.ask(
        asked.method, to_server(params, asked.client, session.revision), stream=asked.stream, schema=schema
    )
    return await _rounds(asked, session, params, schema, outcome)


async def _rounds(
    asked: Asked,
    session: Session,
    params: JsonObject,
    schema: JsonValue,
    outcome: JsonObject | tuple[Exchange, Needed],
) -> JsonObject:
    for _ in range(_ROUNDS):
        if isinstance(outcome, tuple):
            return _park(asked, session, *outcome)
        result = outcome.get("result")
        asks = needs(result) if isinstance(result, dict) else {}
        if not isinstance(result, dict) or not asks:
            _note_task(asked, session, result)
            return {key: outcome[key] for key in ("result", "error") if key in outcome}
        if asked.guest is None:
            return {"result": _sealed(asked, session, result)}
        responses = await _asked_of(asked.guest, asked.stream, asks)
        more: JsonObject = {**params, "inputResponses": responses}
        if "requestState" in result:
            more["requestState"] = result["requestState"]
        outcome = await session.ask(
            asked.method, to_server(more, asked.client, session.revision), stream=asked.stream, schema=schema
        )
    return failure(LOST, f"{session.server} asks again and again before it answers")


def _note_task(asked: Asked, session: Session, result: JsonValue) -> None:
    if isinstance(result, dict):
        task = result.get("task") if isinstance(result.get("task"), dict) else result
        name = task.get("taskId") if isinstance(task, dict) else None
        if isinstance(name, str):
            asked.party.tasks[name] = session.server


async def _asked_of(guest: Guest, stream: Stream, asks: Mapping[str, JsonObject]) -> JsonObject:
    """What a client of the older era says to a server of the newer one; what it refuses is left out."""
    loop = asyncio.get_running_loop()
    waiting: dict[str, asyncio.Future[JsonObject]] = {}
    for key, request in asks.items():
        future: asyncio.Future[JsonObject] = loop.create_future()
        able = guest.client.can(str(request.get("method")))
        if able and guest.ask({"jsonrpc": "2.0", **request}, stream, future.set_result):
            waiting[key] = future
    found: JsonObject = {}
    for key, future in waiting.items():
        said = await future
        if "result" in said:
            found[key] = said["result"]
    return found


def _sealed(asked: Asked, session: Session, result: JsonObject) -> JsonObject:
    """A request's state, good for who was given it, for the same request of the same server."""
    state: JsonValue = [*_bound(asked, session), "theirs", result.get("requestState"), time.time()]
    return {**result, "requestState": asked.seal.close(STATE, state)}


def _park(asked: Asked, session: Session, exchange: Exchange, needed: Needed) -> JsonObject:
    """A server of the older era waits for the answers that its client of the newer one brings with another request."""
    visitors = asked.visitors
    if visitors is None:
        return failure(LOST, "nobody can be asked")
    name, keys = secrets.token_hex(8), tuple(needed.requests)
    visitors.parked[name] = Parked(session, exchange, keys, time.monotonic())
    state = asked.seal.close(STATE, [*_bound(asked, session), "parked", name, time.time(), visitors.worker])
    requests: JsonObject = {
        f"{index}": {key: request[key] for key in ("method", "params") if key in request}
        for index, request in enumerate(needed.requests.values())
    }
    return {"result": {"resultType": "input_required", "inputRequests": requests, "requestState": state}}


def _bound(asked: Asked, session: Session) -> list[JsonValue]:
    what = asked.params.get("name", asked.params.get("uri"))
    return [asked.party.agent, session.server, asked.method, what]


async def _resumed(asked: Asked, session: Session, params: JsonObject, schema: JsonValue) -> JsonObject:
    state = asked.seal.open(STATE, str(params["requestState"]))
    if not isinstance(state, list) or state[:4] != _bound(asked, session):
        await _note_unknown(asked, "unlisted", "/params/requestState", None)
        return failure(_INVALID, "the requestState belongs to no request of this client")
    if not isinstance(state[6], float) or time.time() - state[6] > _STATE_LIFE:
        return failure(_INVALID, "the requestState has expired; make the request anew")
    responses = params.get("inputResponses")
    responses = responses if isinstance(responses, dict) else {}
    if state[4] == "parked":
        return await _unparked(asked, str(state[5]), responses)
    rest = {key: value for key, value in params.items() if key != "requestState"}
    theirs: JsonObject = rest if state[5] is None else {**rest, "requestState": state[5]}
    outcome = await session.ask(
        asked.method, to_server(theirs, asked.client, session.revision), stream=asked.stream, schema=schema
    )
    return await _rounds(asked, session, rest, schema, outcome)


async def _unparked(asked: Asked, name: str, responses: JsonObject) -> JsonObject:
    parked = asked.visitors.parked.pop(name, None) if asked.visitors is not None else None
    if parked is None or parked.session.gone:
        return failure(_INVALID, "the request that this continues is over; make it anew")
    parked.exchange.stream = asked.stream
    for index, key in enumerate(parked.keys):
        said = responses.get(str(index))
        refused: JsonObject = {"error": {"code": -1, "message": "the client has not answered"}}
        parked.session.reply(key, {"result": said} if isinstance(said, dict) else refused)
    outcome = await parked.session.wait(parked.exchange)
    return await _rounds(asked, parked.session, asked.params, None, outcome)


_ANSWERS: Mapping[str, Callable[[Asked], Awaitable[JsonObject | Rejected]]] = {
    "ping": _ping,
    "server/discover": _discover,
    **dict.fromkeys(_LISTS, _list),
    **dict.fromkeys(_NAMED, _call),
    **dict.fromkeys(_BY_URI, _by_uri),
    "completion/complete": _complete,
    "logging/setLevel": _set_level,
    **dict.fromkeys(("tasks/get", "tasks/result", "tasks/cancel", "tasks/update"), _task),
    "tasks/list": _tasks,
}
