"""How a server's process ended, and the most telling line it left on standard error."""

from __future__ import annotations

import re
import signal
from contextlib import suppress

from oktsec_lint.core.display import visible

from .secrets import Mask

_KEPT = 1 << 14
_SHOWN = 160
_TELLING = re.compile(r"error|exception|cannot|could not|not found|no such|fail|denied|invalid|missing|required", re.I)


class LastWords:
    """The end of a server's standard error."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._kept = b""
        self._torn = False
        """Whether there was more than what is kept, which then starts within a line."""

    def add(self, chunk: bytes) -> None:
        kept = self._kept + chunk
        self._torn = self._torn or len(kept) > _KEPT
        self._kept = kept[-_KEPT:]

    @property
    def lines(self) -> list[str]:
        """Without secrets, and without empty lines; not made visible yet."""
        kept = self._kept.partition(b"\n")[2] if self._torn else self._kept
        text = self._mask(kept.decode(errors="replace"))
        return [line.strip() for line in text.splitlines() if line.strip()]

    def after(self, reason: str) -> str:
        """The reason with the last line that names a trouble, or the last."""
        lines = self.lines
        if not lines:
            return reason
        last = next((line for line in reversed(lines) if _TELLING.search(line)), lines[-1])
        return f"{reason}; its last words: {visible(last, _SHOWN)}"


def ending(code: int) -> str:
    """An exit code as `subprocess` gives it, as what follows the server's name."""
    if code >= 0:
        return f"it exited with code {code}"
    with suppress(ValueError):
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it was ended by signal {-code}"
