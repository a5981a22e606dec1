"""Opening a session with a server, in whichever era it speaks."""

from __future__ import annotations

from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.eras import Client, JsonObject, to_server
from oktsec_lint.protocol.revisions import LEGACY, MODERN, newest_common

from .session import Session

_PROBE = 2.0
"""Seconds for a server to show that it speaks the newer era. One that does not know the question may be silent."""
_OPENING = 30.0
"""Seconds for the older era's handshake: some servers install themselves first."""


async def open_modern(session: Session, patience: float = _PROBE) -> bool:
    """Whether the server speaks the newer era; then the session is open."""
    session.revision = MODERN[-1]
    answer = await session.ask(
        "server/discover", to_server({}, _as(session.client, MODERN[-1]), MODERN[-1]), patience=patience
    )
    result = answer.get("result") if isinstance(answer, dict) else None
    revision = newest_common(result.get("supportedVersions"), MODERN) if isinstance(result, dict) else ""
    if not revision or not isinstance(result, dict):
        session.revision = ""
        return False
    _take(session, revision, result)
    return True


async def open_legacy(session: Session) -> None:
    """Shakes hands. Raises UpstreamError where the server does not."""
    client = session.client
    params: JsonObject = {
        "protocolVersion": LEGACY[-1],
        "capabilities": dict(client.capabilities),
        "clientInfo": dict(client.info) or {"name": "oktsec-lint", "version": "1"},
    }
    answer = await session.ask("initialize", params, patience=_OPENING)
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        raise UpstreamError(f"{session.server} was not opened: {_why(answer)}")
    revision = result.get("protocolVersion")
    if revision not in LEGACY or not isinstance(revision, str):
        raise UpstreamError(f"{session.server} speaks no revision of MCP that is known here")
    _take(session, revision, result)
    session.tell("notifications/initialized")
    await session.listen()


def _take(session: Session, revision: str, result: JsonObject) -> None:
    capabilities, instructions = result.get("capabilities"), result.get("instructions")
    session.revision = revision
    session.capabilities = capabilities if isinstance(capabilities, dict) else {}
    session.instructions = instructions if isinstance(instructions, str) else ""


def _as(client: Client, revision: str) -> Client:
    return client._replace(revision=revision)


def _why(answer: object) -> str:
    error: JsonValue = answer.get("error") if isinstance(answer, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    return said if isinstance(said, str) else "it gave no answer"
