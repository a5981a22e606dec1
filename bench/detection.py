"""What the whole judge finds, and what it would find on a source that nothing was fitted to.

    python bench/detection.py CORPORA [--markdown]

For each malicious source the weights and thresholds of the grammar are fitted again without it, and without the odd
half of the registry, which then says how many false alarms those thresholds cost. The pattern rules are the same in
every row: what they and the grammar's word lists were written while looking at is said in docs/detection.md.
Needs numpy and scipy (`uv sync --group bench`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from fit import REGISTRY, Model, samples
from labelled import Labelled, corpora, seeds

from oktsec_lint import rulebook
from oktsec_lint.core.config import Config
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Inventory
from oktsec_lint.core.policy import Level
from oktsec_lint.sources.jsonl import Manifest, read_manifest

ENFORCE_SHARE, REVIEW_SHARE = 0.003, 0.025
RELATED = ({"poc_labs", "cisco_evals", "invariant_poc"},)
"""Sources that repeat each other's texts; they are left out together."""


class Row(NamedTuple):
    """One source: how many records, how many were found from the enforce point and from the review point."""

    source: str
    records: int
    enforce: int
    review: int

    def __str__(self) -> str:
        return f"{self.source:24} {self.records:6} {self._share(self.enforce)} {self._share(self.review)}"

    def markdown(self) -> str:
        return f"| {self.source} | {self.records:,} | {self._share(self.enforce)} | {self._share(self.review)} |"

    def _share(self, count: int) -> str:
        return f"{100 * count / max(1, self.records):6.1f} %"


def by_rules(records: Sequence[Labelled]) -> Any:
    """The level of each record by everything but the attack grammar."""
    judge = Judge([rule for rule in rulebook.builtin() if not rule.parts], Config())
    return np.array([_level(judge, record) for record in records])


def _level(judge: Judge, record: Labelled) -> int:
    found = read_manifest(record.line)
    if not isinstance(found, Manifest):
        raise SystemExit(f"{record.id} is no manifest")
    findings = judge.judge(Inventory((found.server,))).inspection.findings
    return int(judge.policy.decide(findings).level)


class Bench:
    """One model, and what the other rules say about the same records."""

    def __init__(self, records: Sequence[Labelled]) -> None:
        self.records = records
        self.model = Model(samples(records))
        self.rules = by_rules(records)
        self.held_out = np.array([record.source == REGISTRY and record.half == 1 for record in records])

    def without(self, left_out: frozenset[str]) -> Iterator[Row]:
        """The malicious rows of sources that the weights were fitted without."""
        weights = self.model.fit(lambda record: _trains(record) and record.source not in left_out)
        scores = self.model.scores(weights)
        enforce, review = (self._threshold(scores, share) for share in (ENFORCE_SHARE, REVIEW_SHARE))
        for source in sorted(left_out):
            yield self._row(source, source, scores, enforce, review, lambda record: record.headline)
            yield self._row(source, f"{source} (honest)", scores, enforce, review, lambda record: not record.malicious)

    def _threshold(self, scores: Any, share: float) -> float:
        ranked = np.sort(scores[self.held_out])[::-1]
        return float(ranked[int(share * len(ranked))]) + 1e-9

    def _row(
        self, source: str, name: str, scores: Any, enforce: float, review: float, counted: Callable[[Labelled], bool]
    ) -> Row:
        mine = np.array([record.source == source and counted(record) for record in self.records], bool)
        strict = (scores[mine] >= enforce) | (self.rules[mine] >= Level.QUARANTINE)
        wide = (scores[mine] >= review) | (self.rules[mine] >= Level.FLAG)
        return Row(name, int(mine.sum()), int(strict.sum()), int(wide.sum()))


def _trains(record: Labelled) -> bool:
    return (record.headline or not record.malicious) and not (record.source == REGISTRY and record.half == 1)


def left_out_together(records: Iterable[Labelled]) -> list[frozenset[str]]:
    sources = sorted({record.source for record in records if record.headline})
    joined = [frozenset(group) for group in RELATED]
    return joined + [frozenset({source}) for source in sources if not any(source in group for group in joined)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    bench = Bench([*corpora(options.corpora), *seeds()])
    rows = [row for group in left_out_together(bench.records) for row in bench.without(group) if row.records]
    lines = ["| source | records | enforce | review |", "|---|---|---|---|"] if options.markdown else []
    lines += [row.markdown() if options.markdown else str(row) for row in rows]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
