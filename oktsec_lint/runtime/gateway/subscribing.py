"""A client of the newer era listens: the gateway listens to the servers for it, in the era of each."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.eras import SUBSCRIPTION, JsonObject, to_server
from oktsec_lint.protocol.gateway.post import Rejected

from .clients import Listening
from .session import Session
from .switchboard import Asked

_GLANCE = 1.0
"""Seconds between two looks at whether a server has to be listened to anew."""


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
    heard: dict[Session, asyncio.Future[None]] = {}
    try:
        while not listening.stream.ended:
            _hear(asked, by_server, heard)
            with suppress(TimeoutError):
                async with asyncio.timeout(_GLANCE):
                    await listening.stream.over.wait()
    finally:
        for task in heard.values():
            task.cancel()
    return {"result": {}}


def _hear(asked: Asked, by_server: dict[str, list[str]], heard: dict[Session, asyncio.Future[None]]) -> None:
    """Listens to the sessions that are new; a server that was started again knows of no subscriptions."""
    current = {session for session in asked.party.open_sessions if session.server in by_server}
    for session in heard.keys() - current:
        heard.pop(session).cancel()
    for session in current - heard.keys():
        heard[session] = asyncio.ensure_future(_of_server(asked, session, by_server[session.server]))


async def _of_server(asked: Asked, session: Session, uris: list[str]) -> None:
    if asked.client._replace(revision=session.revision).modern:
        wanted: list[JsonValue] = list(uris)
        params: JsonObject = {"notifications": {"resourceSubscriptions": wanted}}
        await session.ask("subscriptions/listen", to_server(params, asked.client, session.revision), patience=None)
        return
    for uri in uris:
        try:
            await session.ask("resources/subscribe", {"uri": uri})
        except UpstreamError:
            return


def _acknowledged(listening: Listening) -> JsonObject:
    params: JsonObject = {"notifications": listening.wanted, "_meta": {SUBSCRIPTION: listening.number}}
    return {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params}
