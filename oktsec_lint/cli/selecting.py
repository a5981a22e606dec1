"""What of the findings a report shows: by rule, by confidence, by who reads it. No verdict depends on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from oktsec_lint.core.config import Lint, Persona
from oktsec_lint.core.errors import UsageError
from oktsec_lint.core.findings import Confidence, Finding, Severity
from oktsec_lint.core.report import is_drift
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple

from .reporting import Part


class Choice(NamedTuple):
    """What the command line says; what it leaves open is the configuration's."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence | None = None
    persona: Persona | None = None
    drift: bool = False
    """Whether differences from the lock are shown whatever is chosen."""

    def within(self, lint: Lint) -> Choice:
        """The same, filled in from one configuration."""
        return Choice(
            self.select or lint.select,
            self.ignore or lint.ignore,
            lint.min_confidence if self.min_confidence is None else self.min_confidence,
            self.persona or lint.persona or Persona.REGULAR,
            self.drift,
        )

    def against(self, finding: Finding) -> str:
        """The option that leaves a finding out; empty when it is shown."""
        if self.drift and is_drift(finding):
            return ""
        if self.select and not _names(self.select, finding.rule):
            return "select"
        if _names(self.ignore, finding.rule):
            return "ignore"
        if self.min_confidence is not None and finding.confidence < self.min_confidence:
            return "min-confidence"
        unsure = finding.confidence is Confidence.LOW and finding.severity <= Severity.LOW
        return "persona" if unsure and self.persona is Persona.REGULAR else ""


def split(names: Iterable[str]) -> tuple[str, ...]:
    """`A,B` and `C` as three names."""
    return tuple(dict.fromkeys(name.strip() for item in names for name in item.split(",") if name.strip()))


def refuse_unknown(choice: Choice, rules: Collection[Rule]) -> None:
    """Raises UsageError for a name on the command line that is neither a rule nor a family of rules."""
    for option, names in (("--select", choice.select), ("--ignore", choice.ignore)):
        for name in names:
            if not any(_names((name,), rule.id) for rule in rules):
                import difflib

                close = difflib.get_close_matches(name.upper(), [rule.id for rule in rules], n=1)
                hint = f"did you mean {close[0]}?" if close else "see oktsec-lint rules"
                raise UsageError(f"{option} {name}: there is no such rule, and no such family of rules", hint=hint)


def chosen(parts: Sequence[Part], choice: Choice) -> tuple[tuple[Part, ...], dict[str, int]]:
    """The parts with what is to be shown, and how many findings each option left out."""
    left_out: dict[str, int] = {}
    return tuple(_chosen(part, choice.within(part.judge.config.lint), left_out) for part in parts), left_out


def _chosen(part: Part, choice: Choice, left_out: dict[str, int]) -> Part:
    kept: list[Finding] = []
    for finding in part.judgement.inspection.findings:
        option = choice.against(finding)
        if not option:
            kept.append(finding)
        elif not finding.ignored_by:
            left_out[option] = left_out.get(option, 0) + 1
    return part.showing(kept)


def _names(names: Iterable[str], rule: str) -> bool:
    return any(rule == name or rule.startswith(f"{name}-") for name in names)
