"""What changed in a text, word by word: `[-removed-]{+added+}` as `git diff --word-diff` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oktsec_lint.core.values import NamedTuple

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_AROUND = 40
"""Characters of unchanged text that are shown on each side of a change."""
_MOST_WORDS = 2_000
"""Changed words up to which they are aligned; a longer stretch is shown as replaced, because aligning is quadratic."""
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


def worded(old: str, new: str, limit: int = 600) -> str:
    """The change on one line, unchanged text cut to a little around it."""
    shown = "".join(_shown(stretches(old, new)))
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
    if max(len(before), len(after)) > _MOST_WORDS:
        yield before, after
        return
    from difflib import SequenceMatcher  # most runs find no change

    for _, start, end, other_start, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield before[start:end], after[other_start:other_end]


def _shown(parts: Sequence[Stretch]) -> Iterator[str]:
    for index, part in enumerate(parts):
        if part.old == part.new:
            yield _kept(part.new, first=index == 0, last=index == len(parts) - 1)
        else:
            yield f"[-{_cut(part.old)}-]" if part.old else ""
            yield f"{{+{_cut(part.new)}+}}" if part.new else ""


def _kept(text: str, *, first: bool, last: bool) -> str:
    head, tail = ("" if first else text[:_AROUND]), ("" if last else text[-_AROUND:])
    return text if len(text) <= len(head) + len(tail) else f"{head}…{tail}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… {len(text) - _LONGEST:,} more"
