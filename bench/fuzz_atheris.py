"""The conversations of `fuzz.py`, steered by what they reach in the gate's code.

usage: pip install atheris && python bench/fuzz_atheris.py [-max_total_time=SECONDS] [-runs=N] [CORPUS]

Every choice of both peers is drawn from libFuzzer's bytes. Beside the moves of `moves.py`, some lines are bytes as they
come. Stops at the first broken promise, crash or input that takes more than ten seconds, and writes it to a file.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import atheris

with atheris.instrument_imports(include=["oktsec_lint.protocol"]):
    from moves import Peers
    from watched import CONFIGS, Watched, setup

    from oktsec_lint.protocol.gate import Side

SETUPS = tuple(setup(config, enforce=enforce) for config in CONFIGS for enforce in (True, False))
_STEPS = 60


class Drawn:
    """Chance that comes from bytes."""

    def __init__(self, data: bytes) -> None:
        self.source = atheris.FuzzedDataProvider(data)

    def random(self) -> float:
        return float(self.source.ConsumeProbability())

    def randrange(self, start: int, stop: int, /) -> int:
        return int(self.source.ConsumeIntInRange(start, stop - 1))

    def choice(self, seq: Sequence[Any], /) -> Any:
        return seq[self.randrange(0, len(seq))]


def conversation(data: bytes) -> None:
    chance = Drawn(data)
    peers = Peers(Watched(chance.choice(SETUPS)), chance)
    for _ in range(_STEPS):
        if not chance.source.remaining_bytes():
            return
        if chance.random() < 0.1:
            peers.watched.feed(chance.choice(tuple(Side)), chance.source.ConsumeBytes(200) + b"\n")
        else:
            peers.step()


if __name__ == "__main__":
    atheris.Setup([sys.argv[0], "-timeout=10", *sys.argv[1:]], conversation)
    atheris.Fuzz()
