"""`scan --format jsonl -` on a stream of manifests: each line judged on its own, answered by one line, in order.

Memory stays flat over any number of lines: a bounded window of batches is in flight. A batch is what has arrived, so
that whoever writes a line and waits for its answer gets it. Worker processes start only when a second batch comes,
because they cost more than a short stream.
"""

from __future__ import annotations

import gc
import json
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from queue import Queue
from typing import TYPE_CHECKING

from oktsec_lint import grammarbook
from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Inventory, JsonValue
from oktsec_lint.core.report import Exit
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters import manifest
from oktsec_lint.sources.jsonl import BadLine, Manifest, read_manifest

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

_READ = 1 << 18
"""Bytes asked for at once; one batch is at most what one read completes."""
_AHEAD = 3
"""Batches in flight for each worker."""
_PEEKED = 20
"""Lines looked at to tell a stream of manifests from one saved listing or configuration."""


class Batch(NamedTuple):
    """Consecutive lines; `first` is the 1-based number of the first one."""

    first: int
    lines: tuple[bytes, ...]


class _Answer(NamedTuple):
    """What a batch came to."""

    text: str
    judged: int
    bad: int
    worst: Severity | None


class Tally:
    """The stream so far, for the exit code and for a watching person."""

    def __init__(self) -> None:
        self.judged = 0
        self.bad = 0
        self.worst: Severity | None = None

    def add(self, answer: _Answer) -> None:
        self.judged += answer.judged
        self.bad += answer.bad
        self.note(answer.worst)

    def note(self, severity: Severity | None) -> None:
        """Let a finding of this severity count."""
        self.worst = max((level for level in (self.worst, severity) if level is not None), default=None)

    def exit_code(self, fail_on: Severity | None) -> Exit:
        """Findings win over lines that could not be read; an empty stream is nothing to audit."""
        if fail_on is not None and self.worst is not None and self.worst >= fail_on:
            return Exit.FINDINGS
        if self.bad:
            return Exit.INCOMPLETE
        return Exit.CLEAN if self.judged else Exit.NOTHING


def batches(descriptor: int) -> Iterator[Batch]:
    """The lines of an open file as they arrive, read past Python's own buffers, which would wait for more."""
    number, rest = 1, b""
    while data := os.read(descriptor, _READ):
        *whole, rest = (rest + data).split(b"\n")
        if whole:
            yield Batch(number, tuple(whole))
            number += len(whole)
    if rest:
        yield Batch(number, (rest,))


def split_peeked(arriving: Iterator[Batch]) -> tuple[bool, Iterator[Batch]]:
    """Whether manifests are arriving, and the same batches again. One with an `id` among the first lines tells."""
    held: list[Batch] = []
    seen = 0
    for batch in arriving:
        held.append(batch)
        if any(_has_id(line) for line in batch.lines[: _PEEKED - seen]):
            return True, chain(held, arriving)
        seen += len(batch.lines)
        if seen >= _PEEKED:
            break
    return False, chain(held, arriving)


def _has_id(line: bytes) -> bool:
    found = read_manifest(line)
    return isinstance(found, Manifest) and found.id is not None


def judge_stream(
    arriving: Iterator[Batch],
    rules: Sequence[Rule],
    config: Config,
    jobs: int,
    write: Callable[[str], object],
    progress: Callable[[str, str], None] | None = None,
) -> Tally:
    """Judge every line and write its answer; blank lines get none.

    A configuration counts for its `rules:`. Its allowlists are about its own servers and say nothing about these.
    """
    gc.freeze()
    gc.enable()
    tally = Tally()
    for answer in _answers(arriving, rules, Config(rules=config.rules), min(jobs, os.cpu_count() or 1)):
        tally.add(answer)
        write(answer.text)
        if progress is not None:
            progress("manifests", f"{tally.judged:,}")
    return tally


def _answers(arriving: Iterator[Batch], rules: Sequence[Rule], config: Config, jobs: int) -> Iterator[_Answer]:
    judge = Judge(rules, config, grammarbook.builtin())
    if jobs == 1:
        yield from (_answer(judge, batch) for batch in arriving)
        return
    for batch in arriving:
        yield _answer(judge, batch)
        break
    for batch in arriving:
        yield from _answers_of_workers(chain((batch,), arriving), rules, config, jobs)


def _answers_of_workers(
    arriving: Iterable[Batch], rules: Sequence[Rule], config: Config, jobs: int
) -> Iterator[_Answer]:
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(jobs, initializer=_become_worker, initargs=(rules, config))
    pool.submit(int).result()  # the workers are forked now, before this process has a second thread of ours
    waiting: Queue[Future[_Answer] | None] = Queue(jobs * _AHEAD)
    threading.Thread(target=_feed, args=(arriving, pool, waiting), daemon=True).start()
    try:
        while (answer := waiting.get()) is not None:
            yield answer.result()
    finally:
        pool.shutdown(cancel_futures=True)  # waits for what is in flight: pipes closed behind an exit make a traceback


def _feed(arriving: Iterable[Batch], pool: ProcessPoolExecutor, waiting: Queue[Future[_Answer] | None]) -> None:
    for batch in arriving:
        waiting.put(pool.submit(_work, batch))
    waiting.put(None)


_judge_of_worker: list[Judge] = []


def _become_worker(rules: Sequence[Rule], config: Config) -> None:
    _judge_of_worker.append(Judge(rules, config, grammarbook.builtin()))


def _work(batch: Batch) -> _Answer:
    return _answer(_judge_of_worker[0], batch)


def _answer(judge: Judge, batch: Batch) -> _Answer:
    texts: list[str] = []
    tally = Tally()
    for number, line in enumerate(batch.lines, batch.first):
        found = _with_plain_id(read_manifest(line))
        if isinstance(found, BadLine):
            tally.bad += 1
            texts.append(_complaint(found, number))
        elif found is not None:
            text, worst = _judged(judge, found)
            texts.append(text)
            tally.add(_Answer(text, 1, 0, worst))
    return _Answer("".join(texts), tally.judged, tally.bad, tally.worst)


def _with_plain_id(found: Manifest | BadLine | None) -> Manifest | BadLine | None:
    """An `id` has to come back as it was: a string, a finite number, a boolean or null."""
    if found is None or _is_plain(found.id):
        return found
    return BadLine("its id is neither a string, a number, a boolean nor null")


def _is_plain(value: JsonValue) -> bool:
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _judged(judge: Judge, found: Manifest) -> tuple[str, Severity | None]:
    judgement = judge.judge(Inventory((found.server,)))
    findings = [item for item in judgement.inspection.findings if not item.ignored_by]
    level = judge.policy.decide(findings).level
    return manifest.line(found.id, level, findings), max((item.severity for item in findings), default=None)


def _complaint(bad: BadLine, number: int) -> str:
    where = f"line {number}, column {bad.column}" if bad.column else f"line {number}"
    return json.dumps({"id": bad.id, "error": f"{where}: {bad.reason}"}) + "\n"
