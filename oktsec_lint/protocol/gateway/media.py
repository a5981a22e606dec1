"""Which formats a request comes in and takes answers in (RFC 9110 sections 8.3, 8.4 and 12.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from oktsec_lint.core.values import NamedTuple

JSON, EVENTS = "application/json", "text/event-stream"
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def is_json(content_types: Sequence[str]) -> bool:
    """Whether a body is said to be JSON, which is always UTF-8, so no other character set may be named."""
    if len(content_types) != 1:
        return False
    kind, *parameters = content_types[0].lower().split(";")
    named = (name_and_value.partition("=") for name_and_value in parameters)
    charsets = [value.strip(' \t"') for name, _, value in named if name.strip() == "charset"]
    return kind.strip() == JSON and charsets in ([], ["utf-8"])


def is_plain(content_encodings: Sequence[str]) -> bool:
    """Whether a body is sent as it is."""
    return all(coding.strip() in {"", "identity"} for value in content_encodings for coding in value.lower().split(","))


class _Range(NamedTuple):
    """One media range of an Accept header."""

    kind: str
    quality: float


@lru_cache(maxsize=64)
def admits(accept: str, kind: str) -> bool:
    """Whether an Accept header allows an answer of a media type. The range that names it best decides.

    Remembered, because a client says the same with every request.
    """
    ranges = list(_ranges(accept))
    for wanted in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        qualities = [item.quality for item in ranges if item.kind == wanted]
        if qualities:
            return max(qualities) > 0
    return False


def _ranges(accept: str) -> Iterator[_Range]:
    """A range whose weight is none counts as excluded."""
    for item in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in item.split(";"))
        weights = [value for name, _, value in (part.partition("=") for part in parameters) if name == "q"]
        weight = weights[0] if weights else "1"
        yield _Range(kind, float(weight) if _QUALITY.fullmatch(weight) else 0.0)
