"""Random conversations through a watched gate, until one of them crashes it, hangs it, or gets past the judge.

usage: python bench/fuzz.py [--steps N] [--seed N] [--session N] [--rules full] [--observe]

A step is one line of one peer: of an honest conversation, bent at some depth, or garbled in its bytes. Every tenth
conversation is played again in other chunks, which must give the same commands. With one rule for one word the gate's
own logic takes most of the time; `--rules full` takes the built-in rulebook, which is slower. Prints the seed of the
conversation that breaks a promise, and its lines.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from typing import Any

from moves import Peers, replayed
from watched import CONFIGS, RULES, Watched, setup

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.protocol.gate import Setup


def conversation(setups: list[Setup], seed: int, length: int, seen: Counter[str]) -> None:
    """Raises BrokenPromiseError, or whatever the gate raises."""
    chance = random.Random(seed)
    given = chance.choice(setups)
    peers = Peers(Watched(given), chance)
    try:
        for _ in range(length):
            peers.step()
        if seed % 10 == 0:
            again = replayed(Watched(given), peers.sent, chance.randrange(1, 60))
            assert again == peers.watched.commands, "other chunks, other commands"
    except Exception:
        print(f"seed {seed}", *(f"{side} {line!r}" for side, line in peers.sent), sep="\n", file=sys.stderr)
        raise
    for command in peers.watched.commands:
        event = getattr(command, "event", None)
        seen[f"{type(command).__name__} {event.decision if event else 'own'}"] += 1
        if event is not None and event.decision == "blocked":
            seen[f"  {event.rules[0].partition(':')[0]}"] += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--session", type=int, default=40, help="steps of one conversation")
    parser.add_argument("--seed", type=int, default=1, help="of the first conversation")
    parser.add_argument("--rules", choices=("one", "full"), default="one")
    parser.add_argument("--observe", action="store_true")
    given = parser.parse_args()
    rules: Any = RULES if given.rules == "one" else (*rulebook.builtin(), *RULES)
    book = None if given.rules == "one" else grammarbook.builtin()
    setups = [setup(config, rules, book, enforce=not given.observe) for config in CONFIGS]
    seen: Counter[str] = Counter()
    begun = time.perf_counter()
    sessions = -(-given.steps // given.session)
    for number in range(sessions):
        conversation(setups, given.seed + number, given.session, seen)
    took = time.perf_counter() - begun
    print(f"{sessions * given.session:,} steps in {sessions:,} conversations, {took:.0f} s; nothing broke")
    for what, count in seen.most_common():
        print(f"{count:>10,} {what}")


if __name__ == "__main__":
    main()
