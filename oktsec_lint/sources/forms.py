"""Texts with an inner form, checked by shape alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oktsec_lint.sources.grammar import Format

_FORMS: Mapping[Format, re.Pattern[str]] = {
    Format.DURATION: re.compile(r"0|[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+"),
    Format.DATE_TIME: re.compile(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]+)?(?:[Zz]|[-+][0-2][0-9]:[0-5][0-9])"
    ),
    Format.DAY: re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"),
    Format.SALTED_DIGEST: re.compile(r"sha256:(?:[0-9a-f]{2})+:[0-9a-f]{64}"),
}
_PART = re.compile(r"([0-9.]+)([a-zµμ]+)")
_SECONDS: Mapping[str, float] = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


def fits(form: Format, text: str) -> bool:
    """Whether a text has the form; an empty text is an unset one."""
    return not text or _FORMS[form].fullmatch(text) is not None


def form_of(form: Format) -> str:
    """The form as a regular expression that has to match the whole text."""
    return _FORMS[form].pattern


def seconds(duration: str) -> float:
    """The length of a text that has the form `Format.DURATION`; a negative one is none."""
    if duration.startswith("-"):
        return 0.0
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))
