"""Mistakes of the person at the keyboard, as exceptions. Hostile input is never one: it is a Finding.

OktsecError
+-- SourceError     a file that cannot be read as what it claims to be
+-- RuleError       a rule file that breaks the rule contract
+-- UsageError      a command line that asks for something that does not exist
+-- JournalError    a journal that cannot be written or read: what is not recorded must not happen
+-- UpstreamError   a server that cannot be started or reached as it is configured
+-- NothingError    no configuration to be found, so nothing to audit; exit code 3 instead of 2
"""

from __future__ import annotations


class OktsecError(Exception):
    """One clear sentence, and where to look. `cli` prints it and exits 2."""

    def __init__(self, message: str, *, path: str = "", line: int = 0, column: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        """1-based; 0 when the mistake has no line."""
        self.column = column
        self.hint = hint
        """What to type next; may be empty."""

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class SourceError(OktsecError):
    """A config or snapshot that cannot be opened, decoded or parsed at all."""


class RuleError(OktsecError):
    """A rule that cannot be loaded. One broken rule refuses the whole run: half a rulebook is not a rulebook."""


class UsageError(OktsecError):
    """Arguments that contradict each other or name something unknown."""


class JournalError(OktsecError):
    """A journal that cannot be opened, written or read. Nothing was recorded: an enforcing gate refuses."""


class UpstreamError(OktsecError):
    """A server that cannot be started, or whose entry cannot be used. It says nothing of the other servers."""


class NothingError(OktsecError):
    """No input was named and none was found."""
