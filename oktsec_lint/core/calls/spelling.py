"""When two names are one name to somebody: to a reader, to a server that ignores letter case, or to one that knows
`filePath` and `file_path` alike.

An allowlist never asks this. A limit does: it holds for every spelling of what it limits.
"""

from __future__ import annotations

from functools import lru_cache

from oktsec_lint.core.views.characters import LOOKALIKES, PLAIN

_SHAPES = str.maketrans(LOOKALIKES)
_SEPARATORS = str.maketrans("", "", "_-. \t\r\n")
_REMEMBERED = 64
"""Characters up to which a name is worth remembering; longer ones are folded again each time."""


def folded(text: str) -> str:
    """Small letters; full-width and look-alike letters as what they look like; nothing invisible."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return text.translate(PLAIN).translate(_SHAPES).lower()


def spelled(name: str) -> str:
    """A parameter's name without letter case, disguise and separators."""
    return _remembered(name) if len(name) <= _REMEMBERED else _spelled(name)


def _spelled(name: str) -> str:
    return folded(name).translate(_SEPARATORS)


_remembered = lru_cache(maxsize=4096)(_spelled)
