"""IAP-012: a tool named like another one, with a slip no honest author makes twice.

Each name is held against well-known tool names and against the tools of the other servers. Only slips inside a word
count: letters that look the same (also of other scripts), two letters swapped, one doubled, and, of a well-known name,
one left out. Names that differ by a word, a plural or a British spelling are ordinary, `get_stats` beside another
server's `get_status` is too, and two tools of one server never imitate each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby, islice

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Evidence, Hit
from oktsec_lint.core.known_names import KNOWN
from oktsec_lint.core.likeness import DOUBLED, LEFT_OUT, SWAPPED, skeleton_of, slip
from oktsec_lint.core.model import Definition, Inventory, Server
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.views.text import fold
from oktsec_lint.core.words import words_of

RULE = "IAP-012"

_LONGEST = 64
"""Longer names imitate nothing that a model would mistake them for."""
_LEAST_KNOWN = 5
_LEAST_OTHER = 6
"""Letters a word needs before a slip in it means something: fewer where the imitated name is a well-known one."""
_LEAST_NAME = 6
"""Letters a whole name needs before letters that look alike mean something."""
_COMPARED = 64
"""Names of one server in one group that a name is compared with."""


class _Name(NamedTuple):
    """A tool name taken apart."""

    written: str
    folded: str
    words: tuple[str, ...]
    skeleton: str
    """The same for names that can be taken for each other at a glance."""


class _Likeness(NamedTuple):
    """What a name imitates, and how."""

    name: str
    server: str
    """Empty for a well-known name."""
    how: str


def check(inventory: Inventory, _config: Config) -> Iterator[Hit]:
    """One hit for each tool whose name imitates another."""
    known, others = _known_names(), _OtherNames()
    tools = list(_tools(inventory))
    if len({server.name for server, _, _ in tools}) > 1:
        for server, _, name in tools:
            others.add(name, server.name)
    for server, tool, name in tools:
        likeness = None if name.written in KNOWN else known.imitated_by(name, server.name)
        likeness = likeness or others.imitated_by(name, server.name)
        if likeness is not None:
            yield _hit(server, tool, name, likeness)


def _tools(inventory: Inventory) -> Iterator[tuple[Server, Definition, _Name]]:
    """Each name of each server once, whatever it is listed for."""
    seen: set[tuple[str, str]] = set()
    for server, tool in inventory.tools():
        if 0 < len(tool.name) <= _LONGEST and (server.name, tool.name) not in seen:
            seen.add((server.name, tool.name))
            yield server, tool, _name(tool.name)


@lru_cache(maxsize=4096)
def _name(written: str) -> _Name:
    folded = written if written.isascii() else fold(written)
    words = words_of(folded)
    skeleton = skeleton_of("_".join(words))
    return _Name(written, folded, words, skeleton)


class _Names:
    """Names grouped by everything that a slip leaves as it was, so that each is compared with few."""

    least = _LEAST_KNOWN
    slips = frozenset({SWAPPED, DOUBLED, LEFT_OUT})

    def __init__(self) -> None:
        self._skeletons: dict[str, dict[str, _Name]] = {}
        self._groups: dict[tuple[str, ...], dict[str, list[_Name]]] = {}

    def add(self, name: _Name, server: str) -> None:
        self._skeletons.setdefault(name.skeleton, {}).setdefault(server, name)
        for index in range(len(name.words)):
            self._groups.setdefault(self._group(name.words, index), {}).setdefault(server, []).append(name)

    def imitated_by(self, name: _Name, server: str) -> _Likeness | None:
        for owner, other in self._skeletons.get(name.skeleton, {}).items():
            if owner != server and _is_disguise(name, other):
                return _Likeness(other.written, owner, "with letters that look the same")
        for index, word in enumerate(name.words):
            for owner, names in self._groups.get(self._group(name.words, index), {}).items():
                for other in islice(names, _COMPARED) if owner != server else ():
                    how = slip(other.words[index], word, self.least)
                    if how in self.slips:
                        return _Likeness(other.written, owner, how)
        return None

    def _group(self, words: Sequence[str], index: int) -> tuple[str, ...]:
        """The other words in their places, and what every slip keeps of this one."""
        return (*words[:index], self._kept(words[index]), *words[index + 1 :])

    def _kept(self, word: str) -> str:
        return f"{word[0]}*{word[-1]}"


class _OtherNames(_Names):
    """The names of other servers: any words at all, so only slips that keep every letter mean something."""

    least = _LEAST_OTHER
    slips = frozenset({SWAPPED, DOUBLED})

    def _kept(self, word: str) -> str:
        return word[0] + "".join(sorted(letter for letter, _ in groupby(word))) + word[-1]


@cache
def _known_names() -> _Names:
    names = _Names()
    for name in sorted(KNOWN):
        names.add(_name(name), "")
    return names


def _is_disguise(name: _Name, other: _Name) -> bool:
    """Whether `name` is the one of the two that is dressed up; of two plain ones, either may be."""
    if len(name.skeleton) < _LEAST_NAME or name.written == other.written:
        return False
    if not name.written.isascii():
        return name.folded.lower() == other.folded.lower() and other.written.isascii()
    if name.words == other.words:
        return False
    return _digits(name.written) >= _digits(other.written) and other.written.isascii()


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _hit(server: Server, tool: Definition, name: _Name, likeness: _Likeness) -> Hit:
    whose = f" of the server {quoted(likeness.server)}" if likeness.server else ""
    note = "" if name.written.isascii() else f"reads as {name.folded}"
    return Hit(
        rule=RULE,
        message=f"the tool name {quoted(name.written)} is {quoted(likeness.name)}{whose} {likeness.how}",
        subject=server.subject_of(tool),
        pointer="/name",
        place=tool.place.child("/name") if tool.place else None,
        evidence=(Evidence(0, len(name.written), name.written, name.written, note=note),),
    )
