"""What a server offers, as the gate has judged it: which definitions may be shown, which tools may be called.

Lists come in pages, asked for by the client or by the gate itself. A `list_changed` makes everything unknown again.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.access import Access
from oktsec_lint.core.config import Agent
from oktsec_lint.core.judge import Judge, Judgement
from oktsec_lint.core.lock_rules import ADDED, SERVER_ADDED
from oktsec_lint.core.model import Definition, Inventory, JsonValue, Kind, Server, Status, Subject, name_in
from oktsec_lint.core.policy import UNREAD, Level
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.revisions import LIST_METHODS, SERVER_INFO

from .ruling import PASSED, Ruling, denied

LISTS: Mapping[str, tuple[Kind, str]] = {item.method: (item.kind, item.member) for item in LIST_METHODS}
"""List method to the kind of what it lists and the member of its result."""
OPENINGS = frozenset({"initialize", "server/discover"})
OWN_WORDS: Mapping[str, type] = {"instructions": str, "serverInfo": dict}
"""What a server says of itself in an opening, and the type by which it is judged as that."""
_UNLOCKED = frozenset({ADDED, SERVER_ADDED})
"""Rules that say that nobody has reviewed a definition, or its whole server."""


def unsaid(result: Mapping[str, JsonValue], name: str) -> JsonValue:
    """The result of an opening without what a server says of itself: no instructions, and `name` for its own."""
    shown = {key: value for key, value in result.items() if key != "instructions"}
    nameless: JsonValue = {"name": name, "version": ""}
    meta = shown.get("_meta")
    if isinstance(meta, dict) and SERVER_INFO in meta:
        shown["_meta"] = {**meta, SERVER_INFO: nameless}
    if "serverInfo" in shown:
        shown["serverInfo"] = nameless
    return shown


class Page(NamedTuple):
    """One page of a list, judged."""

    kept: tuple[JsonValue, ...]
    ruling: Ruling
    """On the page as a whole: blocked when anything of it is not shown, for whatever reason."""


class Offer:
    """One server's lists for one agent."""

    def __init__(self, judge: Judge, server: str, agent: Agent | None, *, closed_world: bool = False) -> None:
        """In a closed world nothing is shown to an agent (None) that nobody declared: it may not call anything."""
        self._judge = judge
        self._server = server
        self._itself = Subject(server, Kind.SERVER, server)
        self._access = Access((agent,)) if agent is not None else None
        self._shows_nothing = agent is None and closed_world
        self._agents = (agent,) if agent is not None else ()
        self._tools: dict[str, Ruling] = {}
        self.complete = False
        """Whether every page of the tools has been seen since the last change, or nobody will see more of them."""
        self.closed = False
        """Whether a tool that no list shows may not be called: the server lists its tools, or could not."""

    def settle(self, *, failed: bool) -> None:
        """The list is known as far as it ever will be."""
        self.complete, self.closed = True, self.closed or failed

    def forget(self) -> None:
        """The list has changed, whatever that means: no tool is known until it has been listed again."""
        self._tools.clear()
        self.complete = False

    def ruling(self, tool: str) -> Ruling | None:
        """Whether a tool may be called, as far as its definition decides; None when it has not been listed."""
        return self._tools.get(tool)

    def page(self, method: str, result: Mapping[str, JsonValue], *, first: bool) -> Page:
        """Judges one page. A repeated first page starts the list anew."""
        kind, member = LISTS[method]
        items = result.get(member)
        definitions = [
            Definition(kind, name_in(kind, item), item) for item in (items if isinstance(items, list) else ())
        ]
        judgement = self._judged(Server(self._server, Status.PARTIAL, definitions=tuple(definitions)))
        rulings = [self._ruling(judgement, item) for item in definitions]
        if kind is Kind.TOOL:
            self._remember(definitions, rulings, first=first, last=result.get("nextCursor") is None)
        kept = tuple(item.body for item, ruling in zip(definitions, rulings, strict=True) if self._shows(item, ruling))
        withheld = {item.name: ruling for item, ruling in zip(definitions, rulings, strict=True) if ruling.blocked}
        return Page(kept, _overall([*withheld.values()], len(definitions) - len(kept)))

    def opening(self, info: Mapping[str, JsonValue], instructions: str, protocol: str) -> Ruling:
        """The ruling on what a server says of itself."""
        server = Server(self._server, Status.PARTIAL, "", protocol, info, instructions)
        return self._ruling_on(self._judged(server), server.subject())

    def _judged(self, server: Server) -> Judgement:
        return self._judge.judge(Inventory((server,)))

    def _ruling(self, judgement: Judgement, item: Definition) -> Ruling:
        subject = Subject(self._server, item.kind, item.name)
        ruling = self._ruling_on(judgement, subject)
        findings = (*judgement.by_subject.get(subject, ()), *judgement.by_subject.get(self._itself, ()))
        if not ruling.blocked and any(finding.rule in _UNLOCKED for finding in findings):
            return denied(ADDED, "it is not in the lock")
        return ruling

    def _ruling_on(self, judgement: Judgement, subject: Subject) -> Ruling:
        for item in judgement.inspection.unfinished:
            if item.subject == subject:
                return denied(UNREAD, item.reason, item.pointer)
        verdict = judgement.verdict(subject, self._agents)
        if verdict.level < Level.QUARANTINE:
            return PASSED
        worst = max(verdict.reasons, key=lambda reason: reason.level)
        rules = tuple(dict.fromkeys((worst.rule, *(reason.rule for reason in verdict.reasons))))
        first = next(item for item in judgement.by_subject[subject] if item.rule == worst.rule)
        return Ruling(
            blocked=True, rule=worst.rule, level=verdict.level, rules=rules, field=first.pointer, reason=worst.by
        )

    def _remember(self, definitions: list[Definition], rulings: list[Ruling], *, first: bool, last: bool) -> None:
        """Of two tools of one name the worse ruling counts."""
        if first:
            self._tools.clear()
        for item, ruling in zip(definitions, rulings, strict=True):
            known = self._tools.get(item.name)
            if known is None or (ruling.blocked and not known.blocked):
                self._tools[item.name] = ruling
        self.complete, self.closed = last, True

    def _shows(self, item: Definition, ruling: Ruling) -> bool:
        if ruling.blocked or self._shows_nothing:
            return False
        callable_only = item.kind is Kind.TOOL and self._access is not None
        return not callable_only or self._access is None or self._access.reachable(self._server, item.name)


def _overall(withheld: list[Ruling], hidden: int) -> Ruling:
    """The ruling on a page of which so many definitions are not shown, some because of what they say."""
    worst = max(withheld, key=lambda ruling: ruling.level, default=PASSED)
    rules = tuple(dict.fromkeys(rule for item in withheld for rule in item.rules))
    return worst._replace(blocked=hidden > 0, rules=rules, reason=f"not shown: {hidden}" if hidden else "")
