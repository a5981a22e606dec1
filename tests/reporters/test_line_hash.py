"""The line hash of GitHub's upload action, against the algorithm written the way its description reads."""

from __future__ import annotations

import re
from collections import Counter, deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.reporters.sarif.line_hash import line_hashes

SOURCE = st.text(st.sampled_from("ab \t\r\n🙂é"), max_size=400) | st.text()


def by_rolling(text: str) -> list[str]:
    """One hash rolling over the file: each unit enters at the right of a window of 100, and the hash of a line is what
    the window holds when the line's first unit is about to leave it."""
    units = [unit for unit in utf16(re.sub("\r\n?", "\n", text)) if unit not in (0x20, 0x09)]
    units.append(0xFFFF)
    window, rolled, counts, hashes = deque([0] * 100), 0, Counter[str](), {}
    starts = [index for index in range(len(units)) if index == 0 or units[index - 1] == 0x0A]
    for index, unit in enumerate([*units, *[0] * 100]):
        if index - 100 in starts:
            value = f"{rolled:x}"
            counts[value] += 1
            hashes[index - 100] = f"{value}:{counts[value]}"
        rolled = (rolled * 37 + unit - window.popleft() * 37**100) % 2**64
        window.append(unit)
    return [hashes[start] for start in starts]


def utf16(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


@given(SOURCE)
def test_every_line_has_the_hash_of_the_rolling_window(text: str) -> None:
    expected = by_rolling(text)
    hashes = line_hashes(text, range(1, len(expected) + 5))
    assert list(hashes.values()) == expected
    assert list(hashes) == list(range(1, len(expected) + 1))


@given(SOURCE, st.sets(st.integers(1, 20), max_size=4))
def test_wanted_lines_are_those_of_the_whole(text: str, wanted: set[int]) -> None:
    whole = line_hashes(text, range(1, 500))
    assert line_hashes(text, wanted) == {line: whole[line] for line in sorted(wanted) if line in whole}


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_line_ends_make_no_difference(ending: str) -> None:
    lines = ["servers:", "", "\t a: b  ", "x"]
    assert line_hashes(ending.join(lines), range(9)) == line_hashes("\n".join(lines), range(9))


def test_equal_lines_are_counted() -> None:
    hashes = line_hashes("the same line, long enough to fill a window with its repetition\n" * 6, [1, 2, 3])
    assert [value.partition(":")[2] for value in hashes.values()] == ["1", "2", "3"]
    assert len({value.partition(":")[0] for value in hashes.values()}) == 1


def test_the_empty_file() -> None:
    """Its only window is the end of file and 99 zeros: 0xffff * 37**99 modulo 2**64."""
    assert line_hashes("", [1]) == {1: f"{0xFFFF * 37**99 % 2**64:x}:1"}
    assert line_hashes("", [2]) == {}
