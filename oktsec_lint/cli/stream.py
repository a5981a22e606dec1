"""`scan --format jsonl -` on a stream of manifests: each line judged on its own, answered by one line, in order.

Memory stays flat over any number of lines: a bounded window of batches is in flight. Worker processes start only when
there is more than one batch, because they cost more than a short stream.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Inventory
from oktsec_lint.core.report import Exit
from oktsec_lint.core.rules import Rule
from oktsec_lint.reporters import manifest
from oktsec_lint.sources.jsonl import BadLine, Manifest, read_manifest

if TYPE_CHECKING:
    from concurrent.futures import Future

_BATCH = 200
"""Lines judged by one worker at a time."""
_AHEAD = 3
"""Batches in flight for each worker."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Consecutive lines; `first` is the 1-based number of the first one."""

    first: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a batch came to."""

    text: str
    judged: int
    bad: int
    worst: Severity | None


@dataclass(slots=True)
class Tally:
    """The stream so far, for the exit code and for a watching person."""

    judged: int = 0
    bad: int = 0
    worst: Severity | None = None

    def add(self, answer: _Answer) -> None:
        self.judged += answer.judged
        self.bad += answer.bad
        self.worst = max((level for level in (self.worst, answer.worst) if level is not None), default=None)

    def exit_code(self, fail_on: Severity | None) -> Exit:
        """Findings win over lines that could not be read; an empty stream is nothing to audit."""
        if fail_on is not None and self.worst is not None and self.worst >= fail_on:
            return Exit.FINDINGS
        if self.bad:
            return Exit.INCOMPLETE
        return Exit.CLEAN if self.judged else Exit.NOTHING


def holds_manifests(first: bytes) -> bool:
    """Whether a stream that begins with this line is one of manifests (and not a saved listing or a configuration)."""
    found = read_manifest(first)
    return found is not None and not isinstance(found, BadLine) and found.id is not None


def judge_stream(
    lines: Iterable[bytes],
    rules: Sequence[Rule],
    config: Config,
    jobs: int,
    write: Callable[[str], object],
    progress: Callable[[str, str], None] | None = None,
) -> Tally:
    """Judge every line and write its answer; blank lines get none."""
    tally = Tally()
    for answer in _answers(_batches(iter(lines)), rules, config, min(jobs, os.cpu_count() or 1)):
        tally.add(answer)
        write(answer.text)
        if progress is not None:
            progress("manifests", f"{tally.judged:,}")
    return tally


def _batches(lines: Iterator[bytes]) -> Iterator[_Batch]:
    first = 1
    while batch := tuple(islice(lines, _BATCH)):
        yield _Batch(first, batch)
        first += len(batch)


def _answers(batches: Iterator[_Batch], rules: Sequence[Rule], config: Config, jobs: int) -> Iterator[_Answer]:
    begun = list(islice(batches, 2))
    batches = chain(begun, batches)
    if jobs == 1 or len(begun) < 2:  # noqa: PLR2004 - one batch keeps one process busy
        judge = Judge(rules, config)
        return (_answer(judge, batch) for batch in batches)
    return _answers_of_workers(batches, rules, config, jobs)


def _answers_of_workers(
    batches: Iterator[_Batch], rules: Sequence[Rule], config: Config, jobs: int
) -> Iterator[_Answer]:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs, initializer=_become_worker, initargs=(rules, config)) as pool:
        waiting: deque[Future[_Answer]] = deque()
        for batch in batches:
            waiting.append(pool.submit(_work, batch))
            if len(waiting) >= jobs * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_judge_of_worker: list[Judge] = []


def _become_worker(rules: Sequence[Rule], config: Config) -> None:
    _judge_of_worker.append(Judge(rules, config))


def _work(batch: _Batch) -> _Answer:
    return _answer(_judge_of_worker[0], batch)


def _answer(judge: Judge, batch: _Batch) -> _Answer:
    texts: list[str] = []
    tally = Tally()
    for number, line in enumerate(batch.lines, batch.first):
        found = read_manifest(line)
        if isinstance(found, BadLine):
            tally.bad += 1
            texts.append(_complaint(found, number))
        elif found is not None:
            text, worst = _judged(judge, found)
            texts.append(text)
            tally.add(_Answer(text, 1, 0, worst))
    return _Answer("".join(texts), tally.judged, tally.bad, tally.worst)


def _judged(judge: Judge, found: Manifest) -> tuple[str, Severity | None]:
    judgement = judge.judge(Inventory((found.server,)))
    findings = [item for item in judgement.inspection.findings if not item.ignored_by]
    level = judge.policy.decide(findings).level
    return manifest.line(found.id, level, findings), max((item.severity for item in findings), default=None)


def _complaint(bad: BadLine, number: int) -> str:
    where = f"line {number}, column {bad.column}" if bad.column else f"line {number}"
    return json.dumps({"id": bad.id, "error": f"{where}: {bad.reason}"}) + "\n"
