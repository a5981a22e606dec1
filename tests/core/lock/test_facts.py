"""Values as facts, and texts as lines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.lock.canonical import canonical
from oktsec_lint.core.lock.facts import facts_of, pieces, value_of
from tests.core.lock.jsons import VALUES


@given(VALUES)
def test_facts_are_the_value(value: Any) -> None:
    facts = facts_of(value)
    assert canonical(value_of(facts)) == canonical(value)
    assert list(facts_of(value_of(facts)).items()) == list(facts.items())


def test_a_fact_is_one_line_with_its_address() -> None:
    body = {
        "name": "read",
        "inputSchema": {"required": ["path"], "properties": {"path": {"type": "string"}}, "$defs": {}},
    }
    assert facts_of(body) == {
        "/inputSchema/$defs": {},
        "/inputSchema/properties/path/type": "string",
        "/inputSchema/required/0": "path",
        "/name": "read",
    }


def test_an_object_that_looks_like_a_list_says_so() -> None:
    assert facts_of({"0": "a", "1": "b"}) == {"": {}, "/0": "a", "/1": "b"}
    assert facts_of(["a", "b"]) == {"/0": "a", "/1": "b"}


@pytest.mark.parametrize("facts", [{"/a": 1, "/a/b": 2}, {"/a/b": 2, "/a": 1}, {"a": 1}, {"": 1, "/a": 2}])
def test_facts_that_contradict_each_other_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a|^$"):
        value_of(facts)


@given(st.text(st.sampled_from("ab .!?;\n。\u200b"), max_size=200))
def test_lines_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_a_sentence_is_a_line() -> None:
    text = "Reads one file of the workspace. The path is relative; links are followed.\nReturns its text."
    assert pieces(text) == [
        "Reads one file of the workspace. ",
        "The path is relative; ",
        "links are followed.\n",
        "Returns its text.",
    ]
    assert pieces("Reads one file. Or two.") == ["Reads one file. Or two."]


def test_a_megabyte_without_a_line_break_is_no_trouble() -> None:
    assert len(pieces("A sentence of some length. " * 40_000)) == 40_000
