"""Whether the journal is as it was written: what is wrong with which entry of which writer.

Pure: entries, heads and marks in, breaks out. Entries come in the order in which they are stored; that order counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from .record import Entry, genesis, is_sealed
from .values import NamedTuple


class Fault(StrEnum):
    """What was done to a journal."""

    EDITED = "edited"
    REMOVED = "removed"
    TRUNCATED = "truncated"
    """Removed, from some entry to the writer's last."""
    INSERTED = "inserted"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"
    """The chain is whole, and not the one that a checkpoint speaks of."""
    UNSIGNED = "unsigned"
    """No checkpoint of the writer bears a signature of the key."""
    FORGED = "forged"
    """A checkpoint whose signature is not of the key."""


class Break(NamedTuple):
    """One thing that is wrong, from entry `sequence` to entry `last` of a writer."""

    writer: str
    sequence: int
    last: int
    fault: Fault
    what: str
    """In a few words, after the fault."""

    def __str__(self) -> str:
        more = f" to {self.last}" if self.last > self.sequence else ""
        return f"{self.writer}-{self.sequence}{more}: {self.fault}: {self.what}"


class Head(NamedTuple):
    """What is known to have been a writer's entry `sequence`: its hash. Sequence 0 is the genesis."""

    writer: str
    sequence: int
    hash: str


_CHANGED = "not what was written"


class _Link(NamedTuple):
    """What is kept of an entry whose seal holds; the rest may take much memory."""

    number: int
    """What it was written as."""
    previous: str
    hash: str


class _Chain:
    """What is stored of one writer."""

    def __init__(self) -> None:
        self.links: list[_Link] = []
        self.strays: list[Entry] = []
        """Entries whose seal does not hold where they stand."""

    def add(self, entry: Entry) -> None:
        if is_sealed(entry, entry.sequence):
            self.links.append(_Link(entry.sequence, entry.previous, entry.hash))
        else:
            self.strays.append(entry)


def verify(entries: Iterable[Entry], heads: Iterable[Head], marks: Iterable[Head] = ()) -> list[Break]:
    """Everything that is wrong, by writer and sequence; empty when nothing is.

    `heads` are what the store says is each writer's last entry. `marks` are what is known from elsewhere: signed
    checkpoints, heads that somebody noted down. An entry that is named once is not named again for its neighbours.
    """
    chains: defaultdict[str, _Chain] = defaultdict(_Chain)
    for entry in entries:
        chains[entry.writer].add(entry)
    last = {head.writer: head for head in heads}
    noted: defaultdict[str, list[Head]] = defaultdict(list)
    for mark in marks:
        noted[mark.writer].append(mark)
    breaks: list[Break] = []
    for writer in sorted({*chains, *last, *noted}):
        found = _Examination(writer, chains[writer], last.get(writer), noted[writer]).breaks()
        breaks += sorted(found, key=lambda item: item[1:4])
    return breaks


class _Examination:
    """One writer's chain, looked at from all sides."""

    def __init__(self, writer: str, chain: _Chain, head: Head | None, marks: Sequence[Head]) -> None:
        self._writer = writer
        self._head = head
        self._marks = sorted(marks, key=lambda mark: mark.sequence)
        self._order = [link.number for link in chain.links]
        """The numbers of the entries that are what they were, in the order in which they are stored."""
        moved, self._edited = _placed(writer, chain)
        self._moved = [(entry.sequence, link.number) for entry, link in moved]
        """Where each stray stands that is whole, and where it belongs."""
        self._claims: defaultdict[int, list[_Link]] = defaultdict(list)
        for link in (*chain.links, *(link for _, link in moved)):
            self._claims[link.number].append(link)
        self._named = {entry.sequence for entry in self._edited}
        """Entries that a break speaks of."""

    def breaks(self) -> Iterator[Break]:
        if self._head is None and not self._claims and not self._edited:
            yield self._break(1, Fault.REMOVED, "all of this writer is gone", self._marks[-1].sequence)
            return
        yield from self._strays()
        yield from self._misplaced()
        yield from self._inserted()
        yield from self._gaps()
        yield from self._links()
        yield from self._heads()

    def _strays(self) -> Iterator[Break]:
        for entry in self._edited:
            what = "this is no record" if entry.record is None else _CHANGED
            yield self._break(entry.sequence, Fault.EDITED, what)
        for stands, number in self._moved:
            yield self._break(number, Fault.REORDERED, f"stands as number {stands}")

    def _misplaced(self) -> Iterator[Break]:
        highest = 0
        for number in self._order:
            if number < highest:
                yield self._break(number, Fault.REORDERED, f"stands after number {highest}")
            highest = max(number, highest)

    def _inserted(self) -> Iterator[Break]:
        """More than one entry of a number, and entries where there never were any."""
        end = self._head.sequence if self._head else max(self._claims, default=0)
        for number, links in self._claims.items():
            if not 1 <= number <= end:
                self._named.add(number)
                yield self._break(number, Fault.INSERTED, f"only {end} were written")
            elif len(links) > 1 or number in self._named:
                links[:] = self._true(number, links)
                yield self._break(number, Fault.INSERTED, "there is another one of this number")

    def _true(self, number: int, links: list[_Link]) -> list[_Link]:
        """The one of several that what follows names; any, where nothing does."""
        followed = {link.previous for link in self._claims.get(number + 1, ())}
        return [next((link for link in links if link.hash in followed), links[-1])]

    def _gaps(self) -> Iterator[Break]:
        there = sorted(number for number in {*self._claims, *self._named} if number > 0)
        end = self._head.sequence if self._head else max(there, default=0)
        for before, after in pairwise((0, *(number for number in there if number <= end), end + 1)):
            if after - before > 1:
                fault = Fault.TRUNCATED if after > end else Fault.REMOVED
                yield self._break(before + 1, fault, "gone", after - 1)
        if self._head is None:
            yield self._break(end, Fault.REMOVED, "nothing says any more which entry was the last")

    def _links(self) -> Iterator[Break]:
        """Entries that were written anew, with a seal of their own: the one after them names another hash."""
        known: Mapping[int, str] = {0: genesis(self._writer)} | self._hashes()
        for number, (link, *_) in sorted(self._claims.items()):
            before = known.get(number - 1)
            if before is None or link.previous == before or {number, number - 1} & self._named:
                continue
            at = max(number - 1, 1)
            self._named.add(at)
            yield self._break(at, Fault.EDITED, _CHANGED)

    def _heads(self) -> Iterator[Break]:
        known = {0: genesis(self._writer)} | self._hashes()
        if self._head and self._head.sequence not in self._named:
            at = self._head.sequence
            if known.get(at, self._head.hash) != self._head.hash:
                self._named.add(at)
                yield self._break(at, Fault.EDITED, "not the entry that was written last")
        held = 0
        for mark in self._marks:
            first = min(held + 1, mark.sequence)
            if mark.sequence not in known and not self._is_missed(mark.sequence):
                end = self._head.sequence if self._head else held
                yield self._break(
                    max(first, end + 1), Fault.TRUNCATED, "gone, and a checkpoint knows it", mark.sequence
                )
            elif mark.sequence in known and known[mark.sequence] != mark.hash and mark.sequence not in self._named:
                yield self._break(first, Fault.REWRITTEN, "not what a checkpoint vouches for", mark.sequence)
            held = mark.sequence

    def _hashes(self) -> dict[int, str]:
        return {number: links[0].hash for number, links in self._claims.items()}

    def _is_missed(self, number: int) -> bool:
        """Whether another break speaks of an entry that is not there."""
        return number in self._named or (self._head is not None and number <= self._head.sequence)

    def _break(self, sequence: int, fault: Fault, what: str, last: int | None = None) -> Break:
        return Break(self._writer, sequence, sequence if last is None else last, fault, what)


def _placed(writer: str, chain: _Chain) -> tuple[list[tuple[Entry, _Link]], list[Entry]]:
    """The strays that are whole but stand under another number, each with the link it was; and the others.

    What an entry names as the hash before it says where it belongs, once the place of that hash is known.
    """
    moved: list[tuple[Entry, _Link]] = []
    edited: list[Entry] = []
    waiting: defaultdict[str, list[Entry]] = defaultdict(list)
    known = [(genesis(writer), 0), *((link.hash, link.number) for link in chain.links)] if chain.strays else []
    for entry in chain.strays:
        if is_sealed(entry, entry.sequence + 1):  # what was before it is gone, and the rest was moved up
            moved.append((entry, _Link(entry.sequence + 1, entry.previous, entry.hash)))
            known.append((entry.hash, entry.sequence + 1))
        else:
            waiting[entry.previous].append(entry)
    while known:
        before, number = known.pop()
        for entry in waiting.pop(before, ()):
            if is_sealed(entry, number + 1):
                moved.append((entry, _Link(number + 1, entry.previous, entry.hash)))
                known.append((entry.hash, number + 1))
            else:
                edited.append(entry)
    return moved, [*edited, *(entry for entries in waiting.values() for entry in entries)]
