"""Plain scalars against yaml.v3's rules; the expected values were read off its resolver and its own decoding tests."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.sources.scalars import as_bool, other_reading, resolve

VALUES = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "nUll": "nUll",
    "true": True, "True": True, "TRUE": True, "tRue": "tRue", "false": False, "FALSE": False,
    "yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "N": "N",
    "0": 0, "-0": 0, "+5": 5, "-12": -12, "1_000": 1000, "1__0_": 10, "_1": "_1",
    "0777": 511, "0o777": 511, "0O17": 15, "-0o7": -7, "0o-7": -7, "-0o-7": "-0o-7", "08": 8.0, "0o8": "0o8",
    "0x1F": 31, "0X_ff": 255, "-0x10": -16, "0x": "0x", "0b101": 5, "0B11": 3, "0b-1": -1, "-0b11": -3, "0b2": "0b2",
    "9223372036854775807": 2**63 - 1, "18446744073709551615": 2**64 - 1, "18446744073709551616": 2.0**64,
    "+9223372036854775808": 2.0**63, "-9223372036854775808": -(2**63), "-9223372036854775809": -(2.0**63),
    "1.5": 1.5, "-1.": -1.0, ".5": 0.5, "+.5": 0.5, "1e3": 1000.0, "1.5E-2": 0.015, "1_0.5": 10.5, ".5_0": ".5_0",
    "1e400": "1e400", ".": ".", ".e1": ".e1", "e1": "e1", "+": "+", "-": "-", "1e": "1e", "1.2.3": "1.2.3",
    ".inf": math.inf, "+.Inf": math.inf, "-.INF": -math.inf, "-.iNF": "-.iNF", "inf": "inf", "nan": "nan",
    "22:22": "22:22", "190:20:30": "190:20:30", "2026-01-31": "2026-01-31",
    "2026-01-31T08:00:00Z": "2026-01-31T08:00:00Z",
    "١": "١", "1 ": "1 ", "0x1G": "0x1G", "9" * 5000: "9" * 5000,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUES.items(), ids=lambda item: repr(item)[:30])
def test_values(text: str, value: object) -> None:
    resolved = resolve(text)
    assert (type(resolved), resolved) == (type(value), value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    value = resolve(text)
    assert isinstance(value, float)
    assert math.isnan(value)


@given(st.text())
def test_any_text_means_something(text: str) -> None:
    value = resolve(text)
    assert value is None or isinstance(value, bool | int | float) or value == text


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_read_back(number: int) -> None:
    assert resolve(str(number)) == number
    assert other_reading(str(number)) == ""


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("On", True), ("Y", True), ("off", False), ("n", False)])
def test_boolean_fields_take_more_words(text: str, value: object) -> None:
    assert as_bool(text) is value


@pytest.mark.parametrize("text", ["true", "yEs", "1", "", "enabled"])
def test_and_no_others(text: str) -> None:
    assert as_bool(text) is None


AMBIGUOUS = "yes No on OFF y 1_000 22:22 0777 0o17 0x1F 1e3 1.10 +5 2026-01-31 .5 1:30.5".split()
CLEAR = "true FALSE 8080 -1 1.5 read_file 1.2.3 127.0.0.1 3306:3306 nope ~ null text v1 ./x".split()


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_what_other_readers_change(text: str) -> None:
    assert other_reading(text)


@pytest.mark.parametrize("text", CLEAR)
def test_what_they_do_not(text: str) -> None:
    assert other_reading(text) == ""
