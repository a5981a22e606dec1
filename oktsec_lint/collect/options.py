"""What a caller decides about collecting, and what the interviews of one server share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oktsec_lint.core.model import EMPTY
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.listing import Limits

from .stop import Stop


class Options(NamedTuple):
    """How long, how many at once, and with which environment."""

    timeout: float = 30.0
    """Seconds for each server, from its start to its last answer; ending it may take two more."""
    jobs: int = 8
    """Servers looked at at the same time."""
    environ: Mapping[str, str] = EMPTY
    """The environment in which `${VAR}` is looked up, and of which servers inherit a little."""
    limits: Limits = Limits()


class Visit(NamedTuple):
    """One server's time and bounds."""

    limits: Limits
    timeout: float
    """Seconds that were allowed in all."""
    deadline: float
    """`time.monotonic` value at which they are over."""
    stop: Stop
    opened: Callable[[], None]
    """To be called when the server answers for the first time; more often does no harm."""

    @property
    def overdue(self) -> str:
        """The reason to give when the time is over."""
        return f"no answer within {self.timeout:.3g} seconds"
