"""Globs as RE2 patterns: linear time, whatever the pattern and the text.

Upstream matches with Go's `filepath.Match`, where `*` ends at a slash and nothing crosses one, so `*.env` misses
`/app/.env` and `/secrets/*` misses `/secrets/a/b`. Here a glob that allows stays as narrow as it is written (`*` inside
a segment, `**` across), and one that blocks is read as widely as it can be meant.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import re2

from oktsec_lint.core.matchers import MAX_PATTERN

from . import paths
from .spelling import folded


class GlobError(ValueError):
    """A glob that means nothing: an open bracket, a lone backslash at its end, or too long."""


class AllowedGlobs:
    """Globs of which a text must match one, in every way it can be read."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Raises GlobError."""
        self._regexp = _joined(_source(_tidy(pattern), crossing=False) for pattern in patterns)

    def match(self, text: str) -> bool:
        return all(_is_match(self._regexp, reading) for reading in paths.allowed_readings(text))


class BlockedGlobs:
    """Globs of which a text may match none, in any way it can be read and in any letter case."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Raises GlobError."""
        self._regexp = _joined((source for pattern in patterns for source in _wide(pattern)), any_case=True)

    def match(self, text: str) -> bool:
        return any(_is_match(self._regexp, reading) for reading in paths.blocked_readings(text))


def _tidy(pattern: str) -> str:
    """A pattern as `paths.plain` leaves the texts it is held against; backslashes are the pattern's own."""
    return paths.resolved(unicodedata.normalize("NFKC", pattern))


def _wide(pattern: str) -> Iterator[str]:
    """Every way a blocking pattern can be meant, as RE2 source."""
    readings = {pattern, folded(pattern), _tidy(pattern), folded(_tidy(pattern))}
    if "\\" in pattern:
        separated = paths.plain(pattern)
        readings |= {separated, folded(separated)}
    for reading in sorted(readings):
        yield from _blocking(reading)


def _blocking(pattern: str) -> Iterator[str]:
    anywhere = "" if "/" in pattern else "(?:.*/)?"
    yield f"{anywhere}{_source(pattern, crossing=True)}/?"
    directory = pattern.rstrip("*")
    if directory != pattern and directory.endswith("/") and directory.strip("/"):
        yield _source(directory.rstrip("/"), crossing=True)


def _source(pattern: str, *, crossing: bool) -> str:
    """A glob as RE2 source. `*`, `**`, `?`, `[a-z]`, `[^a-z]`, `[!a-z]` and `\\` before a character, as in Go."""
    if len(pattern) > MAX_PATTERN:
        raise GlobError(f"is longer than {MAX_PATTERN:,} characters")
    out: list[str] = []
    at = 0
    while at < len(pattern):
        source, at = _next(pattern, at, crossing=crossing)
        out.append(source)
    return "".join(out)


def _next(pattern: str, at: int, *, crossing: bool) -> tuple[str, int]:
    """The source of what stands at `at`, and where the next begins."""
    char = pattern[at]
    if char == "*":
        return _stars(pattern, at, crossing=crossing)
    if char == "?":
        return "." if crossing else "[^/]", at + 1
    if char == "[":
        return _class(pattern, at, crossing=crossing)
    if char == "\\":
        if at + 1 == len(pattern):
            raise GlobError("ends in a backslash")
        return re2.escape(pattern[at + 1]), at + 2
    return re2.escape(char), at + 1


def _stars(pattern: str, at: int, *, crossing: bool) -> tuple[str, int]:
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    if end - at == 1:
        return ".*" if crossing else "[^/]*", end
    if pattern[end : end + 1] == "/" and (at == 0 or pattern[at - 1] == "/"):
        return "(?:.*/)?", end + 1
    return ".*", end


def _class(pattern: str, at: int, *, crossing: bool) -> tuple[str, int]:
    """A bracket expression; without `crossing` it never takes a slash."""
    end = pattern.find("]", at + 2)
    body = pattern[at + 1 : end]
    inverted = body[:1] in {"^", "!"}
    body = body[1:] if inverted else body
    if end < 0 or not body or "\\" in body:
        raise GlobError("has an open or empty bracket, or a backslash in one")
    inner = "".join(char if char == "-" or char.isalnum() else f"\\x{{{ord(char):x}}}" for char in body)
    if crossing:
        return f"[{'^' * inverted}{inner}]", end + 1
    if inverted:
        return f"[^/{inner}]", end + 1
    if "/" in body:
        raise GlobError("has a slash inside of brackets")
    return f"[{inner}]", end + 1


def _joined(sources: Iterable[str], *, any_case: bool = False) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.dot_nl = True
    options.case_sensitive = not any_case
    alternatives = "|".join(dict.fromkeys(sources))
    try:
        return re2.compile(f"(?:{alternatives})".encode("utf-8", "replace"), options)
    except re2.error as error:
        raise GlobError("is too large, or has a range the wrong way round") from error


def _is_match(regexp: Any, text: str) -> bool:
    return regexp.fullmatch(text.encode("utf-8", "replace")) is not None
