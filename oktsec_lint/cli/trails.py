"""What `oktsec-lint audit` prints. Names and ids in a record were chosen by peers: every format makes them inert."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from oktsec_lint.core.chain import Head
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import JournalError, OktsecError, UsageError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.record import Decision, Entry, Record, rules_text
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.json_text import compact
from oktsec_lint.reporters.wording import plural
from oktsec_lint.runtime.journal import utc
from oktsec_lint.runtime.signing import verifier
from oktsec_lint.runtime.store import default_path
from oktsec_lint.runtime.trail import Examined, Filter, Trail, opened

from .choices import TrailFormat
from .shared import found
from .spans import span
from .terminal import complain

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A spreadsheet takes a cell that begins so for a formula, in some languages in full width too."""
_MOST = 1000


class Asked(NamedTuple):
    """The filter as the command line has it."""

    agent: str
    server: str
    tool: str
    rule: str
    decision: str
    since: str
    until: str

    def filter(self) -> Filter:
        """Raises UsageError for a time or a decision that is none."""
        if self.decision and self.decision not in [*Decision]:
            raise UsageError(f"no decision is called {visible(self.decision, 40)}", hint=", ".join(Decision))
        return Filter(*self[:5], _moment(self.since), _moment(self.until))


def shown(path: Path | None, config: str | None, show: Callable[[Trail], Exit]) -> Exit:
    """What `show` makes of the journal; a journal that cannot be read is exit code 2."""
    try:
        with opened(path or found(path, config).journal or default_path()) as trail:
            return show(trail)
    except OktsecError as error:
        return complain(error)


def verified(public_key: Path | None, heads: Path | None) -> Callable[[Trail], Exit]:
    """Prints what is wrong, or that nothing is."""

    def show(trail: Trail) -> Exit:
        key = verifier(public_key) if public_key else None
        found = trail.examined(key, _kept(heads) if heads else ())
        _print(visible(str(item), _MOST) for item in found.breaks)
        if found.breaks:
            _print([f"the journal was tampered with: {plural(len(found.breaks), 'break')}"])
            return Exit.FINDINGS
        _print([_whole(found)])
        return Exit.CLEAN if found.entries else Exit.NOTHING

    return show


def heads(trail: Trail) -> Exit:
    """Prints the newest entry of every writer as JSON Lines."""
    _print(compact({**head._asdict()}) for head in trail.heads())
    return Exit.CLEAN


def listed(asked: Asked, output_format: TrailFormat, last: int = 0) -> Callable[[Trail], Exit]:
    """Prints entries, of those that are asked for the `last` ones or (0) all."""

    def show(trail: Trail) -> Exit:
        _print(_FORMATS[output_format](trail.entries(asked.filter(), last)))
        return Exit.CLEAN

    return show


def _whole(found: Examined) -> str:
    signed = f", {plural(found.signed, 'signed checkpoint')}" if found.signed else ""
    return f"as written: {plural(found.entries, 'record')} of {plural(found.writers, 'writer')}{signed}"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _moment(text: str) -> str:
    """A time as records write it. Raises UsageError."""
    if not text:
        return ""
    ago = span(text)
    try:
        if ago is not None:
            return utc((datetime.now(UTC) - ago).timestamp())
        moment = datetime.fromisoformat(text)
        return utc((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise UsageError(f"no time: {visible(text, 40)}", hint="2026-11-22, 2026-11-22T17:49, 12h") from None


def _kept(path: Path) -> list[Head]:
    """What `heads` printed once. Raises JournalError."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Head(str(row["writer"]), int(row["sequence"]), str(row["hash"])) for row in rows]
    except OSError as error:
        raise JournalError((error.strerror or str(error)).lower(), path=str(path)) from None
    except (ValueError, TypeError, LookupError, RecursionError):
        raise JournalError("this is not what `audit heads` prints", path=str(path)) from None


def _text_lines(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        record = entry.record
        if record is None:
            yield f"{visible(entry.id)}  (this is no record)"
            continue
        where = visible("/".join(filter(None, (record.agent, record.server, record.tool))), 200)
        said = [record.method, " ".join(record.rules), record.field, record.reason]
        told = "  ".join(visible(text, 200) for text in said if text)
        sender, time, name = visible(record.direction), visible(record.time, 40), visible(entry.id, 60)
        yield f"{time}  {record.decision:<11}  {visible(record.verdict, 20):<10}  {where}  {sender}  {told}  {name}"


def _json_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """Exact: with these lines anybody can compute the hashes again."""
    for entry in entries:
        fields: JsonValue = None
        if entry.record is not None:
            fields = {**entry.record._asdict(), "rules": [*entry.record.rules]}
        yield compact({**entry._asdict(), "record": fields})


def _csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    yield _csv_line(["id", "previous", "hash", *Record._fields])
    for entry in entries:
        record = entry.record
        fields = (
            {**record._asdict(), "rules": rules_text(record.rules)} if record else dict.fromkeys(Record._fields, "")
        )
        yield _csv_line([entry.id, entry.previous, entry.hash, *map(str, fields.values())])


def _csv_line(cells: Iterable[str]) -> str:
    """Cells as no spreadsheet obeys them: visible, and with an apostrophe before what would be a formula."""
    line = io.StringIO()
    inert = (visible(cell, _MOST) for cell in cells)
    csv.writer(line, lineterminator="").writerow(
        f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell for cell in inert
    )
    return line.getvalue()


_FORMATS: dict[TrailFormat, Callable[[Iterable[Entry]], Iterator[str]]] = {
    TrailFormat.TEXT: _text_lines,
    TrailFormat.JSONL: _json_lines,
    TrailFormat.CSV: _csv_lines,
}
