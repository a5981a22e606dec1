"""`scan` lines that need no parser: paths, and options written out in full. Everything else is typer's.

Importing typer and building its commands costs more than a scan of fifty tools. This is no second command line: it has
no help, no errors, no abbreviations and no `=`; a line it is not sure about it does not read. That it reads a line as
typer does is proved on generated lines (`tests/cli/test_shortcut.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from oktsec_lint.core.config import Persona

from .choices import STDIN, FailOn, Format, MinConfidence
from .scanning import Asked
from .terminal import Color

_COMPLETION = "_OKTSEC_LINT_COMPLETE"
"""With this variable a shell asks typer for completions."""


def plain_scan(arguments: Sequence[str], environ: Mapping[str, str]) -> Asked | None:
    """What a plain line asks `scan` for; None when typer has to read it."""
    if arguments[:1] != ["scan"] or _COMPLETION in environ or os.name == "nt":
        return None  # on Windows, typer expands `*`
    given: dict[str, Any] = {}
    try:
        for name, value in _pairs(iter(arguments[1:])):
            given[name] = (*given.get(name, ()), value) if name in _REPEATED else value
    except (LookupError, ValueError):
        return None
    return Asked()._replace(**given)


def _pairs(words: Iterator[str]) -> Iterator[tuple[str, object]]:
    """Field and value for each word, or two, of the line. Raises LookupError or ValueError where typer knows better."""
    for word in words:
        if word in _SWITCHES:
            yield _SWITCHES[word], True
        elif _is_plain(word):
            yield "inputs", word
        else:
            name, read = _VALUES[word]
            yield name, read(next(words, ""))


def _is_plain(word: str) -> bool:
    return word == STDIN or (word != "" and not word.startswith("-"))


def _text(word: str) -> str:
    if not _is_plain(word):
        raise ValueError(word)
    return word


_REPEATED = frozenset({"inputs", "report", "server", "select", "ignore"})
_SWITCHES: Mapping[str, str] = {
    "--offline": "offline",
    "--start": "start",
    "--locked": "locked",
    "--no-cache": "no_cache",
    "--allow-unreachable": "allow_unreachable",
    "--fix": "fix",
    "--dry-run": "dry_run",
    "--verbose": "verbose",
    "--no-progress": "no_progress",
}
_VALUES: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "--config": ("config", _text),
    "--as": ("read_as", _text),
    "--format": ("output_format", Format),
    "--report": ("report", _text),
    "--server": ("server", _text),
    "--fail-on": ("fail_on", FailOn),
    "--select": ("select", _text),
    "--ignore": ("ignore", _text),
    "--min-confidence": ("min_confidence", MinConfidence),
    "--persona": ("persona", Persona),
    "--baseline": ("baseline", _text),
    "--write-baseline": ("write_baseline", _text),
    "--diff": ("diff", _text),
    "--color": ("color", Color),
}
