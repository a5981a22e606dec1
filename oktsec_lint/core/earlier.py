"""Findings that were there before: those of a baseline, of an earlier report or of another revision.

Compared by fingerprint, so a finding is known wherever it has moved to in its file. Text that changed is a new finding.
A fingerprint holds the index of a list's entry, which changes when an entry is added above it; so findings about the
configuration are also known by what they say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from .findings import Excuse, Finding
from .lock_rules import CATEGORY
from .model import Kind, Subject
from .values import NamedTuple

_INDEX = re.compile(r"\[[0-9]+\]")
_SAID = 200
"""Characters of a message that tell two findings apart; a baseline keeps no more."""


class Entry(NamedTuple):
    """One finding as it was."""

    fingerprint: str
    rule: str
    path: str
    """The file it was about, as the user names it; empty when it had none."""
    subject: Subject
    pointer: str = ""
    message: str = ""


class Aliases(NamedTuple):
    """The paths under which one input may have been reported."""

    own: str
    """What it is called in a baseline."""
    paths: Mapping[str, tuple[str, ...]]
    """Path of a place to the paths that it may have had then, the one for a baseline first. What is locked stands in
    the configuration for a live run and in the lock for a static one."""

    def of(self, finding: Finding) -> tuple[str, ...]:
        if finding.place is None:
            return ("",)
        return self.paths.get(finding.place.path, (finding.place.path,))


def entry_of(finding: Finding, aliases: Aliases) -> Entry:
    """A finding as a baseline keeps it."""
    path = aliases.of(finding)[0]
    return Entry(_under(finding, path), finding.rule, path, finding.subject, finding.pointer, finding.message)


def is_kept(finding: Finding) -> bool:
    """Whether a baseline holds such a finding: it asks for something, and is no difference from the lock, which has
    acceptances of its own."""
    return not finding.ignored_by and finding.severity > 0 and finding.category != CATEGORY


class Earlier:
    """What was known, and what of it is still there. Remembers what it was asked about."""

    def __init__(self, name: str, excuse: Excuse, entries: Iterable[Entry], *, drift: bool = False) -> None:
        """`drift` says that differences from the lock can be known, too."""
        self.name = name
        self._excuse = excuse
        self._entries = {item.fingerprint: item for item in entries}
        self._said: dict[object, list[str]] = {}
        for item in self._entries.values():
            self._said.setdefault(_said(item), []).append(item.fingerprint)
        self._drift = drift
        self._found: set[str] = set()

    def settle(self, finding: Finding, aliases: Aliases) -> Finding:
        """The finding as one that does not count, when it was known."""
        known = self._known(finding, aliases)
        self._found |= known
        if not known or finding.ignored_by or (finding.category == CATEGORY and not self._drift):
            return finding
        return finding._replace(ignored_by=f"it is in {self.name}", ignored_as=self._excuse)

    def _known(self, finding: Finding, aliases: Aliases) -> set[str]:
        """Fingerprints of the entries that a finding is."""
        paths = aliases.of(finding)
        same = {finding.fingerprint, *(_under(finding, path) for path in paths)} & self._entries.keys()
        if same or finding.subject.kind is not Kind.CONFIG:
            return same
        as_entry = Entry("", finding.rule, "", finding.subject, finding.pointer, finding.message)
        return {name for path in paths for name in self._said.get(_said(as_entry._replace(path=path)), ())}

    def gone(self, unseen: Collection[str]) -> tuple[Entry, ...]:
        """What was known and is not found any more, unless it was about one of the `unseen` servers."""
        missing = (item for item in self._entries.values() if item.fingerprint not in self._found)
        return tuple(item for item in missing if item.subject.server not in unseen)


def _said(entry: Entry) -> object:
    return (entry.rule, entry.path, _INDEX.sub("[]", entry.subject.name), _INDEX.sub("[]", entry.message[:_SAID]))


def _under(finding: Finding, path: str) -> str:
    if finding.place is None:
        return finding.fingerprint
    return finding._replace(place=finding.place._replace(path=path)).fingerprint
