"""What the options of several commands may say. Without typer, so that the shortest way to a scan can read it too."""

from __future__ import annotations

from enum import StrEnum

from oktsec_lint.core.findings import Confidence, Severity

STDIN = "-"
"""The input that is standard input."""


class Format(StrEnum):
    """The report formats of `--format` and `--report`."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    HTML = "html"
    CYCLONEDX = "cyclonedx"


class DataFormat(StrEnum):
    """The formats of commands that list something."""

    TEXT = "text"
    JSON = "json"


class TrailFormat(StrEnum):
    """The formats of the journal's records."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"


class HeldState(StrEnum):
    """Which held calls are listed."""

    OPEN = "open"
    """Pending or approved."""
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    USED = "used"
    ALL = "all"


class FailOn(StrEnum):
    """From which severity on findings fail the run."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"

    def severity(self) -> Severity | None:
        return None if self is FailOn.NEVER else Severity[self.name]


class MinConfidence(StrEnum):
    """From which confidence on findings are reported."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    def confidence(self) -> Confidence:
        return Confidence[self.name]
