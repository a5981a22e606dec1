"""Corrections in a YAML text: what was meant is what is read afterwards, and nothing else has changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.findings import Edit
from oktsec_lint.core.model import JsonValue, Place
from oktsec_lint.sources.editing import edited
from oktsec_lint.sources.yaml_reader import read_yaml

NAMES = st.sampled_from("read_file write_file a-b x y yes 12 1.5 null @scope/name it's f/g ü".split()) | st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"), max_size=5
)
ENDS = st.sampled_from(["\n", "\r\n"])
REMARKS = st.sampled_from(["", " # a remark", "  # it's [odd], 'too'"])


def quoted(name: str, style: str) -> str:
    if style == "'":
        return "'" + name.replace("'", "''") + "'"
    if style == "plain" and name in {"read_file", "write_file", "x"}:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[str], str]:
    """A document whose key `list` holds these names, and its line end."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5))
    styles = st.sampled_from(["'", '"', "plain"])
    written = [quoted(name, draw(styles)) for name in names]
    end = draw(ENDS)
    if draw(st.booleans()):
        between = draw(st.sampled_from([", ", ",", " ,  ", f",{end}    "]))
        body = f" [{between.join(written)}]{draw(REMARKS)}{end}"
    else:
        indent = draw(st.sampled_from(["", "  "]))
        body = end + "".join(f"{indent}- {word}{draw(REMARKS)}{end}" for word in written)
    return f"# before{end}list:{body}after: 'x'   # kept{end}", names, end


def plain(names: Sequence[str], after: str = "x") -> dict[str, JsonValue]:
    return {"list": list(names), "after": after}


@given(lists(), NAMES, st.data())
def test_a_replaced_entry_is_the_only_difference(
    case: tuple[str, list[str], str], new: str, data: st.DataObject
) -> None:
    text, names, _ = case
    index = data.draw(st.integers(0, len(names) - 1))
    result = edited(read_yaml("f", text), [Edit(Place("f", f"/list/{index}"), names[index], new)])
    after = result.document
    if new not in names:
        assert len(result.done) == 1
        assert after.value() == plain([*names[:index], new, *names[index + 1 :]])
        old, now = read_yaml("f", text).span(f"/list/{index}"), after.span(f"/list/{index}")
        assert (after.text[: now.start], after.text[now.end :]) == (text[: old.start], text[old.end :])


@given(lists(), st.data())
def test_a_removed_entry_takes_nothing_with_it_but_its_own_line(
    case: tuple[str, list[str], str], data: st.DataObject
) -> None:
    text, names, end = case
    indices = data.draw(st.sets(st.integers(0, len(names) - 1), min_size=1))
    edits = [Edit(Place("f", f"/list/{index}"), names[index], None, last="nothing") for index in indices]
    result = edited(read_yaml("f", text), edits)
    rest = [name for index, name in enumerate(names) if index not in indices] or ["nothing"]
    if not result.left:
        assert result.document.value() == plain(rest)
    removed = len(text.split(end)) - len(result.document.text.split(end))
    assert 0 <= removed <= len(indices)
    assert result.document.text.startswith(f"# before{end}list:")
    assert result.document.text.endswith(f"after: 'x'   # kept{end}")


@given(lists(), st.data())
def test_correcting_again_changes_nothing(case: tuple[str, list[str], str], data: st.DataObject) -> None:
    text, names, _ = case
    index = data.draw(st.integers(0, len(names) - 1))
    once = edited(read_yaml("f", text), [Edit(Place("f", f"/list/{index}"), names[index], "fresh")]).document
    again = edited(once, [Edit(Place("f", f"/list/{index}"), "fresh", "fresh")]).document
    assert again.text == once.text


KEYS = [
    ("a: {old: 1}", "/a/old", "a: {new: 1}"),
    ("'old': 1 # x", "/old", "'new': 1 # x"),
    ('"old" : [1,\n 2]', "/old", '"new" : [1,\n 2]'),
    ("? old\n: 1", "/old", "? new\n: 1"),
]


@pytest.mark.parametrize(("text", "pointer", "expected"), KEYS)
def test_keys(text: str, pointer: str, expected: str) -> None:
    result = edited(read_yaml("f", text), [Edit(Place("f", pointer, at_key=True), "old", "new")])
    assert result.document.text == expected


LEFT = [
    ("a: {old: 1, new: 2}", Edit(Place("f", "/a/old", at_key=True), "old", "new")),
    ("a: &x {old: 1}\nb: *x", Edit(Place("f", "/a/old", at_key=True), "old", "new")),
    ("old: 1\nold: 2", Edit(Place("f", "/old", at_key=True), "old", "new")),
    ("a: |\n  old\n", Edit(Place("f", "/a"), "old", "new")),
    ("a: !!str old", Edit(Place("f", "/a"), "old", "new")),
    ("a: &x old\nb: *x", Edit(Place("f", "/a"), "old", "new")),
    ("a: [x, # why\n  old]", Edit(Place("f", "/a/1"), "old", None)),
    ("a: [old]", Edit(Place("f", "/a/0"), "old", None)),
    ("a: {b: old}", Edit(Place("f", "/a/b"), "old", None)),
    ("- - old\n  - x", Edit(Place("f", "/0/0"), "old", None)),
    ("a: x", Edit(Place("f", "/b/c"), "old", "new")),
]


@pytest.mark.parametrize(("text", "edit"), LEFT)
def test_what_cannot_change_alone_is_left(text: str, edit: Edit) -> None:
    document = read_yaml("f", text)
    result = edited(document, [edit])
    assert (result.done, result.left, result.document.text) == ((), (edit,), text)


def test_the_last_line_without_an_end() -> None:
    result = edited(read_yaml("f", "a:\n- x\n- old"), [Edit(Place("f", "/a/1"), "old", None)])
    assert result.document.text == "a:\n- x"


def test_a_value_that_would_read_as_something_else_gets_quotes() -> None:
    result = edited(read_yaml("f", "a: old"), [Edit(Place("f", "/a"), "old", "true")])
    assert result.document.text == 'a: "true"'
