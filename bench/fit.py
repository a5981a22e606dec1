"""Makes the weights of the attack grammar from labelled definitions.

    python bench/fit.py CORPORA --write

A logistic model over the signals of a sentence and its neighbour, which count as in `core/grammar/score.py`. No
weight is negative, and each is drawn towards what honest text says about its signal: the rarer there, the heavier,
whether or not an attack that was looked at holds it.
The thresholds keep false alarms within the budgets on servers that the weights were fitted without; those for messages
are not touched (`bench/documents.py`).
Needs numpy and scipy (`uv sync --group bench`).
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from labelled import Labelled, corpora, seeds, texts_of
from scipy import sparse
from scipy.optimize import minimize

from oktsec_lint import grammarbook
from oktsec_lint.core.grammar.judging import Grammar
from oktsec_lint.core.grammar.score import ASIDE, FADE, Scale
from oktsec_lint.core.views import views_of

GRAMMAR = grammarbook.grammar_dir()
REGISTRY = "metorial_mcp_index"
SMALL = frozenset({"atr_rule_negatives", "vendor_fixtures_benign"})
"""Sources too small or too odd for a budget of their own."""
ODD = 0.08
"""Share of honest definitions at which a signal begins to say nothing."""
TRUST = {"signal": 0.4, "opening": 0.3, "pair": 0.3}
"""How far the prior goes that honest text gives to a feature."""
PULL = {"signal": 0.5, "opening": 0.5, "pair": 1.0}
"""How strongly a weight is held at its prior."""
PER_SOURCE, SEED_SHARE = 40, 2.0
"""Records that a malicious source counts for at most; how much more a seed counts."""
HONEST = 2.0
"""How much more honest text of real servers counts than a seed that was written to be mistaken."""
ROUNDS = 8
"""Which window of a text is the heaviest, and which of its features, depends on the weights: they are fitted so often,
each time going half the way, so that they come to rest."""
FOLDS = 4
ENFORCE_BUDGET, REVIEW_BUDGET = 0.003, 0.025
VENDOR_ENFORCE, VENDOR_REVIEW = 0.0099, 0.03
_NOTHING: frozenset[str] = frozenset()


class Window(NamedTuple):
    """The features of a sentence, and what a neighbour has besides."""

    main: frozenset[str]
    aside: frozenset[str]


class Sample(NamedTuple):
    """A labelled definition and its windows."""

    record: Labelled
    windows: tuple[Window, ...]

    @property
    def features(self) -> frozenset[str]:
        return frozenset[str]().union(*(side for window in self.windows for side in window))


def samples(records: Iterable[Labelled]) -> list[Sample]:
    book = grammarbook.builtin()
    grammar, scale = Grammar(book, {"cover": ""}), Scale(book)
    return [Sample(record, _windows(grammar, scale, record)) for record in records]


def _windows(grammar: Grammar, scale: Scale, record: Labelled) -> tuple[Window, ...]:
    windows: set[Window] = set()
    for surfaces in texts_of(record):
        decoded = {surface.text: views_of(surface.text).written[1:] for surface in surfaces}
        features = [_features(scale, item.reading.signals) for item in grammar.weigh(surfaces, decoded)]
        for one, after in pairwise((*features, _NOTHING)):
            windows |= {Window(one, after - one), Window(after, one - after)}
    return tuple(sorted(windows, key=lambda window: [(len(side), sorted(side)) for side in window])) or (
        Window(_NOTHING, _NOTHING),
    )


def _features(scale: Scale, signals: Any) -> frozenset[str]:
    parts = sorted(scale.parts(signals))
    pairs = {f"{one}+{other}" for at, one in enumerate(parts) for other in parts[at + 1 :]}
    return frozenset(
        pairs
        | {
            name
            for name in signals
            if name in scale.known or (name.startswith("^") and name[1:].rstrip("+") in scale.known)
        }
    )


def kind(feature: str) -> str:
    if feature.startswith("^"):
        return "opening"
    return "pair" if "+" in feature.rstrip("+") else "signal"


def _named() -> frozenset[str]:
    """Every sequence and pattern of the grammar: one that no record holds weighs what honest text says about it."""
    book = grammarbook.builtin()
    return frozenset(item.name for item in (*book.sequences, *book.patterns))


class Model:
    """The windows of many samples as a matrix, and what is fitted on it."""

    def __init__(self, data: Sequence[Sample]) -> None:
        self.data = data
        self.names = sorted(_named().union(*(sample.features for sample in data)))
        self.matrix = _matrix([window for sample in data for window in sample.windows], self.names)
        self.owner = np.repeat(np.arange(len(data)), [len(sample.windows) for sample in data])
        self.first = np.searchsorted(self.owner, np.arange(len(data)))
        self.malicious = np.array([sample.record.malicious for sample in data])
        self.source = np.array([sample.record.source for sample in data])
        self.prior = self._prior()
        self.pull = np.array([PULL[kind(name)] for name in self.names])

    def _prior(self) -> Any:
        honest = [
            sample
            for sample in self.data
            if not sample.record.malicious and not sample.record.source.startswith("seeds")
        ]
        counts = Counter(name for sample in honest for name in sample.features)
        rates = [(counts[name] + 2) / len(honest) for name in self.names]
        return np.array(
            [TRUST[kind(name)] * max(0.0, math.log(ODD / rate)) for name, rate in zip(self.names, rates, strict=True)]
        )

    def scores(self, weights: Any) -> Any:
        return np.maximum.reduceat(self.faded(weights) @ weights, self.first)

    def faded(self, weights: Any) -> Any:
        """The windows with every feature at the share that it counts for by these weights."""
        matrix, lengths = self.matrix, np.diff(self.matrix.indptr)
        row = np.repeat(np.arange(len(lengths)), lengths)
        order = np.lexsort((-weights[matrix.indices] * matrix.data, row))
        rank = np.arange(len(order)) - matrix.indptr[row[order]]
        shares = np.empty(len(order))
        shares[order] = matrix.data[order] * FADE**rank
        return sparse.csr_matrix((shares, matrix.indices, matrix.indptr), matrix.shape)

    def heaviest(self, weights: Any) -> Any:
        """Each sample's heaviest window."""
        faded = self.faded(weights)
        order = np.lexsort((faded @ weights, self.owner))
        return faded[order[np.searchsorted(self.owner[order], np.arange(len(self.data)), side="right") - 1]]

    def fit(self, chosen: Callable[[Labelled], bool]) -> Any:
        train = np.array([at for at, sample in enumerate(self.data) if chosen(sample.record)])
        sign = np.where(self.malicious[train], 1.0, -1.0)
        importance = self._importance(train)
        point = np.append(self.prior, -4.0)
        for turn in range(ROUNDS):
            rows = self.heaviest(point[:-1])[train]
            found = self._minimum(rows, sign, importance, point)
            point = (point + found) / 2 if turn else found
        return point[:-1]

    def _importance(self, train: Any) -> Any:
        counts = Counter(self.source[train][self.malicious[train]])
        return np.array([self._share(at, counts) for at in train])

    def _share(self, at: int, counts: Counter[str]) -> float:
        source = self.source[at]
        if not self.malicious[at]:
            return 1.0 if source.startswith("seeds") else HONEST
        return min(1.5, PER_SOURCE / counts[source]) * (SEED_SHARE if source.startswith("seeds") else 1.0)

    def _minimum(self, rows: Any, sign: Any, importance: Any, point: Any) -> Any:
        across = rows.T.tocsr()

        def loss(at: Any) -> tuple[float, Any]:
            margin = rows @ at[:-1] + at[-1]
            slope = -sign * importance / (1 + np.exp(np.clip(sign * margin, -40, 40)))
            away = at[:-1] - self.prior
            value = (importance * np.logaddexp(0, -sign * margin)).sum() + (self.pull * away * away).sum()
            return value, np.append(across @ slope + 2 * self.pull * away, slope.sum())

        bounds = [(0, None)] * len(self.prior) + [(None, None)]
        return minimize(loss, point, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 80}).x

    def thresholds(self, chosen: Callable[[Labelled], bool], weights: Any) -> tuple[float, float]:
        """The lowest scores that keep the budgets: review, enforce. Registry servers are scored by weights fitted
        without them."""
        scores = self.scores(weights)
        records = [sample.record for sample in self.data]
        for fold in range(FOLDS):
            inside = np.array(
                [_fold(record) == fold and record.source == REGISTRY and chosen(record) for record in records]
            )
            held_out = self.fit(
                lambda record, fold=fold: chosen(record) and not (record.source == REGISTRY and _fold(record) == fold)
            )
            scores[inside] = self.scores(held_out)[inside]
        budgets = [self._levels(scores, chosen, source) for source in sorted(set(self.source))]
        review, enforce = (max(levels) for levels in zip(*filter(None, budgets), strict=True))
        return review, max(review, enforce)

    def _levels(self, scores: Any, chosen: Callable[[Labelled], bool], source: str) -> tuple[float, float] | None:
        mine = [
            at
            for at, sample in enumerate(self.data)
            if sample.record.source == source and not sample.record.malicious and chosen(sample.record)
        ]
        if not mine or source in SMALL or source.startswith("seeds"):
            return None
        ranked = np.sort(scores[mine])[::-1]
        enforce, review = (ENFORCE_BUDGET, REVIEW_BUDGET) if source == REGISTRY else (VENDOR_ENFORCE, VENDOR_REVIEW)
        allowed = (max(1, int(share * len(ranked))) for share in (review, enforce))
        return tuple(math.floor(float(ranked[count]) * 100 + 1) / 100 for count in allowed)  # type: ignore[return-value]


def _matrix(windows: Sequence[Window], names: Sequence[str]) -> Any:
    """One row a window, one column a feature."""
    index = {name: at for at, name in enumerate(names)}
    sides = [[index[name] for name in sorted(side)] for window in windows for side in window]
    lengths = [len(side) for side in sides]
    shares = np.repeat(np.tile([1.0, ASIDE], len(windows)), lengths)
    columns = np.concatenate([np.asarray(side, int) for side in sides])
    ends = np.cumsum([0, *lengths])[::2]
    return sparse.csr_matrix((shares, columns, ends), (len(windows), len(names)))


def _fold(record: Labelled) -> int:
    return zlib.crc32(record.server.encode()) % FOLDS


def trainable(record: Labelled) -> bool:
    return record.headline or not record.malicious


def rates(records: Sequence[Labelled]) -> dict[str, float]:
    """How often honest sentences hold each word class, from every fifth record."""
    grammar = Grammar(grammarbook.builtin(), {"cover": ""})
    counts: Counter[str] = Counter()
    sentences = 0
    for record in [record for record in records if not record.malicious][::5]:
        for weighed in (item for surfaces in texts_of(record) for item in grammar.weigh(surfaces, {})):
            sentences += 1
            counts.update({name for tagged in weighed.reading.tagged for name in tagged.classes})
    return {name: round(count / sentences, 4) for name, count in sorted(counts.items()) if count * 1000 >= sentences}


def written(model: Model, weights: Any, review: float, enforce: float) -> str:
    kept = {name: round(float(weight), 2) for name, weight in zip(model.names, weights, strict=True) if weight >= 0.05}
    data = {
        "review": round(review, 2),
        "enforce": round(enforce, 2),
        "messages": json.loads((GRAMMAR / "weights.json").read_bytes())["messages"],
        "rates": rates([sample.record for sample in model.data]),
        "signals": {name: weight for name, weight in kept.items() if kind(name) != "pair"},
        "pairs": {name: weight for name, weight in kept.items() if kind(name) == "pair"},
    }
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--write", action="store_true", help="write grammar/weights.json")
    options = parser.parse_args()
    model = Model(samples([*corpora(options.corpora), *seeds()]))
    weights = model.fit(trainable)
    review, enforce = model.thresholds(trainable, weights)
    print(f"{len(model.names)} features, review {review:.2f}, enforce {enforce:.2f}")
    if options.write:
        (GRAMMAR / "weights.json").write_text(written(model, weights, review, enforce), "utf-8")


if __name__ == "__main__":
    main()
