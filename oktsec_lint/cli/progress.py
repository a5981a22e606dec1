"""What a waiting person sees: one line a server, on stderr, gone when the report comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress(*, wanted: bool) -> Iterator[Callable[[str, str], None] | None]:
    """A function to call with (server, what happens to it), or None where nobody watches."""
    if not wanted or not sys.stderr.isatty() or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

    from oktsec_lint.core.display import visible

    states: dict[str, str] = {}
    with Status(Text("starting"), console=Console(stderr=True)) as status:

        def show(server: str, what: str) -> None:
            states[server] = what
            status.update(Text(", ".join(f"{visible(name, 40)}: {state}" for name, state in states.items())))

        yield show
