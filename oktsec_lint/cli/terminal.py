"""What kind of place stdout and stderr are, and how to leave them in order."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import TextIO, cast

from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import NothingError, OktsecError
from oktsec_lint.core.report import Exit


class Color(StrEnum):
    """When to colour the text report."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def wants_color(choice: Color, environ: Mapping[str, str]) -> bool:
    """`--color` first, then NO_COLOR and FORCE_COLOR (no-color.org, force-color.org), then whether a person watches."""
    if choice is not Color.AUTO:
        return choice is Color.ALWAYS
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and environ.get("TERM") != "dumb"


def columns() -> int:
    """The width of the terminal that shows the report; 100 where there is none."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 100


def speaks_unicode() -> bool:
    """Whether stdout can carry arrows and box lines."""
    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def now() -> str:
    """The time as a page that is sent around shows it: in UTC, to the minute. $SOURCE_DATE_EPOCH (reproducible-
    builds.org) sets it, so that one input has one text."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(int(fixed) if fixed.isdecimal() else None))


def prepare_streams() -> None:
    """Reports are UTF-8 wherever they are not shown to a person; no character may end a run with an encoding error.

    A stream that the caller closed (`>&-`, as some daemons do) becomes one that leads nowhere.
    """
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", **({} if stream.isatty() else {"encoding": "utf-8"}))


def _nowhere(mode: str) -> TextIO:
    return cast("TextIO", os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def silence_stdout() -> None:
    """After a broken pipe (`| head`) the interpreter would complain once more while flushing at exit."""
    _silence(sys.stdout)


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(message: str) -> None:
    """One line for the person, on stderr: stdout carries the report only. Nobody has to be there to read it."""
    try:
        sys.stderr.write(f"oktsec-lint: {message}\n")
        sys.stderr.flush()
    except OSError:
        with suppress(OSError):
            _silence(sys.stderr)  # what nobody took would be tried again at exit, and change its code


def somebody_answers() -> bool:
    """Whether a person reads stderr and writes stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str | None:
    """The answer; None when the input ends, which refuses."""
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def complain(error: OktsecError) -> Exit:
    """Say a user's mistake in one line with file, line and what to do; returns the exit code it stands for."""
    tell(f"error: {visible(str(error), 2000)}")
    return Exit.NOTHING if isinstance(error, NothingError) else Exit.ERROR
