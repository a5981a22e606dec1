"""New entries in a YAML text: read as meant afterwards, and what was there is there still, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.sources.adding import NEW, Entry, Part, added
from oktsec_lint.sources.yaml_reader import read_yaml

ITEM = {"id": "x", "at": "2026-01-01"}
LIST = ("a", "l", NEW)

ADDED: list[tuple[str, Sequence[Part], Entry, str]] = [
    ("z: 1\n", LIST, ITEM, "z: 1\n\na:\n  l:\n    - id: x\n      at: 2026-01-01\n"),
    ("z: 1", LIST, ITEM, "z: 1\n\na:\n  l:\n    - id: x\n      at: 2026-01-01"),
    ("z: 1 # z\n# end\n", LIST, "x", "z: 1 # z\n\na:\n  l:\n    - x\n# end\n"),
    ("a:\n  b: 1 # b\n\nz: 1\n", LIST, "x", "a:\n  b: 1 # b\n  l:\n    - x\n\nz: 1\n"),
    (
        "a:\n  l:\n    - w # w\n    # no more\nz: 1\n",
        LIST,
        "x",
        "a:\n  l:\n    - w # w\n    - x\n    # no more\nz: 1\n",
    ),
    ("a:\n  l:\n  - w\n", LIST, "x", "a:\n  l:\n  - w\n  - x\n"),
    (
        "a:\n  l:\n  -   id: w\n      at: y\n",
        LIST,
        ITEM,
        "a:\n  l:\n  -   id: w\n      at: y\n  - id: x\n    at: 2026-01-01\n",
    ),
    ("a:\r\n  l:\r\n  - w\r\nz: 1\r\n", LIST, "x", "a:\r\n  l:\r\n  - w\r\n  - x\r\nz: 1\r\n"),
    ("a:\n  l: [w, # w\n   v]\n", LIST, "x", 'a:\n  l: [w, # w\n   v, "x"]\n'),
    ("a:\n  l: []\n", LIST, "x", 'a:\n  l: ["x"]\n'),
    ("a: {}\n", LIST, ITEM, 'a: {"l": [{"id": "x", "at": "2026-01-01"}]}\n'),
    ('{"a": {"b": 1}}', LIST, "x", '{"a": {"b": 1, "l": ["x"]}}'),
    ("a:\n  l: # none\nz: 1\n", LIST, "x", "a:\n  l: # none\n    - x\nz: 1\n"),
    ("a:\n  l: ~\n", LIST, "x", "a:\n  l:\n    - x\n"),
    ("a: null # n\n", LIST, "x", "a: # n\n  l:\n    - x\n"),
    ("a:", LIST, "x", "a:\n  l:\n    - x"),
    ("a:\n  k: ''\n", ("a", "k"), "x", "a:\n  k: x\n"),
    ("a:\n  k:\n", ("a", "k"), "x:y", 'a:\n  k: "x:y"\n'),
    ("a:\n  k: # c\n", ("a", "k"), "x", "a:\n  k: x # c\n"),
    ("a:\n- id: w\n- id: v\n", ("a", 0, "at"), "x", "a:\n- id: w\n  at: x\n- id: v\n"),
    ("a:\n- {id: w} # w\n", ("a", 0, "at"), "x", 'a:\n- {id: w, "at": "x"} # w\n'),
    ("a:\n- id: w\n", ("a", 0, "l", NEW), ITEM, "a:\n- id: w\n  l:\n    - id: x\n      at: 2026-01-01\n"),
    ("a:\n  b: |\n    text\n\nz: 1\n", LIST, "x", "a:\n  b: |\n    text\n  l:\n    - x\n\nz: 1\n"),
    ("b: &b {c: 1}\na:\n  <<: *b\n  d: 1\n", LIST, "x", "b: &b {c: 1}\na:\n  <<: *b\n  d: 1\n  l:\n    - x\n"),
]


@pytest.mark.parametrize(("text", "path", "entry", "expected"), ADDED)
def test_added(text: str, path: Sequence[Part], entry: Entry, expected: str) -> None:
    document = added(read_yaml("f", text), path, entry)
    assert document is not None
    assert document.text.replace('"2026-01-01"', "2026-01-01") == expected.replace('"2026-01-01"', "2026-01-01")


IMPOSSIBLE: list[tuple[str, Sequence[Part]]] = [
    ("l: &l [w]\na: {l: *l}\n", LIST),
    ("l: &l\n- w\na:\n  l: *l\n", LIST),
    ("a: text\n", LIST),
    ("a:\n  l: text\n", LIST),
    ("a: [w]\n", LIST),
    ("a:\n  l: {w: 1}\n", LIST),
    ("- w\n", LIST),
    ("a:\n  k: x\n", ("a", "k")),
    ("a:\n  k: {b: 1}\n", ("a", "k")),
    ("a:\n- id: w\n", ("a", 3, "k")),
    ("a: &x\nb: *x\n", LIST),
    ("a:\n  b: |+\n    text\n\n\nz: 1\n", LIST),
]


@pytest.mark.parametrize(("text", "path"), IMPOSSIBLE)
def test_what_would_change_something_else_is_left(text: str, path: Sequence[Part]) -> None:
    assert added(read_yaml("f", text), path, "x") is None


WORDS = st.sampled_from(
    ["w", "it's", "2026-01-01T00:00:00Z", "yes", "12", "sha256:00:ff", "a b", "ü", "#", "-", "", "{x"]
)
REMARKS = st.sampled_from(["", " # a remark", "  # [odd], 'too'"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A configuration with sections before and behind, in either style and with either line end."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    depth = draw(st.sampled_from(["nothing", "section", "list"]))
    lines = ["# before", f"z: 1{draw(REMARKS)}"]
    items = draw(st.lists(WORDS, max_size=3))
    quoted = ["'" + item.replace("'", "''") + "'" for item in items]
    if depth == "section":
        lines += [f"a:{draw(REMARKS)}", f"  b: 'x'{draw(REMARKS)}"]
    if depth == "list" and draw(st.booleans()):
        lines += ["a:", f"    l: [{', '.join(quoted)}]{draw(REMARKS)}"]
    elif depth == "list":
        margin = draw(st.sampled_from(["  ", "    ", "      "]))
        lines += ["a:", f"  l:{draw(REMARKS)}", *(f"{margin}- {item}{draw(REMARKS)}" for item in quoted)]
    lines += draw(st.sampled_from([[], ["", "# behind", "y: [1]"]]))
    return end.join(lines) + draw(st.sampled_from(["", end]))


ENTRIES = WORDS | st.dictionaries(st.sampled_from("id type hash at".split()), WORDS, min_size=1)


@given(documents(), ENTRIES)
def test_an_entry_is_the_only_difference(text: str, entry: Entry) -> None:
    before = read_yaml("f", text)
    after = added(before, LIST, entry)
    assert after is not None
    held = before.value()
    now = after.value()
    assert isinstance(now, dict)
    assert isinstance(held, dict)
    section = now["a"]
    assert isinstance(section, dict)
    items = section["l"]
    assert isinstance(items, list)
    assert items[-1] == entry
    assert {**now, "a": None} == {**held, "a": None}
    kept = iter(after.text)
    assert all(char in kept for char in text)
