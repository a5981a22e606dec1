"""Reading everything a server lists, page by page, whatever shape it comes in.

One odd definition never costs the others: what is in the list is kept as it was sent, and only a page that cannot be
read, a cap or a cursor that leads nowhere ends a list early, which is then a gap with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oktsec_lint.core.model import Definition, JsonValue, Kind, name_in, pointer_to
from oktsec_lint.core.values import NamedTuple

from .complaints import Complaints
from .dialogue import Answer, Conversation, Failure, JsonObject, Result, Steps
from .opening import Session
from .revisions import LIST_METHODS, METHOD_NOT_FOUND, ListMethod
from .strictjson import WireFault

OTHER_READING = "another reading of repeated keys"
"""`Definition.variant` of a body that only a parser sees which takes the first of repeated keys, or ignores case."""


class Limits(NamedTuple):
    """How much of one server is read. A server beyond a cap is partly listed, never endlessly."""

    pages: int = 100
    """Pages of one list. The largest honest server known has about 1,500 tools, on a handful of pages."""
    definitions: int = 10_000
    """Definitions of one listing, all kinds together."""
    total_bytes: int = 64 << 20
    """Bytes of one connection."""
    messages: int = 5_000
    """Lines or events of one connection."""
    probe: float = 2.0
    """Seconds to wait for an answer to a question that a server may not know."""


class Catalogue:
    """One complete listing, or what could be had of it."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.gaps: list[str] = []
        """Why something may be missing, one reason each; empty when everything was read."""
        self.closed = False
        """Whether the connection ended, so that asking on is no use."""


class Inquiry(NamedTuple):
    """Who asks what: a conversation in an opened session, as a client with the given capabilities."""

    talk: Conversation
    session: Session
    client: JsonObject
    limits: Limits

    def everything(self) -> Steps[Catalogue]:
        """Every list the server announces, and its tools even when it does not announce any."""
        found = Catalogue()
        for method in LIST_METHODS:
            announced = self.session.capabilities.get(method.capability) is not None
            if found.closed or not (announced or method.kind is Kind.TOOL):
                continue
            gap = yield from self._read(method, found, announced=announced)
            if gap:
                found.gaps.append(f"{method.method}: {gap}")
        return found

    def _read(self, method: ListMethod, found: Catalogue, *, announced: bool) -> Steps[str]:
        """Adds one list to the catalogue; the reason why it is not all of it, or nothing."""
        cursor: JsonValue = None
        cursors: set[str] = set()
        last: list[Definition] = []
        for _ in range(self.limits.pages):
            optional = cursor is None and not announced
            answer = yield from self._page(method, cursor, self.limits.probe if optional else None)
            if isinstance(answer, Failure):
                found.closed = answer.closed
                return "" if cursor is None and _offers_none(answer, method, announced=announced) else answer.reason
            if optional and method.member not in answer.value:
                return ""
            page, following = _definitions(answer, method, self.talk.complaints), answer.value.get("nextCursor")
            if cursor == following == "" and page == last:
                return ""  # up to 2025-11-25 an empty cursor meant the first page: such a server means the end by it
            gap = _add(page, found, self.limits) or _dead_end(answer.value, method, cursors)
            if gap or following is None:
                return gap
            cursors.add(str(following))
            cursor, last = following, page
        return f"more than {self.limits.pages} pages"

    def _page(self, method: ListMethod, cursor: JsonValue, patience: float | None) -> Steps[Answer]:
        params = self.session.params(self.client, {} if cursor is None else {"cursor": cursor})
        return self.talk.ask(method.method, params, None if patience is None else self.talk.now + patience)


def _offers_none(failure: Failure, method: ListMethod, *, announced: bool) -> bool:
    """Whether a first page that failed means that there is no such list.

    The capability `resources` promises no templates; every other announced list has to be there.
    """
    if announced:
        return failure.code == METHOD_NOT_FOUND and method.method != f"{method.capability}/list"
    return not failure.closed


def _add(page: list[Definition], found: Catalogue, limits: Limits) -> str:
    room = limits.definitions - len(found.definitions)
    found.definitions += page[:room]
    return f"more than {limits.definitions:,} definitions" if len(page) > room else ""


def _dead_end(result: JsonObject, method: ListMethod, cursors: set[str]) -> str:
    """Why the list ends before its end; nothing when it goes on, or is over."""
    if not isinstance(result.get(method.member), list):
        return f"an answer without a list of {method.member}"
    following = result.get("nextCursor")
    if following is None:
        return ""
    if not isinstance(following, str):
        return "the next page's cursor is no text"
    return "the next page's cursor repeats" if following in cursors else ""


def _definitions(answer: Result, method: ListMethod, complaints: Complaints) -> list[Definition]:
    """The definitions of one page, then those that only another reading of it holds."""
    items = answer.value.get(method.member)
    others = [item for reading in _other_readings(answer, method) for item in _differing(reading, items)]
    _complain(answer.faults, items, method, complaints)
    main = [_definition(item, method) for item in (items if isinstance(items, list) else ())]
    return main + [_definition(item, method, OTHER_READING) for item in others]


def _other_readings(answer: Result, method: ListMethod) -> Iterator[JsonValue]:
    for reading in answer.readings[1:]:
        yield reading.get(method.member)
    for key, value in answer.value.items():
        if key != method.member and key.casefold() == method.member.casefold():
            yield value


def _differing(reading: JsonValue, main: JsonValue) -> Iterator[JsonValue]:
    known = main if isinstance(main, list) else []
    for index, item in enumerate(reading if isinstance(reading, list) else ()):
        if index >= len(known) or item != known[index]:
            yield item


def _definition(item: JsonValue, method: ListMethod, variant: str = "") -> Definition:
    return Definition(method.kind, name_in(method.kind, item), item, variant=variant)


def _complain(faults: Iterable[WireFault], items: JsonValue, method: ListMethod, complaints: Complaints) -> None:
    """Files objections to a page, each with the definition that it hits."""
    base = pointer_to("result", method.member) + "/"
    for fault in faults:
        index, _, rest = fault.pointer.removeprefix(base).partition("/")
        hit = items[int(index)] if fault.pointer.startswith(base) and isinstance(items, list) else None
        if hit is None:
            complaints.wire(fault)
        else:
            own = WireFault(fault.kind, f"/{rest}" if rest else "", fault.detail)
            complaints.wire(own, kind=method.kind, name=name_in(method.kind, hit))
