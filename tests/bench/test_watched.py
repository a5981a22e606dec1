"""Random conversations keep every promise of the gate, in any chunks; and a gate that breaks one is found out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from moves import Peers, replayed
from watched import CONFIGS, BrokenPromiseError, Watched, setup

from oktsec_lint.protocol.gate import Command, Gate, Setup, Side
from oktsec_lint.protocol.gate.message import Message
from oktsec_lint.protocol.gate.ruling import PASSED, Ruling

SETUPS = {(config, enforce): setup(config, enforce=enforce) for config in CONFIGS for enforce in (True, False)}


class Connection(RuleBasedStateMachine):
    """One connection, some honest peers, and some that are not."""

    @initialize(given=st.sampled_from(sorted(SETUPS)), chance=st.randoms(use_true_random=False))
    def connect(self, given: tuple[str, bool], chance: random.Random) -> None:
        self.given = SETUPS[given]
        self.peers = Peers(Watched(self.given), chance)

    @rule(steps=st.integers(1, 8))
    def converse(self, steps: int) -> None:
        for _ in range(steps):
            self.peers.step()

    @rule(side=st.sampled_from(Side), data=st.binary(max_size=60))
    def babble(self, side: Side, data: bytes) -> None:
        self.peers.sent.append((side, data))
        self.peers.watched.feed(side, data)

    @rule(side=st.sampled_from(Side), text=st.text(max_size=30))
    def hide(self, side: Side, text: str) -> None:
        """A text of any characters where a model would read it."""
        line = self.peers.told(side, text)
        self.peers.sent.append((side, line))
        self.peers.watched.feed(side, line)

    def teardown(self) -> None:
        if hasattr(self, "peers"):
            for size in (1, 7):
                assert replayed(Watched(self.given), self.peers.sent, size) == self.peers.watched.commands
            for side in Side:
                self.peers.watched.end(side)


Connection.TestCase.settings = settings(max_examples=20, stateful_step_count=10, deadline=None)
TestConnection = Connection.TestCase


def passed(*_: Any) -> Ruling:
    return PASSED


class Unread(Gate):
    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._judging.weighed = passed


class Forgetful(Gate):
    def _is_taken(self, *_: Any) -> bool:
        return False


class Credulous(Gate):
    def _unreadable(self, message: Message, _: Any) -> Iterator[Command]:
        yield from self._message(message)


class Lenient(Gate):
    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._calls.ruling = passed


class Deaf(Gate):
    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._answers.commands = lambda *_: iter(())


@pytest.mark.parametrize("gate", [Unread, Forgetful, Credulous, Lenient, Deaf])
def test_a_gate_that_breaks_its_promises_is_found_out(gate: type[Gate]) -> None:
    with pytest.raises((BrokenPromiseError, KeyError, AttributeError)):
        converse(gate, random.Random(7))


def converse(gate: type[Gate], chance: random.Random) -> None:
    for _ in range(50):
        peers = Peers(Watched(SETUPS[CONFIGS[1], True], gate), chance)
        for _ in range(40):
            peers.step()
