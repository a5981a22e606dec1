"""Comments that suppress: what is one, what it is for, and what only looks like one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.sources.oktsec_yaml.comments import Comment, comments_of
from oktsec_lint.sources.yaml_reader import read_yaml

DIRECTIVE = "# oktsec: ignore[A-1] why"


def comments(text: str) -> tuple[Comment, ...]:
    return comments_of(read_yaml("f", text))


FOUND = [
    ("a: 1 # oktsec: ignore[A-1] why", Comment(1, 1, ("A-1",), "why")),
    ("# oktsec: ignore[A-1] why\na: 1", Comment(1, 2, ("A-1",), "why")),
    ("# oktsec: ignore[A-1] why\n\n   # more\n\na: 1", Comment(1, 5, ("A-1",), "why")),
    ("a: 1\n# oktsec: ignore[A-1] why", Comment(2, 2, ("A-1",), "why")),
    ("a: 1 #oktsec:ignore[ A-1 , B-2,A-1 ]: why, really", Comment(1, 1, ("A-1", "B-2"), "why, really")),
    ("a: 1 # oktsec: ignore[A-1] until 2027-01-31: why", Comment(1, 1, ("A-1",), "why", "2027-01-31")),
    ("a: 1 # oktsec: ignore[A-1] until 2027-01-31", Comment(1, 1, ("A-1",), "", "2027-01-31")),
    ("a: 1 # oktsec: ignore[A-1] until it is mended", Comment(1, 1, ("A-1",), "until it is mended")),
    ("a: 1 # oktsec: ignore[A-1]", Comment(1, 1, ("A-1",))),
    ("a: 1 # oktsec: ignore[A-1] until 2027-13-01: why", Comment(1, 1)),
    ("a: 1 # oktsec: ignore(A-1) why", Comment(1, 1)),
    ("a: 1 # oktsec-lint: ignore[A-1] why", Comment(1, 1)),
    ("a: 1 # OKTSEC: Ignore[A-1] why", Comment(1, 1)),
    ("a: |\n  text\n# oktsec: ignore[A-1] why\nb: 1", Comment(3, 4, ("A-1",), "why")),
    ("a: [x, # oktsec: ignore[A-1] why\n  y]", Comment(1, 1, ("A-1",), "why")),
]


@pytest.mark.parametrize(("text", "comment"), FOUND)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_one(text: str, comment: Comment, end: str) -> None:
    assert comments(text.replace("\n", end)) == (comment,)


NONE = [
    "a: '# oktsec: ignore[A-1] why'",
    'a: "x # oktsec: ignore[A-1] why"',
    "a: |\n  # oktsec: ignore[A-1] why\n  more",
    "a: >-\n  x\n  # oktsec: ignore[A-1] why",
    "a: x#oktsec:ignore[A-1]",
    "a: |  # oktsec: ignore[A-1] stands in the header of a text\n  text",
    "# # oktsec: ignore[A-1] why\na: 1",
    "# our own: see # oktsec: ignore[A-1] why\na: 1",
    "# oktsec: the gateway of the team\na: 1",
    "a: '\n  # oktsec: ignore[A-1] why\n  '",
    "a: '# oktsec: ignore[A-1] why'\na: x",
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_none(text: str) -> None:
    assert comments(text) == ()


PIECES = [*"ab #\"'\\n\n:[]", DIRECTIVE, f" {DIRECTIVE}", f"\n{DIRECTIVE}"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(st.dictionaries(st.sampled_from("abcd"), TEXTS, min_size=1))
def test_no_text_is_ever_taken_for_a_comment(values: dict[str, str]) -> None:
    assert comments(json.dumps(values)) == ()
    block = "".join(
        f"{key}: |2\n" + "".join(f"  {line}\n" for line in value.splitlines() or [""]) for key, value in values.items()
    )
    assert comments(block) == ()


@given(st.dictionaries(st.sampled_from("abcd"), TEXTS, min_size=1), st.integers(0, 3))
def test_a_comment_among_any_texts_is_found(values: dict[str, str], number: int) -> None:
    lines = [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    at = number % len(lines)
    lines[at] += f" {DIRECTIVE}"
    assert comments("\n".join(lines)) == (Comment(at + 1, at + 1, ("A-1",), "why"),)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30))
def test_whatever_follows_is_read_or_reported(rest: str) -> None:
    try:
        document = read_yaml("f", f"a: 1 # oktsec: ignore{rest}\n")
    except Exception:  # noqa: BLE001 - not every character may stand in a file
        return
    (comment,) = comments_of(document)
    assert comment.written == comment.line == 1
    assert all(name and "]" not in name for name in comment.rules)
