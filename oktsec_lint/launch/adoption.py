"""Ends what left its server's process group: a daemon that called `setsid` and outlives its parent.

On Linux this process becomes the parent of such orphans (`PR_SET_CHILD_SUBREAPER`, see prctl(2)), so when the last
server is gone every new child in a foreign session is one. Elsewhere the process group has to do.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_open: list[frozenset[int]] = []
"""For each block that is open in any thread, the children there were before the first; the last block ends the others.
"""


@contextmanager
def adopting() -> Iterator[None]:
    """No process that a server starts inside the block, directly or not, outlives it.

    Children that this process has already are left alone; so is everything in our own session.
    """
    if sys.platform != "linux":
        yield
        return
    from . import orphans

    with _lock:
        if not _open:
            orphans.become_parent(1)
        _open.append(_open[0] if _open else frozenset(orphans.children_elsewhere()))
    try:
        yield
    finally:
        with _lock:
            others = _open.pop()
            if not _open:
                orphans.end_all(others)
                orphans.become_parent(0)
