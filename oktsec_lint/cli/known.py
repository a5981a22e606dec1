"""What was known before: baseline files and reports on disk, and what another revision held.

A baseline is a part of the JSON report (`findings` with their fingerprints), one finding a line, so that either can
stand for the other and a diff of two baselines can be read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from oktsec_lint.core.earlier import Aliases, Earlier, Entry, entry_of, is_kept
from oktsec_lint.core.errors import SourceError, UsageError
from oktsec_lint.core.findings import Excuse
from oktsec_lint.core.model import JsonValue, Kind, Status, Subject
from oktsec_lint.reporters.json_text import inert
from oktsec_lint.sources.discovery import read_bytes

from .audit import Examined, Request, config_path, examine
from .beside import lock_path, shown_path
from .reporting import Part

_VERSION = 1
_LONGEST = 200
"""Characters of a message that a baseline keeps."""


def read_entries(name: str, cwd: Path) -> tuple[Entry, ...]:
    """The findings of a baseline or of a JSON report. Raises SourceError, saying which finding is wrong."""
    text = read_bytes(cwd / name, shown=name)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise SourceError("this is no JSON", path=name, line=line, hint=_HOW) from None
    found = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise SourceError("this is neither a baseline nor a JSON report: it has no `findings`", path=name, hint=_HOW)
    if document.get("version") != _VERSION:
        raise SourceError(f"this is not version {_VERSION} of a baseline or report", path=name, hint=_HOW)
    return tuple(_entry(item, number, name) for number, item in enumerate(found))


_HOW = "write it anew with --write-baseline, or with --format json"


def _entry(item: JsonValue, number: int, name: str) -> Entry:
    about = item.get("object") if isinstance(item, dict) else None
    if isinstance(item, dict) and isinstance(about, dict):
        location = item.get("location")
        path = item.get("path") or (location.get("path") if isinstance(location, dict) else "") or ""
        texts = [item.get("fingerprint"), item.get("rule"), path, item.get("message")]
        texts += [about.get(key) for key in ("server", "kind", "name", "pointer")]
        if all(isinstance(text, str) for text in texts) and texts[5] in set(Kind):
            fingerprint, rule, path, message, server, kind, subject, pointer = map(str, texts)
            return Entry(fingerprint, rule, path, Subject(server, Kind(kind), subject), pointer, message)
    raise SourceError(f"finding {number + 1} of this file is not whole", path=name, hint=_HOW)


def baseline_text(entries: Iterable[Entry]) -> str:
    """The file: sorted, each finding once and on a line of its own."""
    distinct = {item.fingerprint: item for item in entries}.values()
    lines = [inert(json.dumps(_view(item))) for item in sorted(distinct, key=_order)]
    body = "\n    " + ",\n    ".join(lines) + "\n  " if lines else ""
    return f'{{\n  "version": {_VERSION},\n  "findings": [{body}]\n}}\n'


def _order(item: Entry) -> tuple[str, ...]:
    subject = item.subject
    return (item.path, subject.server, subject.kind, subject.name, item.rule, item.pointer, item.fingerprint)


def _view(item: Entry) -> dict[str, JsonValue]:
    subject = item.subject
    return {
        "rule": item.rule,
        "path": item.path,
        "object": {
            "server": subject.server,
            "kind": subject.kind.value,
            "name": subject.name,
            "pointer": item.pointer,
        },
        "message": item.message[:_LONGEST],
        "fingerprint": item.fingerprint,
    }


def write_baseline(name: str, parts: Sequence[Part], cwd: Path) -> tuple[Entry, ...]:
    """Everything found now, as a file; what an older one holds of servers that were not looked at stays in it.

    Returns what was written. Raises SourceError or UsageError when that cannot be."""
    path = cwd / name
    kept = read_entries(name, cwd) if os.path.lexists(path) else ()
    entries = [item for item in kept if item.subject.server in unseen(parts)]
    for part in parts:
        aliases = aliases_of(part, cwd)
        entries += (entry_of(item, aliases) for item in part.judgement.inspection.findings if is_kept(item))
    try:
        path.write_text(baseline_text(entries), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"--write-baseline cannot write the file: {error.strerror}", path=name) from error
    return tuple(entries)


def unseen(parts: Iterable[Part]) -> set[str]:
    """Names of the servers that were not listed to the end: what was known about them may still be there."""
    servers = (server for part in parts for server in part.judgement.inventory.servers)
    return {server.name for server in servers if server.status is not Status.COMPLETE}


def settled(parts: Iterable[Part], earlier: Earlier, cwd: Path) -> tuple[Part, ...]:
    """The parts with what was known set aside."""
    return tuple(
        part.showing([earlier.settle(item, aliases) for item in part.judgement.inspection.findings])
        for part, aliases in [(part, aliases_of(part, cwd)) for part in parts]
    )


def aliases_of(part: Part, cwd: Path) -> Aliases:
    """What the files of one input are called: however the user spelled the path, as seen from here."""
    config = part.judge.config.path
    lock = shown_path(lock_path(part.judge.config, cwd), cwd) if config else ""
    own = _plain(config, cwd)
    both = tuple(dict.fromkeys((own, config, lock, _plain(lock, cwd))))
    paths: dict[str, tuple[str, ...]] = {config: both, lock: both} if config else {}
    places = {item.place.path for item in part.judgement.inspection.findings if item.place is not None}
    paths |= {path: (_plain(path, cwd), path) for path in places if path not in paths}
    return Aliases(own, paths)


def _plain(path: str, cwd: Path) -> str:
    return PurePosixPath(os.path.normpath(shown_path(cwd / path, cwd))).as_posix() if path else ""


def earlier_of(base: str, request: Request, *, locked: bool) -> Earlier:
    """What there was in BASE: a JSON report where a file is called so, else a revision of git, judged by the rules of
    now and without starting anything. Raises OktsecError for what is neither."""
    drift = not locked
    if (request.cwd / base).is_file():
        return Earlier(base, Excuse.BASE, read_entries(base, request.cwd), drift=drift)
    return Earlier(base, Excuse.BASE, entries_of(past_of(base, request), request), drift=drift)


def past_of(base: str, request: Request) -> Examined | None:
    """What the revision `base` of git held, judged by the rules of now and without starting anything; None when it had
    no such configuration. Raises OktsecError for what is no revision, and for files that cannot be read."""
    from .revision import Revision

    named = config_path(request)
    given = [request.cwd / item for item in request.inputs]
    folder = (given[0] if given else named or request.cwd).parent
    revision = Revision(base, folder, request.environ)
    inputs = tuple(item for item in request.inputs if revision.exists(request.cwd / item))
    config = request.config if not request.config or (named and revision.exists(named)) else None
    there = bool(inputs) if given else named is not None and revision.exists(named)
    if not there:
        return None
    past = request._replace(inputs=inputs, config=config, offline=True, locked=False, servers=(), files=revision)
    try:
        return examine(past)
    except SourceError as error:
        message = f"as it was in {base}: {error.message}"
        raise SourceError(message, path=error.path, line=error.line, column=error.column, hint=error.hint) from None


def entries_of(past: Examined | None, request: Request) -> Iterator[Entry]:
    """Every finding that counted then."""
    for part in past.parts if past is not None else ():
        aliases = aliases_of(part, request.cwd)
        for finding in part.judgement.inspection.findings:
            if not finding.ignored_by:
                yield entry_of(finding, aliases)


def gone_of(everything: Iterable[Earlier], parts: Sequence[Part]) -> tuple[Entry, ...]:
    """What is not found any more, each once."""
    names = unseen(parts)
    found: Mapping[str, Entry] = {entry.fingerprint: entry for item in everything for entry in item.gone(names)}
    return tuple(sorted(found.values(), key=_order))
