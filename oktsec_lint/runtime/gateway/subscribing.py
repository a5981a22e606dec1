"""A client of the newer era listens: the gateway listens to the servers for it, in the era of each."""

from __future__ import annotations

import asyncio

from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.eras import SUBSCRIPTION, JsonObject, to_server
from oktsec_lint.protocol.gateway.post import Rejected

from .clients import Listening
from .session import Session
from .switchboard import Asked

_LISTS = {"toolsListChanged": "tools", "promptsListChanged": "prompts", "resourcesListChanged": "resources"}


async def listen(asked: Asked, listening: Listening) -> JsonObject | Rejected:
    """Returns when the stream ends; until then notifications go where `Visitors.changed` and `updated` take them."""
    directory = await asked.party.directory()
    uris = listening.wanted.get("resourceSubscriptions")
    wanted = [uri for uri in uris if isinstance(uri, str)] if isinstance(uris, list) else []
    by_server: dict[str, list[str]] = {}
    for uri in wanted:
        server = directory.server_of_uri(uri)
        if server:
            by_server.setdefault(server, []).append(uri)
    listening.stream.put(_acknowledged(listening))
    tasks = [
        asyncio.ensure_future(_of_server(asked, session, by_server.get(session.server, [])))
        for session in asked.party.open_sessions
    ]
    try:
        await listening.stream.over.wait()
    finally:
        for task in tasks:
            task.cancel()
    return {"result": {}}


async def _of_server(asked: Asked, session: Session, uris: list[str]) -> None:
    client = asked.client
    if client._replace(revision=session.revision).modern:
        await _modern(asked, session, uris)
        return
    for uri in uris:
        try:
            await session.ask("resources/subscribe", {"uri": uri})
        except UpstreamError:
            return


async def _modern(asked: Asked, session: Session, uris: list[str]) -> None:
    """One stream of the server's own for this listener; it hears about lists by the party's sessions."""
    subscriptions: list[JsonValue] = list(uris)
    wanted: JsonObject = {key: True for key, kind in _LISTS.items() if kind in session.capabilities}
    if uris:
        wanted["resourceSubscriptions"] = subscriptions
    params: JsonObject = {"notifications": wanted}
    await session.ask("subscriptions/listen", to_server(params, asked.client, session.revision), patience=None)


def _acknowledged(listening: Listening) -> JsonObject:
    params: JsonObject = {"notifications": listening.wanted, "_meta": {SUBSCRIPTION: listening.number}}
    return {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params}
