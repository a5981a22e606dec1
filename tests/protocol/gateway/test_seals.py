"""What a client hands back counts only if it is what it was given, for what it was given for."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from oktsec_lint.protocol.gateway.seals import Seal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
).filter(lambda value: value is not None)
SEAL = Seal(b"k" * 32)


@given(JSON)
def test_what_was_closed_opens_again(value: object) -> None:
    text = SEAL.close("session", value)  # type: ignore[arg-type]
    assert SEAL.open("session", text) == value
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", text)


@given(JSON)
def test_only_with_the_key_and_for_the_purpose(value: object) -> None:
    text = SEAL.close("session", value)  # type: ignore[arg-type]
    assert SEAL.open("state", text) is None
    assert Seal(b"o" * 32).open("session", text) is None


@given(JSON, st.data())
def test_a_changed_text_is_none_of_ours(value: object, data: st.DataObject) -> None:
    text = SEAL.close("session", value)  # type: ignore[arg-type]
    where = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.="))
    changed = text[:where] + other + text[where + 1 :]
    assume(changed != text)
    opened = SEAL.open("session", changed)
    assert opened is None


@given(st.text(max_size=60))
def test_nothing_that_a_client_makes_up_opens(text: str) -> None:
    assert SEAL.open("session", text) is None
