"""What a reporter is: a pure function from a `Report` to text. It must never open, write, ask or remember anything.

One signature for every format, so that the command line needs no knowledge of any of them, and one `Style` value, so
that nothing is read from the environment here: who calls decides about colour, encoding and width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from oktsec_lint.core.report import Exit, Report
from oktsec_lint.core.values import NamedTuple


class Style(NamedTuple):
    """How a person will read it. Machine formats ignore it, but for `verbose` in SARIF."""

    color: bool = False
    unicode: bool = True
    """False writes ASCII only, for an output that can carry nothing else."""
    width: int = 100
    """Columns of the terminal; source lines are cut to a window of it and prose is wrapped at it."""
    verbose: bool = False
    """Also list what is clean, what policy ignored, and every member of a long fold. In SARIF: also what
    does not count, as suppressed results."""
    when: str = ""
    """The time of the run, as a page that is sent around shows it; empty leaves it out. Nothing else is dated."""


Render: TypeAlias = Callable[[Report, Style, Exit | None], str]
"""`render(report, style, exit)`: `exit` is what the process will end with, None when that is not decided."""
