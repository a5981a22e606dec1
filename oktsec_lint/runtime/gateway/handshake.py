"""Opening a session with a server, in whichever era it speaks."""

from __future__ import annotations

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.eras import JsonObject, to_server
from oktsec_lint.protocol.revisions import CLIENT_INFO, LEGACY, MODERN, newest_common

from .session import Session

_PROBE = 2.0
"""Seconds for a server to show that it speaks the newer era. One that does not know the question may be silent."""
_OPENING = 30.0
"""Seconds for the older era's handshake: some servers install themselves first."""
_LISTS = {"toolsListChanged": "tools", "promptsListChanged": "prompts", "resourcesListChanged": "resources"}


class NotSpokenError(Exception):
    """The server does not answer in this era as it would have to; the message says how."""


async def open_modern(session: Session) -> None:
    """Asks what the server is, in the newer era. Raises NotSpokenError."""
    session.revision = MODERN[-1]
    params = to_server({}, session.client._replace(revision=MODERN[-1]), MODERN[-1])
    answer = await session.ask("server/discover", params, patience=_PROBE)
    result = answer.get("result") if isinstance(answer, dict) else None
    revision = newest_common(result.get("supportedVersions"), MODERN) if isinstance(result, dict) else ""
    if not revision or not isinstance(result, dict):
        session.revision = ""
        raise NotSpokenError(f"{session.server} was not opened: {_why(answer)}")
    _take(session, revision, result)
    wanted: JsonObject = {key: True for key, kind in _LISTS.items() if kind in session.capabilities}
    session.follow(to_server({"notifications": wanted}, session.client, revision))


async def open_legacy(session: Session) -> None:
    """Shakes hands in the older era. Raises NotSpokenError."""
    client = session.client
    params: JsonObject = {
        "protocolVersion": LEGACY[-1],
        "capabilities": dict(client.capabilities),
        "clientInfo": dict(client.info) or {**CLIENT_INFO},
    }
    answer = await session.ask("initialize", params, patience=_OPENING)
    result = answer.get("result") if isinstance(answer, dict) else None
    revision = result.get("protocolVersion") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(revision, str) or revision not in LEGACY:
        raise NotSpokenError(f"{session.server} was not opened: {_why(answer)}")
    _take(session, revision, result)
    session.tell("notifications/initialized")
    await session.listen()


def _take(session: Session, revision: str, result: JsonObject) -> None:
    capabilities, instructions = result.get("capabilities"), result.get("instructions")
    session.revision = revision
    session.capabilities = capabilities if isinstance(capabilities, dict) else {}
    session.instructions = instructions if isinstance(instructions, str) else ""


def _why(answer: object) -> str:
    error: JsonValue = answer.get("error") if isinstance(answer, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    return said if isinstance(said, str) else "its answer is none of this protocol"
