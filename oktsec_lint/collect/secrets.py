"""Keeps secrets out of what a server prints before it is shown: known values first, then what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

MASKED = "***"

_SHORTEST = 6
_SCHEME = re.compile(r"^(?:Bearer|Basic|Token|ApiKey)\s+", re.IGNORECASE)
_PATTERN = r"""
    (?P<keep>(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|authorization|credential)s?["']?\s*[=:]\s*["']?
      (?:(?:bearer|basic)\s+)?)[^\s"',;]+
    | (?P<user>://)[^\s/@]+@
    | (?P<scheme>bearer\s+)[^\s"',;]+
    | (?-i:\b(?:[spr]k[-_]|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_|pypi-AgE|hf_|AIza|eyJ)[-_A-Za-z0-9.]{16,})
    | (?-i:\bA[KS]IA[A-Z0-9]{16})
    | \b(?=[A-Za-z_]*[0-9])(?=[0-9_]*[A-Za-z])[A-Za-z0-9_]{32,}
    """


class Mask:
    """Everything that one server's configuration put into its environment, arguments or headers."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        parts = {part for value in values for part in (value, value.strip(), _SCHEME.sub("", value.strip()))}
        self._values = sorted((part for part in parts if len(part) >= _SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets. To be called before the text is cut, or half a secret may survive."""
        for value in self._values:
            text = text.replace(value, MASKED)
        return _looks_secret().sub(_masked, text) if text else text


@cache
def _looks_secret() -> re.Pattern[str]:
    """Compiled when it is needed: most servers print nothing that is shown."""
    return re.compile(_PATTERN, re.IGNORECASE | re.VERBOSE)


def _masked(match: re.Match[str]) -> str:
    kept = match["keep"] or match["scheme"] or match["user"] or ""
    return f"{kept}{MASKED}{'@' if match['user'] else ''}"
