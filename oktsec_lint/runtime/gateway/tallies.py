"""What a gateway process counts: plain numbers, cheap enough for every message, read by `exposition`.

Every label comes from a closed list or from the configuration, so that no caller can make them more.
"""

from __future__ import annotations

import json
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from oktsec_lint.protocol.gate import Event
from oktsec_lint.protocol.gateway.eras import JsonObject

BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
"""Upper bounds of the histograms' buckets, seconds."""
METHODS = frozenset(
    """initialize server/discover ping tools/list tools/call prompts/list prompts/get resources/list resources/read
    resources/templates/list resources/subscribe resources/unsubscribe completion/complete logging/setLevel
    subscriptions/listen tasks/get tasks/result tasks/cancel tasks/update tasks/list""".split()
)
Key = tuple[str, ...]
"""A metric's name and its labels' values."""
Gauges = Mapping[Key, int]


class Tallies:
    """Numbers that only grow. Not for several threads."""

    def __init__(self) -> None:
        self.counts: Counter[Key] = Counter()
        self.spreads: dict[Key, list[float]] = {}
        """A count for each bucket and one for beyond, then the sum in seconds."""

    def observe(self, key: Key, seconds: float) -> None:
        """One duration."""
        spread = self.spreads.get(key)
        if spread is None:
            spread = self.spreads[key] = [0.0] * (len(BOUNDS) + 2)
        spread[bisect_left(BOUNDS, seconds)] += 1
        spread[-1] += seconds

    def answered(self, era: str, method: str, outcome: str, seconds: float) -> None:
        """A request of a client is over."""
        self.counts["oktsec_requests", era, method if method in METHODS else "other", outcome] += 1
        self.observe(("oktsec_request_seconds", era), seconds)

    def decided(self, event: Event, family: str) -> None:
        """A gate has decided about a message, by a rule of this family."""
        self.counts["oktsec_decisions", event.decision, event.level.label, family] += 1
        self.observe(("oktsec_judge_seconds", event.direction), time.monotonic() - event.started)

    def recorded(self, entry: str | None) -> None:
        """What the journal has made of a decision; nothing where it failed."""
        if not entry:
            self.counts["oktsec_journal_failures",] += 1

    def moved(self, direction: str, size: int) -> None:
        """So many bytes of messages came from (`in`) or went to (`out`) clients."""
        self.counts["oktsec_bytes", direction] += size

    def add(self, other: Tallies) -> None:
        """Takes in what another process has counted."""
        self.counts.update(other.counts)
        for key, spread in other.spreads.items():
            mine = self.spreads.get(key)
            self.spreads[key] = spread if mine is None else [a + b for a, b in zip(mine, spread, strict=True)]


def outcome_of(answer: JsonObject) -> str:
    """How a request ended: with a `result`, an `error` of a server or of the protocol, or `refused` by policy."""
    if "result" in answer:
        return "result"
    error = answer.get("error")
    data = error.get("data") if isinstance(error, dict) else None
    return "refused" if isinstance(data, dict) and "journal" in data else "error"


class Board:
    """Where the workers of one gateway leave their numbers for each other: a file for each process in a private folder.

    What a dead worker has counted stays; how things stood with it (`gauges`) is removed with its number.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._own = folder / f"{number}-{os.getpid()}.tally"
        for left in folder.glob(f"{number}-*.tally"):
            self._settle(left)

    def put(self, tallies: Tallies, gauges: Gauges) -> None:
        """Leaves the numbers as they are now."""
        self._write(self._own, tallies, gauges)

    def others(self, gauges: Counter[Key]) -> Tallies:
        """What every other worker has left; `gauges` is added to."""
        total = Tallies()
        for path in self._folder.glob("*.tally"):
            if path != self._own:
                theirs, stand = _read(path)
                total.add(theirs)
                gauges.update(stand)
        return total

    def _settle(self, path: Path) -> None:
        self._write(path, _read(path)[0], {})

    def _write(self, path: Path, tallies: Tallies, gauges: Gauges) -> None:
        value = [_rows(tallies.counts), _rows(tallies.spreads), _rows(gauges)]
        draft = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            draft.write_text(json.dumps(value))
            draft.replace(path)


def _rows(values: Mapping[Key, object]) -> list[list[object]]:
    return [[list(key), value] for key, value in values.items()]


def _read(path: Path) -> tuple[Tallies, Gauges]:
    found = Tallies()
    try:
        counts, spreads, gauges = json.loads(path.read_text())
    except (OSError, ValueError):
        return found, {}
    found.counts.update({tuple(key): value for key, value in counts})
    found.spreads.update({tuple(key): value for key, value in spreads})
    return found, {tuple(key): value for key, value in gauges}
