"""What a server offers, gathered from JSON objects: list results, handshake results, or both in one.

Definitions keep their JSON exactly as it is written and where; nothing is dropped for being malformed. What is wrong
with a single definition is found by `core.checks.listing`; here are only the faults of the listing around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.model import Definition, Fault, JsonValue, Kind, Place, Server, Status, name_in, pointer_to

from .document import Anomaly, Oddity

INCOMPLETE, MALFORMED, AMBIGUOUS = "LST-002", "LST-005", "LST-007"

LISTS: Mapping[str, Kind] = {
    "tools": Kind.TOOL,
    "prompts": Kind.PROMPT,
    "resources": Kind.RESOURCE,
    "resourceTemplates": Kind.TEMPLATE,
}
"""Member of a list result to what it lists."""
_FOLDED = {member.casefold(): kind for member, kind in LISTS.items()}
HANDSHAKE = ("serverInfo", "instructions", "protocolVersion")
"""Members of an initialize or discover result that are kept."""
OTHER_READING = "another reading of repeated keys"
"""`Definition.variant` of a body that only a parser sees which takes the first of repeated keys."""

_ODDITIES: Mapping[Oddity, str] = {
    Oddity.DUPLICATE_KEY: "an object has the same key twice; parsers disagree which one counts",
    Oddity.LONE_SURROGATE: "a text holds half of a surrogate pair; parsers drop, replace or refuse it",
    Oddity.LOSSY_NUMBER: "a number is too large for a double; parsers read infinity, null or an error",
}
AROUND = "the object around a listing"
"""`Definition.variant` of an object that is named and described like a tool, but rather is what holds the listing."""
_DECLARATIONS = ("functionDeclarations", "function_declarations")
"""Members of one entry of Gemini's `tools`, each with the real tools."""
_WRAPPED = frozenset({"name", "description", "inputSchema", "parameters"})
_DEEPEST_DEFINITION = 12
_NOTHING: JsonValue = float("nan")
"""Equal to no body."""


class Offers:
    """Gathers one server. Of a document of lines, places start with the 0-based line, and gaps name it."""

    def __init__(self, *, by_line: bool = False) -> None:
        self.taken = 0
        """How many lists, handshakes and single definitions were read."""
        self.definitions: list[Definition] = []
        self.faults: list[Fault] = []
        self._seen: dict[tuple[Kind, str], JsonValue] = {}
        self._gaps: dict[str, str] = {}
        self._pages: dict[str, str] = {}
        self._read: set[str] = set()
        self._by_line = by_line
        self._info: Mapping[str, JsonValue] = {}
        self._instructions: dict[str, None] = {}
        self._protocol = ""

    def take(self, result: Mapping[str, JsonValue], place: Place, *, is_answer: bool = False) -> None:
        """Everything one result says; a further page of a list adds to what is there. Only answers that were recorded
        one after another complete each other: elsewhere a page that is missing stays missing."""
        self.taken += 1
        self._take_handshake(result, place)
        for member, kind in LISTS.items():
            if member in result:
                self._take_list(result[member], kind, member, place.child(pointer_to(member)))
                self._take_cursor(result.get("nextCursor"), member, is_answer=is_answer)
        self._take_case_variants(result, place)

    def take_list(self, items: Iterable[JsonValue], kind: Kind, place: Place, *, brief: bool = False) -> None:
        """The definitions of a list at `place`. What an earlier result said word for word is not new: a client that
        lists twice in one recording makes no duplicates. See `Definition.brief`."""
        self.note(place)
        entries = (definitions(item, kind, place.child(pointer_to(index))) for index, item in enumerate(items))
        fresh = [item._replace(brief=brief) for entry in entries for item in entry]
        self.definitions += [item for item in fresh if self._seen.get((kind, item.name), _NOTHING) != item.body]
        self._seen |= {(kind, item.name): item.body for item in fresh}

    def take_one(
        self, item: JsonValue, place: Place, kind: Kind = Kind.TOOL, variant: str = "", *, brief: bool = False
    ) -> None:
        """One definition that stands alone; see `Definition.brief`."""
        self.taken += 1
        self.definitions += (item._replace(brief=brief) for item in definitions(item, kind, place, variant))

    def note(self, place: Place) -> None:
        """Notes that the list at `place` was read."""
        self.taken += 1
        self._read.add(place.pointer)

    def took(self, place: Place, key: str) -> bool:
        """Whether the list under `key` of the object at `place` was read."""
        return place.pointer + pointer_to(key) in self._read

    def refused(self, where: str, reason: str) -> None:
        """A listing that the server refused, which is a listing that was heard."""
        self.taken += 1
        self.gap(where, reason)

    def gap_at(self, place: Place, reason: str) -> None:
        """Something at `place` that was not understood, so that the server is not complete."""
        line, _, rest = place.pointer[1:].partition("/")
        where = f"line {int(line) + 1}" + (f", /{rest}" if rest else "") if self._by_line else place.pointer
        self.gap(visible(where, 120), reason)

    def gap(self, where: str, reason: str) -> None:
        """Something that was not listed, so that the server is not complete."""
        self._gaps[where] = reason

    @property
    def has_gaps(self) -> bool:
        return bool(self._gaps or self._pages)

    def server(self, name: str, place: Place) -> Server:
        """The server as gathered."""
        gaps = "; ".join(f"{where}: {reason}" for where, reason in (*self._pages.items(), *self._gaps.items()))
        faults = [Fault(INCOMPLETE, f"not everything was read: {gaps}", place=place)] if gaps else []
        return Server(
            name=name,
            status=Status.PARTIAL if gaps else Status.COMPLETE,
            reason=gaps,
            protocol=self._protocol,
            info=self._info,
            instructions="\n\n".join(self._instructions),
            definitions=tuple(self.definitions),
            faults=(*faults, *self.faults),
            place=place,
        )

    def _take_list(self, items: JsonValue, kind: Kind, member: str, place: Place) -> None:
        if isinstance(items, list):
            self.take_list(items, kind, place)
        else:
            self.taken += 1
            self.gap(member, "the list is no list")
            self.faults.append(Fault(MALFORMED, f"{quoted(member)} is not a list", place=place))

    def _take_case_variants(self, result: Mapping[str, JsonValue], place: Place) -> None:
        """`Tools` is `tools` to parsers that ignore case: what is under it is judged as another reading."""
        for key, items in result.items():
            kind = _FOLDED.get(key.casefold()) if key not in LISTS else None
            if kind is not None and isinstance(items, list):
                at = place.child(pointer_to(key))
                self.note(at)
                self.faults.append(Fault(AMBIGUOUS, f"{quoted(key)} is a list to parsers that ignore case", place=at))
                for index, item in enumerate(items):
                    self.definitions += definitions(item, kind, at.child(pointer_to(index)), OTHER_READING)

    def _take_cursor(self, cursor: JsonValue, member: str, *, is_answer: bool) -> None:
        pages = self._pages if is_answer else self._gaps
        if cursor not in (None, ""):
            pages[member] = "a further page follows (`nextCursor`), which is not in this file"
        elif is_answer:
            pages.pop(member, None)

    def _take_handshake(self, result: Mapping[str, JsonValue], place: Place) -> None:
        info, instructions, protocol = (result.get(member) for member in HANDSHAKE)
        if isinstance(info, dict):
            if self._info and info != self._info:
                self.gap("serverInfo", "there are several, and only the last one was judged")
            self._info = info
        if isinstance(protocol, str):
            self._protocol = protocol
        if isinstance(instructions, str):
            self._instructions[instructions] = None
        elif instructions is not None:
            at = place.child(pointer_to("instructions"))
            self.faults.append(Fault(MALFORMED, "`instructions` is not a text", place=at))


def is_list_member(key: str) -> bool:
    """Whether a key names a list of definitions, to parsers that ignore case too."""
    return key.casefold() in _FOLDED


def declared_in(body: Mapping[str, JsonValue]) -> Iterator[tuple[str, list[JsonValue]]]:
    """The declarations that one entry of Gemini's `tools` groups, by member."""
    for key in _DECLARATIONS:
        items = body.get(key)
        if isinstance(items, list):
            yield key, items


def definitions(body: JsonValue, kind: Kind, place: Place, variant: str = "") -> Iterator[Definition]:
    """What one entry of a list defines: itself, a group of declarations, or a tool as OpenAI's API wraps it. A
    wrapper with texts of its own is another reading of the entry."""
    if kind is Kind.TOOL and isinstance(body, dict):
        groups = list(declared_in(body))
        for key, items in groups:
            for index, item in enumerate(items):
                yield _definition(item, kind, place.child(pointer_to(key, index)), variant)
        inner = body.get("function") if body.get("type") == "function" else None
        if isinstance(inner, dict):
            yield _definition(inner, kind, place.child("/function"), variant)
            if not _WRAPPED.isdisjoint(body):
                yield _definition(body, kind, place, variant or OTHER_READING)
            return
        if groups and _WRAPPED.isdisjoint(body):
            return
    yield _definition(body, kind, place, variant)


def _definition(body: JsonValue, kind: Kind, place: Place, variant: str) -> Definition:
    return Definition(kind, name_in(kind, body), body, place, variant)


def other_readings(main: Iterable[Definition], first: Iterable[Definition]) -> Iterator[Definition]:
    """The definitions of a first-key-wins reading that the main reading does not hold: they are judged too."""
    known = {(item.kind, item.place.pointer if item.place else ""): item for item in main}
    for item in first:
        same = known.get((item.kind, item.place.pointer if item.place else ""))
        if same is None or same.body != item.body:
            yield Definition(item.kind, item.name, item.body, item.place, OTHER_READING)


def ambiguities(
    anomalies: Iterable[Anomaly], definitions: Iterable[Definition], path: str, base: str = ""
) -> Iterator[Fault]:
    """A fault for every ambiguous spot below the pointer `base`, filed under the definition it is in."""
    owners = {item.place.pointer: item for item in definitions if item.place is not None} if anomalies else {}
    for anomaly in anomalies:
        spot = base + anomaly.pointer
        place = Place(path, spot, at_key=anomaly.oddity is Oddity.DUPLICATE_KEY)
        owner = _owner(spot, owners)
        message = _ODDITIES[anomaly.oddity]
        if owner is None or owner.place is None:
            yield Fault(AMBIGUOUS, message, place=place)
        else:
            pointer = spot.removeprefix(owner.place.pointer)
            yield Fault(AMBIGUOUS, message, owner.kind, owner.name, pointer, place=place)


def _owner(pointer: str, owners: Mapping[str, Definition]) -> Definition | None:
    tokens = pointer.split("/")[: _DEEPEST_DEFINITION + 1]
    paths = ("/".join(tokens[:depth]) for depth in range(1, len(tokens) + 1))
    return next((owners[path] for path in paths if path in owners), None)
