"""One text for one value: RFC 8785, and what follows from it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.lock.canonical import canonical, digest, number
from tests.core.lock.jsons import VALUES, leaves, replaced


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555555", "333333333.3333333"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
    ],
)
def test_numbers_are_written_as_appendix_b_of_the_rfc_has_them(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert number(value) == text


def test_keys_are_ordered_by_utf_16_as_in_section_3_2_3() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = list(json.loads(canonical(dict.fromkeys(keys, 1))))
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_texts_keep_what_needs_no_escape() -> None:
    assert canonical('€$\x0f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


@given(VALUES)
def test_spelling_makes_no_difference(value: Any) -> None:
    respelled = json.dumps(_shuffled(value), indent=3, ensure_ascii=True)
    assert canonical(json.loads(respelled)) == canonical(value)
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.integers(-(10**15), 10**15), st.integers(0, 4))
def test_number_spelling_makes_no_difference(value: int, zeros: int) -> None:
    spellings = (str(value), f"{value}.{'0' * (zeros + 1)}", f"{value}e0", f"{value * 10}e-1")
    assert len({digest(json.loads(spelling)) for spelling in spellings}) == 1


@given(st.integers(2**53, 2**80), st.integers(1, 200))
def test_no_two_integers_are_one(value: int, apart: int) -> None:
    assert digest(value) != digest(value + apart)
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(VALUES, st.data())
def test_any_other_leaf_is_another_digest(value: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(leaves(value)))
    changed = replaced(value, path, "another leaf than any")
    assert digest(changed) != digest(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"NaN|JSON"):
        canonical(value)


def _shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(value)}
    return [_shuffled(item) for item in value] if isinstance(value, list) else value
