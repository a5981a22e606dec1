"""What a gateway tells its operator on stderr: sentences, or JSON lines for whatever collects logs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import visible
from oktsec_lint.runtime.journal import utc

from .terminal import tell

_QUIET = frozenset({"warn", "error"})


class LogFormat(StrEnum):
    """How a sentence is written."""

    TEXT = "text"
    JSON = "json"


class Log:
    """`Say` of one process."""

    def __init__(self, form: LogFormat, config: Config, also: Callable[[str], None] | None = None) -> None:
        """`server.log_level` of the configuration leaves out what is no trouble (`warn`, `error`), never trouble.
        `also` is told every sentence that is written."""
        section = config.settings.get("server")
        level = section.get("log_level") if isinstance(section, dict) else None
        self._form = form
        self._quiet = level in _QUIET
        self._also = also

    def __call__(self, sentence: str, *, news: bool = False) -> None:
        """Writes a sentence; `news` is nothing that anybody has to look after."""
        if news and self._quiet:
            return
        if self._form is LogFormat.JSON:
            write_json("info" if news else "warn", sentence)
        else:
            tell(sentence)
        if self._also is not None:
            self._also(sentence)


def write_json(level: str, sentence: str) -> None:
    """One line of JSON on stderr."""
    line = json.dumps({"time": utc(), "level": level, "message": visible(sentence, 2000)})
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
