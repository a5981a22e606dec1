"""Everything one server offers one agent, page by page, as the gate lets it pass."""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import EMPTY, Definition, JsonValue, Kind, name_in
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gateway.annotations import mirrored_in
from oktsec_lint.protocol.gateway.directory import Excluded
from oktsec_lint.protocol.gateway.eras import Client, JsonObject, to_server
from oktsec_lint.protocol.gateway.post import invalid_annotation
from oktsec_lint.protocol.revisions import LIST_METHODS, METHOD_NOT_FOUND, ListMethod

from .session import Session

_PATIENCE = 30.0
"""Seconds for one page."""
_PAGES = 100
"""Pages of one list; a server that has more is said to be incomplete."""


class Offer(NamedTuple):
    """What a session offers, as far as it was listed."""

    definitions: tuple[Definition, ...]
    gaps: tuple[str, ...] = ()
    """Why something may be missing."""
    excluded: tuple[Excluded, ...] = ()
    """Tools whose arguments cannot be carried in headers as they ask for."""
    mirrored: Mapping[str, JsonValue] = EMPTY
    """Input schemas of the tools whose arguments are repeated in headers, by name."""


async def offered(session: Session, client: Client) -> Offer:
    """Lists everything that the server announces."""
    found: list[Definition] = []
    gaps: list[str] = []
    for method in LIST_METHODS:
        if method.capability in session.capabilities:
            gap = await _list(session, client, method, found)
            if gap:
                gaps.append(f"{method.method}: {gap}")
    return _checked(session.server, found, tuple(gaps))


def _checked(server: str, found: list[Definition], gaps: tuple[str, ...]) -> Offer:
    kept: list[Definition] = []
    excluded: list[Excluded] = []
    mirrored: dict[str, JsonValue] = {}
    for item in found:
        schema = item.body.get("inputSchema") if item.kind is Kind.TOOL and isinstance(item.body, dict) else None
        reason = invalid_annotation(schema)
        if reason:
            excluded.append(Excluded(server, item.kind, item.name, reason))
            continue
        kept.append(item)
        if mirrored_in(schema):
            mirrored[item.name] = schema
    return Offer(tuple(kept), gaps, tuple(excluded), mirrored)


async def _list(session: Session, client: Client, method: ListMethod, found: list[Definition]) -> str:
    """Adds what one list holds; why it is not whole, or nothing."""
    cursor: JsonValue = None
    seen: set[str] = set()
    for _ in range(_PAGES):
        params: JsonObject = {} if cursor is None else {"cursor": cursor}
        answer = await session.ask(method.method, to_server(params, client, session.revision), patience=_PATIENCE)
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict):
            return _refused(answer)
        items = result.get(method.member)
        listed = items if isinstance(items, list) else []
        found += [Definition(method.kind, name_in(method.kind, item), item) for item in listed]
        cursor = result.get("nextCursor")
        if not isinstance(cursor, str):
            return ""
        if cursor in seen:
            return "the pages repeat themselves"
        seen.add(cursor)
    return f"there are more than {_PAGES} pages"


def _refused(answer: object) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return "it asked back"
    return "" if error.get("code") == METHOD_NOT_FOUND else str(error.get("message", "an error"))
