"""What somebody decided to live with: suppressions of the configuration beside what was found.

They are about what is offered and how it is configured, so they are asked wherever that is judged, in `scan` and in
`run`. What is said in a call is new each time; no suppression is about it.
"""

from __future__ import annotations

from collections.abc import Iterator

from .access import names_of
from .config import Config, Suppression
from .findings import Excuse, Finding, Hit
from .lock_rules import CATEGORY
from .model import Inventory, Kind, Place, Status, Subject, tokens_of

UNUSED, EXPIRED = "SUP-001", "SUP-002"
SUPPRESSIONS = "suppressions"
"""The category of the rules about suppressions."""
_FIXED = frozenset({CATEGORY, SUPPRESSIONS})


class Suppressions:
    """Those of one configuration, for one judgement: it remembers which of them excused something."""

    def __init__(self, config: Config, inventory: Inventory, today: str) -> None:
        """`today` as `2027-01-31`; empty when nobody knows the day, so that nothing holds that ends on one."""
        self._config = config
        self._entries = {spec.name: spec.place for spec in config.servers}
        self._over = [item for item in config.lint.suppress if item.until and (not today or item.until < today)]
        self._holding = [item for item in config.lint.suppress if item not in self._over]
        self._used: set[Suppression] = set()
        self._whole = {server.name for server in inventory.servers if server.status is Status.COMPLETE}
        self._own = {server.name for server in inventory.servers} == set(self._entries)

    def excuse(self, finding: Finding) -> tuple[str, Excuse]:
        """Why a finding does not count, and what says so; no reason when it counts."""
        if finding.category in _FIXED:
            return "", Excuse.SUPPRESSION
        matching = [item for item in self._holding if item.rule == finding.rule and self._is_about(item, finding)]
        self._used.update(matching)
        if not matching:
            return "", Excuse.SUPPRESSION
        item = matching[0]
        until = f" until {item.until}" if item.until else ""
        if item.written:
            return f"{item.place.path}:{item.written}: suppressed{until}: {item.reason}", Excuse.COMMENT
        return f"{item.place.path}: lint.suppress{until}: {item.reason}", Excuse.SUPPRESSION

    def hits(self) -> Iterator[Hit]:
        """Suppressions that are over, and those that nothing needs any more."""
        for item in self._over:
            yield _hit(EXPIRED, item, f"{_named(item)} of {item.rule} held until {item.until}")
        for item in self._holding:
            if item not in self._used and self._could_be_seen(item):
                yield _hit(UNUSED, item, f"{_named(item)} of {item.rule} is not needed: nothing like it was found")

    def _could_be_seen(self, item: Suppression) -> bool:
        """Whether everything was looked at that it may be about."""
        tokens = tokens_of(item.place.pointer)
        commented = tokens[1] if item.line and tokens[:1] == ["mcp_servers"] and len(tokens) > 1 else ""
        server = item.server or commented
        return self._own and (server in self._whole if server in self._entries else self._whole >= set(self._entries))

    def _is_about(self, item: Suppression, finding: Finding) -> bool:
        subject = finding.subject
        if item.server and subject.server != item.server:
            return False
        if item.tool and (subject.kind is not Kind.TOOL or item.tool not in names_of(subject.server, subject.name)):
            return False
        if item.at and not f"{finding.pointer}/".startswith(f"{item.at}/"):
            return False
        return not item.line or self._line_of(finding) == item.line

    def _line_of(self, finding: Finding) -> int:
        """The line of the configuration at which a report shows a finding; 0 when it is about something else. What a
        server offers stands at the server's entry, whether it was listed now or is in the lock."""
        place = finding.place
        if place is None or place.path != self._config.path:
            place = self._entries.get(finding.subject.server)
        return self._line_at(place) if place is not None else 0

    def _line_at(self, place: Place) -> int:
        lines, pointer = self._config.lint.lines, place.pointer
        while pointer and pointer not in lines:
            pointer = pointer.rpartition("/")[0]
        key, value = lines.get(pointer, (0, 0))
        return key if place.at_key else value


def _named(item: Suppression) -> str:
    return f"the comment on line {item.written}: this suppression" if item.written else "this suppression"


def _hit(rule: str, item: Suppression, message: str) -> Hit:
    place = item.place
    name = ".".join(tokens_of(place.pointer)) if item.written else "lint.suppress"
    return Hit(rule, message, Subject("", Kind.CONFIG, name), place.pointer, place)
