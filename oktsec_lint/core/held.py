"""A call that waits for somebody's decision, and what may become of it.

Pure: whoever keeps held calls reads one, asks here what a step makes of it, and writes that, as one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .calls import Call
from .config import Config
from .lock.canonical import canonical, digest_of
from .values import NamedTuple

HOUR = 3600.0
_HOURS = 24
"""What upstream takes an `expiry_hours` of 0 for, and a missing one."""


class State(StrEnum):
    """Where a held call stands."""

    PENDING = "pending"
    APPROVED = "approved"
    """It may be made once, and has not been yet."""
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Nobody decided in time, or nobody made the approved call in time."""
    USED = "used"
    """It was approved, and has been made."""


class Step(StrEnum):
    """What happens to a held call."""

    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    USE = "use"


TRANSITIONS: Mapping[tuple[State, Step], State] = {
    (State.PENDING, Step.APPROVE): State.APPROVED,
    (State.PENDING, Step.REJECT): State.REJECTED,
    (State.PENDING, Step.EXPIRE): State.EXPIRED,
    (State.APPROVED, Step.REJECT): State.REJECTED,
    (State.APPROVED, Step.EXPIRE): State.EXPIRED,
    (State.APPROVED, Step.USE): State.USED,
}
"""Everything that can happen. An approval may be taken back until it is used."""
OPEN = (State.PENDING, State.APPROVED)
"""Of these there is never more than one for a binding."""


class Binding(NamedTuple):
    """What an approval is for: one call by one agent, to the letter of its arguments."""

    agent: str
    server: str
    tool: str
    digest: str
    """Of the arguments, as the journal has it."""


class HeldCall(NamedTuple):
    """One held call. Times are seconds since 1970, by the clock of whoever wrote them."""

    id: str
    """Short enough to be typed, too long to be guessed."""
    time: float
    """When it was held."""
    expires: float
    """From then on neither a decision nor an approval counts."""
    agent: str
    server: str
    tool: str
    digest: str
    """Of the arguments."""
    rule: str
    """What held it: a rule id, or the policy's name."""
    reason: str
    """A sentence for people, without what was found."""
    pointer: str
    """JSON pointer, in the request, to what was found."""
    arguments: str
    """As canonical JSON, unabridged: nobody can decide about what he cannot see. It may hold anything, secrets too."""
    state: State = State.PENDING
    decided_at: float = 0.0
    """Of the newest step; 0 while it is pending."""
    decided_by: str = ""
    """Who approved or rejected it."""
    decision: str = ""
    """Why, in the words of who decided."""

    @property
    def binding(self) -> Binding:
        return Binding(self.agent, self.server, self.tool, self.digest)


class Terms(NamedTuple):
    """The `quarantine` section."""

    enabled: bool = True
    """Whether calls are held at all; else they are refused."""
    expiry: float = _HOURS * HOUR
    """Seconds that a held call has until it expires."""
    retention: float = 0.0
    """Seconds that one is kept after it has ended; 0 for ever."""
    archive: str = ""
    """Directory for what is removed; empty for none."""


def terms_of(config: Config) -> Terms:
    """What the configuration says; what it does not say, or what cannot be read, is as if it were not written."""
    section = config.settings.get("quarantine")
    written = section if isinstance(section, dict) else {}
    hours, days = (_whole(written.get(key)) for key in ("expiry_hours", "retention_days"))
    archive = written.get("archive_dir")
    return Terms(
        written.get("enabled") is not False,
        (hours or _HOURS) * HOUR,
        days * 24 * HOUR,
        archive if isinstance(archive, str) else "",
    )


def held(call: Call, rule: str, reason: str, pointer: str, *, named: str, now: float, expiry: float) -> HeldCall:
    """A call that is held from now on, under the id `named`."""
    arguments = canonical(call.arguments)
    about = call.agent_name, call.server, call.tool, digest_of(arguments)
    return HeldCall(named, now, now + expiry, *about, rule, reason, pointer, arguments)


def current(call: HeldCall, now: float) -> HeldCall:
    """The call as it stands now: one whose time is over has expired, whether anybody has noted it or not."""
    if now < call.expires:
        return call
    return stepped(call, Step.EXPIRE, call.expires) or call


def stepped(call: HeldCall, step: Step, now: float, by: str = "", why: str = "") -> HeldCall | None:
    """The call after a step, None where that cannot happen to it. Only a decision names who and why."""
    state = TRANSITIONS.get((call.state, step))
    if state is None or (step is not Step.EXPIRE and not now < call.expires):
        return None
    if step in {Step.APPROVE, Step.REJECT}:
        return call._replace(state=state, decided_at=now, decided_by=by, decision=why)
    return call._replace(state=state, decided_at=now)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
