"""What changed in a text, word by word: `[-removed-]{+added+}` as `git diff --word-diff` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oktsec_lint.core.values import NamedTuple

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_AROUND = 40
"""Characters of unchanged text that are shown on each side of a change."""
_MOST_EDITS = 400
"""Words that may differ for two texts to be aligned; beyond it, all between their common ends counts as replaced."""
_LONGEST = 160
"""Characters of one removed or added stretch that are shown."""


class Stretch(NamedTuple):
    """Part of a text: kept (`old` equals `new`), removed, added or replaced."""

    old: str
    new: str
    start: int
    """Offset of `new` in the new text."""


def stretches(old: str, new: str) -> list[Stretch]:
    """Both texts side by side, in order; nothing is lost."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    ends = len(before) - tail, len(after) - tail
    middle = _aligned(before[head : ends[0]], after[head : ends[1]])
    parts = [(before[:head], after[:head]), *middle, (before[ends[0] :], after[ends[1] :])]
    found: list[Stretch] = []
    start = 0
    for was, now in parts:
        if was or now:
            found.append(Stretch("".join(was), "".join(now), start))
            start += len(found[-1].new)
    return found


def worded(old: str, new: str, limit: int = 600, stretch: int = _LONGEST) -> str:
    """The change on one line, unchanged text cut to a little around it, changed stretches to `stretch` characters."""
    shown = "".join(_shown(stretches(old, new), stretch))
    return f"{shown[:limit]}…" if len(shown) > limit else shown


def added_spans(old: str, new: str) -> list[tuple[int, int]]:
    """Where in the new text something stands that the old one does not have there; an empty span for a removal."""
    return [(part.start, part.start + len(part.new)) for part in stretches(old, new) if part.old != part.new]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _aligned(before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Runs of words that are the same on both sides, and what stands between them."""
    kept = _matches(before, after)
    old = new = 0
    for start, other, size in (*_runs(kept), (len(before), len(after), 0)):
        if start > old or other > new:
            yield before[old:start], after[new:other]
        if size:
            yield before[start : start + size], after[other : other + size]
        old, new = start + size, other + size


def _runs(kept: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Neighbouring matches as start, other start and size."""
    begin = 0
    for index, (old, new) in enumerate(kept):
        if index + 1 == len(kept) or kept[index + 1] != (old + 1, new + 1):
            first = kept[begin]
            yield first[0], first[1], index + 1 - begin
            begin = index + 1


def _matches(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of equal words along a shortest edit script (Myers, "An O(ND) difference algorithm", 1986); none when
    it has more than `_MOST_EDITS` edits, so that no text makes this slow."""
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(min(len(before) + len(after), _MOST_EDITS) + 1):
        trace.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
            old = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            new = old - diagonal
            while old < len(before) and new < len(after) and before[old] == after[new]:
                old, new = old + 1, new + 1
            reach[diagonal] = old
            if old >= len(before) and new >= len(after):
                return _walked_back(trace, len(before), len(after))
    return []


def _walked_back(trace: Sequence[dict[int, int]], old: int, new: int) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for edits in range(len(trace) - 1, -1, -1):
        reach, diagonal = trace[edits], old - new
        down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
        came_from = diagonal + 1 if down else diagonal - 1
        before_old = reach[came_from] if edits else 0
        before_new = before_old - came_from if edits else 0
        start = (before_old if down else before_old + 1) if edits else 0
        while old > start:
            old, new = old - 1, new - 1
            kept.append((old, new))
        old, new = before_old, before_new
    return kept[::-1]


def _shown(parts: Sequence[Stretch], longest: int) -> Iterator[str]:
    for index, part in enumerate(parts):
        if part.old == part.new:
            yield _kept(part.new, first=index == 0, last=index == len(parts) - 1)
        else:
            yield f"[-{_cut(part.old, longest)}-]" if part.old else ""
            yield f"{{+{_cut(part.new, longest)}+}}" if part.new else ""


def _kept(text: str, *, first: bool, last: bool) -> str:
    head, tail = ("" if first else text[:_AROUND]), ("" if last else text[-_AROUND:])
    return text if len(text) <= len(head) + len(tail) else f"{head}…{tail}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… {len(text) - longest:,} more"
