"""`lock show` and `lock diff`: locks as a person reads them. Nothing is listed and nothing is written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.access import names_of
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import UsageError
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.lock import Lock, LockedFinding, LockedServer, drift, inventory_of
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.core.model import Kind
from oktsec_lint.core.report import Exit
from oktsec_lint.sources.discovery import read_bytes

from .locking import summary

_TEXT = 2_000


def run_show(paths: Sequence[str]) -> Exit:
    """Prints one lock. Raises SourceError for a file that is none."""
    if len(paths) > 1:
        raise UsageError("lock show takes one lock")
    lock = _read(paths[0] if paths else LOCK_NAME)
    _print([f"{lock.path}: {summary(lock)}", f"{lock.digest}", *_shown(lock)])
    return Exit.CLEAN


def run_diff(paths: Sequence[str]) -> Exit:
    """Prints what differs between two locks, word by word; exit code 1 when anything does, as `diff` has it."""
    if len(paths) != 2:  # noqa: PLR2004
        raise UsageError("lock diff takes two locks", hint="oktsec-lint lock diff OLD NEW")
    lines = list(differences(*map(_read, paths)))
    _print(lines)
    return Exit.FINDINGS if lines else Exit.CLEAN


def differences(old: Lock, new: Lock) -> Iterator[str]:
    """What differs between two locks, one line each; hostile text, to be shown as such."""
    yield from map(_line, drift(old, inventory_of(new)))
    yield from _findings_apart(old, new)
    if old.policy != new.policy:
        yield "policy: not the same"
    if old.rulebook != new.rulebook:
        yield "rulebook: not the same"


def _findings_apart(old: Lock, new: Lock) -> Iterator[str]:
    """Findings, acceptances, circumstances and prefixes that only one of two locks holds."""
    before, after = _notes(old), _notes(new)
    for server, note in sorted(before - after):
        yield f"{server}: [-{note}-]"
    for server, note in sorted(after - before):
        yield f"{server}: {{+{note}+}}"


def _notes(lock: Lock) -> set[tuple[str, str]]:
    findings = {(server.name, _finding_line(item)) for server in lock.servers for item in server.findings}
    varying = {(server.name, f"varies: {name}") for server in lock.servers for name in server.varies}
    prefixed = {(server.name, f"prefixed: {kind} {name}") for server in lock.servers for kind, name in server.prefixed}
    return findings | varying | prefixed


def _read(path: str) -> Lock:
    return lockfile.read(path, read_bytes(Path(path), shown=path))[0]


def _print(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{visible(line, 4 * _TEXT)}\n" for line in lines))


def _line(hit: Hit) -> str:
    subject = hit.subject
    name = f" {subject.kind} {subject.name}" if subject.kind is not Kind.SERVER else ""
    return f"{subject.server}{name}: {hit.message} [{hit.rule}]"


def _shown(lock: Lock) -> Iterator[str]:
    for server in lock.servers:
        yield ""
        yield f"{server.name}  {_launched(server)}  {server.protocol}"
        if server.varies:
            yield f"  varies: {', '.join(server.varies)}"
        for item in server.definitions:
            notes = [item.variant] if item.variant else []
            notes += [f"listed as {names_of(server.name, item.name)[1]}"] if item.key in server.prefixed else []
            noted = f"  ({', '.join(notes)})" if notes else ""
            yield f"  {item.kind:<8}  {item.name}  {item.digest.removeprefix('sha256:')[:12]}{noted}"
        for finding in server.findings:
            yield f"  {_finding_line(finding)}"


def _finding_line(finding: LockedFinding) -> str:
    accepted = finding.accepted
    until = f" until {accepted.until}" if accepted and accepted.until else ""
    said = f"accepted by {accepted.by}{until}: {accepted.why}" if accepted else "not accepted"
    about = " ".join(filter(None, (finding.kind, finding.name, finding.pointer)))
    return f"{finding.rule}  {finding.severity}  {about}  {said}"


def _launched(server: LockedServer) -> str:
    launch = server.launch
    if launch.package:
        return f"{launch.package} {launch.version or '(not pinned)'}"
    return launch.url or " ".join((launch.command, *launch.args))
