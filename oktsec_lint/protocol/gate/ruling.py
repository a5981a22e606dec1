"""A decision about one message, before it is known whether the gate obeys it."""

from __future__ import annotations

from collections.abc import Iterable

from oktsec_lint.core.calls import Denial
from oktsec_lint.core.config import Agent
from oktsec_lint.core.display import visible
from oktsec_lint.core.judge import Judge, Opinion
from oktsec_lint.core.policy import Level
from oktsec_lint.core.surfaces import Surface
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.strictjson import WireFault

_SHOWN = 80
"""Characters of a key or number that a refusal repeats to who sent it."""


class Ruling(NamedTuple):
    """What is to become of a message, and why."""

    blocked: bool = False
    rule: str = ""
    """What the refusal names: a rule id, or the part of the policy that denied."""
    level: Level = Level.CLEAN
    rules: tuple[str, ...] = ()
    """Every rule that argued, the worst first."""
    field: str = ""
    reason: str = ""
    approvable: bool = False
    """Whether the call is held until somebody decides, instead of refused."""
    unadmitted: bool = False
    """Whether an approvable call has used up nothing of its limits yet."""


PASSED = Ruling()


def denied(rule: str, reason: str, field: str = "") -> Ruling:
    """A refusal that does not come from content."""
    return Ruling(blocked=True, rule=rule, level=Level.BLOCK, rules=(rule,), field=field, reason=reason)


def of_denial(denial: Denial) -> Ruling:
    """The ruling on a call that may not be made; a denial's pointer begins at the request's params."""
    return denied(denial.rule, denial.reason, denial.pointer and f"/params{denial.pointer}")


def malformed(fault: WireFault) -> Ruling:
    """The ruling on a line that is no message, or more than one to different readers."""
    said = f"{fault.kind}: {visible(fault.detail, _SHOWN)}" if fault.detail else str(fault.kind)
    return denied("malformed", said, fault.pointer)


def weighed(judge: Judge, texts: Iterable[Surface], agent: Agent | None, *, arguments: bool = False) -> Ruling:
    """The ruling on a message's texts: blocked from `quarantine` on, whoever may be asked then."""
    opinion = judge.weigh(texts, agent, arguments=arguments)
    if not opinion.verdict.reasons:
        return PASSED
    return _of(opinion)


def _of(opinion: Opinion) -> Ruling:
    reasons = sorted(opinion.verdict.reasons, key=lambda reason: -reason.level)
    worst = reasons[0]
    fields = (finding.pointer for finding in opinion.findings if finding.rule == worst.rule)
    return Ruling(
        opinion.verdict.level >= Level.QUARANTINE,
        worst.rule,
        opinion.verdict.level,
        tuple(dict.fromkeys(reason.rule for reason in reasons)),
        next(fields, ""),
        worst.by,
    )
