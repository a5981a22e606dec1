"""What `scan` does with what it was asked: audit, write the reports, and answer with the exit code.

Without typer, and with everything heavy imported where it is needed: most of a short scan is its start-up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.core.report import Exit, Report, exit_code
from oktsec_lint.core.values import NamedTuple

from .choices import STDIN, FailOn, Format
from .progress import shown_progress
from .terminal import Color, columns, complain, now, speaks_unicode, tell, wants_color

if TYPE_CHECKING:
    from .audit import Request
    from .stream import Batch


class Asked(NamedTuple):
    """The command line of `scan`, option by option."""

    inputs: tuple[str, ...] = ()
    config: str | None = None
    output_format: Format = Format.TEXT
    report: tuple[str, ...] = ()
    """`FORMAT=PATH` pairs."""
    offline: bool = False
    locked: bool = False
    no_cache: bool = False
    timeout: float = 30.0
    """Seconds."""
    jobs: int = 8
    server: tuple[str, ...] = ()
    fail_on: FailOn = FailOn.MEDIUM
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

    request = request_of(
        asked.inputs,
        asked.config,
        asked.server,
        offline=asked.offline,
        timeout=asked.timeout,
        jobs=asked.jobs,
        locked=asked.locked,
        cached=not asked.no_cache,
    )
    targets = _targets(asked.report, request)
    _demand((asked.output_format, *(name for name, _ in targets)))
    if asked.output_format is not Format.JSONL or asked.inputs != (STDIN,):
        return _audited(asked, request, targets)
    from .stream import batches, split_peeked

    streaming, arriving = split_peeked(batches(sys.stdin.fileno()))
    if not streaming:
        whole = request._replace(stdin=lambda: b"\n".join(line for batch in arriving for line in batch.lines))
        return _audited(asked, whole, targets)
    if targets:
        raise UsageError("--report does not go with a stream of manifests", hint="its answers are the report")
    return _judge_stream(asked, request, arriving)


def _audited(asked: Asked, request: Request, targets: Iterable[tuple[Format, Path]]) -> Exit:
    from oktsec_lint.reporters import Style, render

    from .audit import audit

    with shown_progress(wanted=not asked.no_progress) as progress:
        result = audit(request, progress)
    bar = asked.fail_on.severity()
    code = exit_code(result, bar, allow_unreachable=asked.allow_unreachable, locked=asked.locked)
    _write_files(result, targets, code)
    colored = wants_color(asked.color, os.environ)
    style = Style(color=colored, unicode=speaks_unicode(), width=columns(), verbose=asked.verbose, when=now())
    sys.stdout.write(render(asked.output_format, result, style, code))
    return code


def _targets(reports: Sequence[str], request: Request) -> list[tuple[Format, Path]]:
    """`FORMAT=PATH` pairs, refused before any server is started when they cannot be meant."""
    if not reports:
        return []
    from .audit import config_path

    read = {(request.cwd / name).resolve() for name in (*request.inputs, config_path(request)) if name}
    read |= {path.with_name(LOCK_NAME) for path in read}
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


def _write_files(report: Report, targets: Iterable[tuple[Format, Path]], code: Exit) -> None:
    from oktsec_lint.reporters import Style, render

    for name, path in targets:
        text = render(name, report, Style(when=now()), code)
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
