"""What the engine and the checks say: hits, findings, and what could not be looked at.

A check yields a `Hit` (what, where, why here); the judge joins it with its rule's metadata to a `Finding`. So no
check repeats a severity, and a rule's file stays the one place where it is described.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from .model import Kind, Place, Subject
from .values import NamedTuple


class Severity(IntEnum):
    """How bad it is if the finding is right."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the rule is."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Excuse(StrEnum):
    """What sets a finding aside."""

    RULES = "rules"
    """A `rules:` override."""
    LOCK = "lock"
    """Somebody accepted it in the lock."""
    SUPPRESSION = "suppression"
    """An entry of `lint.suppress`."""
    COMMENT = "comment"
    BASELINE = "baseline"
    BASE = "base"
    """It was there before the change that is looked at."""


class Evidence(NamedTuple):
    """The very characters. Offsets are code points into the judged text (the string at the finding's pointer)."""

    start: int
    end: int
    text: str
    """The original characters of the span, at most 200 of them."""
    context: str = ""
    """The line of the judged text that holds the span's start, cut to a window of at most 400 characters."""
    context_start: int = 0
    """Offset of `context` in the judged text."""
    line: int = 1
    """1-based line of the judged text at which the span starts."""
    note: str = ""
    """What this span is, in a few words: the name of a signal, or the view in which it was read."""


class Edit(NamedTuple):
    """A correction in the configuration that needs no judgement. Data only: who writes files applies it."""

    place: Place
    """A text, or (`at_key`) a key."""
    old: str
    new: str | None
    """None takes the entry out of its list."""
    last: str = ""
    """What a list keeps that would be emptied; without it, its last entry stays. An empty allowlist allows all."""
    grants: bool = False
    """Whether an agent may then call the tool that `new` names."""


class Hit(NamedTuple):
    """What a check or the engine found, before its rule's metadata is joined."""

    rule: str
    message: str
    subject: Subject
    pointer: str = ""
    """JSON pointer inside the subject's definition (or inside the config document for `Kind.CONFIG`)."""
    place: Place | None = None
    """Where a maintainer can act on it; None lets the judge take the definition's or the server's own place."""
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    """Overrides the rule's severity for this hit; None keeps it."""
    confidence: Confidence | None = None
    help: str = ""
    """What to type next, for this very case; empty falls back to the rule's `fix`."""
    edit: Edit | None = None
    """The same as a correction, where it is mechanical."""


class Finding(NamedTuple):
    """One thing a maintainer should know, complete enough to be shown, compared and obeyed."""

    rule: str
    severity: Severity
    confidence: Confidence
    category: str
    message: str
    help: str
    subject: Subject
    pointer: str = ""
    place: Place | None = None
    evidence: tuple[Evidence, ...] = ()
    tags: tuple[str, ...] = ()
    """Content classes of the rule (`credentials`, `pii` ...), which `blocked_content` may name beside the category."""
    ignored_by: str = ""
    """Why policy does not count it (such as `rules[2]: ignore`); empty when it counts. Ignored findings are kept."""
    ignored_as: Excuse = Excuse.RULES
    """What `ignored_by` is about; says nothing when that is empty."""
    edit: Edit | None = None

    @property
    def fingerprint(self) -> str:
        """Stable across line moves and runs: rule, file, object, pointer and the characters; no line numbers."""
        import hashlib  # costs more than a clean scan has to spend on it

        parts = (
            self.rule,
            self.place.path if self.place else "",
            self.subject.server,
            self.subject.kind,
            self.subject.name,
            self.pointer,
            *(" ".join(item.text.split()) for item in self.evidence),
        )
        if self.subject.kind is Kind.CONFIG:
            parts = (*parts, self.message)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Unfinished(NamedTuple):
    """A check that could not run, as data: never a clean result."""

    subject: Subject
    reason: str
    pointer: str = ""


class Inspection(NamedTuple):
    """Everything the engine and the checks have to say about a subject."""

    findings: tuple[Finding, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
