"""The whole conversation with one server: open it, list everything, list it again, and say what differed.

A modern server hears with every request what its client can do, so the listing for the barest client happens here as
well. A legacy one hears it once, when the connection is opened; that listing is a second interview, led by `collect/`.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import EMPTY, Definition, Fault, JsonValue
from oktsec_lint.core.values import NamedTuple

from .compare import AGAIN, BAREST_CLIENT, Circumstance, changed_instructions, compare
from .complaints import Complaints
from .dialogue import Conversation, Failure, JsonObject, Steps
from .listing import Catalogue, Inquiry, Limits
from .opening import Session, discover, open_session
from .revisions import EVERYTHING, NOTHING

_STORM = 10
"""Announcements of changed lists, during one interview, from which they are no news any more."""


class Plan(NamedTuple):
    """How to interview."""

    client: JsonObject
    """The capabilities to declare."""
    probe: bool = True
    """Whether to try the modern era first."""
    times: int = 2
    """How often to list."""


THOROUGH = Plan(EVERYTHING)
THOROUGH_LEGACY = Plan(EVERYTHING, probe=False)
"""For a server that does not survive the probe."""
BAREST = Plan(NOTHING, probe=False, times=1)
"""The second interview of a legacy server."""


class Listing(NamedTuple):
    """What one interview brought to light."""

    failure: Failure | None = None
    """Why the conversation could not be opened; nothing else is known then but the faults."""
    heard: bool = False
    """Whether the server sent any message."""
    revision: str = ""
    modern: bool = False
    info: Mapping[str, JsonValue] = EMPTY
    instructions: str = ""
    definitions: tuple[Definition, ...] = ()
    faults: tuple[Fault, ...] = ()
    gaps: tuple[str, ...] = ()
    """Why something may be missing or unchecked; empty when the interview went to its end."""


def interview(plan: Plan, limits: Limits, now: float) -> Steps[Listing]:
    """Interviews a server; `now` is the driver's clock. Ends in a `Listing` whatever the server does."""
    complaints = Complaints()
    talk = Conversation(complaints, now)
    opened = yield from open_session(talk, plan.client, limits.probe if plan.probe else None)
    if isinstance(opened, Failure):
        return Listing(opened, talk.heard, faults=tuple(complaints.faults()))
    told = _Account(opened, complaints)
    for number in range(plan.times):
        yield from told.listen(talk, plan.client, limits, AGAIN if number else None)
    if opened.modern and plan.client:
        yield from told.listen(talk, NOTHING, limits, BAREST_CLIENT)
    if talk.list_changes >= _STORM:
        message = f"the server announced {talk.list_changes:,} changes of its lists while it was listed"
        complaints.add(Fault("LST-015", message))
    return told.listing()


class _Account:
    """What a server has told so far, over all listings of one conversation."""

    def __init__(self, session: Session, complaints: Complaints) -> None:
        self._session = session
        self._complaints = complaints
        self._instructions = [session.instructions]
        self._first: Catalogue | None = None
        self._more: list[Definition] = []
        self._gaps: dict[str, str] = {}
        self._closed = False

    def listen(self, talk: Conversation, client: JsonObject, limits: Limits, when: Circumstance | None) -> Steps[None]:
        """Lists once more and keeps what is new; `when` None is the first listing, which nothing precedes."""
        if self._closed:
            return
        if when is not None and self._session.modern:
            yield from self._rediscover(talk, client, when)
        found = yield from Inquiry(talk, self._session, client, limits).everything()
        self._closed = found.closed
        for gap in found.gaps:
            self._gaps.setdefault(gap, f"{when.variant}, {gap}" if when else gap)
        if self._first is None or when is None:
            self._first = found
        else:
            self._compare(self._first, found, when, explained=when is AGAIN and talk.list_changes > 0)

    def listing(self) -> Listing:
        gaps = tuple(self._gaps.values())
        for gap in gaps:
            self._complaints.add(Fault("LST-002", f"not everything was read: {gap}"))
        return Listing(
            None,
            heard=True,
            revision=self._session.revision,
            modern=self._session.modern,
            info=self._session.info,
            instructions="\n\n".join(filter(None, dict.fromkeys(self._instructions))),
            definitions=(*(self._first.definitions if self._first else ()), *self._more),
            faults=tuple(self._complaints.faults()),
            gaps=gaps,
        )

    def _rediscover(self, talk: Conversation, client: JsonObject, when: Circumstance) -> Steps[None]:
        again = yield from discover(talk, client, self._session.revision)
        if isinstance(again, Session) and again.instructions != self._session.instructions:
            self._instructions.append(again.instructions)
            self._complaints.add(changed_instructions(again.instructions, when))

    def _compare(self, first: Catalogue, found: Catalogue, when: Circumstance, *, explained: bool) -> None:
        """A list that is announced as changed, or was not read to its end, is not held against the server."""
        difference = compare(first.definitions, found.definitions)
        self._more += difference.additions(when)
        unfair = explained or first.gaps or found.gaps
        for fault in difference.faults(when, presence=not unfair):
            self._complaints.add(fault)
