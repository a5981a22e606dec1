"""Everything one server offers one agent, page by page, as the gate lets it pass."""

from __future__ import annotations

from oktsec_lint.core.model import Definition, JsonValue, name_in
from oktsec_lint.protocol.gateway.eras import Client, JsonObject, to_server
from oktsec_lint.protocol.revisions import LIST_METHODS, METHOD_NOT_FOUND, ListMethod

from .session import Session

_PAGES = 100
"""Pages of one list; a server that has more is said to be incomplete."""


class Offer:
    """What a session offers, as far as it was listed."""

    def __init__(self, definitions: tuple[Definition, ...], gaps: tuple[str, ...]) -> None:
        self.definitions = definitions
        self.gaps = gaps
        """Why something may be missing."""


async def offered(session: Session, client: Client) -> Offer:
    """Lists everything that the server announces."""
    found: list[Definition] = []
    gaps: list[str] = []
    for method in LIST_METHODS:
        if method.capability in session.capabilities:
            gap = await _list(session, client, method, found)
            if gap:
                gaps.append(f"{method.method}: {gap}")
    return Offer(tuple(found), tuple(gaps))


async def _list(session: Session, client: Client, method: ListMethod, found: list[Definition]) -> str:
    """Adds what one list holds; why it is not whole, or nothing."""
    cursor: JsonValue = None
    seen: set[str] = set()
    for _ in range(_PAGES):
        params: JsonObject = {} if cursor is None else {"cursor": cursor}
        answer = await session.ask(method.method, to_server(params, client, session.revision))
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
