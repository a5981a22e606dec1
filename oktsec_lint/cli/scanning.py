"""What `scan` does with what it was asked: audit, write the reports, and answer with the exit code.

Without typer, and with everything heavy imported where it is needed: most of a short scan is its start-up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oktsec_lint.core.config import Persona
from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.core.report import Exit, Report, exit_code
from oktsec_lint.core.values import NamedTuple

from .choices import STDIN, FailOn, Format, MinConfidence
from .progress import shown_progress
from .terminal import Color, columns, complain, now, speaks_unicode, tell, wants_color

if TYPE_CHECKING:
    from oktsec_lint.core.earlier import Entry

    from .audit import Examined, Request
    from .reporting import Part
    from .selecting import Choice
    from .stream import Batch


class Asked(NamedTuple):
    """The command line of `scan`, option by option."""

    inputs: tuple[str, ...] = ()
    config: str | None = None
    read_as: str = ""
    """The format that the inputs are read as."""
    output_format: Format = Format.TEXT
    report: tuple[str, ...] = ()
    """`FORMAT=PATH` pairs."""
    offline: bool = False
    start: bool = False
    locked: bool = False
    no_cache: bool = False
    timeout: float = 30.0
    """Seconds."""
    jobs: int = 8
    server: tuple[str, ...] = ()
    fail_on: FailOn = FailOn.MEDIUM
    select: tuple[str, ...] = ()
    """As written: names with commas between them."""
    ignore: tuple[str, ...] = ()
    min_confidence: MinConfidence | None = None
    """None leaves it to the configuration, as with `persona`."""
    persona: Persona | None = None
    baseline: str | None = None
    write_baseline: str | None = None
    diff: str | None = None
    fix: bool = False
    dry_run: bool = False
    allow_unreachable: bool = False
    color: Color = Color.AUTO
    verbose: bool = False
    no_progress: bool = False


def run_scan(asked: Asked) -> Exit:
    """List, judge and report. Tells the user's mistakes on stderr; they have an exit code of their own."""
    try:
        return _scanned(asked)
    except OktsecError as error:
        return complain(error)


def _scanned(asked: Asked) -> Exit:
    from .audit import request_of

    if asked.dry_run and not asked.fix:
        raise UsageError("--dry-run goes with --fix")
    if asked.start and asked.offline:
        raise UsageError("--start does not go with --offline")
    request = request_of(
        asked.inputs,
        asked.config,
        asked.server,
        offline=asked.offline,
        timeout=asked.timeout,
        jobs=asked.jobs,
        locked=asked.locked,
        cached=not asked.no_cache,
        kind=asked.read_as,
    )._replace(starting=asked.start)
    if asked.read_as and not asked.inputs:
        raise UsageError("--as is about files that are named", hint="name one")
    targets = _targets(asked.report, request)
    _demand((asked.output_format, *(name for name, _ in targets)))
    if asked.output_format is not Format.JSONL or asked.inputs != (STDIN,):
        return _audited(asked, request, targets)
    from .stream import batches, split_peeked

    streaming, arriving = split_peeked(batches(sys.stdin.fileno()))
    if not streaming:
        whole = request._replace(stdin=lambda: b"\n".join(line for batch in arriving for line in batch.lines))
        return _audited(asked, whole, targets)
    _refuse_with_stream(asked)
    return _judge_stream(asked, request, arriving)


def _refuse_with_stream(asked: Asked) -> None:
    """Raises UsageError for what is about a report: the answers to a stream are its report."""
    wanted = {
        "--report": asked.report,
        "--select": asked.select,
        "--ignore": asked.ignore,
        "--min-confidence": asked.min_confidence,
        "--persona": asked.persona,
        "--baseline": asked.baseline,
        "--write-baseline": asked.write_baseline,
        "--diff": asked.diff,
        "--fix": asked.fix,
    }
    for option, value in wanted.items():
        if value:
            raise UsageError(f"{option} does not go with a stream of manifests", hint="its answers are the report")


def _audited(asked: Asked, request: Request, targets: Iterable[tuple[Format, Path]]) -> Exit:
    from oktsec_lint.reporters import Style, render

    from .audit import examine

    with shown_progress(wanted=not asked.no_progress) as progress:
        examined = examine(request, progress)
    if asked.fix:
        from .fixing import corrected, show, write

        looked_at = asked._replace(write_baseline=None)
        fixed = corrected(examined, request, lambda found: _shown(looked_at, request, found).parts)
        if asked.dry_run:
            show(fixed.corrections)
            return Exit.FINDINGS if fixed.corrections else Exit.CLEAN
        write(fixed.corrections, request)
        examined = fixed.examined
    result = _reported(asked, request, examined)
    bar = asked.fail_on.severity()
    code = exit_code(result, bar, allow_unreachable=asked.allow_unreachable, locked=asked.locked)
    verbose = asked.verbose or _persona(asked, examined) is Persona.AUDITOR
    _write_files(result, targets, code, verbose=verbose)
    colored = wants_color(asked.color, os.environ)
    style = Style(color=colored, unicode=speaks_unicode(), width=columns(), verbose=verbose, when=now())
    sys.stdout.write(render(asked.output_format, result, style, code))
    return code


def _persona(asked: Asked, examined: Examined) -> Persona:
    """Who reads the report: as the command line says, or else the first configuration that says it."""
    configured = (part.judge.config.lint.persona for part in examined.parts)
    return asked.persona or next(filter(None, configured), Persona.REGULAR)


class _Shown(NamedTuple):
    """What is shown of what was found: less what was known, and what the options leave out."""

    parts: tuple[Part, ...]
    gone: tuple[Entry, ...]
    left_out: dict[str, int]


def _reported(asked: Asked, request: Request, examined: Examined) -> Report:
    from .reporting import build_report

    shown = _shown(asked, request, examined)
    report = build_report(shown.parts, examined.locator, examined.rules)
    return report._replace(gone=shown.gone, left_out=shown.left_out)


def _shown(asked: Asked, request: Request, examined: Examined) -> _Shown:
    from .selecting import Choice, chosen, refuse_unknown, split

    least = asked.min_confidence.confidence() if asked.min_confidence is not None else None
    choice = Choice(split(asked.select), split(asked.ignore), least, asked.persona, drift=asked.locked)
    refuse_unknown(choice, [rule for part in examined.parts for rule in part.judge.rules.values()])
    parts = examined.parts
    gone: tuple[Entry, ...] = ()
    if asked.baseline or asked.write_baseline or asked.diff:
        parts, gone = _compared(asked, request, parts, choice)
    parts, left_out = chosen(parts, choice)
    return _Shown(parts, gone, left_out)


def _compared(
    asked: Asked, request: Request, parts: tuple[Part, ...], choice: Choice
) -> tuple[tuple[Part, ...], tuple[Entry, ...]]:
    """The parts with what was known set aside, and what of it is gone. Writes the baseline that is asked for."""
    from oktsec_lint.core.earlier import Earlier
    from oktsec_lint.core.findings import Excuse

    from .known import earlier_of, gone_of, read_entries, settled, write_baseline
    from .selecting import chosen

    earlier: list[Earlier] = []
    if asked.baseline:
        earlier.append(Earlier(asked.baseline, Excuse.BASELINE, read_entries(asked.baseline, request.cwd)))
    if asked.diff:
        earlier.append(earlier_of(asked.diff, request, locked=asked.locked))
    if asked.write_baseline:
        entries = write_baseline(asked.write_baseline, chosen(parts, choice)[0], request.cwd)
        earlier.append(Earlier(asked.write_baseline, Excuse.BASELINE, entries))
    for item in earlier:
        parts = settled(parts, item, request.cwd)
    return parts, gone_of(earlier, parts)


def _targets(reports: Sequence[str], request: Request) -> list[tuple[Format, Path]]:
    """`FORMAT=PATH` pairs, refused before any server is started when they cannot be meant."""
    if not reports:
        return []
    from .audit import config_path

    read = {(request.cwd / name).resolve() for name in (*request.inputs, config_path(request)) if name}
    read |= {path.with_name(name) for path in read for name in (LOCK_NAME, f"{path.name}.{LOCK_NAME}")}
    targets: list[tuple[Format, Path]] = []
    for entry in reports:
        name, equals, path = entry.partition("=")
        if not equals or not path or name not in set(Format):
            hint = f"formats: {', '.join(Format)}"
            raise UsageError(f"--report takes FORMAT=PATH, not {entry}", hint=hint)
        if path == "-":
            raise UsageError("--report writes files", hint=f"--format {name} writes to standard output")
        if not Path(path).resolve().parent.is_dir():
            raise UsageError("--report cannot write the file: there is no such directory", path=path)
        if Path(path).resolve() in read:
            raise UsageError(f"--report {entry} would overwrite what is scanned or another report")
        read.add(Path(path).resolve())
        targets.append((Format(name), Path(path)))
    return targets


def _demand(formats: Iterable[Format]) -> None:
    """Refuse a format whose library is missing before any server is started."""
    if Format.CYCLONEDX in formats:
        from oktsec_lint.reporters import demand

        demand(Format.CYCLONEDX)


def _write_files(report: Report, targets: Iterable[tuple[Format, Path]], code: Exit, *, verbose: bool) -> None:
    from oktsec_lint.reporters import Style, render

    for name, path in targets:
        text = render(name, report, Style(verbose=verbose, when=now()), code)
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            reason = error.strerror or "cannot be written"
            raise UsageError(f"--report cannot write the file: {reason}", path=str(path)) from error


def _judge_stream(asked: Asked, request: Request, arriving: Iterator[Batch]) -> Exit:
    """Judge manifests as they arrive, and answer each."""
    from .audit import stream_basis
    from .stream import judge_stream

    rules, config, mistakes = stream_basis(request)
    for mistake in mistakes:
        tell(f"{request.config}: {mistake.severity.label} {mistake.rule}: {mistake.message}")
    with shown_progress(wanted=not asked.no_progress) as progress:
        tally = judge_stream(arriving, rules, config, request.jobs, _say, progress)
    for mistake in mistakes:
        tally.note(mistake.severity)
    return tally.exit_code(asked.fail_on.severity())


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
